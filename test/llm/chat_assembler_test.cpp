#include "llm/chat_assembler.hpp"

#include "llm/recording_sink.hpp"

#include <gmock/gmock.h>

namespace strandbus::test {
namespace {

using detail::AnswerContext;
using detail::ChatAssembler;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

AnswerContext context() {
  AnswerContext context;
  context.server.server = "server.test";
  context.server.model = "small-1";
  return context;
}

/// An answer that is being put together, and what was handed over.
struct Assembly {
  explicit Assembly(AnswerContext how = context(), std::vector<Message> before = {})
      : used(std::move(how)), conversation(std::move(before)) {}

  /// Feeds a choice with this delta.
  Assembly& delta(const std::string& delta) {
    assembler.feed(R"({"choices":[{"index":0,"delta":)" + delta + "}]}");
    return *this;
  }
  /// Feeds a delta with this list of pieces of calls.
  Assembly& calls(const std::string& pieces) { return delta(R"({"tool_calls":)" + pieces + '}'); }
  Assembly& feed(std::string_view data) {
    assembler.feed(data);
    return *this;
  }
  ModelResponse end(const std::string& reason = "stop") {
    assembler.feed(R"({"choices":[{"index":0,"delta":{},"finish_reason":")" + reason + "\"}]}");
    return assembler.finish();
  }

  AnswerContext used;
  std::vector<Message> conversation;
  ModelRequest request = request_for(conversation);
  RecordingSink sink;
  ChatAssembler assembler{request, sink, used};
};

/// The error with which a function ends.
template <class Function>
ProviderError error_of(const Function& function) {
  try {
    function();
  } catch (const ProviderError& error) {
    return error;
  }
  throw std::logic_error("there was no error");
}

// --- texts --------------------------------------------------------------------------------------

TEST(ChatAssembler, HandsEachPieceOverAndReturnsTheWhole) {
  Assembly a;
  a.delta(R"({"role":"assistant","content":""})").delta(R"({"content":"Hel"})");
  a.delta(R"({"content":"lo"})");
  EXPECT_EQ(a.end().content, "Hello");
  EXPECT_THAT(a.sink.lines, ElementsAre("text Hel", "text lo"));
}

TEST(ChatAssembler, HalfACharacterIsReplaced) {
  Assembly a;
  a.delta(R"({"content":"\ud83d"})").delta(R"({"content":"\ude00"})");
  a.delta(R"({"content":"\ud83d\ude00 \\ud83d \ud83dx"})");
  EXPECT_EQ(a.end().content, "\uFFFD\uFFFD😀 \\ud83d \uFFFDx");
}

TEST(ChatAssembler, TextIsStructuredWhenASchemaWasAskedFor) {
  std::vector<Message> none;
  ModelRequest request;
  request.response_schema = json::object();
  RecordingSink sink;
  const AnswerContext how = context();
  ChatAssembler assembler(request, sink, how);
  assembler.feed(R"({"choices":[{"delta":{"content":"{}"},"finish_reason":"stop"}]})");
  EXPECT_EQ(assembler.finish().content, "{}");
  EXPECT_THAT(sink.lines, ElementsAre("structured {}"));
}

TEST(ChatAssembler, ReasoningHasTwoNamesAndIsTakenOnce) {
  Assembly a;
  a.delta(R"({"reasoning_content":"a"})").delta(R"({"reasoning":"b"})");
  a.delta(R"({"reasoning_content":"c","reasoning":"c"})").delta(R"({"reasoning_content":null})");
  EXPECT_EQ(a.end().reasoning, "abc");
  EXPECT_THAT(a.sink.lines, ElementsAre("reasoning a", "reasoning b", "reasoning c"));
}

TEST(ChatAssembler, ARefusalIsNoText) {
  Assembly a;
  a.delta(R"({"refusal":"I "})").delta(R"({"refusal":"will not."})");
  const ModelResponse answer = a.end();
  EXPECT_EQ(answer.refusal, "I will not.");
  EXPECT_EQ(answer.content, "");
  EXPECT_EQ(answer.finish_reason, FinishReason::refusal);
  EXPECT_EQ(answer.provider_data, json::value({{"refusal", "I will not."}}));
  EXPECT_THAT(a.sink.lines, IsEmpty());
}

TEST(ChatAssembler, AnEmptyAnswerIsAnAnswer) {
  Assembly a;
  const ModelResponse answer = a.end();
  EXPECT_EQ(answer.content, "");
  EXPECT_EQ(answer.finish_reason, FinishReason::stop);
}

TEST(ChatAssembler, KnowsWhoAnswered) {
  Assembly a;
  a.feed(R"({"id":"chat-1","model":"small-1-2025","choices":[]})");
  const ModelResponse answer = a.end();
  EXPECT_EQ(answer.response_id, "chat-1");
  EXPECT_EQ(answer.model, "small-1-2025");
  EXPECT_EQ(Assembly().end().model, "small-1") << "the one that was asked, if nobody says more";
}

TEST(ChatAssembler, OtherChoicesAndUnknownMembersAreIgnored) {
  Assembly a;
  a.feed(R"({"choices":[{"index":1,"delta":{"content":"no"},"finish_reason":"length"},
                        {"index":0,"delta":{"content":"yes","audio":{}}}],"new":[1]})");
  a.feed(R"({"type":"ping"})").feed("{}").feed("  ").feed(R"({"choices":null})");
  EXPECT_EQ(a.end().content, "yes");
}

// --- calls --------------------------------------------------------------------------------------

std::string args(const ToolCall& call) {
  std::string text;
  append_json(text, call.arguments);
  return text;
}

TEST(ChatAssembler, ACallBeginsWithItsArguments) {
  Assembly a;
  a.calls(R"([{"index":0,"id":"c1","type":"function","function":{"name":"look","arguments":""}}])");
  EXPECT_THAT(a.sink.lines, IsEmpty()) << "its name may go on";
  a.calls(R"([{"index":0,"function":{"arguments":"{\"a\":"}}])");
  a.calls(R"([{"index":0,"function":{"arguments":"1}"}}])");
  const ModelResponse answer = a.end("tool_calls");
  EXPECT_THAT(a.sink.lines, ElementsAre("begin c1 look 0", R"(delta c1 {"a":)", "delta c1 1}",
                                        R"(ready c1 look {"a":1})"));
  ASSERT_EQ(answer.tool_calls.size(), 1U);
  EXPECT_EQ(args(answer.tool_calls[0]), R"({"a":1})");
  EXPECT_EQ(answer.finish_reason, FinishReason::tool_calls);
}

TEST(ChatAssembler, ACallWithoutArgumentsGetsNone) {
  Assembly a;
  a.calls(R"([{"index":0,"id":"c1","function":{"name":"look"}}])");
  EXPECT_EQ(args(a.end().tool_calls.at(0)), "{}");
  EXPECT_THAT(a.sink.lines, ElementsAre("begin c1 look 0", "ready c1 look {}"));
}

TEST(ChatAssembler, CallsInterleaveByIndex) {
  Assembly a;
  a.calls(R"([{"index":0,"id":"c1","function":{"name":"one","arguments":"{"}},
              {"index":1,"id":"c2","function":{"name":"two","arguments":"{"}}])");
  a.calls(R"([{"index":0,"function":{"arguments":"}"}}])");
  a.calls(R"([{"index":1,"function":{"arguments":"}"}}])");
  a.end();
  EXPECT_THAT(a.sink.lines,
              ElementsAre("begin c1 one 0", "delta c1 {", "begin c2 two 1", "delta c2 {",
                          "delta c1 }", "delta c2 }", "ready c1 one {}", "ready c2 two {}"));
}

/// "id name arguments" of the calls that these pieces make.
std::vector<std::string> made_of(const std::vector<std::string>& pieces) {
  Assembly a;
  for (const std::string& piece : pieces) a.calls('[' + piece + ']');
  std::vector<std::string> calls;
  for (const ToolCall& call : a.end().tool_calls)
    calls.push_back(call.call_id + ' ' + call.tool_name + ' ' + args(call));
  return calls;
}

TEST(ChatAssembler, WithoutAnIndexTheIdTells) {
  EXPECT_THAT(
      made_of({R"({"id":"a","function":{"name":"one","arguments":"{"}})",
               R"({"id":"b","function":{"name":"two","arguments":"{"}})",
               R"({"id":"a","function":{"arguments":"}"}})", R"({"function":{"arguments":"}"}})"}),
      ElementsAre("a one {}", "b two {}"));
}

TEST(ChatAssembler, WithoutIndexAndIdAPieceGoesOnWithTheNewestCall) {
  EXPECT_THAT(made_of({R"({"function":{"name":"one","arguments":"{"}})",
                       R"({"function":{"arguments":"}"}})",
                       R"({"function":{"name":"two","arguments":"{}"}})"}),
              ElementsAre("call_1 one {}", "call_2 two {}"));
}

TEST(ChatAssembler, CallsThatAllHaveIndexZeroAreToldByTheirIds) {
  EXPECT_THAT(made_of({R"({"index":0,"id":"a","function":{"name":"one","arguments":"{}"}})",
                       R"({"index":0,"id":"b","function":{"name":"one","arguments":"{}"}})"}),
              ElementsAre("a one {}", "b one {}"));
}

TEST(ChatAssembler, CallsThatAllHaveIndexZeroAndNoIdAreToldByWholeArguments) {
  EXPECT_THAT(made_of({R"({"index":0,"function":{"name":"one","arguments":"{\"}\":1"}})",
                       R"({"index":0,"function":{"name":"one","arguments":"}"}})",
                       R"({"index":0,"function":{"name":"one","arguments":"{}"}})"}),
              ElementsAre(R"(call_1 one {"}":1})", "call_2 one {}"));
}

TEST(ChatAssembler, ANewIdForEachPieceIsTheSameCall) {
  EXPECT_THAT(made_of({R"({"index":0,"id":"a","function":{"name":"one"}})",
                       R"({"index":0,"id":"b","function":{"arguments":"{"}})",
                       R"({"id":"c","function":{"arguments":"}"}})"}),
              ElementsAre("a one {}"));
}

TEST(ChatAssembler, ARepeatedIdAndNameAreTheSameCall) {
  EXPECT_THAT(made_of({R"({"index":0,"id":"a","function":{"name":"one","arguments":"{"}})",
                       R"({"index":0,"id":"a","function":{"name":"one","arguments":"}"}})",
                       R"({"index":0,"id":"a","function":{"name":"one","arguments":""}})"}),
              ElementsAre("a one {}"));
}

TEST(ChatAssembler, TwoCallsWithOneIdGetTwo) {
  EXPECT_THAT(made_of({R"({"index":0,"id":"a","function":{"name":"one","arguments":"{}"}})",
                       R"({"index":1,"id":"a","function":{"name":"two","arguments":"{}"}})",
                       R"({"id":"a","function":{"name":"three","arguments":"{}"}})"}),
              ElementsAre("a one {}", "a-2 two {}", "a-3 three {}"));
}

TEST(ChatAssembler, AnIdOfTheConversationIsNotGivenAgain) {
  Assembly a(context(), {model_calls("a", "look"), model_calls("call_2", "look")});
  a.calls(
      R"([{"index":0,"id":"a","function":{"name":"one"}},{"index":1,"function":{"name":"two"}}])");
  const ModelResponse answer = a.end();
  EXPECT_EQ(answer.tool_calls.at(0).call_id, "a-2");
  EXPECT_EQ(answer.tool_calls.at(1).call_id, "call_2-2");
}

TEST(ChatAssembler, ANameMayComeInPieces) {
  EXPECT_THAT(made_of({R"({"index":0,"id":"a","function":{"name":"read_"}})",
                       R"({"index":0,"function":{"name":"file"}})",
                       R"({"index":0,"function":{"arguments":"{}"}})"}),
              ElementsAre("a read_file {}"));
}

TEST(ChatAssembler, ArgumentsMayComeBeforeTheName) {
  EXPECT_THAT(made_of({R"({"index":0,"id":"a","function":{"arguments":"{\"a\":"}})",
                       R"({"index":0,"function":{"arguments":"1}"}})",
                       R"({"index":0,"function":{"name":"late"}})"}),
              ElementsAre(R"(a late {"a":1})"));
}

TEST(ChatAssembler, ArgumentsMayBeAnObject) {
  EXPECT_THAT(made_of({R"({"id":7,"function":{"name":"one","arguments":{"a":[1.5]}}})"}),
              ElementsAre(R"(7 one {"a":[1.5]})"));
}

TEST(ChatAssembler, TheOrderIsThatInWhichTheyBegan) {
  EXPECT_THAT(made_of({R"({"index":9007199254740993,"function":{"name":"one","arguments":"{}"}})",
                       R"({"index":-1,"function":{"name":"two","arguments":"{}"}})",
                       R"({"index":3,"function":{"name":"three"}})"}),
              ElementsAre("call_1 one {}", "call_2 two {}", "call_3 three {}"));
}

TEST(ChatAssembler, TheOldFunctionCallIsACall) {
  Assembly a;
  a.delta(R"({"function_call":{"name":"look","arguments":""}})");
  a.delta(R"({"function_call":{"arguments":"{}"}})");
  const ModelResponse answer = a.end("function_call");
  EXPECT_EQ(answer.tool_calls.at(0).tool_name, "look");
  EXPECT_EQ(answer.finish_reason, FinishReason::tool_calls);
}

TEST(ChatAssembler, AnEmptyEntryIsNoCall) {
  Assembly a;
  a.delta(R"({"content":"x","tool_calls":[]})")
      .calls(R"([{"index":0,"function":{"arguments":""}}])");
  const ModelResponse answer = a.calls("[{}]").end();
  EXPECT_THAT(answer.tool_calls, IsEmpty());
  EXPECT_EQ(answer.finish_reason, FinishReason::stop);
}

TEST(ChatAssembler, ArgumentsThatAreNoJsonStayAText) {
  Assembly a;
  a.calls(R"([{"index":0,"id":"c","function":{"name":"look","arguments":"{\"a\": oops"}}])");
  const ModelResponse answer = a.end();
  EXPECT_EQ(answer.tool_calls.at(0).arguments, json::value(R"({"a": oops)"));
}

TEST(ChatAssembler, ArgumentsThatAreTooDeepStayAText) {
  AnswerContext how = context();
  how.limits.argument_depth = 3;
  for (const bool fits : {true, false}) {
    Assembly a(how);
    const std::string text = fits ? "[[[]]]" : "[[[[]]]]";
    a.calls(R"([{"id":"c","function":{"name":"look","arguments":")" + text + "\"}}]");
    EXPECT_EQ(a.end().tool_calls.at(0).arguments.is_string(), !fits);
  }
}

TEST(ChatAssembler, ACallWithoutANameIsNoAnswer) {
  Assembly a;
  a.calls(R"([{"index":0,"id":"c","function":{"arguments":"{}"}}])");
  const ProviderError error = error_of([&] { a.end(); });
  EXPECT_EQ(error.code(), ErrorCode::invalid_response);
  EXPECT_STREQ(error.what(), "server.test sent a tool call without a name");
}

TEST(ChatAssembler, ReasoningBeforeCallsIsKeptForTheServer) {
  Assembly a;
  a.delta(R"({"reasoning_content":"Hm."})").calls(R"([{"id":"c","function":{"name":"look"}}])");
  EXPECT_EQ(a.end().provider_data, json::value({{"origin", "server.test"},
                                                {"reasoning_field", "reasoning_content"},
                                                {"reasoning", "Hm."}}));
}

// --- usage --------------------------------------------------------------------------------------

TEST(ChatAssembler, TakesTheUsageAndItsCost) {
  AnswerContext how = context();
  how.price = Price{.input_pico_usd = 2'000'000, .output_pico_usd = 10'000'000};
  Assembly a(how);
  a.feed(R"({"choices":[],"usage":{"prompt_tokens":100,"completion_tokens":10,"total_tokens":110,
    "prompt_tokens_details":{"cached_tokens":40,"cache_write_tokens":5},
    "completion_tokens_details":{"reasoning_tokens":7}}})");
  const ModelResponse answer = a.end();
  EXPECT_EQ(answer.usage.prompt, 100);
  EXPECT_EQ(answer.usage.completion, 10);
  EXPECT_EQ(answer.usage.total, 110);
  EXPECT_EQ(answer.usage.cached, 40);
  EXPECT_EQ(answer.usage.cache_write, 5);
  EXPECT_EQ(answer.usage.reasoning, 7);
  EXPECT_EQ(to_string(answer.cost.value()), "0.0003");
  EXPECT_THAT(a.sink.lines, ElementsAre("usage 100+10=110 costs 0.0003"));
}

TEST(ChatAssembler, UsageIsZeroWhenNobodyTellsIt) {
  Assembly a;
  a.feed(R"({"choices":[],"usage":null})");
  const ModelResponse answer = a.end();
  EXPECT_EQ(answer.usage.total, 0);
  EXPECT_FALSE(answer.usage.cached);
  EXPECT_FALSE(answer.cost);
  EXPECT_THAT(a.sink.lines, IsEmpty());
}

TEST(ChatAssembler, TheLastUsageCounts) {
  Assembly a;
  a.feed(R"({"choices":[],"usage":{"prompt_tokens":5,"total_tokens":5}})");
  a.feed(R"({"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":3.0}})");
  EXPECT_EQ(a.end().usage.total, 8) << "a sum where no total is told";
}

TEST(ChatAssembler, AStrangeUsageCostsNoAnswer) {
  for (const char* usage :
       {R"("many")", "[]", R"({"prompt_tokens":-5,"completion_tokens":"x","total_tokens":1e300})",
        R"({"prompt_tokens":9223372036854775807,"completion_tokens":9223372036854775807})"}) {
    Assembly a;
    a.feed(R"({"choices":[],"usage":)" + std::string(usage) + '}');
    EXPECT_GE(a.end().usage.total, 0) << usage;
  }
}

// --- ends ---------------------------------------------------------------------------------------

TEST(ChatAssembler, KnowsTheReasonsOfManyServers) {
  const auto reason_for = [](const std::string& said) {
    return Assembly().delta(R"({"content":"x"})").end(said).finish_reason;
  };
  EXPECT_EQ(reason_for("stop"), FinishReason::stop);
  EXPECT_EQ(reason_for("eos"), FinishReason::stop);
  EXPECT_EQ(reason_for("something new"), FinishReason::stop);
  EXPECT_EQ(reason_for("tool_calls"), FinishReason::stop) << "there are none";
  EXPECT_EQ(reason_for("length"), FinishReason::length);
  EXPECT_EQ(reason_for("max_tokens"), FinishReason::length);
  EXPECT_EQ(reason_for("content_filter"), FinishReason::content_filter);
}

TEST(ChatAssembler, ACutAnswerStaysCutAlsoWithCalls) {
  Assembly a;
  a.calls(R"([{"id":"c","function":{"name":"look","arguments":"{\"a"}}])");
  EXPECT_EQ(a.end("length").finish_reason, FinishReason::length);
}

TEST(ChatAssembler, AReasonThatIsAFailureIsOne) {
  for (const char* reason : {"error", "abort", "insufficient_system_resource", "network_error"}) {
    Assembly a;
    a.delta(R"({"content":"x"})");
    const ProviderError error = error_of([&] { a.end(reason); });
    EXPECT_EQ(error.code(), ErrorCode::server_error);
    EXPECT_THAT(error.what(), HasSubstr(reason));
  }
}

TEST(ChatAssembler, WithoutAnEndAnAnswerWasCutOff) {
  Assembly a;
  a.delta(R"({"content":"half an ans"})");
  EXPECT_FALSE(a.assembler.whole());
  const ProviderError error = error_of([&] { a.assembler.finish(); });
  EXPECT_EQ(error.code(), ErrorCode::interrupted);
  EXPECT_TRUE(error.retryable());
  EXPECT_STREQ(error.what(), "server.test cut the answer off: the stream just ended; ask again");
}

TEST(ChatAssembler, AFinishReasonIsEnough) {
  Assembly a;
  a.delta(R"({"content":"whole"})");
  EXPECT_EQ(a.end().content, "whole");
  EXPECT_FALSE(a.assembler.ended());
}

TEST(ChatAssembler, AReasonThatIsTheTextNullIsNone) {
  Assembly a;
  a.feed(R"({"choices":[{"delta":{"content":"half"},"finish_reason":"null"}]})");
  EXPECT_FALSE(a.assembler.whole());
}

TEST(ChatAssembler, ACallThatWasCutBeforeItsArgumentsHasNone) {
  Assembly a;
  a.delta(R"({"tool_calls":[{"index":0,"id":"c","function":{"name":"erase","arguments":""}}]})");
  const ModelResponse response = a.end("length");
  ASSERT_EQ(response.tool_calls.size(), 1U);
  EXPECT_TRUE(response.tool_calls[0].arguments.is_string());  // which no tool accepts
}

TEST(ChatAssembler, DoneIsEnoughWhenSomethingWasSaid) {
  Assembly a;
  a.delta(R"({"content":"whole"})").feed(" [DONE] ");
  EXPECT_TRUE(a.assembler.ended());
  EXPECT_EQ(a.assembler.finish().content, "whole");
}

TEST(ChatAssembler, DoneAfterNothingIsNoAnswer) {
  Assembly a;
  a.delta(R"({"role":"assistant"})").feed("[DONE]");
  EXPECT_EQ(error_of([&] { a.assembler.finish(); }).code(), ErrorCode::interrupted);
}

TEST(ChatAssembler, DoneAfterHalfACallIsNoAnswer) {
  for (const bool half : {true, false}) {
    Assembly a;
    const std::string text = half ? "{" : "{}";
    a.calls(R"([{"id":"c","function":{"name":"look","arguments":")" + text + "\"}}]");
    a.feed("[DONE]");
    EXPECT_EQ(a.assembler.whole(), !half);
  }
}

TEST(ChatAssembler, WhatComesAfterDoneIsIgnored) {
  Assembly a;
  a.delta(R"({"content":"a"})").feed("[DONE]").delta(R"({"content":"b"})").feed("junk");
  EXPECT_EQ(a.assembler.finish().content, "a");
}

TEST(ChatAssembler, AMessageIsAWholeAnswer) {
  Assembly a;
  a.feed(R"({"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":"hi"}}]})");
  EXPECT_EQ(a.assembler.finish().content, "hi");
  EXPECT_THAT(a.sink.lines, ElementsAre("text hi"));
}

TEST(ChatAssembler, AMessageThatRepeatsTheStreamSaysNothingNew) {
  Assembly a;
  a.delta(R"({"content":"hi"})");
  a.feed(R"({"choices":[{"index":0,"message":{"content":"hi"},"finish_reason":"stop"}]})");
  EXPECT_EQ(a.assembler.finish().content, "hi");
}

// --- failures -----------------------------------------------------------------------------------

TEST(ChatAssembler, AnErrorFrameIsThrown) {
  Assembly a;
  a.delta(R"({"content":"x"})");
  const ProviderError error =
      error_of([&] { a.feed(R"({"error":{"message":"out of memory","type":"server_error"}})"); });
  EXPECT_EQ(error.code(), ErrorCode::server_error);
  EXPECT_STREQ(error.what(),
               "server.test failed while it answered: out of memory; try again later");
}

TEST(ChatAssembler, WhatIsNoChunkIsRefusedByName) {
  const auto refusal = [](const std::string& data) {
    Assembly a;
    const ProviderError error = error_of([&] { a.feed(data); });
    EXPECT_EQ(error.code(), ErrorCode::invalid_response) << data;
    return std::string(error.what());
  };
  EXPECT_THAT(refusal("<html>"), HasSubstr("server.test sent what is no JSON"));
  EXPECT_THAT(refusal("<html>"), HasSubstr("<html>"));
  EXPECT_EQ(refusal("[1]"), "server.test sent JSON that is no object: [1]");
  EXPECT_EQ(refusal(R"({"choices":"x"})"),
            "server.test sent a chunk that is none: 'choices' is not a list");
  EXPECT_EQ(refusal(R"({"choices":[1]})"),
            "server.test sent a chunk that is none: 'choices' is not a list of objects");
  for (const char* choice :
       {R"({"delta":1})", R"({"delta":{"content":1}})", R"({"delta":{"tool_calls":{}}})",
        R"({"delta":{"tool_calls":[1]}})", R"({"delta":{"tool_calls":[{"function":"f"}]}})",
        R"({"delta":{"tool_calls":[{"function":{"name":{}}}]}})", R"({"delta":{"refusal":[]}})",
        R"({"delta":{"content":[{"type":7}]}})"}) {
    EXPECT_THAT(refusal(R"({"choices":[)" + std::string(choice) + "]}"), HasSubstr("is not"));
  }
}

TEST(ChatAssembler, MoreThanAllowedIsRefused) {
  AnswerContext how = context();
  how.limits.answer_bytes = 5;
  how.limits.tool_calls = 2;
  Assembly text(how);
  text.delta(R"({"content":"12345"})");
  EXPECT_STREQ(error_of([&] { text.delta(R"({"reasoning":"6"})"); }).what(),
               "server.test sent an answer longer than 5 bytes");
  Assembly arguments(how);
  EXPECT_THROW(arguments.calls(R"([{"function":{"name":"a","arguments":"{     }"}}])"),
               ProviderError);
  Assembly calls(how);
  calls.calls(R"([{"index":0,"function":{"name":"a"}},{"index":1,"function":{"name":"b"}}])");
  EXPECT_STREQ(error_of([&] { calls.calls(R"([{"index":2}])"); }).what(),
               "server.test sent more than 2 tool calls in one answer");
}

TEST(ChatAssembler, TheKeyIsNotRepeated) {
  AnswerContext how = context();
  how.server.secrets = detail::Secrets({"sk-secret-0123456789"});
  for (const char* data :
       {"your key is sk-secret-0123456789", R"("sk-secret-0123456789")",
        R"({"error":"sk-secret-0123456789"})",
        R"({"choices":[{"finish_reason":"error"}],"error":"sk-secret-0123456789"})"}) {
    Assembly a(how);
    const ProviderError error = error_of([&] { a.feed(data); });
    EXPECT_THAT(error.what(), testing::Not(HasSubstr("0123456789"))) << data;
  }
}

}  // namespace
}  // namespace strandbus::test

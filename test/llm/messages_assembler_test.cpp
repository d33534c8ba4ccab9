#include "llm/messages_assembler.hpp"

#include "llm/recording_sink.hpp"

#include <gmock/gmock.h>

#include <optional>

namespace strandbus::test {
namespace {

using detail::AnswerContext;
using detail::MessagesAssembler;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

AnswerContext context() {
  AnswerContext context;
  context.server.server = "server.test";
  context.server.model = "claude-1";
  return context;
}

/// An answer that is being put together, and what was handed over.
struct Assembly {
  explicit Assembly(AnswerContext how = context(), json::value schema = nullptr,
                    std::vector<Message> before = {})
      : used(std::move(how)), conversation(std::move(before)), request(request_for(conversation)) {
    request.response_schema = std::move(schema);
    assembler.emplace(request, sink, used);
  }

  Assembly& feed(std::string_view event) {
    assembler->feed(event);
    return *this;
  }
  Assembly& begin(int index, const std::string& block) {
    return feed(R"({"type":"content_block_start","index":)" + std::to_string(index) +
                R"(,"content_block":)" + block + '}');
  }
  Assembly& call(int index, const std::string& id, const std::string& name) {
    return begin(index,
                 R"({"type":"tool_use","id":")" + id + R"(","name":")" + name + R"(","input":{}})");
  }
  Assembly& delta(int index, const std::string& delta) {
    return feed(R"({"type":"content_block_delta","index":)" + std::to_string(index) +
                R"(,"delta":)" + delta + '}');
  }
  Assembly& text(int index, const std::string& text) {
    return delta(index, R"({"type":"text_delta","text":")" + text + "\"}");
  }
  Assembly& input(int index, std::string_view text) {
    std::string quoted;
    append_json_string(quoted, text);
    return delta(index, R"({"type":"input_json_delta","partial_json":)" + quoted + '}');
  }
  Assembly& stop(int index) {
    return feed(R"({"type":"content_block_stop","index":)" + std::to_string(index) + '}');
  }
  Assembly& ending(const std::string& reason) {
    return feed(R"({"type":"message_delta","delta":{"stop_reason":")" + reason + "\"}}");
  }
  ModelResponse end(const std::string& reason = "end_turn") {
    ending(reason).feed(R"({"type":"message_stop"})");
    return assembler->finish();
  }

  AnswerContext used;
  std::vector<Message> conversation;
  ModelRequest request;
  RecordingSink sink;
  std::optional<MessagesAssembler> assembler{};
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

constexpr const char* text_block = R"({"type":"text","text":""})";
constexpr const char* thinking_block = R"({"type":"thinking","thinking":"","signature":""})";

std::string args(const ToolCall& call) {
  std::string text;
  append_json(text, call.arguments);
  return text;
}

// --- texts --------------------------------------------------------------------------------------

TEST(MessagesAssembler, HandsEachPieceOverAndReturnsTheWhole) {
  Assembly a;
  a.begin(0, text_block).text(0, "Hel").text(0, "lo").stop(0);
  a.begin(1, R"({"type":"text","text":" you"})").stop(1);
  EXPECT_EQ(a.end().content, "Hello you");
  EXPECT_THAT(a.sink.lines, ElementsAre("text Hel", "text lo", "text  you"));
}

TEST(MessagesAssembler, ThinkingIsReasoning) {
  Assembly a;
  a.begin(0, thinking_block).delta(0, R"({"type":"thinking_delta","thinking":"Hm."})");
  a.delta(0, R"({"type":"signature_delta","signature":"sig"})").stop(0);
  const ModelResponse answer = a.end();
  EXPECT_EQ(answer.reasoning, "Hm.");
  EXPECT_EQ(answer.content, "");
  EXPECT_TRUE(answer.provider_data.is_null()) << "it matters only before calls";
  EXPECT_THAT(a.sink.lines, ElementsAre("reasoning Hm."));
}

TEST(MessagesAssembler, ThinkingBeforeCallsIsKeptForTheServer) {
  Assembly a;
  a.begin(0, thinking_block).delta(0, R"({"type":"thinking_delta","thinking":"Hm."})");
  a.delta(0, R"({"type":"signature_delta","signature":"s1"})");
  a.delta(0, R"({"type":"signature_delta","signature":"s2"})").stop(0);
  a.begin(1, R"({"type":"redacted_thinking","data":"xyz"})").stop(1);
  a.begin(2, text_block).text(2, "Well.").stop(2).call(3, "c", "look").stop(3);
  EXPECT_EQ(a.end("tool_use").provider_data, parse_json(R"({"origin":"server.test",
    "model":"claude-1","blocks":[{"type":"thinking","thinking":"Hm.","signature":"s1s2"},
    {"type":"redacted_thinking","data":"xyz"},{"type":"text","bytes":5},
    {"type":"tool_use"}]})")
                                                 .value());
}

TEST(MessagesAssembler, KnowsWhoAnswered) {
  Assembly a;
  a.feed(R"({"type":"message_start","message":{"id":"msg_1","model":"claude-1-2025"}})");
  const ModelResponse answer = a.end();
  EXPECT_EQ(answer.response_id, "msg_1");
  EXPECT_EQ(answer.model, "claude-1-2025");
  EXPECT_EQ(Assembly().end().model, "claude-1") << "the one that was asked, if nobody says more";
}

TEST(MessagesAssembler, WhatNobodyKnowsIsSkipped) {
  Assembly a;
  a.feed(R"({"type":"ping"})").feed(R"({"type":"news","x":[1]})").feed("{}").feed(" ");
  a.begin(0, R"({"type":"server_tool_use","id":"s","name":"search","input":{}})");
  a.input(0, "{}").stop(0).begin(1, R"({"type":"hologram","data":[1]})");
  a.delta(1, R"({"type":"hologram_delta","data":2})").text(1, "no").stop(1);
  a.begin(2, text_block).delta(2, R"({"type":"citations_delta","citation":{"url":"u"}})");
  a.text(2, "yes").stop(2);
  EXPECT_EQ(a.end().content, "yes");
  EXPECT_THAT(a.sink.lines, ElementsAre("text yes"));
}

// --- calls --------------------------------------------------------------------------------------

TEST(MessagesAssembler, ACallComesInPieces) {
  Assembly a;
  a.call(0, "c1", "look").input(0, "").input(0, "{\"a\":").input(0, "1}").stop(0);
  const ModelResponse answer = a.end("tool_use");
  EXPECT_THAT(a.sink.lines, ElementsAre("begin c1 look 0", R"(delta c1 {"a":)", "delta c1 1}",
                                        R"(ready c1 look {"a":1})"));
  EXPECT_EQ(args(answer.tool_calls.at(0)), R"({"a":1})");
  EXPECT_EQ(answer.finish_reason, FinishReason::tool_calls);
}

TEST(MessagesAssembler, ACallWithoutArgumentsHasNone) {
  Assembly a;
  a.call(0, "c1", "look").input(0, "").stop(0).call(1, "c2", "wait").stop(1);
  const ModelResponse answer = a.end("tool_use");
  EXPECT_EQ(args(answer.tool_calls.at(0)), "{}");
  EXPECT_EQ(args(answer.tool_calls.at(1)), "{}");
}

TEST(MessagesAssembler, ACallThatTheLimitCutBeforeItsArgumentsHasNone) {
  Assembly a;
  a.call(0, "c1", "look").stop(0).call(1, "c2", "erase").stop(1);
  const ModelResponse answer = a.end("max_tokens");
  EXPECT_EQ(args(answer.tool_calls.at(0)), "{}") << "what follows shows that it is whole";
  EXPECT_TRUE(answer.tool_calls.at(1).arguments.is_string()) << "which no tool accepts";
  EXPECT_EQ(answer.finish_reason, FinishReason::length);
}

TEST(MessagesAssembler, ArgumentsMayComeWithTheBeginning) {
  Assembly a;
  a.begin(0, R"({"type":"tool_use","id":"c","name":"look","input":{"a":1}})").stop(0);
  a.begin(1, R"({"type":"tool_use","id":"d","name":"look","input":{"a":1}})").input(1, "{\"b\":2}");
  const ModelResponse answer = a.end("tool_use");
  EXPECT_EQ(args(answer.tool_calls.at(0)), R"({"a":1})");
  EXPECT_EQ(args(answer.tool_calls.at(1)), R"({"b":2})") << "the pieces are what counts";
}

TEST(MessagesAssembler, BlocksMayInterleaveOrHaveNoIndex) {
  Assembly a;
  a.call(0, "c1", "one").call(5, "c2", "two").input(5, "{\"b\":2}").stop(5);
  a.feed(R"({"type":"content_block_start","content_block":{"type":"text","text":""}})");
  a.feed(R"({"type":"content_block_delta","delta":{"type":"text_delta","text":"hi"}})");
  a.feed(R"({"type":"content_block_stop"})");
  a.input(0, "{\"a\":1}").stop(0).call(6, "c3", "three");
  const ModelResponse answer = a.end("tool_use");
  EXPECT_EQ(answer.content, "hi");
  EXPECT_THAT(a.sink.lines,
              ElementsAre("begin c2 two 0", R"(delta c2 {"b":2})", "text hi", "begin c1 one 1",
                          R"(delta c1 {"a":1})", "begin c3 three 2", R"(ready c2 two {"b":2})",
                          R"(ready c1 one {"a":1})", "ready c3 three {}"));
}

TEST(MessagesAssembler, AnIdOfTheConversationIsNotGivenAgain) {
  Assembly a(context(), nullptr, {model_calls("c1", "look")});
  a.call(0, "c1", "look").stop(0);
  EXPECT_EQ(a.end("tool_use").tool_calls.at(0).call_id, "c1-2");
}

TEST(MessagesAssembler, ArgumentsThatAreNoJsonStayAText) {
  Assembly a;
  a.call(0, "c", "look").input(0, "{\"a\": oops").stop(0);
  EXPECT_EQ(a.end("tool_use").tool_calls.at(0).arguments, json::value(R"({"a": oops)"));
}

// --- structured answers -------------------------------------------------------------------------

json::value object_schema() { return json::object{{"type", "object"}}; }

TEST(MessagesAssembler, TheArgumentsOfTheAnswerToolAreTheAnswer) {
  Assembly a(context(), object_schema());
  a.begin(0, text_block).text(0, "Here it is:").stop(0);
  a.call(1, "c", "answer").input(1, "{\"a\":").input(1, "1}").stop(1);
  const ModelResponse answer = a.end("tool_use");
  EXPECT_EQ(answer.content, R"({"a":1})");
  EXPECT_EQ(answer.finish_reason, FinishReason::stop);
  EXPECT_THAT(answer.tool_calls, IsEmpty());
  EXPECT_THAT(a.sink.lines, ElementsAre(R"(structured {"a":)", "structured 1}"));
}

TEST(MessagesAssembler, AWrappedAnswerIsTakenOut) {
  Assembly a(context(), json::object{{"type", "array"}});
  a.call(0, "c", "answer").input(0, "{\"value\":").input(0, "[1,2]}").stop(0);
  EXPECT_EQ(a.end("tool_use").content, "[1,2]");
  EXPECT_THAT(a.sink.lines, ElementsAre("structured [1,2]"));
}

TEST(MessagesAssembler, AnAnswerInATextCountsWhereTheToolWasNotCalled) {
  Assembly a(context(), object_schema());
  a.begin(0, text_block).text(0, "{}").stop(0);
  EXPECT_EQ(a.end().content, "{}");
  EXPECT_THAT(a.sink.lines, ElementsAre("structured {}"));
}

TEST(MessagesAssembler, OnlyTheFirstAnswerCounts) {
  Assembly a(context(), object_schema());
  a.call(0, "c", "answer").stop(0).call(1, "d", "answer").input(1, "{\"b\":1}").stop(1);
  a.call(2, "e", "look").stop(2);
  const ModelResponse answer = a.end("tool_use");
  EXPECT_EQ(answer.content, "{}");
  EXPECT_EQ(answer.tool_calls.size(), 1U);
  EXPECT_EQ(answer.finish_reason, FinishReason::tool_calls);
}

// --- usage --------------------------------------------------------------------------------------

TEST(MessagesAssembler, UsageCountsAllInputAndReplacesWhatWasToldBefore) {
  AnswerContext how = context();
  how.price = Price{.input_pico_usd = 2'000'000, .output_pico_usd = 10'000'000};
  Assembly a(how);
  a.feed(R"({"type":"message_start","message":{"usage":{"input_tokens":10,"output_tokens":1,
    "cache_creation_input_tokens":20,"cache_read_input_tokens":70}}})");
  a.feed(R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":9,
    "output_tokens_details":{"thinking_tokens":4}}})");
  const ModelResponse answer = a.assembler->finish();
  EXPECT_EQ(answer.usage.prompt, 100);
  EXPECT_EQ(answer.usage.completion, 9);
  EXPECT_EQ(answer.usage.total, 109);
  EXPECT_EQ(answer.usage.cached, 70);
  EXPECT_EQ(answer.usage.cache_write, 20);
  EXPECT_EQ(answer.usage.reasoning, 4);
  EXPECT_EQ(to_string(answer.cost.value()), "0.00029");
  EXPECT_THAT(a.sink.lines,
              ElementsAre("usage 100+1=101 costs 0.00021", "usage 100+9=109 costs 0.00029"));
}

TEST(MessagesAssembler, AStrangeUsageCostsNoAnswer) {
  for (const char* usage : {"null", "[]", R"("many")", R"({"input_tokens":-5,"output_tokens":"x"})",
                            R"({"input_tokens":9223372036854775807,"output_tokens":1e300,
                                "cache_read_input_tokens":9223372036854775807})"}) {
    Assembly a;
    a.feed(R"({"type":"message_start","message":{"usage":)" + std::string(usage) + "}}");
    EXPECT_GE(a.end().usage.total, 0) << usage;
  }
}

// --- ends ---------------------------------------------------------------------------------------

TEST(MessagesAssembler, KnowsTheReasons) {
  const auto reason_for = [](const std::string& said) {
    return Assembly().begin(0, text_block).text(0, "x").stop(0).end(said).finish_reason;
  };
  EXPECT_EQ(reason_for("end_turn"), FinishReason::stop);
  EXPECT_EQ(reason_for("stop_sequence"), FinishReason::stop);
  EXPECT_EQ(reason_for("something new"), FinishReason::stop);
  EXPECT_EQ(reason_for("tool_use"), FinishReason::stop) << "there are no calls";
  EXPECT_EQ(reason_for("max_tokens"), FinishReason::length);
  EXPECT_EQ(reason_for("model_context_window_exceeded"), FinishReason::length);
  EXPECT_EQ(reason_for("refusal"), FinishReason::refusal);
}

TEST(MessagesAssembler, ARefusalSaysWhy) {
  Assembly a;
  a.feed(R"({"type":"message_delta","delta":{"stop_reason":"refusal",
             "stop_details":{"type":"refusal","category":null,"explanation":"Not that."}}})");
  EXPECT_EQ(a.assembler->finish().refusal, "Not that.");
  EXPECT_EQ(Assembly().end("refusal").refusal, "The model declined to answer.");
}

TEST(MessagesAssembler, WithoutAnEndAnAnswerWasCutOff) {
  Assembly a;
  a.begin(0, text_block).text(0, "half an ans").stop(0);
  a.feed(R"({"type":"message_delta","delta":{"stop_reason":null}})");
  const ProviderError error = error_of([&] { a.assembler->finish(); });
  EXPECT_EQ(error.code(), ErrorCode::interrupted);
  EXPECT_STREQ(error.what(), "server.test cut the answer off: the stream just ended; ask again");
}

TEST(MessagesAssembler, AMessageStopIsEnoughBehindBlocksThatHaveEnded) {
  for (const bool ended : {true, false}) {
    Assembly a;
    a.begin(0, text_block).text(0, "whole");
    if (ended) a.stop(0);
    a.feed(R"({"type":"message_stop"})");
    EXPECT_TRUE(a.assembler->ended());
    EXPECT_EQ(a.assembler->whole(), ended);
  }
  Assembly nothing;
  nothing.feed(R"({"type":"message_stop"})");
  EXPECT_FALSE(nothing.assembler->whole());
}

TEST(MessagesAssembler, WhatComesAfterTheEndIsIgnored) {
  Assembly a;
  a.begin(0, text_block).text(0, "a").stop(0).ending("end_turn");
  a.feed(R"({"type":"message_stop"})").text(0, "b").feed("junk");
  EXPECT_EQ(a.assembler->finish().content, "a");
}

TEST(MessagesAssembler, AMessageIsAWholeAnswerAndSaysNothingNewAfterAStream) {
  const char* message = R"({"type":"message","id":"m","content":[{"type":"text","text":"hi"}],
    "stop_reason":"end_turn"})";
  Assembly alone;
  alone.feed(message);
  EXPECT_EQ(alone.assembler->finish().content, "hi");
  Assembly after;
  after.begin(0, text_block).text(0, "hi").stop(0).feed(message);
  EXPECT_EQ(after.assembler->finish().content, "hi");
}

TEST(MessagesAssembler, APausedTurnGoesOn) {
  Assembly a;
  a.feed(R"({"type":"message_start","message":{"usage":{"input_tokens":10,"output_tokens":1}}})");
  a.begin(0, text_block).text(0, "One").stop(0);
  a.begin(1, R"({"type":"server_tool_use","id":"s","name":"search","input":{}})");
  a.input(1, "{\"q\":1}").stop(1).begin(2, text_block).stop(2);
  const ModelResponse so_far = a.end("pause_turn");
  EXPECT_TRUE(a.assembler->paused());
  EXPECT_EQ(so_far.content, "One");
  EXPECT_EQ(json::value(a.assembler->paused_turn()), parse_json(R"([
    {"type":"text","text":"One"},
    {"type":"server_tool_use","id":"s","name":"search","input":{"q":1}}])")
                                                         .value());

  a.assembler->resume();
  EXPECT_FALSE(a.assembler->whole());
  a.feed(R"({"type":"message_start","message":{"usage":{"input_tokens":20,"output_tokens":2}}})");
  a.begin(0, text_block).text(0, ", two.").stop(0);
  const ModelResponse answer = a.end();
  EXPECT_FALSE(a.assembler->paused());
  EXPECT_EQ(answer.content, "One, two.");
  EXPECT_EQ(answer.usage.total, 33);
}

// --- failures -----------------------------------------------------------------------------------

TEST(MessagesAssembler, AnErrorEventIsThrown) {
  struct Case {
    const char* type;
    ErrorCode code;
    bool retryable;
  };
  for (const Case& each : {Case{"overloaded_error", ErrorCode::server_error, true},
                           Case{"api_error", ErrorCode::server_error, true},
                           Case{"timeout_error", ErrorCode::server_error, true},
                           Case{"rate_limit_error", ErrorCode::rate_limit, true},
                           Case{"billing_error", ErrorCode::rate_limit, false},
                           Case{"authentication_error", ErrorCode::authentication, false},
                           Case{"permission_error", ErrorCode::authentication, false},
                           Case{"not_found_error", ErrorCode::invalid_request, false},
                           Case{"request_too_large", ErrorCode::context_length, false},
                           Case{"invalid_request_error", ErrorCode::invalid_request, false}}) {
    Assembly a;
    a.begin(0, text_block).text(0, "x");
    const ProviderError error = error_of([&] {
      a.feed(R"({"type":"error","error":{"type":")" + std::string(each.type) +
             R"(","message":"It broke"},"request_id":"req_1"})");
    });
    EXPECT_EQ(error.code(), each.code) << each.type;
    EXPECT_EQ(error.retryable(), each.retryable) << each.type;
    EXPECT_THAT(error.what(), HasSubstr("It broke"));
  }
  EXPECT_EQ(error_of([] { Assembly().feed(R"({"type":"error"})"); }).code(),
            ErrorCode::server_error);
}

TEST(MessagesAssembler, WhatIsNoEventIsRefusedByName) {
  const auto refusal = [](const std::string& data) {
    Assembly a;
    a.begin(0, text_block);
    const ProviderError error = error_of([&] { a.feed(data); });
    EXPECT_EQ(error.code(), ErrorCode::invalid_response) << data;
    return std::string(error.what());
  };
  EXPECT_THAT(refusal("<html>"), HasSubstr("server.test sent what is no JSON"));
  EXPECT_EQ(refusal("[1]"), "server.test sent JSON that is no object: [1]");
  EXPECT_EQ(refusal(R"({"type":1})"),
            "server.test sent an event that is none: 'type' is not a text");
  EXPECT_EQ(refusal(R"({"type":"content_block_delta","index":7,"delta":{}})"),
            "server.test sent a piece of a block that has not begun");
  EXPECT_EQ(refusal(R"({"type":"content_block_delta","index":0,
                        "delta":{"type":"input_json_delta","partial_json":"{"}})"),
            "server.test sent input_json_delta for a block of the type 'text'");
  EXPECT_EQ(refusal(R"({"type":"content_block_start","index":1,"content_block":
                        {"type":"tool_use","id":"c","name":""}})"),
            "server.test sent a tool call without a name");
  for (const char* event :
       {R"({"type":"message_start","message":1})", R"({"type":"content_block_start",
        "content_block":[]})",
        R"({"type":"content_block_start","content_block":{"type":7}})",
        R"({"type":"content_block_delta","index":0,"delta":"x"})",
        R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":5}})",
        R"({"type":"message","content":{}})"}) {
    EXPECT_THAT(refusal(event), HasSubstr("is not")) << event;
  }
  EXPECT_STREQ(error_of([] { Assembly().feed(R"({"type":"message","content":[1]})"); }).what(),
               "server.test sent an event that is none: 'content' is not a list of objects");
}

TEST(MessagesAssembler, MoreThanAllowedIsRefused) {
  AnswerContext how = context();
  how.limits.answer_bytes = 12;
  how.limits.tool_calls = 2;
  Assembly text(how);
  text.begin(0, text_block).text(0, "123456789012");
  EXPECT_STREQ(error_of([&] { text.text(0, "3"); }).what(),
               "server.test sent an answer longer than 12 bytes");
  Assembly block(how);
  EXPECT_THROW(block.begin(0, R"({"type":"unknown","data":"12345"})"), ProviderError);
  Assembly calls(how);
  calls.call(0, "a", "b").call(1, "c", "d");
  EXPECT_STREQ(error_of([&] { calls.call(2, "e", "f"); }).what(),
               "server.test sent more than 2 tool calls in one answer");
}

TEST(MessagesAssembler, TheKeyIsNotRepeated) {
  AnswerContext how = context();
  how.server.secrets = detail::Secrets({"sk-secret-0123456789"});
  for (const char* data : {"your key is sk-secret-0123456789", R"("sk-secret-0123456789")",
                           R"({"type":"error","error":{"message":"sk-secret-0123456789"}})"}) {
    Assembly a(how);
    const ProviderError error = error_of([&] { a.feed(data); });
    EXPECT_THAT(error.what(), testing::Not(HasSubstr("0123456789"))) << data;
  }
}

}  // namespace
}  // namespace strandbus::test

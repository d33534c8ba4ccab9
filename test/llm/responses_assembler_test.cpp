#include "llm/responses_assembler.hpp"

#include "llm/recording_sink.hpp"

#include <gmock/gmock.h>

namespace strandbus::test {
namespace {

using detail::AnswerContext;
using detail::ResponsesAssembler;
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

  /// Feeds an event "response.type" with these further members.
  Assembly& event(const std::string& type, const std::string& members) {
    return feed(R"({"type":"response.)" + type + "\"," + members + "}");
  }
  Assembly& added(const std::string& item, const std::string& index = "0") {
    return event("output_item.added", "\"output_index\":" + index + ",\"item\":" + item);
  }
  Assembly& item(const std::string& item, const std::string& index = "0") {
    return event("output_item.done", "\"output_index\":" + index + ",\"item\":" + item);
  }
  Assembly& text(const std::string& delta) {
    return event("output_text.delta", R"("item_id":"m","output_index":0,"delta":")" + delta + '"');
  }
  Assembly& arguments(const std::string& place, const std::string& delta) {
    return event("function_call_arguments.delta", place + ",\"delta\":\"" + delta + '"');
  }
  Assembly& feed(std::string_view data) {
    assembler.feed(data);
    return *this;
  }
  ModelResponse end(const std::string& response = "{}") {
    event("completed", "\"response\":" + response);
    return assembler.finish();
  }

  AnswerContext used;
  std::vector<Message> conversation;
  ModelRequest request = request_for(conversation);
  RecordingSink sink;
  ResponsesAssembler assembler{request, sink, used};
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

std::string args(const ToolCall& call) {
  std::string text;
  append_json(text, call.arguments);
  return text;
}

std::vector<std::string> calls_of(const ModelResponse& answer) {
  std::vector<std::string> calls;
  for (const ToolCall& call : answer.tool_calls)
    calls.push_back(call.call_id + ' ' + call.tool_name + ' ' + args(call));
  return calls;
}

const std::string message = R"({"type":"message","id":"m","content":[]})";
const std::string call_item =
    R"({"type":"function_call","id":"f","call_id":"c","name":"look","arguments":""})";

// --- texts --------------------------------------------------------------------------------------

TEST(ResponsesAssembler, HandsEachPieceOverAndReturnsTheWhole) {
  Assembly a;
  a.added(message).text("Hel").text("lo");
  EXPECT_EQ(a.end().content, "Hello");
  EXPECT_THAT(a.sink.lines, ElementsAre("text Hel", "text lo"));
}

TEST(ResponsesAssembler, WhatIsSaidAgainIsNotHandedOverAgain) {
  Assembly a;
  a.added(message).text("Hel").text("lo");
  a.event("output_text.done", R"("item_id":"m","output_index":0,"content_index":0,"text":"Hello")");
  a.event("content_part.done",
          R"("item_id":"m","output_index":0,"part":{"type":"output_text","text":"Hello"})");
  const std::string whole =
      R"({"type":"message","id":"m","content":[{"type":"output_text","text":"Hello"}]})";
  a.item(whole);
  EXPECT_EQ(a.end("{\"output\":[" + whole + "]}").content, "Hello");
  EXPECT_THAT(a.sink.lines, ElementsAre("text Hel", "text lo"));
}

TEST(ResponsesAssembler, WhatWasNotSentInPiecesIsTakenFromTheWhole) {
  Assembly a;
  a.event("output_text.done", R"("item_id":"m","output_index":0,"text":"a")");
  a.event("content_part.done",
          R"("item_id":"m","content_index":1,"part":{"type":"output_text","text":"b"})");
  a.item(R"({"type":"message","id":"n","content":[{"type":"output_text","text":"c"}]})", "1");
  const std::string last =
      R"({"output":[{},{},{"type":"message","id":"o","content":[{"type":"text","text":"d"}]}]})";
  EXPECT_EQ(a.end(last).content, "abcd");
  EXPECT_THAT(a.sink.lines, ElementsAre("text a", "text b", "text c", "text d"));
}

TEST(ResponsesAssembler, OnlyWhatIsNewInTheWholeIsHandedOver) {
  Assembly a;
  a.added(message).text("Hel");
  a.event("output_text.done", R"("item_id":"m","output_index":0,"text":"Hello")");
  EXPECT_EQ(a.end().content, "Hello");
  EXPECT_THAT(a.sink.lines, ElementsAre("text Hel", "text lo"));
}

TEST(ResponsesAssembler, AWholeThatContradictsThePiecesIsNotBelieved) {
  Assembly a;
  a.added(message).text("Hello");
  a.event("output_text.done", R"("item_id":"m","output_index":0,"text":"Bye")");
  EXPECT_EQ(a.end().content, "Hello");
}

TEST(ResponsesAssembler, ItemsThatAreNamedAnewEachTimeAreTheSame) {
  Assembly a;
  a.added(R"({"type":"message","id":"x1","content":[]})");
  a.event("output_text.delta", R"("item_id":"x2","output_index":0,"delta":"Hi")");
  a.event("output_text.done", R"("item_id":"x3","output_index":0,"text":"Hi")");
  const std::string whole =
      R"({"type":"message","id":"x4","content":[{"type":"output_text","text":"Hi"}]})";
  a.item(whole);
  EXPECT_EQ(a.end("{\"output\":[{},{},{}," + whole + "]}").content, "Hi");
}

TEST(ResponsesAssembler, ItemsThatAllHaveNumberZeroAreToldByTheirIds) {
  Assembly a;
  a.added(R"({"type":"message","id":"x","content":[]})");
  a.event("output_text.delta", R"("item_id":"x","output_index":0,"delta":"one ")");
  a.added(R"({"type":"message","id":"y","content":[]})");
  a.event("output_text.delta", R"("item_id":"y","output_index":0,"delta":"two")");
  a.event("output_text.done", R"("item_id":"y","output_index":0,"text":"two")");
  EXPECT_EQ(a.end().content, "one two");
}

TEST(ResponsesAssembler, PiecesWithoutAPlaceBelongToTheNewestItem) {
  Assembly a;
  a.event("output_text.delta", R"("delta":"Hel")").event("output_text.delta", R"("delta":"lo")");
  a.event("output_text.done", R"("text":"Hello")");
  EXPECT_EQ(a.end().content, "Hello");
}

TEST(ResponsesAssembler, TextIsStructuredWhenASchemaWasAskedFor) {
  ModelRequest request;
  request.response_schema = json::object();
  RecordingSink sink;
  const AnswerContext how = context();
  ResponsesAssembler assembler(request, sink, how);
  assembler.feed(R"({"type":"response.output_text.delta","delta":"{}"})");
  assembler.feed(R"({"type":"response.completed","response":{}})");
  EXPECT_EQ(assembler.finish().content, "{}");
  EXPECT_THAT(sink.lines, ElementsAre("structured {}"));
}

TEST(ResponsesAssembler, AStructuredAnswerThatIsNoJsonIsRefusedAndSaysWhere) {
  ModelRequest request;
  request.response_schema = json::object();
  RecordingSink sink;
  const AnswerContext how = context();
  ResponsesAssembler assembler(request, sink, how);
  assembler.feed(R"({"type":"response.output_text.delta","delta":"{\"a\": Sure!"})");
  assembler.feed(R"({"type":"response.completed","response":{}})");
  const ProviderError error = error_of([&] { assembler.finish(); });
  EXPECT_EQ(error.code(), ErrorCode::invalid_response);
  EXPECT_THAT(error.what(), HasSubstr("was asked for JSON and answered with what is none"));
  EXPECT_THAT(error.what(), HasSubstr("byte 6"));
  EXPECT_THAT(error.what(), HasSubstr(R"({"a": Sure!)"));
}

TEST(ResponsesAssembler, AStructuredAnswerThatWasCutShortOrRefusedIsNoWrongOne) {
  const AnswerContext how = context();
  ModelRequest request;
  request.response_schema = json::object();
  RecordingSink sink;
  ResponsesAssembler cut(request, sink, how);
  cut.feed(R"({"type":"response.output_text.delta","delta":"{\"a\":"})");
  cut.feed(R"({"type":"response.incomplete","response":{}})");
  EXPECT_EQ(cut.finish().finish_reason, FinishReason::length);
  ResponsesAssembler refused(request, sink, how);
  refused.feed(R"({"type":"response.refusal.done","refusal":"No."})");
  refused.feed(R"({"type":"response.completed","response":{}})");
  EXPECT_EQ(refused.finish().finish_reason, FinishReason::refusal);
}

TEST(ResponsesAssembler, ARefusalIsNoText) {
  Assembly a;
  a.added(message);
  a.event("refusal.delta", R"("item_id":"m","delta":"I ")");
  a.event("refusal.delta", R"("item_id":"m","delta":"will not.")");
  a.event("refusal.done", R"("item_id":"m","refusal":"I will not.")");
  a.item(R"({"type":"message","id":"m","content":[{"type":"refusal","refusal":"I will not."}]})");
  const ModelResponse answer = a.end();
  EXPECT_EQ(answer.refusal, "I will not.");
  EXPECT_EQ(answer.content, "");
  EXPECT_EQ(answer.finish_reason, FinishReason::refusal);
  EXPECT_EQ(answer.provider_data, json::value({{"refusal", "I will not."}}));
  EXPECT_THAT(a.sink.lines, IsEmpty());
}

TEST(ResponsesAssembler, HalfACharacterIsReplaced) {
  Assembly a;
  a.text("\\ud83d").text("\\ude00");
  EXPECT_EQ(a.end().content, "\uFFFD\uFFFD");
}

TEST(ResponsesAssembler, KnowsWhoAnswered) {
  Assembly a;
  a.event("created", R"("response":{"id":"resp_1","model":"small-1-2025"})");
  const ModelResponse answer = a.end();
  EXPECT_EQ(answer.response_id, "resp_1");
  EXPECT_EQ(answer.model, "small-1-2025");
  EXPECT_EQ(Assembly().end().model, "small-1") << "the one that was asked, if nobody says more";
}

// --- reasoning ----------------------------------------------------------------------------------

TEST(ResponsesAssembler, ASummaryIsReasoningAndItsPartsAreParagraphs) {
  Assembly a;
  a.added(R"({"type":"reasoning","id":"r","summary":[]})");
  a.event("reasoning_summary_part.added", R"("item_id":"r","summary_index":0,"part":{})");
  a.event("reasoning_summary_text.delta", R"("item_id":"r","summary_index":0,"delta":"First")");
  a.event("reasoning_summary_text.done", R"("item_id":"r","summary_index":0,"text":"First.")");
  a.event("reasoning_summary_part.done",
          R"("item_id":"r","summary_index":1,"part":{"type":"summary_text","text":"Then."})");
  a.item(R"({"type":"reasoning","id":"r","summary":[{"type":"summary_text","text":"First."},
             {"type":"summary_text","text":"Then."}]})");
  EXPECT_EQ(a.end().reasoning, "First.\n\nThen.");
  EXPECT_THAT(a.sink.lines,
              ElementsAre("reasoning First", "reasoning .", "reasoning \n\n", "reasoning Then."));
}

TEST(ResponsesAssembler, ReadableReasoningIsReasoning) {
  Assembly a;
  a.event("reasoning_text.delta", R"("item_id":"r","content_index":0,"delta":"Hm")");
  a.event("reasoning_text.done", R"("item_id":"r","content_index":0,"text":"Hm.")");
  EXPECT_EQ(a.end().reasoning, "Hm.");
}

TEST(ResponsesAssembler, ReasoningBeforeCallsIsKeptForTheNextRequest) {
  Assembly a;
  a.added(R"({"type":"reasoning","id":"r1","encrypted_content":"half"})");
  a.item(R"({"type":"reasoning","id":"r1","encrypted_content":"gAAA","summary":[]})");
  a.item(R"({"type":"function_call","call_id":"c1","name":"one","arguments":"{}"})", "1");
  a.item(R"({"type":"reasoning","id":"r2","encrypted_content":"gBBB"})", "2");
  a.item(R"({"type":"function_call","call_id":"c2","name":"two","arguments":"{}"})", "3");
  a.item(R"({"type":"reasoning","id":"r3","encrypted_content":"gCCC"})", "4");
  EXPECT_EQ(a.end().provider_data, parse_json(R"({"origin":"server.test","reasoning_items":[
    {"call":0,"item":{"type":"reasoning","id":"r1","summary":[],"encrypted_content":"gAAA"}},
    {"call":1,"item":{"type":"reasoning","id":"r2","summary":[],"encrypted_content":"gBBB"}}]})")
                                       .value());
}

TEST(ResponsesAssembler, ReasoningBeforeTextIsNotKept) {
  Assembly a;
  a.item(R"({"type":"reasoning","id":"r1","encrypted_content":"gAAA"})");
  a.text("x");
  EXPECT_TRUE(a.end().provider_data.is_null());
}

// --- calls --------------------------------------------------------------------------------------

TEST(ResponsesAssembler, ACallIsKnownByTheIdOfItsItem) {
  Assembly a;
  a.added(call_item);
  a.arguments(R"("item_id":"f")", "{\\\"a\\\":").arguments(R"("item_id":"f")", "1}");
  a.event("function_call_arguments.done", R"("item_id":"f","arguments":"{\"a\":1}")");
  const ModelResponse answer = a.end();
  EXPECT_THAT(a.sink.lines, ElementsAre("begin c look 0", R"(delta c {"a":)", "delta c 1}",
                                        R"(ready c look {"a":1})"));
  EXPECT_EQ(answer.finish_reason, FinishReason::tool_calls);
}

TEST(ResponsesAssembler, ACallIsKnownByTheNumberOfItsItem) {
  Assembly a;
  a.added(call_item, "2");
  a.arguments(R"("output_index":2)", "{").arguments(R"("item_id":"other","output_index":2)", "}");
  EXPECT_THAT(calls_of(a.end()), ElementsAre("c look {}"));
}

TEST(ResponsesAssembler, CallsInterleave) {
  Assembly a;
  a.added(R"({"type":"function_call","id":"f1","call_id":"c1","name":"one"})", "0");
  a.added(R"({"type":"function_call","id":"f2","call_id":"c2","name":"two"})", "1");
  a.arguments(R"("item_id":"f2","output_index":1)", "{");
  a.arguments(R"("item_id":"f1","output_index":0)", "{}");
  a.arguments(R"("item_id":"f2","output_index":1)", "}");
  EXPECT_THAT(calls_of(a.end()), ElementsAre("c2 two {}", "c1 one {}"));
  EXPECT_THAT(a.sink.lines,
              ElementsAre("begin c2 two 0", "delta c2 {", "begin c1 one 1", "delta c1 {}",
                          "delta c2 }", "ready c2 two {}", "ready c1 one {}"));
}

TEST(ResponsesAssembler, ACallThatIsToldAtItsEndOnlyIsACall) {
  Assembly done;
  done.event("function_call_arguments.done",
             R"("item_id":"f","output_index":0,"arguments":"{}","name":"look")");
  done.item(R"({"type":"function_call","id":"f","call_id":"c","name":"look","arguments":"{}"})");
  EXPECT_THAT(calls_of(done.end()), ElementsAre("call_1 look {}")) << "it had begun without its id";

  Assembly item;
  item.item(R"({"type":"function_call","call_id":"c","name":"look","arguments":{"a":1}})");
  EXPECT_THAT(calls_of(item.end()), ElementsAre(R"(c look {"a":1})"));

  Assembly response;
  EXPECT_THAT(calls_of(response.end(
                  R"({"output":[{"type":"function_call","call_id":"c","name":"look"}]})")),
              ElementsAre("c look {}"));
}

TEST(ResponsesAssembler, CallsThatAreRepeatedAtTheEndAreTheSame) {
  Assembly a;
  a.added(call_item, "1").arguments(R"("item_id":"f","output_index":1)", "{}");
  a.item(R"({"type":"function_call","id":"g","call_id":"c","name":"look","arguments":"{}"})", "1");
  const ModelResponse answer = a.end(
      R"({"output":[{"type":"function_call","id":"h","call_id":"c","name":"look","arguments":"{}"},
                    {"type":"function_call","id":"i","call_id":"d","name":"look","arguments":"{}"}]})");
  EXPECT_THAT(calls_of(answer), ElementsAre("c look {}", "d look {}"));
}

TEST(ResponsesAssembler, ACallWithoutANameIsRefused) {
  Assembly a;
  a.arguments(R"("item_id":"f")", "{}");
  EXPECT_EQ(error_of([&] { a.end(); }).code(), ErrorCode::invalid_response);
}

TEST(ResponsesAssembler, AnIdOfTheConversationIsNotGivenAgain) {
  Assembly a(context(), {model_calls("c", "look")});
  a.added(call_item).arguments(R"("item_id":"f")", "{}");
  EXPECT_THAT(calls_of(a.end()), ElementsAre("c-2 look {}"));
}

// --- what is no part of an answer ---------------------------------------------------------------

TEST(ResponsesAssembler, EverythingElseIsSkipped) {
  Assembly a;
  for (const char* type : {"queued",
                           "in_progress",
                           "content_part.added",
                           "output_text.annotation.added",
                           "custom_tool_call_input.delta",
                           "custom_tool_call_input.done",
                           "reasoning_summary_part.added",
                           "web_search_call.in_progress",
                           "web_search_call.searching",
                           "web_search_call.completed",
                           "file_search_call.in_progress",
                           "file_search_call.searching",
                           "file_search_call.completed",
                           "code_interpreter_call.in_progress",
                           "code_interpreter_call.interpreting",
                           "code_interpreter_call.completed",
                           "code_interpreter_call_code.delta",
                           "code_interpreter_call_code.done",
                           "image_generation_call.in_progress",
                           "image_generation_call.generating",
                           "image_generation_call.completed",
                           "image_generation_call.partial_image",
                           "mcp_call.in_progress",
                           "mcp_call.completed",
                           "mcp_call.failed",
                           "mcp_call_arguments.delta",
                           "mcp_call_arguments.done",
                           "mcp_list_tools.in_progress",
                           "mcp_list_tools.completed",
                           "mcp_list_tools.failed",
                           "shell_call_command.added",
                           "shell_call_command.delta",
                           "shell_call_command.done",
                           "shell_call_output_content.delta",
                           "shell_call_output_content.done",
                           "audio.delta",
                           "audio.done",
                           "audio.transcript.delta",
                           "audio.transcript.done",
                           "made.up.tomorrow"}) {
    a.event(type, R"("item_id":"w","output_index":0,"delta":"no","text":"no","message":"no",
                     "part":{"type":"video"},"item":{"type":"web_search_call"})");
  }
  a.added(R"({"type":"mcp_call","id":"w","name":"x","arguments":"{}"})");
  a.item(R"({"type":"custom_tool_call","id":"w","call_id":"c","name":"x","input":"i"})");
  a.feed(R"({"type":"keepalive"})").feed("{}").feed("  ").feed(R"({"type":"response.done2"})");
  const ModelResponse answer = a.end(R"({"output":[{"type":"image_generation_call"}]})");
  EXPECT_EQ(answer.content, "");
  EXPECT_EQ(answer.finish_reason, FinishReason::stop);
  EXPECT_THAT(answer.tool_calls, IsEmpty());
  EXPECT_THAT(a.sink.lines, IsEmpty());
}

// --- the end ------------------------------------------------------------------------------------

FinishReason reason_of(const std::string& type, const std::string& response) {
  Assembly a;
  a.text("x").event(type, "\"response\":" + response);
  return a.assembler.finish().finish_reason;
}

TEST(ResponsesAssembler, KnowsWhyAnAnswerWasCutShort) {
  EXPECT_EQ(reason_of("incomplete", R"({"incomplete_details":{"reason":"max_output_tokens"}})"),
            FinishReason::length);
  EXPECT_EQ(reason_of("incomplete", R"({"incomplete_details":{"reason":"content_filter"}})"),
            FinishReason::content_filter);
  EXPECT_EQ(reason_of("incomplete", R"({"incomplete_details":null})"), FinishReason::length);
  EXPECT_EQ(reason_of("incomplete", R"({"incomplete_details":{"reason":"tired"}})"),
            FinishReason::length);
  EXPECT_EQ(reason_of("completed", R"({"status":"incomplete"})"), FinishReason::length);
  EXPECT_EQ(reason_of("completed", R"({"status":"completed"})"), FinishReason::stop);
  EXPECT_EQ(reason_of("completed", R"({"status":"what"})"), FinishReason::stop);
  EXPECT_EQ(reason_of("done", "{}"), FinishReason::stop);
}

TEST(ResponsesAssembler, ACallThatWasCutShortCannotRun) {
  Assembly a;
  a.added(call_item).arguments(R"("item_id":"f")", "{\\\"a\\\":");
  a.event("incomplete", R"("response":{})");
  const ModelResponse answer = a.assembler.finish();
  EXPECT_EQ(answer.finish_reason, FinishReason::length);
  EXPECT_EQ(answer.tool_calls.at(0).arguments, R"({"a":)");
}

TEST(ResponsesAssembler, TellsTheUsage) {
  AnswerContext how = context();
  how.price = Price{.input_pico_usd = 1'000'000, .output_pico_usd = 2'000'000};
  Assembly a(how);
  const ModelResponse answer = a.end(R"({"usage":{"input_tokens":1000,
    "input_tokens_details":{"cached_tokens":400,"cache_write_tokens":5},"output_tokens":500,
    "output_tokens_details":{"reasoning_tokens":300},"total_tokens":1500}})");
  EXPECT_EQ(answer.usage.prompt, 1000);
  EXPECT_EQ(answer.usage.completion, 500);
  EXPECT_EQ(answer.usage.total, 1500);
  EXPECT_EQ(answer.usage.cached, 400);
  EXPECT_EQ(answer.usage.cache_write, 5);
  EXPECT_EQ(answer.usage.reasoning, 300);
  EXPECT_THAT(a.sink.lines, ElementsAre("usage 1000+500=1500 costs 0.002"));
}

TEST(ResponsesAssembler, AUsageOfAnotherFormIsLeftOut) {
  EXPECT_EQ(Assembly().end(R"({"usage":[1]})").usage.total, 0);
  EXPECT_EQ(Assembly().end(R"({"usage":{"input_tokens":-1,"output_tokens":2}})").usage.total, 2);
}

TEST(ResponsesAssembler, TheEndIsTheEnd) {
  Assembly a;
  a.text("x");
  EXPECT_FALSE(a.assembler.whole());
  EXPECT_FALSE(a.assembler.ended());
  a.event("completed", R"("response":{})");
  EXPECT_TRUE(a.assembler.whole());
  EXPECT_TRUE(a.assembler.ended());
  a.text("y").feed("[DONE]").feed("oops");
  EXPECT_EQ(a.assembler.finish().content, "x");
}

TEST(ResponsesAssembler, WithoutItsEndAnAnswerIsInterrupted) {
  Assembly a;
  a.added(message).text("x");
  EXPECT_EQ(error_of([&] { a.assembler.finish(); }).code(), ErrorCode::interrupted);
  a.feed("[DONE]");
  const ProviderError error = error_of([&] { a.assembler.finish(); });
  EXPECT_EQ(error.code(), ErrorCode::interrupted);
  EXPECT_TRUE(error.retryable());
}

TEST(ResponsesAssembler, AResponseThatIsNotStreamedIsAnAnswer) {
  Assembly a;
  a.feed(R"({"id":"resp_1","object":"response","status":"completed","error":null,"model":"m-1",
             "output":[{"type":"reasoning","id":"r","summary":[{"type":"summary_text","text":"Hm"}]},
                       {"type":"message","id":"m","content":[{"type":"output_text","text":"Hi"}]},
                       {"type":"function_call","call_id":"c","name":"look","arguments":"{}"}],
             "usage":{"input_tokens":1,"output_tokens":2,"total_tokens":3}})");
  const ModelResponse answer = a.assembler.finish();
  EXPECT_EQ(answer.content, "Hi");
  EXPECT_EQ(answer.reasoning, "Hm");
  EXPECT_THAT(calls_of(answer), ElementsAre("c look {}"));
  EXPECT_EQ(answer.usage.total, 3);
  EXPECT_EQ(answer.model, "m-1");
}

TEST(ResponsesAssembler, AResponseThatIsStillUnderWayIsNoAnswer) {
  for (const char* status : {"queued", "in_progress"}) {
    Assembly a;
    a.feed(std::string(R"({"status":")") + status + R"(","output":[]})");
    EXPECT_EQ(error_of([&] { a.assembler.finish(); }).code(), ErrorCode::interrupted);
  }
}

// --- failures -----------------------------------------------------------------------------------

ProviderError failure(const std::string& frame) {
  Assembly a;
  return error_of([&] { a.feed(frame); });
}

ErrorCode code_of_failed(const std::string& code) {
  return failure(R"({"type":"response.failed","response":{"status":"failed","error":{"code":")" +
                 code + R"(","message":"m"}}})")
      .code();
}

TEST(ResponsesAssembler, AFailedResponseHasItsCode) {
  EXPECT_EQ(code_of_failed("server_error"), ErrorCode::server_error);
  EXPECT_EQ(code_of_failed("rate_limit_exceeded"), ErrorCode::rate_limit);
  EXPECT_EQ(code_of_failed("invalid_prompt"), ErrorCode::invalid_request);
  EXPECT_EQ(code_of_failed("bio_policy"), ErrorCode::invalid_request);
  EXPECT_EQ(code_of_failed("data_residency_mismatch"), ErrorCode::invalid_request);
  EXPECT_EQ(code_of_failed("invalid_image_format"), ErrorCode::invalid_request);
  EXPECT_EQ(code_of_failed("image_too_large"), ErrorCode::invalid_request);
  EXPECT_EQ(code_of_failed("vector_store_timeout"), ErrorCode::server_error);
  EXPECT_EQ(code_of_failed("context_length_exceeded"), ErrorCode::context_length);
  EXPECT_EQ(code_of_failed("insufficient_quota"), ErrorCode::rate_limit);
}

TEST(ResponsesAssembler, AFailedResponseSaysWhy) {
  const ProviderError error = failure(R"({"type":"response.failed","response":{
    "error":{"code":"server_error","message":"The model broke."}}})");
  EXPECT_THAT(error.what(), HasSubstr("server.test failed while it answered: The model broke."));
}

TEST(ResponsesAssembler, AFailureWithoutAReasonIsTheServers) {
  for (const char* frame :
       {R"({"type":"response.failed"})", R"({"type":"response.failed","response":{"error":null}})",
        R"({"type":"response.completed","response":{"status":"failed"}})",
        R"({"type":"response.cancelled","response":{"status":"cancelled"}})",
        R"({"status":"cancelled","output":[]})", R"({"status":"failed","output":[]})"}) {
    EXPECT_EQ(failure(frame).code(), ErrorCode::server_error) << frame;
    EXPECT_THAT(failure(frame).what(), HasSubstr("gave the answer up")) << frame;
  }
}

TEST(ResponsesAssembler, WhatAFailedAnswerUsedIsKnown) {
  Assembly a;
  EXPECT_THROW(a.event("failed", R"("response":{"usage":{"input_tokens":3,"output_tokens":1}})"),
               ProviderError);
  EXPECT_THAT(a.sink.lines, ElementsAre("usage 3+1=4"));
}

TEST(ResponsesAssembler, ErrorFramesAreFailuresInAllTheirForms) {
  EXPECT_EQ(
      failure(R"({"type":"error","code":"rate_limit_exceeded","message":"m","param":null})").code(),
      ErrorCode::rate_limit);
  EXPECT_EQ(failure(R"({"type":"error"})").code(), ErrorCode::server_error);
  EXPECT_EQ(
      failure(R"({"type":"error","error":{"type":"invalid_request_error","message":"m"}})").code(),
      ErrorCode::invalid_request);
  EXPECT_EQ(failure(R"({"error":{"message":"m","code":429}})").code(), ErrorCode::rate_limit);
  EXPECT_EQ(failure(R"({"error":"m"})").code(), ErrorCode::server_error);
  EXPECT_EQ(failure(R"({"detail":"m"})").code(), ErrorCode::server_error);
  EXPECT_EQ(failure(R"({"status":"failed","output":[],"error":{"code":"invalid_prompt"}})").code(),
            ErrorCode::invalid_request);
}

TEST(ResponsesAssembler, WhatIsNoEventIsRefused) {
  for (const char* frame :
       {"oops", "{", "7", "null", "[]", R"({"type":7})",
        R"({"type":"response.output_text.delta","delta":{}})",
        R"({"type":"response.output_item.added","item":[]})",
        R"({"type":"response.output_item.done","item":{"type":"message","content":{}}})",
        R"({"type":"response.output_item.done","item":{"type":"message","content":[1]}})",
        R"({"type":"response.output_item.done","item":{"type":"function_call","name":[]}})",
        R"({"type":"response.content_part.done","part":7})",
        R"({"type":"response.completed","response":7})",
        R"({"type":"response.completed","response":{"output":[null]}})"}) {
    const ProviderError error = failure(frame);
    EXPECT_EQ(error.code(), ErrorCode::invalid_response) << frame;
    EXPECT_THAT(error.what(), HasSubstr("server.test sent ")) << frame;
  }
}

// --- limits -------------------------------------------------------------------------------------

TEST(ResponsesAssembler, EverythingTogetherIsLimited) {
  AnswerContext how = context();
  how.limits.answer_bytes = 10;
  for (
      const std::string event :
      {R"("type":"response.output_text.delta","delta":"12345678901")",
       R"("type":"response.refusal.delta","delta":"12345678901")",
       R"("type":"response.reasoning_text.delta","delta":"12345678901")",
       R"("type":"response.function_call_arguments.delta","delta":"12345678901")",
       R"("type":"response.output_item.done","item":{"type":"reasoning","encrypted_content":"12345678901"})",
       R"("type":"response.output_item.added","item":{"type":"message","id":"12345678901"})"}) {
    Assembly a(how);
    const ProviderError error = error_of([&] { a.feed("{" + event + "}"); });
    EXPECT_EQ(error.code(), ErrorCode::invalid_response) << event;
    EXPECT_THAT(error.what(), HasSubstr("longer than 10 bytes")) << event;
  }
}

TEST(ResponsesAssembler, CallsAndPartsAreLimited) {
  AnswerContext how = context();
  how.limits.tool_calls = 2;
  Assembly a(how);
  const auto add = [&](const std::string& id) {
    a.item(R"({"type":"function_call","id":")" + id + R"(","call_id":")" + id +
               R"(","name":"x","arguments":"{}"})",
           id);
  };
  add("1");
  add("2");
  EXPECT_THAT(error_of([&] { add("3"); }).what(), HasSubstr("more than 2 tool calls"));

  Assembly many;
  const auto add_parts = [&] {
    for (int i = 0; i < 1001; ++i)
      many.added(R"({"type":"message","id":")" + std::to_string(i) + "\"}", std::to_string(i));
  };
  EXPECT_THAT(error_of(add_parts).what(), HasSubstr("more than 1000 parts"));
}

}  // namespace
}  // namespace strandbus::test

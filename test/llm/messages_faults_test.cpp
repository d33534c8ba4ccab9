#include "llm/faulty_agent.hpp"
#include "llm/messages_fixture.hpp"

// What servers do wrong with the Messages API, one by one. Whatever it is: the request has one
// outcome, the run of an agent one end, and nothing grows without a bound.

namespace strandbus::test {
namespace {

using End = FakeAnswer::End;

const std::vector<Message> question{user_says("hello")};

const std::string start_of_text = message_start() + block_start(0, R"({"type":"text","text":""})");
const std::string piece = block_delta(0, R"({"type":"text_delta","text":"hello"})");
const std::string hello = message_start() + text_block(0, "hello");
const std::string ends = message_end();

std::string thinking(std::string_view delta) {
  return message_start() + block_start(0, R"({"type":"thinking","thinking":"","signature":""})") +
         block_delta(0, delta) + block_stop(0) + ends;
}

std::string call(std::string_view arguments) {
  return message_start() + call_block(0, "toolu_1", "look", arguments) + message_end("tool_use");
}

std::string call_of(std::string_view block) {
  return message_start() + block_start(0, block) + block_stop(0) + message_end("tool_use");
}

std::string error(std::string_view type) {
  return messages_event("error", R"("error":{"type":")" + std::string(type) +
                                     R"(","message":"no"},"request_id":"req_1")");
}

std::string error_body(std::string_view type, std::string_view message = "no") {
  return R"({"type":"error","error":{"type":")" + std::string(type) + R"(","message":")" +
         std::string(message) + R"("},"request_id":"req_1"})";
}

Faults end_faults() {
  return {
      {"text, then reset", ending(start_of_text + piece, End::broken), ErrorCode::interrupted},
      {"text, then the end", ending(start_of_text + piece, End::ended), ErrorCode::interrupted},
      {"text, then nothing", ending(start_of_text + piece, End::hangs), ErrorCode::interrupted,
       true},
      {"a whole block, then the end", body(hello), ErrorCode::interrupted},
      {"the stop_reason, then reset", ending(hello + message_delta("end_turn"), End::broken), {}},
      {"the stop_reason, then nothing",
       ending(hello + message_delta("end_turn"), End::hangs),
       {},
       true},
      {"message_stop, then nothing", ending(hello + ends, End::hangs), {}},
      {"message_stop, then a flood", endless(hello + ends, repeated("x", 10'000)), {}},
      {"message_stop twice", body(hello + ends + messages_event("message_stop", "")), {}},
      {"message_stop without a stop_reason", body(hello + messages_event("message_stop", "")), {}},
      {"message_stop in the middle of a block",
       body(start_of_text + piece + messages_event("message_stop", "")), ErrorCode::interrupted},
      {"message_stop only", body(messages_event("message_stop", "")), ErrorCode::interrupted},
      {"message_start only", body(message_start()), ErrorCode::interrupted},
      {"no message_start", body(text_block(0, "hello") + ends), {}},
      {"done instead of message_stop", body(hello + event("[DONE]")), {}},
      {"text behind message_stop", body(hello + ends + text_block(1, "late")), {}},
      {"no blank line at the end", body((hello + ends).substr(0, (hello + ends).size() - 2)), {}},
      {"pauses with a call",
       body(message_start() + call_block(0, "t", "look", "{}") + message_end("pause_turn")),
       {}},
      {"a stop_reason that nobody knows", body(hello + message_end("tired")), {}},
      {"a stop_reason that is a number",
       body(hello + messages_event("message_delta", R"("delta":{"stop_reason":7})")),
       {}},
      {"tool_use as the reason without calls", body(hello + message_end("tool_use")), {}},
  };
}

Faults error_faults() {
  return {
      {"overloaded", status(529, error_body("overloaded_error")), ErrorCode::server_error},
      {"rate limit", status(429, error_body("rate_limit_error")), ErrorCode::rate_limit},
      {"wrong key", status(401, error_body("authentication_error")), ErrorCode::authentication},
      {"forbidden", status(403, error_body("permission_error")), ErrorCode::authentication},
      {"unknown model", status(404, error_body("not_found_error", "model: claude-0")),
       ErrorCode::model_not_found},
      {"wrong path", status(404, error_body("not_found_error", "Not Found")),
       ErrorCode::invalid_request},
      {"no credit",
       status(400, error_body("invalid_request_error", "Your credit balance is too low to …")),
       ErrorCode::rate_limit},
      {"billing", status(402, error_body("billing_error")), ErrorCode::rate_limit},
      {"too long",
       status(400, error_body("invalid_request_error", "prompt is too long: 3 tokens > 2")),
       ErrorCode::context_length},
      {"too long with its answer",
       status(400, error_body("invalid_request_error",
                              "input length and `max_tokens` exceed context limit: 3 + 1 > 2")),
       ErrorCode::context_length},
      {"too many bytes", status(413, error_body("request_too_large")), ErrorCode::context_length},
      {"refused", status(400, error_body("invalid_request_error")), ErrorCode::invalid_request},
      {"timeout", status(504, error_body("timeout_error")), ErrorCode::server_error},
      {"server error without a body", status(500, ""), ErrorCode::server_error},
      {"error after 200", body(error_body("api_error")), ErrorCode::server_error},
      {"error event at once", body(error("overloaded_error")), ErrorCode::server_error},
      {"error event after text", body(start_of_text + piece + error("overloaded_error")),
       ErrorCode::server_error},
      {"error event for the rate", body(message_start() + error("rate_limit_error")),
       ErrorCode::rate_limit},
      {"error event after the stop_reason",
       body(hello + message_delta("end_turn") + error("api_error")), ErrorCode::server_error},
      {"error event without anything", body(hello + messages_event("error", "")),
       ErrorCode::server_error},
      {"the answer of another API", body(R"({"id":"x","choices":[{"message":{"content":"hi"}}]})"),
       ErrorCode::interrupted},
  };
}

Faults stream_faults() {
  return {
      {"endless text", endless(start_of_text, piece), ErrorCode::invalid_response},
      {"endless pings", endless("", messages_event("ping", "")), ErrorCode::invalid_response},
      {"endless blocks", endless(message_start(), text_block(0, "x")), ErrorCode::invalid_response},
      {"endless signature",
       endless(message_start() + block_start(0, R"({"type":"thinking","thinking":""})"),
               block_delta(
                   0, R"({"type":"signature_delta","signature":")" + repeated("s", 1000) + "\"}")),
       ErrorCode::invalid_response},
      {"endless citations",
       endless(start_of_text,
               block_delta(0, R"({"type":"citations_delta","citation":{"cited_text":")" +
                                  repeated("c", 1000) + "\"}}")),
       ErrorCode::invalid_response},
      {"endless search results",
       endless(message_start(), block_start(0, R"({"type":"web_search_tool_result","content":")" +
                                                   repeated("r", 1000) + "\"}")),
       ErrorCode::invalid_response},
      {"endless comments after text", endless(start_of_text + piece, ":\n"), ErrorCode::interrupted,
       true},
      {"no JSON", body(start_of_text + event("oops") + ends), ErrorCode::invalid_response},
      {"half a JSON", body(start_of_text + event(R"({"type":)") + ends),
       ErrorCode::invalid_response},
      {"deep JSON", body(event(repeated("[", 10'000))), ErrorCode::invalid_response},
      {"bad UTF-8 in a text", body(message_start() + text_block(0, "a\xFF\xC3") + ends), {}},
      {"half a surrogate pair", body(message_start() + text_block(0, R"(a\ud83d)") + ends), {}},
      {"unknown events", body(messages_event("news", "\"a\":1") + hello + ends), {}},
      {"unknown blocks",
       body(hello + block_start(1, R"({"type":"hologram","x":1})") +
            block_delta(1, R"({"type":"hologram_delta","x":2})") + block_stop(1) + ends),
       {}},
      {"unknown deltas", body(start_of_text + block_delta(0, R"({"type":"x"})") + ends), {}},
      {"a delta without a beginning", body(message_start() + piece + ends),
       ErrorCode::invalid_response},
      {"a delta behind its block", body(hello + piece + ends), {}},
      {"a delta of another kind",
       body(start_of_text + block_delta(0, R"({"type":"thinking_delta"})")),
       ErrorCode::invalid_response},
      {"a stop without a beginning", body(message_start() + block_stop(3) + ends),
       ErrorCode::invalid_response},
      {"an index that is a text",
       body(message_start() +
            messages_event("content_block_start",
                           R"("index":"0","content_block":{"type":"text","text":"hi"})") +
            ends),
       {}},
      {"an index beyond all bounds",
       body(message_start() +
            messages_event(
                "content_block_start",
                R"("index":99999999999999999999,"content_block":{"type":"text","text":"hi"})") +
            ends),
       {}},
      {"the same index twice", body(hello + text_block(0, " again") + ends), {}},
      {"a block that is a text", body(message_start() + block_start(0, "\"text\"") + ends),
       ErrorCode::invalid_response},
      {"a text that is a number",
       body(start_of_text + block_delta(0, R"({"type":"text_delta","text":7})") + ends),
       ErrorCode::invalid_response},
      {"a message that is a list", body(messages_event("message_start", "\"message\":[]") + ends),
       ErrorCode::invalid_response},
      {"usage of another form", body(message_start("[1]") + text_block(0, "hello") + ends), {}},
      {"negative usage",
       body(message_start(R"({"input_tokens":-1,"output_tokens":-9})") + text_block(0, "x") + ends),
       {}},
      {"thinking without a signature",
       body(thinking(R"({"type":"thinking_delta","thinking":"hm"})")),
       {}},
      {"a signature without thinking",
       body(thinking(R"({"type":"signature_delta","signature":"s"})")),
       {}},
  };
}

Faults call_faults() {
  return {
      {"arguments that are no JSON", body(call("{a:1}")), {}},
      {"arguments that just end", body(call(R"({"a":)")), {}},
      {"arguments that are a number", body(call("7")), {}},
      {"deep arguments", body(call(repeated("[", 5000))), {}},
      {"huge arguments", body(call(repeated("x", 100'000)) + call(repeated("x", 100'000))), {}},
      {"arguments beyond the limit",
       body(message_start() + call_block(0, "t", "look", repeated("x", 80'000)) +
            call_block(1, "u", "look", repeated("x", 80'000)) + message_end("tool_use")),
       ErrorCode::invalid_response},
      {"no arguments at all", body(call_of(R"({"type":"tool_use","id":"t","name":"look"})")), {}},
      {"arguments that are a text at the beginning",
       body(call_of(R"({"type":"tool_use","id":"t","name":"look","input":"{}"})")),
       {}},
      {"arguments that are null at the beginning",
       body(call_of(R"({"type":"tool_use","id":"t","name":"look","input":null})")),
       {}},
      {"no name", body(call_of(R"({"type":"tool_use","id":"t"})")), ErrorCode::invalid_response},
      {"a name that is an object", body(call_of(R"({"type":"tool_use","id":"t","name":{}})")),
       ErrorCode::invalid_response},
      {"no id", body(call_of(R"({"type":"tool_use","name":"look"})")), {}},
      {"an id that is a number", body(call_of(R"({"type":"tool_use","id":7,"name":"look"})")), {}},
      {"one id for all",
       body(message_start() + call_block(0, "t", "a", "{}") + call_block(1, "t", "b", "{}") +
            message_end("tool_use")),
       {}},
      {"too many calls", endless(message_start(), call_block(0, "t", "a", "{}")),
       ErrorCode::invalid_response},
      {"end_turn as the reason with calls",
       body(message_start() + call_block(0, "t", "a", "{}") + ends),
       {}},
      {"a call that the limit cuts",
       body(message_start() + call_block(0, "t", "a", R"({"x)") + message_end("max_tokens")),
       {}},
      {"a call that a refusal cuts",
       body(message_start() + call_block(0, "t", "a", R"({"x)") + message_end("refusal")),
       {}},
  };
}

Faults all_faults() {
  Faults all = end_faults();
  for (const Faults& more : {error_faults(), stream_faults(), call_faults()})
    all.insert(all.end(), more.begin(), more.end());
  return all;
}

class EveryMessagesFault : public testing::TestWithParam<Fault> {};

TEST_P(EveryMessagesFault, HasOneOutcomeAndIsBounded) {
  MessagesSetup setup(GetParam().answer, with_limits(messages_options(), GetParam()));
  const ModelRequest request = request_for(question);
  expect_one_outcome(GetParam(), setup, request);
}

class MessagesFaultyAgent : public FaultyAgent {};

TEST_P(MessagesFaultyAgent, HasOneEndOfItsRun) {
  expect_one_end<detail::MessagesProvider>(messages_options(), hello + ends);
}

INSTANTIATE_TEST_SUITE_P(Named, EveryMessagesFault, testing::ValuesIn(all_faults()), name_of_fault);
INSTANTIATE_TEST_SUITE_P(Named, MessagesFaultyAgent, testing::ValuesIn(all_faults()),
                         name_of_fault);

TEST(EveryMessagesFaultOfTheList, IsOneOfMoreThanFifty) { EXPECT_GE(all_faults().size(), 50U); }

}  // namespace
}  // namespace strandbus::test

#include "llm/faulty_agent.hpp"
#include "llm/responses_fixture.hpp"

// What servers do wrong in streams of the Responses API, one by one. Whatever it is: the request
// has one outcome, the run of an agent one end, and nothing grows without a bound.

namespace strandbus::test {
namespace {

using End = FakeAnswer::End;

const std::vector<Message> question{user_says("hello")};

/// The event "response.type" with these further members.
std::string news(std::string_view type, std::string_view members) {
  return event(R"({"type":"response.)" + std::string(type) + "\"," + std::string(members) + "}");
}

std::string delta(std::string_view text) {
  return news("output_text.delta",
              R"("item_id":"m","output_index":0,"content_index":0,"delta":)" + std::string(text));
}

std::string added(std::string_view item, std::string_view index = "1") {
  return news("output_item.added",
              "\"output_index\":" + std::string(index) + ",\"item\":" + std::string(item));
}

std::string done_item(std::string_view item) {
  return news("output_item.done", R"("output_index":1,"item":)" + std::string(item));
}

std::string arguments(std::string_view text, std::string_view place = R"("item_id":"f")") {
  return news("function_call_arguments.delta",
              std::string(place) + ",\"delta\":\"" + std::string(text) + '"');
}

std::string completed(std::string_view response = "{}") {
  return news("completed", "\"response\":" + std::string(response));
}

const std::string hello = delta(R"("hello")");
const std::string call =
    added(R"({"type":"function_call","id":"f","call_id":"c","name":"look","arguments":""})");
const std::string done = event("[DONE]");

std::string named_call(std::string_view text) { return call + arguments(text); }

Faults ends() {
  return {
      {"nothing", body(""), ErrorCode::interrupted},
      {"text, then the end", body(hello), ErrorCode::interrupted},
      {"text, then reset", ending(hello, End::broken), ErrorCode::interrupted},
      {"text, then nothing", ending(hello, End::hangs), ErrorCode::interrupted, true},
      {"done only", body(done), ErrorCode::interrupted},
      {"text, then done", body(hello + done), ErrorCode::interrupted},
      {"call, then done", body(named_call("{}") + done), ErrorCode::interrupted},
      {"whole text, but no whole answer",
       body(hello + news("output_text.done", R"("item_id":"m","text":"hello")")),
       ErrorCode::interrupted},
      {"completed, then reset", ending(hello + completed(), End::broken), {}},
      {"completed, then nothing", ending(hello + completed(), End::hangs), {}},
      {"completed, then a flood", endless(hello + completed(), repeated("x", 10'000)), {}},
      {"completed twice", body(hello + completed() + completed()), {}},
      {"completed, then failed",
       body(hello + completed() + news("failed", R"("response":{})")),
       {}},
      {"completed, then text", body(hello + completed() + hello), {}},
      {"completed, then done", body(hello + completed() + done), {}},
      {"completed without a response", body(hello + event(R"({"type":"response.completed"})")), {}},
      {"completed with nothing", body(completed()), {}},
      {"no blank line at the end", body(hello + completed().substr(0, completed().size() - 2)), {}},
      {"incomplete without a reason", body(hello + news("incomplete", R"("response":{})")), {}},
      {"incomplete with a reason that is a number",
       body(hello + news("incomplete", R"("response":{"incomplete_details":{"reason":7}})")),
       {}},
      {"status failed in completed", body(hello + completed(R"({"status":"failed"})")),
       ErrorCode::server_error},
      {"status that nobody knows", body(hello + completed(R"({"status":"tired"})")), {}},
      {"failed", body(hello + news("failed", R"("response":{"error":{"code":"server_error"}})")),
       ErrorCode::server_error},
      {"failed with an error that is a text", body(news("failed", R"("response":{"error":"no"})")),
       ErrorCode::server_error},
      {"failed for the rate",
       body(news("failed", R"("response":{"error":{"code":"rate_limit_exceeded"}})")),
       ErrorCode::rate_limit},
      {"error frame", body(event(R"({"type":"error","code":null,"message":"no"})")),
       ErrorCode::server_error},
      {"error frame after text", body(hello + event(R"({"type":"error","message":"no"})")),
       ErrorCode::server_error},
      {"error frame of a gateway", body(hello + event(R"({"error":{"message":"no"}})")),
       ErrorCode::server_error},
      {"error frame that tells the key",
       body(event(R"({"type":"error","message":"bad key )" + std::string(secret_key) + "\"}")),
       ErrorCode::server_error},
      {"answer of another API", body(event(R"({"choices":[{"delta":{"content":"hi"}}]})") + done),
       ErrorCode::interrupted},
      {"JSON of something else", body(R"({"data":[]})"), ErrorCode::interrupted},
      {"response that is still queued", body(R"({"status":"queued","output":[]})"),
       ErrorCode::interrupted},
      {"response that failed", body(R"({"status":"failed","error":{"message":"no"},"output":[]})"),
       ErrorCode::server_error},
      {"response without a status", body(R"({"output":[]})"), {}},
  };
}

Faults event_faults() {
  return {
      {"endless text", endless("", hello), ErrorCode::invalid_response},
      {"endless items", endless("", added(R"({"type":"message","id":"n"})") + added("{}")),
       ErrorCode::invalid_response},
      {"endless progress", endless("", news("in_progress", R"("response":{})")),
       ErrorCode::invalid_response},
      {"endless comments after text", endless(hello, ":\n"), ErrorCode::interrupted, true},
      {"no sequence numbers", body(hello + completed()), {}},
      {"sequence numbers that go down",
       body(news("output_text.delta", R"("sequence_number":9,"delta":"a")") +
            news("output_text.delta", R"("sequence_number":1,"delta":"b")") + completed()),
       {}},
      {"type that is a number", body(event(R"({"type":7})")), ErrorCode::invalid_response},
      {"type that is missing", body(event(R"({"delta":"x"})") + hello + completed()), {}},
      {"type that nobody knows", body(news("singing.delta", R"("delta":"la")") + completed()), {}},
      {"event line that says otherwise", body("event: error\n" + hello + completed()), {}},
      {"no JSON", body(hello + event("oops") + completed()), ErrorCode::invalid_response},
      {"JSON that is a list", body(event("[]")), ErrorCode::invalid_response},
      {"deep JSON", body(event(repeated("[", 10'000))), ErrorCode::invalid_response},
      {"delta that is an object", body(delta("{}")), ErrorCode::invalid_response},
      {"delta that is null", body(delta("null") + hello + completed()), {}},
      {"delta without an item",
       body(news("output_text.delta", R"("delta":"x")") + completed()),
       {}},
      {"delta of an item that never began", body(hello + completed()), {}},
      {"number that is a text",
       body(news("output_text.delta", R"("output_index":"0","delta":"x")") + completed()),
       {}},
      {"number beyond all bounds",
       body(news("output_text.delta", R"("output_index":99999999999999999999,"delta":"x")") +
            completed()),
       {}},
      {"negative number",
       body(news("output_text.delta", R"("output_index":-1,"content_index":-1,"delta":"x")") +
            completed()),
       {}},
      {"half a surrogate pair", body(delta(R"("a\ud83d")") + completed()), {}},
      {"bad UTF-8 in a text", body(delta("\"a\xFF\xC3\"") + completed()), {}},
      {"done that contradicts the deltas",
       body(hello + news("output_text.done", R"("item_id":"m","text":"bye")") + completed()),
       {}},
      {"item that is no object", body(added("7")), ErrorCode::invalid_response},
      {"item without a type", body(added("{}") + hello + completed()), {}},
      {"item of an unknown type", body(added(R"({"type":"song"})") + hello + completed()), {}},
      {"content that is no list", body(done_item(R"({"type":"message","content":"x"})")),
       ErrorCode::invalid_response},
      {"part that is no object", body(done_item(R"({"type":"message","content":[7]})")),
       ErrorCode::invalid_response},
      {"encrypted reasoning that is no text",
       body(done_item(R"({"type":"reasoning","encrypted_content":{}})")),
       ErrorCode::invalid_response},
      {"output that is no list", body(completed(R"({"output":{}})")), ErrorCode::invalid_response},
      {"output with null", body(completed(R"({"output":[null]})")), ErrorCode::invalid_response},
      {"response that is no object", body(completed("7")), ErrorCode::invalid_response},
      {"no usage", body(hello + completed(R"({"usage":null})")), {}},
      {"usage of another form", body(hello + completed(R"({"usage":7})")), {}},
      {"negative usage", body(hello + completed(R"({"usage":{"input_tokens":-5}})")), {}},
  };
}

Faults call_faults() {
  return {
      {"huge arguments", body(repeated(named_call(repeated("x", 50'000)), 10) + completed()),
       ErrorCode::invalid_response},
      {"deep arguments", body(named_call(repeated("[", 5000)) + completed()), {}},
      {"arguments that are no JSON", body(named_call("{a:1}") + completed()), {}},
      {"arguments that just end", body(named_call(R"({\"a\":)") + completed()), {}},
      {"arguments that incomplete cuts",
       body(named_call(R"({\"a)") + news("incomplete", R"("response":{})")),
       {}},
      {"arguments as an object",
       body(call + news("function_call_arguments.done", R"("item_id":"f","arguments":{"a":1})") +
            completed()),
       {}},
      {"no arguments", body(call + completed()), {}},
      {"no name", body(arguments("{}") + completed()), ErrorCode::invalid_response},
      {"name that is an object", body(added(R"({"type":"function_call","name":{}})")),
       ErrorCode::invalid_response},
      {"name at the end",
       body(
           arguments("{}") +
           news("function_call_arguments.done", R"("item_id":"f","arguments":"{}","name":"look")") +
           completed()),
       {}},
      {"no call id",
       body(done_item(R"({"type":"function_call","name":"look","arguments":"{}"})") + completed()),
       {}},
      {"huge call id",
       body(done_item(R"({"type":"function_call","name":"look","call_id":")" +
                      repeated("i", 100'000) + "\"}") +
            completed()),
       {}},
      {"one call id for two items",
       body(added(R"({"type":"function_call","id":"f1","call_id":"c","name":"look"})") +
            added(R"({"type":"function_call","id":"f2","call_id":"c","name":"look"})", "2") +
            completed()),
       {}},
      {"call that was added twice", body(call + call + arguments("{}") + completed()), {}},
      {"arguments after their end",
       body(named_call("{}") +
            news("function_call_arguments.done", R"("item_id":"f","arguments":"{}")") +
            arguments("{}") + completed()),
       {}},
      {"arguments of a message", body(hello + arguments("{}", R"("item_id":"m")") + completed()),
       ErrorCode::invalid_response},
      {"too many calls",
       [] {
         std::string calls;
         for (int i = 0; i < 20; ++i)
           calls += added(
               R"({"type":"function_call","name":"a","call_id":")" + std::to_string(i) + "\"}",
               std::to_string(i));
         return body(calls + completed());
       }(),
       ErrorCode::invalid_response},
      {"tool that nobody knows", body(named_call("{}") + completed()), {}},
      {"call that only the response tells",
       body(completed(R"({"output":[{"type":"function_call","call_id":"c","name":"look"}]})")),
       {}},
  };
}

Faults all_faults() {
  Faults faults = ends();
  for (const Faults& more : {event_faults(), call_faults()})
    faults.insert(faults.end(), more.begin(), more.end());
  return faults;
}

class EveryResponsesFault : public testing::TestWithParam<Fault> {};

TEST_P(EveryResponsesFault, HasOneOutcomeAndIsBounded) {
  ResponsesSetup setup(GetParam().answer, with_limits(responses_options(), GetParam()));
  const ModelRequest request = request_for(question);
  expect_one_outcome(GetParam(), setup, request);
}

TEST_P(FaultyAgent, HasOneEndOfItsRun) {
  expect_one_end<detail::ResponsesProvider>(responses_options(), hello + completed());
}

INSTANTIATE_TEST_SUITE_P(Named, EveryResponsesFault, testing::ValuesIn(all_faults()),
                         name_of_fault);
INSTANTIATE_TEST_SUITE_P(Named, FaultyAgent, testing::ValuesIn(all_faults()), name_of_fault);

}  // namespace
}  // namespace strandbus::test

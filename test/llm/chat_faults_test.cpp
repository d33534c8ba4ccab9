#include "llm/chat_fixture.hpp"
#include "llm/faulty_agent.hpp"

// What servers, proxies and networks do wrong, one by one. Whatever it is: the request has one
// outcome, the run of an agent one end, and nothing grows without a bound.

namespace strandbus::test {
namespace {

using End = FakeAnswer::End;

const std::vector<Message> question{user_says("hello")};

std::string delta(std::string_view text) {
  return event(R"({"choices":[{"index":0,"delta":)" + std::string(text) + "}]}");
}

std::string call(std::string_view piece) {
  return delta(R"({"tool_calls":[)" + std::string(piece) + "]}");
}

std::string named_call(std::string_view arguments) {
  return call(R"({"index":0,"id":"c1","function":{"name":"look","arguments":")" +
              std::string(arguments) + "\"}}");
}

std::string finish(std::string_view reason = "stop") {
  return event(R"({"choices":[{"index":0,"delta":{},"finish_reason":")" + std::string(reason) +
               "\"}]}");
}

const std::string hello = delta(R"({"content":"hello"})");
const std::string done = event("[DONE]");

FakeAnswer not_sent(detail::HttpFailure failure) {
  FakeAnswer answer;
  answer.failure = failure;
  return answer;
}

FakeAnswer never_answers() {
  FakeAnswer answer;
  answer.never_answers = true;
  return answer;
}

Faults network_faults() {
  using detail::HttpFailure;
  return {
      {"no address", not_sent(HttpFailure::resolve), ErrorCode::network},
      {"connection refused", not_sent(HttpFailure::connect), ErrorCode::network},
      {"proxy refuses", not_sent(HttpFailure::proxy), ErrorCode::network},
      {"bad certificate", not_sent(HttpFailure::tls), ErrorCode::network},
      {"reset before the head", not_sent(HttpFailure::closed), ErrorCode::network},
      {"no HTTP", not_sent(HttpFailure::protocol), ErrorCode::invalid_response},
      {"huge head", not_sent(HttpFailure::limit), ErrorCode::invalid_response},
      {"never a head", never_answers(), ErrorCode::network, true},
      {"head, then nothing", ending("", End::hangs), ErrorCode::network, true},
      {"head, then reset", ending("", End::broken), ErrorCode::interrupted},
      {"head, then the end", ending("", End::ended), ErrorCode::interrupted},
      {"half an event, then reset", ending(hello.substr(0, 9), End::broken),
       ErrorCode::interrupted},
      {"text, then reset", ending(hello, End::broken), ErrorCode::interrupted},
      {"text, then the end", ending(hello, End::ended), ErrorCode::interrupted},
      {"text, then nothing", ending(hello, End::hangs), ErrorCode::interrupted, true},
      {"call, then reset", ending(named_call("{}"), End::broken), ErrorCode::interrupted},
      {"finish, then reset", ending(hello + finish(), End::broken), {}},
      {"finish, then nothing", ending(hello + finish(), End::hangs), {}, true},
      {"done, then nothing", ending(hello + finish() + done, End::hangs), {}},
      {"done, then a flood", endless(hello + finish() + done, repeated("x", 10'000)), {}},
  };
}

Faults status_faults() {
  FakeAnswer page = status(200, "<html><title>Login</title></html>");
  page.headers = {{"content-type", "text/event-stream"}};
  FakeAnswer slow_error = status(503, "busy");
  slow_error.end = End::hangs;
  FakeAnswer endless_error = status(500, "");
  endless_error.endless = [] { return std::string(10'000, 'x'); };
  return {
      {"wrong key", status(401, "{}"), ErrorCode::authentication},
      {"forbidden", status(403, ""), ErrorCode::authentication},
      {"wrong path", status(404, "not found"), ErrorCode::invalid_request},
      {"unknown model", status(404, R"({"error":"model 'x' not found"})"),
       ErrorCode::model_not_found},
      {"method not allowed", status(405, ""), ErrorCode::invalid_request},
      {"rate limit", status(429, "{}"), ErrorCode::rate_limit},
      {"server error with an empty body", status(500, ""), ErrorCode::server_error},
      {"bad gateway page", status(502, "<html>"), ErrorCode::server_error},
      {"error body that never ends", slow_error, ErrorCode::server_error, true},
      {"error body without a bound", endless_error, ErrorCode::server_error},
      {"error body with a broken text", status(500, "\xFF\xFE{\"error\":"),
       ErrorCode::server_error},
      {"deep error body", status(400, repeated("[", 5000)), ErrorCode::invalid_request},
      {"redirection", status(307, ""), ErrorCode::invalid_request},
      {"status 600", status(600, ""), ErrorCode::server_error},
      {"no content", status(204, ""), ErrorCode::interrupted},
      {"page with 200", page, ErrorCode::invalid_response},
      {"error after 200 as JSON", body(R"({"error":{"message":"no"}})"), ErrorCode::server_error},
      {"error after 200 as a text", body(R"({"error":"no"})"), ErrorCode::server_error},
      {"error after 200 in a list", body(R"([{"error":"no"}])"), ErrorCode::invalid_response},
      {"JSON of something else", body(R"({"data":[]})"), ErrorCode::interrupted},
      {"JSON without an end", body(R"({"choices":[)"), ErrorCode::interrupted},
      {"JSON lines instead of events", body("{\"done\":false}\n{\"done\":true}\n"),
       ErrorCode::invalid_response},
      {"JSON without a bound", endless("{\"a\":\"", repeated("x", 10'000)),
       ErrorCode::invalid_response},
      {"JSON without choices", body(R"({"choices":[]})"), ErrorCode::interrupted},
      {"plain text", body("Service unavailable\n"), ErrorCode::interrupted},
      {"binary", body(std::string("\x1F\x8B\x08\x00\x00", 5)), ErrorCode::interrupted},
  };
}

Faults stream_faults() {
  return {
      {"endless stream", endless("", hello), ErrorCode::invalid_response},
      {"endless line", endless("data: ", repeated("x", 1000)), ErrorCode::invalid_response},
      {"endless event", endless("", "data: " + repeated("x", 1000) + '\n'),
       ErrorCode::invalid_response},
      {"endless comments", endless("", ":\n"), ErrorCode::network, true},
      {"endless comments after text", endless(hello, ":\n"), ErrorCode::interrupted, true},
      {"endless empty events", endless("", event("{}")), ErrorCode::invalid_response},
      {"endless white space", endless("", repeated("\n", 1000)), ErrorCode::invalid_response},
      {"endless usage", endless("", event(R"({"choices":[],"usage":{"prompt_tokens":1}})")),
       ErrorCode::invalid_response},
      {"endless roles", endless("", delta(R"({"role":"assistant"})")), ErrorCode::invalid_response},
      {"endless names", endless("", call(R"({"index":0,"function":{"name":"ab"}})")),
       ErrorCode::invalid_response},
      {"endless calls without an index",
       endless("", call(R"({"id":"","function":{"name":"a","arguments":"{}"}})")),
       ErrorCode::invalid_response},
      {"done only", body(done), ErrorCode::interrupted},
      {"done without a finish_reason", body(hello + done), {}},
      {"done twice", body(hello + finish() + done + done), {}},
      {"text after done", body(hello + finish() + done + hello), {}},
      {"finish twice", body(hello + finish() + finish()), {}},
      {"text after finish", body(hello + finish() + hello), {}},
      {"usage before text",
       body(event(R"({"choices":[],"usage":{"prompt_tokens":1}})") + hello + finish()),
       {}},
      {"no usage", body(hello + finish() + done), {}},
      {"usage of another form",
       body(event(R"({"choices":[],"usage":[1]})") + hello + finish()),
       {}},
      {"negative usage",
       body(event(R"({"choices":[],"usage":{"prompt_tokens":-1,"total_tokens":-9}})") + hello +
            finish()),
       {}},
      {"no JSON", body(hello + event("oops") + finish()), ErrorCode::invalid_response},
      {"half a JSON", body(hello + event(R"({"choices":[{)") + finish()),
       ErrorCode::invalid_response},
      {"two JSON texts in one event", body(event("{} {}") + finish()), ErrorCode::invalid_response},
      {"JSON that is a number", body(event("7")), ErrorCode::invalid_response},
      {"JSON that is null", body(event("null")), ErrorCode::invalid_response},
      {"deep JSON", body(event(repeated("[", 10'000))), ErrorCode::invalid_response},
      {"the same member twice", body(event(R"({"id":"a","id":"b"})")), ErrorCode::invalid_response},
      {"a number beyond all bounds", body(event(R"({"created":1e999})")),
       ErrorCode::invalid_response},
      {"half a surrogate pair", body(delta(R"({"content":"a\ud83d"})") + finish()), {}},
      {"bad UTF-8 in a text", body(delta("{\"content\":\"a\xFF\xC3\"}") + finish()), {}},
      {"a byte of nothing in a text", body(delta(R"({"content":"a\u0000b"})") + finish()), {}},
      {"an event over three lines",
       body("data: {\"choices\":\ndata: []\ndata: }\n\n" + finish()),
       {}},
      {"events that only CR ends", body("data: {}\r\rdata: {}\r\r" + finish()), {}},
      {"fields that nobody knows",
       body("id: 7\nretry: 1\nfoo: bar\nevent: x\n" + hello + finish()),
       {}},
      {"no blank line at the end", body(hello + finish().substr(0, finish().size() - 2)), {}},
      {"error frame", body(event(R"({"error":{"message":"no"}})")), ErrorCode::server_error},
      {"error frame after text", body(hello + event(R"({"error":"no"})")), ErrorCode::server_error},
      {"error frame for the rate", body(hello + event(R"({"error":{"code":429}})")),
       ErrorCode::rate_limit},
      {"error frame without anything", body(hello + event(R"({"error":{}})")),
       ErrorCode::server_error},
      {"error frame after finish", body(hello + finish() + event(R"({"error":"late"})")),
       ErrorCode::server_error},
      {"error as the finish_reason", body(hello + finish("error")), ErrorCode::server_error},
      {"a finish_reason that nobody knows", body(hello + finish("tired")), {}},
      {"a finish_reason that is a number",
       body(hello + event(R"({"choices":[{"delta":{},"finish_reason":0}]})")),
       {}},
      {"a finish_reason without a delta",
       body(hello + event(R"({"choices":[{"finish_reason":"stop"}]})")),
       {}},
      {"choices that are no list", body(event(R"({"choices":{}})")), ErrorCode::invalid_response},
      {"a choice that is no object", body(event(R"({"choices":[null]})")),
       ErrorCode::invalid_response},
      {"a choice with index 1 only",
       body(event(R"({"choices":[{"index":1,"delta":{},"finish_reason":"stop"}]})")),
       ErrorCode::interrupted},
      {"a content that is an object", body(delta(R"({"content":{}})")),
       ErrorCode::invalid_response},
      {"a content of unknown parts",
       body(delta(R"({"content":[7,{"type":"video"}]})") + finish()),
       {}},
  };
}

Faults call_faults() {
  const std::string ends = finish("tool_calls");
  return {
      {"huge arguments", body(repeated(named_call(repeated("x", 50'000)), 10) + ends),
       ErrorCode::invalid_response},
      {"deep arguments", body(named_call(repeated("[", 5000)) + ends), {}},
      {"arguments that are no JSON", body(named_call("{a:1}") + ends), {}},
      {"arguments that just end", body(named_call(R"({\"a\":)") + ends), {}},
      {"arguments with a tail", body(named_call("{}}") + ends), {}},
      {"arguments that are a number", body(named_call("7") + ends), {}},
      {"arguments with bad UTF-8", body(named_call("{\\\"a\\\":\\\"\xFF\\\"}") + ends), {}},
      {"arguments with half a surrogate", body(named_call(R"({\"a\":\"\\ud83d\"})") + ends), {}},
      {"arguments with a member twice", body(named_call(R"({\"a\":1,\"a\":2})") + ends), {}},
      {"arguments as an object",
       body(call(R"({"index":0,"function":{"name":"a","arguments":{"b":1}}})") + ends),
       {}},
      {"arguments as null",
       body(call(R"({"index":0,"function":{"name":"a","arguments":null}})") + ends),
       {}},
      {"arguments before the name",
       body(call(R"({"index":0,"function":{"arguments":"{"}})") +
            call(R"({"index":0,"function":{"name":"a","arguments":"}"}})") + ends),
       {}},
      {"no name", body(call(R"({"index":0,"id":"x","function":{"arguments":"{}"}})") + ends),
       ErrorCode::invalid_response},
      {"a name that is an object", body(call(R"({"index":0,"function":{"name":{}}})")),
       ErrorCode::invalid_response},
      {"a name of 100000 bytes",
       body(call(R"({"index":0,"function":{"name":")" + repeated("n", 100'000) + "\"}}") + ends),
       {}},
      {"no id", body(call(R"({"index":0,"function":{"name":"a","arguments":"{}"}})") + ends), {}},
      {"a huge id",
       body(
           call(R"({"index":0,"id":")" + repeated("i", 100'000) + R"(","function":{"name":"a"}})") +
           ends),
       {}},
      {"an id that is a number",
       body(call(R"({"index":0,"id":7,"function":{"name":"a"}})") + ends),
       {}},
      {"one id for all",
       body(call(R"({"index":0,"id":"x","function":{"name":"a","arguments":"{}"}})") +
            call(R"({"index":1,"id":"x","function":{"name":"b","arguments":"{}"}})") + ends),
       {}},
      {"no index", body(call(R"({"id":"x","function":{"name":"a","arguments":"{}"}})") + ends), {}},
      {"a negative index",
       body(call(R"({"index":-5,"function":{"name":"a","arguments":"{}"}})") + ends),
       {}},
      {"a huge index",
       body(call(R"({"index":9223372036854775807,"function":{"name":"a"}})") + ends),
       {}},
      {"an index beyond all bounds",
       body(call(R"({"index":99999999999999999999,"function":{"name":"a"}})") + ends),
       {}},
      {"an index that is a text",
       body(call(R"({"index":"0","function":{"name":"a","arguments":"{}"}})") + ends),
       {}},
      {"indexes that go down",
       body(call(R"({"index":1,"function":{"name":"a","arguments":"{}"}})") +
            call(R"({"index":0,"function":{"name":"b","arguments":"{}"}})") + ends),
       {}},
      {"too many calls",
       body(call(repeated(R"({"index":0,"id":"a","function":{"name":"a","arguments":"{}"}},)", 20) +
                 "{}")),
       ErrorCode::invalid_response},
      {"calls that are no list", body(delta(R"({"tool_calls":{"a":1}})")),
       ErrorCode::invalid_response},
      {"a call that is null", body(call("null")), ErrorCode::invalid_response},
      {"a call without a function", body(call(R"({"index":0,"id":"x"})") + hello + finish()), {}},
      {"a function that is a text", body(call(R"({"index":0,"function":"look"})")),
       ErrorCode::invalid_response},
      {"tool_calls as the reason without calls", body(hello + finish("tool_calls")), {}},
      {"stop as the reason with calls", body(named_call("{}") + finish("stop")), {}},
      {"calls that length cuts", body(named_call(R"({\"a)") + finish("length")), {}},
      {"calls that done cuts", body(named_call(R"({\"a)") + done), ErrorCode::interrupted},
      {"the old function_call",
       body(delta(R"({"function_call":{"name":"a","arguments":"{}"}})") + finish("function_call")),
       {}},
      {"a tool that nobody knows", body(named_call("{}") + ends), {}},
  };
}

Faults all_faults() {
  Faults faults = network_faults();
  for (const Faults& more : {status_faults(), stream_faults(), call_faults()})
    faults.insert(faults.end(), more.begin(), more.end());
  return faults;
}

class EveryFault : public testing::TestWithParam<Fault> {};

TEST_P(EveryFault, HasOneOutcomeAndIsBounded) {
  ChatSetup setup(GetParam().answer, with_limits(chat_options(), GetParam()));
  const ModelRequest request = request_for(question);
  expect_one_outcome(GetParam(), setup, request);
}

TEST_P(FaultyAgent, HasOneEndOfItsRun) {
  expect_one_end<detail::ChatProvider>(chat_options(), hello + finish() + done);
}

INSTANTIATE_TEST_SUITE_P(Named, EveryFault, testing::ValuesIn(all_faults()), name_of_fault);
INSTANTIATE_TEST_SUITE_P(Named, FaultyAgent, testing::ValuesIn(all_faults()), name_of_fault);

TEST(EveryFaultOfTheList, IsOneOfMoreThanAHundred) { EXPECT_GE(all_faults().size(), 100U); }

}  // namespace
}  // namespace strandbus::test

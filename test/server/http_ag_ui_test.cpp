#include "server/http_fixture.hpp"
#include "server/obedient_model.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/parse.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace strandbus {
namespace {

using test::HttpAnswer;
using test::RawClient;
using test::unchunked;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class HttpAgUiTest : public test::HttpTest {
 protected:
  /// A server whose agents are ours and obey.
  void start_obedient_server() {
    factory_ = test::obedient_agents();
    start_server();
  }

  static std::string message(const std::string& text) {
    return R"({"id":"u","role":"user","content":")" + text + "\"}";
  }
  std::string ag_ui(const std::string& messages, const std::string& more = {}) const {
    return post("/ag-ui", R"({"threadId":"t","runId":"r","messages":[)" + messages +
                              R"(],"tools":[],"context":[])" + more + '}');
  }
  std::string saying(const std::string& text, const std::string& more = {}) const {
    return ag_ui(message(text), more);
  }

  /// The body of an answer that is a stream.
  std::string stream(const std::string& request) const {
    RawClient client(server_->port());
    client.send(request);
    EXPECT_EQ(client.read_answer().status, 200);
    return unchunked(client.read_to_end());
  }

  static json::object last_event(const std::string& body) {
    const auto begin = body.rfind("data: ");
    if (begin == std::string::npos) return {};
    return json::parse(body.substr(begin + 6)).as_object();
  }
  static std::string last_type(const std::string& body) {
    const json::object event = last_event(body);
    return event.empty() ? "" : std::string(event.at("type").as_string());
  }

  /// The id of the approval that a stream ends with.
  static std::string interrupt(const std::string& body) {
    const json::object event = last_event(body);
    const json::array& interrupts = event.at("outcome").at("interrupts").as_array();
    return std::string(interrupts.at(0).at("id").as_string());
  }
};

TEST_F(HttpAgUiTest, LetsItsRunGoOnWithTheTraceOfWhoeverAsked) {
  start_obedient_server();
  const std::string parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const auto traces_after = [&](const std::string& headers) {
    const std::string body = R"({"threadId":"t","runId":"r","messages":[)" + message("hello") +
                             R"(],"tools":[],"context":[]})";
    stream(head("POST", "/ag-ui",
                "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
                    "\r\n" + headers) +
           body);
    while (wait(shared_hub_->find("t")).value().running) std::this_thread::yield();
    std::vector<std::string> traces;
    for (const StoredEvent& stored : store_->events("t")) {
      const StreamEvent event = from_json(*stored.json).value();
      if (!event.is<RunStarted>()) continue;
      const auto* const value = event.context().attributes.if_contains("traceparent");
      traces.push_back(value ? std::string(value->as_string()) : "none");
    }
    return traces;
  };
  EXPECT_THAT(traces_after("traceparent: " + parent + "\r\n"), ElementsAre(parent));
  EXPECT_THAT(traces_after(""), ElementsAre(parent, "none"));
  EXPECT_THAT(traces_after("traceparent: 00-0-0-0\r\n"), ElementsAre(parent, "none", "none"));
}

TEST_F(HttpAgUiTest, SendsEachEventAsOneDataLineAndNothingElse) {
  start_obedient_server();
  RawClient client(server_->port());
  client.send(saying("Calculate 2+2"));
  const HttpAnswer answer = client.read_answer();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("Content-Type"), "text/event-stream");
  EXPECT_EQ(answer.header("Connection"), "close");
  const std::string chunks = client.read_to_end();
  EXPECT_THAT(chunks, EndsWith("\r\n0\r\n\r\n"));
  std::string rest = unchunked(chunks);
  EXPECT_THAT(rest, Not(HasSubstr("\r")));
  std::size_t events = 0;
  while (!rest.empty()) {
    ASSERT_THAT(rest, StartsWith("data: {\"type\":\""));
    const auto end = rest.find('\n');
    ASSERT_EQ(rest.substr(end, 2), "\n\n");
    rest.erase(0, end + 2);
    ++events;
  }
  EXPECT_GT(events, 8U);
}

struct SlowArgs {
  std::string expr{};
};
STRANDBUS_DESCRIBE(SlowArgs, 0, expr)

TEST_F(HttpAgUiTest, SendsACommentWhileThereIsNothingToSay) {
  const auto go = std::make_shared<std::atomic<bool>>(false);
  ToolRegistry tools;
  tools.add<SlowArgs>("calculator", "Takes its time",
                      [go](SlowArgs, ToolContext&) -> asio::awaitable<ToolResult> {
                        const auto executor = co_await asio::this_coro::executor;
                        while (!*go) co_await asio::post(executor, asio::use_awaitable);
                        co_return ToolResult::ok("4");
                      });
  factory_ = agent_factory(std::make_shared<test::ObedientModel>(), tools, AgentOptions());
  HttpLimits limits;
  limits.keep_alive = std::chrono::milliseconds(1);
  start_server(limits);
  RawClient client(server_->port());
  client.send(saying("Calculate 2+2"));
  EXPECT_THAT(client.read_until("\n:\n\n"), EndsWith("\n:\n\n"));
  *go = true;
  EXPECT_THAT(client.read_to_end(), HasSubstr(R"("RUN_FINISHED")"));
}

TEST_F(HttpAgUiTest, UsesTheNamesThatTheClientHasGiven) {
  start_obedient_server();
  const std::string body = stream(saying("hello"));
  EXPECT_THAT(body, StartsWith(R"(data: {"type":"RUN_STARTED","threadId":"t","runId":"r",)"));
  EXPECT_EQ(last_event(body).at("threadId"), "t");
  EXPECT_EQ(last_event(body).at("runId"), "r");
  const HttpAnswer session = ask(head("GET", "/v1/sessions/t"));
  EXPECT_EQ(session.status, 200);
  expect_sound("t");
}

TEST_F(HttpAgUiTest, AsksForTheTokenAndForAValidBody) {
  start_obedient_server();
  std::string stranger = saying("hello");
  stranger.replace(stranger.find("Bearer "), 10, "Bearer xxx");
  EXPECT_EQ(ask(stranger).status, 401);
  EXPECT_EQ(ask(head("GET", "/ag-ui")).status, 405);
  const HttpAnswer wrong = ask(post("/ag-ui", R"({"threadId":"a/b"})"));
  EXPECT_EQ(wrong.status, 400);
  EXPECT_THAT(wrong.body, HasSubstr("/threadId: "));
  EXPECT_EQ(ask(ag_ui("")).status, 400);
}

TEST_F(HttpAgUiTest, RefusesAMessageWhileAnotherOneIsAnswered) {
  start_server();
  RawClient first(server_->port());
  first.send(saying("1 hang"));
  first.read_until("TEXT_MESSAGE_CONTENT");
  const HttpAnswer refused = ask(saying("2"));
  EXPECT_EQ(refused.status, 409);
  EXPECT_THAT(refused.body, HasSubstr("\"busy\""));
  ask(post("/v1/sessions/t/commands", R"({"type":"cancel"})"));
  EXPECT_THAT(first.read_to_end(), HasSubstr(R"("outcome":{"type":"cancelled"})"));
}

TEST_F(HttpAgUiTest, LetsTheRunGoOnWhenTheClientLeaves) {
  start_server();
  {
    RawClient client(server_->port());
    client.send(saying("1 hang"));
    client.read_until("TEXT_MESSAGE_CONTENT");
  }
  while (shared_hub_->stats().readers > 0) std::this_thread::yield();
  EXPECT_TRUE(wait(shared_hub_->find("t"))->running);
  ask(post("/v1/sessions/t/commands", R"({"type":"cancel"})"));
  while (wait(shared_hub_->find("t"))->running) std::this_thread::yield();
}

TEST_F(HttpAgUiTest, EndsTheRunWithAnErrorWhenItsSessionIsRemoved) {
  start_server();
  RawClient client(server_->port());
  client.send(saying("1 hang"));
  client.read_until("TEXT_MESSAGE_CONTENT");
  EXPECT_EQ(ask(head("DELETE", "/v1/sessions/t")).status, 204);
  // Which of the two comes first is open: the end of the run, or that of the session.
  const std::string end = client.read_to_end();
  EXPECT_THAT(end, ::testing::AnyOf(HasSubstr("RUN_ERROR"), HasSubstr("RUN_FINISHED")));
  EXPECT_THAT(end, EndsWith("\r\n0\r\n\r\n"));
}

TEST_F(HttpAgUiTest, SaysWhyNoRunBegan) {
  start_server();
  const std::string body = stream(saying("throw"));
  EXPECT_EQ(last_type(body), "RUN_ERROR");
  EXPECT_THAT(body, HasSubstr("this agent throws"));
}

TEST_F(HttpAgUiTest, CutsOffAClientThatTakesNothing) {
  HttpLimits limits;
  limits.write_timeout = std::chrono::milliseconds(300);
  start_server(limits);
  RawClient stuck(server_->port());
  const int small = 4096;
  ::setsockopt(stuck.socket(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  stuck.send(saying("400 big"));
  stuck.read_until("RUN_STARTED");
  while (shared_hub_->stats().readers > 0) std::this_thread::yield();
  while (wait(shared_hub_->find("t"))->running) std::this_thread::yield();
  EXPECT_THAT(log(), Contains(HasSubstr("the reader takes nothing")));
}

TEST_F(HttpAgUiTest, RefusesToolsThatTheAgentDoesNotTake) {
  start_server();
  const std::string body = R"({"threadId":"t","runId":"r","messages":[)" + message("1") +
                           R"(],"tools":[{"name":"ask","description":"Asks"}],"context":[]})";
  const HttpAnswer refused = ask(post("/ag-ui", body));
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(refused.body, HasSubstr("takes no tools"));
}

TEST_F(HttpAgUiTest, RefusesTheAnswerToAnApprovalThatSomebodyElseHasGiven) {
  start_obedient_server();
  const std::string first = stream(saying("delete"));
  const std::string id = interrupt(first);
  ask(post("/v1/sessions/t/commands", R"({"type":"approve","approval_id":")" + id + "\"}"));
  while (wait(shared_hub_->find("t"))->running) std::this_thread::yield();
  const HttpAnswer late =
      ask(ag_ui(message("delete"), R"(,"resume":[{"interruptId":")" + id +
                                       R"(","status":"resolved","payload":true}])"));
  EXPECT_EQ(late.status, 409);
  EXPECT_THAT(late.body, HasSubstr("interrupt_unknown"));
  // A client that must answer every interrupt can go on, and sees what has happened.
  const std::string withdrawn =
      stream(ag_ui("", R"(,"resume":[{"interruptId":")" + id + R"(","status":"cancelled"}])"));
  EXPECT_THAT(withdrawn, HasSubstr("removed a.txt"));
  EXPECT_THAT(withdrawn, HasSubstr("It is gone"));
  EXPECT_THAT(withdrawn, HasSubstr(R"("outcome":{"type":"success")"));
  const std::string again =
      stream(ag_ui("", R"(,"resume":[{"interruptId":")" + id + R"(","status":"cancelled"}])"));
  EXPECT_THAT(again, Not(HasSubstr("It is gone")));
  EXPECT_THAT(again, HasSubstr(R"("outcome":{"type":"success")"));
}

TEST_F(HttpAgUiTest, ShowsWhatHappenedSinceTheLastRequestOfTheThread) {
  start_obedient_server();
  const std::string first = stream(saying("five"));
  const json::object end = last_event(first);
  const json::array& interrupts = end.at("outcome").at("interrupts").as_array();
  ASSERT_EQ(interrupts.size(), 4U);
  const std::string one(interrupts.at(0).at("id").as_string());
  const std::string other(interrupts.at(1).at("id").as_string());
  const std::uint64_t seq = wait(shared_hub_->state("t"))->last_seq;
  ask(post("/v1/sessions/t/commands", R"({"type":"approve","approval_id":")" + one + "\"}"));
  const Stop removed = [](const FeedItem& item) { return item.type == "tool_call_completed"; };
  wait(read_until(*shared_hub_, "t", behind(seq), removed));
  const std::string resume =
      R"(,"resume":[{"interruptId":")" + other + R"(","status":"resolved","payload":true}])";
  const std::string second = stream(ag_ui(message("five"), resume));
  EXPECT_THAT(second, HasSubstr("removed f1"));  // that nobody was shown
  EXPECT_THAT(second, HasSubstr("removed f2"));
  ask(post("/v1/sessions/t/commands", R"({"type":"cancel"})"));
  while (wait(shared_hub_->find("t"))->running) std::this_thread::yield();
}

TEST_F(HttpAgUiTest, BeginsAnewWhenAMessageComesInsteadOfADecision) {
  start_obedient_server();
  EXPECT_THAT(stream(saying("delete")), HasSubstr(R"("type":"interrupt")"));
  const std::string second = stream(saying("hello"));
  EXPECT_THAT(second, HasSubstr("Hi there"));
  EXPECT_THAT(second, Not(HasSubstr("cancelled")));  // that was the run before
  expect_sound("t");
}

TEST_F(HttpAgUiTest, GoesOnWithASessionThatBeganOtherwise) {
  start_obedient_server();
  const std::string id = make_session_by_http();
  const std::string body =
      R"({"threadId":")" + id + R"(","runId":"r","messages":[)" + message("hello") + "]}";
  EXPECT_THAT(stream(post("/ag-ui", body)), HasSubstr("Hi there"));
}

TEST_F(HttpAgUiTest, KnowsTheHistoryOfAThreadAfterARestart) {
  start_obedient_server();
  const std::string history = R"({"id":"1","role":"user","content":"I am Ada"},)"
                              R"({"id":"2","role":"assistant","content":"Hello Ada"},)";
  EXPECT_THAT(stream(ag_ui(history + message("hello"))), HasSubstr("Hi there"));
  server_.reset();
  wait(shared_hub_->drain(std::chrono::steady_clock::now() + std::chrono::seconds(30)));
  start_server();
  EXPECT_THAT(stream(saying("what did I say first?")), HasSubstr("I am Ada"));
}

}  // namespace
}  // namespace strandbus

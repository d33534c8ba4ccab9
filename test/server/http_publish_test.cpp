// Events that others publish over HTTP.
#include "http_fixture.hpp"

#include <gmock/gmock.h>

namespace strandbus::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class HttpPublishTest : public HttpTest {
 protected:
  static std::string line(std::size_t number, const std::string& type, const std::string& data,
                          const std::string& run = {}) {
    std::string digits = std::to_string(number);
    digits.insert(0, 12 - digits.size(), '0');
    return R"({"schema":1,"seq":)" + std::to_string(number) + R"(,"id":"0192f0c1-2345-7abc-8def-)" +
           digits + R"(","ts":"2026-11-20T15:04:05Z","type":")" + type + '"' +
           (run.empty() ? "" : R"(,"run_id":")" + run + '"') + R"(,"data":)" + data + "}";
  }
  static std::string notice(std::size_t number, const std::string& text = "hello") {
    return line(number, "system_notice", R"({"subsystem":"other","message":")" + text + "\"}");
  }
  /// Type and number of an event of a type that this version does not know, in a run.
  static std::string news(std::size_t number, const std::string& run) {
    return line(number, "news", R"({"n":)" + std::to_string(number) + "}", run);
  }

  std::string request(const std::string& id, const std::string& body,
                      const std::string& type = "application/x-ndjson") const {
    return head("POST", "/v1/sessions/" + id + "/events",
                "Content-Type: " + type + "\r\nContent-Length: " + std::to_string(body.size()) +
                    "\r\n") +
           body;
  }
  HttpAnswer publish(const std::string& id, const std::string& body,
                     const std::string& type = "application/x-ndjson") const {
    return ask(request(id, body, type));
  }
  std::string events(const std::string& id) const {
    return unchunked(
        read_chunked(server_->port(), head("GET", "/v1/sessions/" + id + "/events.jsonl")));
  }

 private:
  static std::string read_chunked(std::uint16_t port, const std::string& request) {
    RawClient client(port);
    client.send(request);
    client.read_until("\r\n\r\n");
    return client.read_until("0\r\n\r\n");
  }
};

TEST_F(HttpPublishTest, AnswersWithWhatBecameOfTheEvents) {
  start_server();
  const std::string id = make_session_by_http();
  const auto first = publish(id, notice(1) + "\n" + notice(2) + "\n" + notice(1) + "\n");
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.header("Content-Type"), "application/json");
  EXPECT_EQ(first.body, "{\"accepted\":2,\"repeated\":1,\"after\":1}\n");
  const auto second = publish(id, notice(2) + "\r\n" + notice(3), "application/jsonl");
  EXPECT_EQ(second.body, "{\"accepted\":1,\"repeated\":1,\"after\":3}\n");
}

TEST_F(HttpPublishTest, ReachesWhoeverReadsTheSession) {
  start_server();
  const std::string id = make_session_by_http();
  RawClient reader(server_->port());
  reader.send(head("GET", "/v1/sessions/" + id + "/events?after=latest&named=1"));
  reader.read_until("\r\n\r\n");
  publish(id, notice(1, "one") + "\n" + notice(2, "two"));
  publish(id, notice(3, "three"));
  const std::string seen = reader.read_until("three");
  EXPECT_THAT(seen, HasSubstr("id: 2\n"));
  EXPECT_LT(seen.find("\"one\""), seen.find("\"two\""));
  EXPECT_LT(seen.find("\"two\""), seen.find("id: 4\n"));
}

TEST_F(HttpPublishTest, KeepsWhatItDoesNotKnow) {
  start_server();
  const std::string id = make_session_by_http();
  std::string strange = line(1, "from_the_future", R"({"a":[1e2,{"b":"c"}]})");
  strange.insert(strange.size() - 1, R"(,"extra":{"x":1.50})");
  EXPECT_EQ(publish(id, strange).status, 200);
  EXPECT_THAT(events(id),
              AllOf(HasSubstr(R"("type":"from_the_future")"), HasSubstr(R"("extra":{"x":1.50})"),
                    HasSubstr(R"("data":{"a":[1e2,{"b":"c"}]})"),
                    HasSubstr("0192f0c1-2345-7abc-8def-000000000001"),
                    HasSubstr("\"session_id\":\"" + id)));
}

TEST_F(HttpPublishTest, TakesNothingOfARequestThatIsWrongInItsForm) {
  start_server();
  const std::string id = make_session_by_http();
  const auto answer = publish(id, notice(1) + "\n\nhello\n");
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, AllOf(HasSubstr(R"("code":"malformed_json")"), HasSubstr("line 3: "),
                                 HasSubstr(R"(},"line":3})")));
  EXPECT_THAT(publish(id, notice(1) + "\n" + line(2, "token_delta", R"({"text":3})")).body,
              HasSubstr("line 2: invalid event at /data/text: "));
  EXPECT_THAT(events(id), Not(HasSubstr("system_notice")));
}

TEST_F(HttpPublishTest, SaysHowManyWereTakenBeforeTheRunRuleRefusedOne) {
  start_server();
  const std::string id = make_session_by_http();
  publish(id, notice(1));
  const auto answer =
      publish(id, notice(1) + "\n" + notice(2) + "\n\n" + news(3, "r") + "\n" + notice(4));
  EXPECT_EQ(answer.status, 409);
  EXPECT_THAT(answer.body,
              AllOf(HasSubstr(R"("code":"run_not_open")"), HasSubstr("line 4: /run_id"),
                    HasSubstr(R"("line":4,"accepted":1,"repeated":1,"after":2})")));
}

TEST_F(HttpPublishTest, RefusesWhatIsNoBodyOfEvents) {
  start_server();
  const std::string id = make_session_by_http();
  EXPECT_EQ(publish(id, notice(1), "application/json").status, 415);
  EXPECT_EQ(publish(id, "").status, 400);
  EXPECT_EQ(ask(head("POST", "/v1/sessions/" + id + "/events")).status, 415);
  EXPECT_EQ(publish("none", notice(1)).status, 404);
  EXPECT_EQ(publish("a%2Fb", notice(1)).status, 400);
  EXPECT_EQ(ask(head("PUT", "/v1/sessions/" + id + "/events")).header("Allow"),
            "POST, GET, HEAD, OPTIONS");
  EXPECT_THAT(publish(id, line(1, "session_closed", R"({"reason":"x"})")).body,
              HasSubstr("line 1: invalid event at /type: only the session itself"));
}

TEST_F(HttpPublishTest, StandsHostileBodies) {
  HttpLimits limits;
  limits.max_body = 256 * 1024;
  start_server(limits);
  const std::string id = make_session_by_http();
  EXPECT_EQ(publish(id, notice(1, std::string(300'000, 'x'))).status, 413);
  EXPECT_EQ(publish(id, notice(1, std::string(200'000, 'x'))).status, 200);
  const std::string deep = std::string(60'000, '[') + std::string(60'000, ']');
  EXPECT_EQ(publish(id, line(2, "news", "{\"a\":" + deep + "}")).status, 400);
  EXPECT_EQ(publish(id, std::string(200'000, '\n')).status, 400);
  EXPECT_EQ(publish(id, std::string(100'000, '\0')).status, 400);
  EXPECT_EQ(publish(id, notice(2, "\xFF\xFE")).status, 400);
  EXPECT_EQ(publish(id, "\xEF\xBB\xBF" + notice(3, "last") + "\r\n\r\n").status, 200);
  EXPECT_THAT(events(id), HasSubstr("last"));
}

TEST_F(HttpPublishTest, ReportsAStoreThatHasFailed) {
  start_server();
  const std::string id = make_session_by_http();
  publish(id, notice(1));
  store_->fail();
  const auto answer = publish(id, notice(2));
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, HasSubstr(R"("code":"store_failed")"));
  EXPECT_EQ(answer.header("Retry-After"), "10");
}

TEST_F(HttpPublishTest, NeedsTheToken) {
  start_server();
  const std::string id = make_session_by_http();
  std::string without = request(id, notice(1));
  without.replace(without.find("Bearer "), 7, "Bearer x");
  EXPECT_EQ(ask(without).status, 401);
}

}  // namespace
}  // namespace strandbus::test

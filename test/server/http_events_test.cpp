#include "server/http_fixture.hpp"
#include "strandbus/event/json_codec.hpp"
#include "strandbus/wire/dialect.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace strandbus {
namespace {

using test::HttpAnswer;
using test::RawClient;
using test::unchunked;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view run_end = "\"run_completed\"";
constexpr std::string_view event_end = "\n\n\r\n";

class HttpEventsTest : public test::HttpTest {
 protected:
  std::string events(const std::string& id, const std::string& query = {},
                     const std::string& headers = {}) const {
    return head("GET", "/v1/sessions/" + id + "/events" + query, headers);
  }

  /// The stream up to the end of a run, without the head, as it stands.
  std::string read_run(RawClient& client) {
    std::string stream = client.read_until(run_end);
    return stream += client.read_until(event_end);
  }

  std::string read_run(const std::string& request) {
    RawClient client(server_->port());
    client.send(request);
    client.read_until("\r\n\r\n");
    return read_run(client);
  }

  static std::vector<std::uint64_t> ids(const std::string& stream) {
    std::vector<std::uint64_t> found;
    for (auto at = stream.find("id: "); at != std::string::npos; at = stream.find("id: ", at + 1)) {
      if (at > 0 && stream[at - 1] == '\n') found.push_back(std::stoull(stream.substr(at + 4, 20)));
    }
    return found;
  }

  static std::size_t lines_with(const std::string& text, const std::string& what) {
    std::size_t count = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
    return count;
  }
};

TEST_F(HttpEventsTest, SendsAllEventsOfASessionFromTheBeginning) {
  start_server();
  const std::string id = make_session_by_http();
  RawClient client(server_->port());
  client.send(events(id));
  const HttpAnswer answer = client.read_answer();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("Content-Type"), "text/event-stream");
  EXPECT_EQ(answer.header("Transfer-Encoding"), "chunked");
  EXPECT_EQ(run(id, "5").status, 202);
  const std::string stream = read_run(client);
  const auto seen = ids(stream);
  ASSERT_FALSE(seen.empty());
  EXPECT_EQ(seen, from_to(1, seen.size()));
  EXPECT_EQ(seen.size(), store_->events(id).size());
  const std::string data = unchunked(stream);
  EXPECT_THAT(data, StartsWith("retry: "));
  EXPECT_THAT(data, Not(HasSubstr("event: ")));
  for (const StoredEvent& stored : store_->events(id)) {
    EXPECT_THAT(data, HasSubstr("data: " + *stored.json + "\n\n"));
  }
}

TEST_F(HttpEventsTest, GoesOnBehindTheLastEventThatTheReaderGot) {
  start_server();
  const std::string id = make_session_by_http();
  run(id, "5");
  const auto all = ids(read_run(events(id)));
  ASSERT_GT(all.size(), 6U);
  const std::vector<std::uint64_t> rest(all.begin() + 4, all.end());
  EXPECT_EQ(ids(read_run(events(id, "", "Last-Event-ID: 4\r\n"))), rest);
  EXPECT_EQ(ids(read_run(events(id, "?after=4"))), rest);
  EXPECT_EQ(ids(read_run(events(id, "?after=2", "Last-Event-ID: 4\r\n"))), rest);
}

TEST_F(HttpEventsTest, ResumesAtEverySeqWithNothingMissingAndNothingTwice) {
  start_server();
  const std::string id = make_session_by_http();
  run(id, "20");
  const auto all = ids(read_run(events(id)));
  for (std::size_t got = 0; got < all.size(); ++got) {
    const std::vector<std::uint64_t> rest(all.begin() + static_cast<std::ptrdiff_t>(got),
                                          all.end());
    ASSERT_EQ(ids(read_run(events(id, "", "Last-Event-ID: " + std::to_string(got) + "\r\n"))),
              rest);
  }
}

TEST_F(HttpEventsTest, SendsOnlyWhatComesToWhoWantsNothingElse) {
  start_server();
  const std::string id = make_session_by_http();
  run(id, "5");
  const auto before = ids(read_run(events(id)));
  RawClient client(server_->port());
  client.send(events(id, "?after=latest"));
  client.read_until("retry: ");
  client.read_until(event_end);
  run(id, "2");
  const auto after = ids(read_run(client));
  EXPECT_EQ(after, from_to(before.back() + 1, before.back() + after.size()));
}

TEST_F(HttpEventsTest, NamesAndFiltersEvents) {
  start_server();
  const std::string id = make_session_by_http();
  run(id, "3");
  const std::string stream =
      unchunked(read_run(events(id, "?named=1&type=token_delta,run_completed")));
  EXPECT_EQ(lines_with(stream, "\nevent: token_delta\n"), 3U);
  EXPECT_EQ(lines_with(stream, "event: run_completed\n"), 1U);
  EXPECT_EQ(lines_with(stream, "event: "), 4U);
}

TEST_F(HttpEventsTest, ServesTwoReadersEachWithEverything) {
  start_server();
  const std::string id = make_session_by_http();
  RawClient one(server_->port());
  RawClient two(server_->port());
  one.send(events(id));
  two.send(events(id));
  run(id, "50");
  const auto of_one = ids(read_run(one));
  EXPECT_EQ(of_one, from_to(1, of_one.size()));
  EXPECT_EQ(ids(read_run(two)), of_one);
}

TEST_F(HttpEventsTest, SendsACommentWhileThereIsNothingToSay) {
  HttpLimits limits;
  limits.keep_alive = std::chrono::milliseconds(1);
  start_server(limits);
  const std::string id = make_session_by_http();
  RawClient client(server_->port());
  client.send(events(id, "?after=latest"));
  EXPECT_THAT(client.read_until("\n:\n\n"), EndsWith("\n:\n\n"));
}

TEST_F(HttpEventsTest, LetsGoOfAReaderThatLeavesWhileNothingHappens) {
  start_server();
  const std::string id = make_session_by_http();
  {
    RawClient client(server_->port());
    client.send(events(id));
    client.read_until("retry: ");
    while (shared_hub_->stats().readers == 0) std::this_thread::yield();
  }
  // Without having been sent anything: the keep-alive comes much later.
  while (shared_hub_->stats().readers > 0 || server_->stats().connections > 0) {
    std::this_thread::yield();
  }
}

TEST_F(HttpEventsTest, EndsInOrderWhenTheSessionIsRemoved) {
  start_server();
  const std::string id = make_session_by_http();
  RawClient client(server_->port());
  client.send(events(id));
  client.read_until("retry: ");
  EXPECT_EQ(ask(head("DELETE", "/v1/sessions/" + id)).status, 204);
  EXPECT_THAT(client.read_to_end(), EndsWith("\r\n0\r\n\r\n"));
}

TEST_F(HttpEventsTest, SendsPlainBytesToAnOldClient) {
  start_server();
  const std::string id = make_session_by_http();
  RawClient client(server_->port());
  std::string request = events(id);
  request.replace(request.find("HTTP/1.1"), 8, "HTTP/1.0");
  client.send(request);
  const HttpAnswer answer = client.read_answer();
  EXPECT_EQ(answer.header("Transfer-Encoding"), "");
  EXPECT_THAT(client.read_until("\n\n"), StartsWith("retry: "));
}

TEST_F(HttpEventsTest, CutsOffAReaderThatTakesNothingWhileOthersGetEverything) {
  HttpLimits limits;
  limits.write_timeout = std::chrono::milliseconds(300);
  limits.keep_alive = std::chrono::milliseconds(100);
  start_server(limits);
  const std::string id = make_session_by_http();
  RawClient stuck(server_->port());
  const int small = 4096;
  ::setsockopt(stuck.socket(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  stuck.send(events(id));
  stuck.read_until("retry: ");
  RawClient healthy(server_->port());
  healthy.send(events(id));
  run(id, "400 big");
  const auto got = ids(read_run(healthy));
  EXPECT_EQ(got.size(), store_->events(id).size());
  while (shared_hub_->stats().readers > 1) std::this_thread::yield();
  EXPECT_THAT(log(), ::testing::Contains(HasSubstr("the reader takes nothing")));
}

TEST_F(HttpEventsTest, GivesTheEventsAsAFile) {
  start_server();
  const std::string id = make_session_by_http();
  run(id, "4");
  read_run(events(id));
  RawClient client(server_->port());
  const std::string request = head("GET", "/v1/sessions/" + id + "/events.jsonl");
  client.send(request + request);
  for (int i = 0; i < 2; ++i) {  // the connection stays
    const HttpAnswer answer = client.read_answer();
    EXPECT_EQ(answer.header("Content-Type"), "application/x-ndjson");
    EXPECT_EQ(answer.header("Content-Disposition"),
              "attachment; filename=\"" + id + ".events.jsonl\"");
    std::string wanted;
    for (const StoredEvent& stored : store_->events(id)) wanted += *stored.json + "\n";
    EXPECT_EQ(unchunked(client.read_until("\r\n0\r\n\r\n")), wanted);
  }
}

TEST_F(HttpEventsTest, GivesASnapshotFromWhichAReaderGoesOn) {
  start_server();
  const std::string id = make_session_by_http();
  run(id, "4");
  const auto all = ids(read_run(events(id)));
  const HttpAnswer snapshot = ask(head("GET", "/v1/sessions/" + id + "/snapshot"));
  EXPECT_EQ(snapshot.status, 200);
  EXPECT_THAT(snapshot.body, HasSubstr("\"last_seq\":" + std::to_string(all.back())));
}

TEST_F(HttpEventsTest, RefusesASessionThatIsNotThere) {
  start_server();
  EXPECT_EQ(ask(events("nobody")).status, 404);
  EXPECT_EQ(ask(head("HEAD", "/v1/sessions/nobody/events")).status, 404);
  EXPECT_EQ(ask(head("GET", "/v1/sessions/nobody/events.jsonl")).status, 404);
  EXPECT_EQ(ask(head("GET", "/v1/sessions/nobody/snapshot")).status, 404);
}

TEST_F(HttpEventsTest, EndsEverythingWhenItIsDrained) {
  start_server();
  const std::string id = make_session_by_http();
  RawClient idle(server_->port());
  idle.send(head("GET", "/healthz"));
  idle.read_answer();
  RawClient stream(server_->port());
  stream.send(events(id));
  stream.read_until("retry: ");
  run(id, "3");
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  wait(shared_hub_->drain(deadline));
  wait(server_->drain(deadline));
  EXPECT_LT(std::chrono::steady_clock::now(), deadline);
  EXPECT_EQ(idle.read_to_end(), "");
  const std::string rest = stream.read_to_end();
  EXPECT_THAT(rest, HasSubstr(std::string(run_end)));
  EXPECT_THAT(rest, EndsWith("\r\n0\r\n\r\n"));
  EXPECT_EQ(server_->stats().connections, 0U);
  EXPECT_LT(test::connect_to(server_->port()).get(), 0);
}

TEST_F(HttpEventsTest, ClosesAtTheDeadlineWhatDoesNotEnd) {
  start_server();
  const std::string id = make_session_by_http();
  RawClient stream(server_->port());
  stream.send(events(id));
  stream.read_until("retry: ");
  wait(server_->drain(std::chrono::steady_clock::now() + std::chrono::milliseconds(20)));
  EXPECT_THAT(stream.read_to_end(), Not(EndsWith("\r\n0\r\n\r\n")));
}

TEST_F(HttpEventsTest, SpeaksOtherDialects) {
  start_server();
  const std::string id = make_session_by_http();
  run(id, "3");
  read_run(events(id));
  RawClient client(server_->port());
  client.send(events(id, "?dialect=rollouts&type=token_delta"));
  client.read_until("\r\n\r\n");
  // Behind one line that is sent at once come those of the dialect, each with the seq of its event.
  EXPECT_THAT(client.read_until(event_end), HasSubstr("retry: "));
  std::string stream;
  for (int i = 0; i < 3 && stream.find("\"2 \"") == std::string::npos; ++i)
    stream += client.read_until(event_end);
  EXPECT_EQ(lines_with(stream, "data: {\"kind\":\"token"), 3U) << stream;
  EXPECT_EQ(ids(stream), from_to(5, 7));
  EXPECT_EQ(ask(head("GET", "/v1/sessions/" + id + "/events?dialect=latin")).status, 400);
  RawClient file(server_->port());
  file.send(head("GET", "/v1/sessions/" + id + "/events.jsonl?dialect=agent-runner",
                 "Connection: close\r\n"));
  file.read_until("\r\n\r\n");
  const std::string lines = unchunked(file.read_to_end());
  EXPECT_THAT(lines, HasSubstr("{\"type\":\"token_delta\",\"data\":{\"text\":\"0 \"}"));
  EXPECT_THAT(lines, Not(HasSubstr("\"seq\"")));
}

TEST_F(HttpEventsTest, SpeaksEveryDialectAsTheLibraryDoes) {
  start_server();
  const std::string id = make_session_by_http();
  run(id, "3");
  read_run(events(id));
  const auto answer = [&](const std::string& path) {
    RawClient client(server_->port());
    client.send(head("GET", "/v1/sessions/" + id + path, "Connection: close\r\n"));
    client.read_until("\r\n\r\n");
    return unchunked(client.read_to_end());
  };
  std::vector<StreamEvent> said;
  std::istringstream native(answer("/events.jsonl"));
  for (std::string line; std::getline(native, line);) said.push_back(from_json(line).value());
  for (const std::string_view name : dialect_names()) {
    const auto dialect = make_dialect(name);
    std::string expected;
    for (const StreamEvent& event : said) dialect->append(expected, event);
    EXPECT_EQ(answer("/events.jsonl?dialect=" + std::string(name)), expected) << name;
    RawClient stream(server_->port());
    stream.send(events(id, "?dialect=" + std::string(name)));
    stream.read_until("\r\n\r\n");
    std::istringstream lines(expected);
    std::string read;
    for (std::string line; std::getline(lines, line);) {
      if (read.find("data: " + line + '\n') == std::string::npos)
        read += stream.read_until("data: " + line + '\n');
    }
  }
}

TEST_F(HttpEventsTest, SendsTheEventsOfAllSessionsWithAPlaceInEach) {
  start_server();
  const std::string one = make_session_by_http();
  const std::string two = make_session_by_http();
  run(one, "2");
  read_run(events(one));
  run(two, "2");
  read_run(events(two));
  const std::string all = "/v1/events?type=run_started,run_completed&after=";
  RawClient client(server_->port());
  client.send(head("GET", all + one + ":0," + two + ":0"));
  EXPECT_EQ(client.read_answer().header("Content-Type"), "text/event-stream");
  std::string stream = read_run(client);
  while (lines_with(stream, "\"run_completed\"") < 2) stream += read_run(client);
  const auto last = stream.rfind("id: ");
  const std::string place = stream.substr(last + 4, stream.find('\n', last) - last - 4);
  const auto place_of = [&](const std::string& id) {
    return id + ":" + std::to_string(store_->events(id).back().seq);
  };
  const std::string first = std::min(one, two);
  const std::string second = std::max(one, two);
  EXPECT_EQ(place, place_of(first) + "," + place_of(second));
  EXPECT_EQ(lines_with(stream, "data: "), 4U) << stream;

  RawClient again(server_->port());
  again.send(head("GET", all, "Last-Event-ID: " + place + "\r\n"));
  again.read_until("\r\n\r\n");
  run(one, "1");
  const std::string rest = read_run(again);
  EXPECT_EQ(lines_with(rest, "data: "), 2U) << rest;
  EXPECT_THAT(rest, HasSubstr("id: " + first + ":"));
}

TEST_F(HttpEventsTest, RefusesAPlaceThatIsNone) {
  start_server();
  for (const std::string after : {"7", "a:", ":7", "a:7,", "a:-1", "a:7x", "a/b:7", "latest"}) {
    const bool fine = after == "a:7,";  // a comma too many says nothing
    EXPECT_EQ(ask(head("HEAD", "/v1/events?after=" + after)).status, fine ? 200 : 400) << after;
  }
  EXPECT_EQ(ask(head("GET", "/v1/events?dialect=rollouts")).status, 400);
}

}  // namespace
}  // namespace strandbus

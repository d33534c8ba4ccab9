// However a server breaks off, a follower gets every event once, in order, as it was sent.

#include "agent/printed_seed.hpp"
#include "net/http_client.hpp"
#include "server/event_follower.hpp"
#include "server/follow_world.hpp"
#include "support/scripted_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace strandbus::test {
namespace {

using detail::EventFollower;
using detail::FollowResult;

/// Events whose texts have characters of every length.
std::vector<StreamEvent> few_events() {
  testing::EventList list{RunContext()};
  list.add(TokenDelta{.text = "\u00E9\u20AC\U0001F600"});
  list.add(TokenDelta{.text = "data: x\n\nid: 9\n\n"});
  return list.events();
}

std::vector<std::string> as_json(const std::vector<StreamEvent>& events) {
  std::vector<std::string> all;
  for (const StreamEvent& event : events) all.push_back(to_json(event));
  return all;
}

std::uint64_t number_in(const std::string& text) {
  return text.empty() ? 0 : std::strtoull(text.c_str(), nullptr, 10);
}

/// The size of a stream up to which it is sent, from the path "/7/events".
std::size_t cut_of(const ReceivedRequest& request) {
  return number_in(request.line().substr(std::string("GET /").size()));
}

TEST(EventFollower, GetsEverythingOnceWhereverTheServerCuts) {
  const std::vector<StreamEvent> events = few_events();
  std::map<std::size_t, int> asked;  // how often; only in the handler, one call at a time
  ScriptedServer server([&](const ReceivedRequest& request) {
    const std::size_t cut = cut_of(request);
    const std::string stream = stream_of(events, number_in(request.header("Last-Event-ID")));
    const std::string head = chunked_head(200, {"Content-Type: text/event-stream"});
    switch (++asked[cut]) {
      case 1: {
        constexpr Reply::Then ends[] = {Reply::Then::cut, Reply::Then::close, Reply::Then::reset};
        const std::string sent = stream.substr(0, cut);
        return Reply{{head + (sent.empty() ? "" : chunk(sent))}, ends[cut % std::size(ends)]};
      }
      case 2: return Reply{{http_answer(500, "")}, Reply::Then::close};
      case 3: return Reply{{head, chunk(stream), chunk("")}, Reply::Then::close};
      default: return Reply{{http_answer(404, "")}, Reply::Then::close};
    }
  });

  detail::HttpClientOptions client_options;
  client_options.idle_per_origin = 0;
  detail::HttpClient client(client_options);
  ClientHarness harness;
  const std::vector<std::string> expected = as_json(events);
  const std::size_t size = stream_of(events, 0).size();
  for (std::size_t cut = 0; cut <= size; ++cut) {
    Heard heard;
    std::vector<std::chrono::milliseconds> waits;
    EventFollower follower(client, heard,
                           options_for(server.url('/' + std::to_string(cut) + "/events"), waits));
    const FollowResult result = harness.run(follower.async_run());
    ASSERT_EQ(result.end, FollowResult::End::session_gone) << cut << ": " << result.why;
    ASSERT_EQ(heard.events, expected) << cut;
    ASSERT_EQ(waits.size(), 3U) << cut;
  }
}

/// A server that breaks off as chance will have it: in the middle of anything, with any failure,
/// and repeats events that the reader has.
class Unreliable {
 public:
  Unreliable(std::vector<StreamEvent> events, std::uint64_t seed)
      : events_(std::move(events)), random_(seed) {}

  /// How many streams were broken off.
  std::size_t cuts() const noexcept { return cuts_; }

  FakeAnswer answer(const detail::HttpRequest& request) {
    const std::uint64_t after = number_in(header_of(request, "Last-Event-ID"));
    if (after == events_.size() && ++asked_at_the_end_ > 2) return status_only(404);
    FakeAnswer answer;
    switch (chance(8)) {
      case 0: answer.failure = detail::HttpFailure::connect; return answer;
      case 1: return status_only(503);
      default: break;
    }
    const std::uint64_t repeated = std::min<std::uint64_t>(after, chance(3));
    std::string stream = stream_of(events_, after - repeated);
    const std::size_t whole = stream.size();
    stream.resize(std::min(whole, chance(2 * whole + 1)));
    if (stream.size() < whole) ++cuts_;
    return event_stream(pieces_of(stream),
                        chance(2) == 0 ? FakeAnswer::End::ended : FakeAnswer::End::broken);
  }

 private:
  /// A number below `end`.
  std::size_t chance(std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_);
  }

  std::vector<std::string> pieces_of(std::string_view stream) {
    const std::size_t largest = std::size_t{1} << chance(12);
    std::vector<std::string> pieces;
    while (!stream.empty()) {
      const std::size_t size = std::min(stream.size(), 1 + chance(largest));
      pieces.emplace_back(stream.substr(0, size));
      stream.remove_prefix(size);
    }
    return pieces;
  }

  const std::vector<StreamEvent> events_;
  std::mt19937_64 random_;
  int asked_at_the_end_ = 0;
  std::size_t cuts_ = 0;
};

TEST(EventFollower, GetsEverythingOnceThroughAThousandRandomCuts) {
  const std::uint64_t seed = printed_seed();
  std::vector<StreamEvent> events = testing::golden_run().events();
  events.resize(5);
  const std::vector<std::string> expected = as_json(events);
  std::size_t cuts = 0;
  for (std::uint64_t round = 0; cuts < 1000; ++round) {
    Unreliable server(events, seed + round);
    PlayedTransport transport(
        [&server](const detail::HttpRequest& request) { return server.answer(request); });
    ClientHarness harness;
    Heard heard;
    std::vector<std::chrono::milliseconds> waits;
    detail::FollowerOptions options = options_for("http://server.test/events", waits);
    EventFollower follower(transport, heard, std::move(options));
    const FollowResult result = harness.run(follower.async_run());
    ASSERT_EQ(result.end, FollowResult::End::session_gone) << result.why;
    ASSERT_EQ(heard.events, expected) << "seed " << seed + round;
    cuts += server.cuts();
  }
  std::printf("%zu cuts\n", cuts);
}

}  // namespace
}  // namespace strandbus::test

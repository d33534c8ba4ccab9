// B5, B6, B8: landmarks that are made and dropped while they are read, deltas that are merged while
// they come, drains that meet readers, and joiners of a session.

#include "bus/interleave/scenario.hpp"
#include "bus/interleave/sync.hpp"
#include "strandbus/bus/session_tracker.hpp"

#include <algorithm>
#include <functional>

namespace strandbus::interleave {
namespace {

using test::publish_tokens;
using test::range;
using test::Seqs;

BusOptions keeping(std::size_t history, std::size_t landmarks) {
  BusOptions options = test::history_of(history);
  options.landmarks = landmarks;
  return options;
}

/// Landmarks, each of which tells its seq, with a delta before every second one.
void publish_shape(EventBus& bus, std::uint64_t count) {
  for (std::uint64_t seq = 1; seq <= count; ++seq) {
    if (seq % 3 == 2) {
      bus.publish(make_token(std::to_string(seq))).value();
    } else {
      bus.publish(make_status(AgentStatus::thinking, std::to_string(seq))).value();
    }
  }
}

TEST(InterleaveB5, LandmarksAreReadWhileTheyAreMadeAndDropped) {
  explore({}, [] {
    CountedContext io;
    EventBus bus(io.get_executor(), keeping(1, 2));
    EventStream stream = bus.stream();
    Seqs seqs;
    std::uint64_t missed = 0;
    const auto read = [&] {
      while (const auto delivery = stream.try_next()) {
        missed += delivery->missed();
        seqs.push_back((*delivery)->seq());
        expect_equal((*delivery)->message(), std::to_string(seqs.back()), "the text");
      }
    };

    in_parallel({{"publisher", [&] { publish_shape(bus, 6); }}, {"reader", [&] {
                                                                   read();
                                                                   read();
                                                                 }}});

    read();
    expect(std::is_sorted(seqs.begin(), seqs.end()), "the seq does not grow");
    expect_equal(seqs.size() + missed, 6U, "read and missed");
    expect_equal(seqs.back(), 6U, "the last event");
  });
}

TEST(InterleaveB5, WhoJoinsInThePastGetsLandmarksWithoutARepeat) {
  explore({}, [] {
    CountedContext io;
    EventBus bus(io.get_executor(), keeping(1, 3));
    publish_shape(bus, 3);
    Seqs seqs;
    std::uint64_t missed = 0;
    std::optional<EventStream> stream;

    in_parallel({{"publisher", [&] { publish_shape(bus, 3); }},
                 {"joiner", [&] { stream = bus.stream({.from = Start::after(0)}); }}});

    while (const auto delivery = stream->try_next()) {
      missed += delivery->missed();
      expect_equal((*delivery)->seq(), seqs.size() + missed + 1, "the next seq");
      seqs.push_back((*delivery)->seq());
    }
    expect_equal(seqs.size() + missed, 6U, "read and missed");
  });
}

TEST(InterleaveB6, MergedTextIsWholeWhileMoreOfItComes) {
  explore({}, [] {
    CountedContext io;
    EventBus bus(io.get_executor());
    EventStream stream = bus.stream({.overflow = Overflow::coalesce});
    std::string text;
    bool ended = false;
    std::function<void()> read_all = [&] {
      stream.async_wait([&](error_code ec) {
        while (const auto delivery = stream.try_next()) text += (*delivery)->message();
        ended = ec == Errc::closed;
        if (!ended) read_all();
      });
    };

    in_parallel({{"publisher",
                  [&] {
                    publish_tokens(bus, 4);
                    bus.close();
                  }},
                 {"reader", [&] {
                    read_all();
                    io.run_until([&] { return ended; });
                  }}});

    expect_equal(text, std::string("0123"), "the text");
    const ReaderStats stats = stream.stats();
    expect_equal(stats.delivered + stats.merged, 4U, "delivered and merged");
    expect_equal(stats.lag, 0U, "unread");
  });
}

/// A drain, and what was read when it was over.
class Drain {
 public:
  void start(EventBus& bus) {
    bus.async_drain([this](error_code ec) {
      expect(!ec, "the drain has failed");
      done_ = true;
    });
  }
  bool done() const { return done_; }

 private:
  bool done_ = false;
};

TEST(InterleaveB8, ADrainIsWokenByTheReaderThatItWaitsFor) {
  explore({}, [] {
    CountedContext io;
    EventBus bus(io.get_executor(), keeping(1, 0));
    EventStream reader = bus.stream({.overflow = Overflow::block});
    publish_tokens(bus, 2);
    Drain drain;

    in_parallel({{"drainer",
                  [&] {
                    drain.start(bus);
                    io.run_until([&] { return drain.done(); });
                    expect_equal(reader.stats().lag, 0U, "unread when the drain is over");
                  }},
                 {"reader", [&] {
                    for (int read = 0; read < 2; ++read)
                      expect(reader.try_next().has_value(), "nothing to read");
                  }}});
  });
}

TEST(InterleaveB8, ADrainDoesNotWaitForWhatIsPublishedMeanwhile) {
  explore({}, [] {
    CountedContext io;
    EventBus bus(io.get_executor());
    EventStream reader = bus.stream({.overflow = Overflow::block});
    publish_tokens(bus, 1);
    Drain drain;

    in_parallel({{"drainer",
                  [&] {
                    drain.start(bus);
                    publish_tokens(bus, 1);
                    io.run_until([&] { return drain.done(); });
                  }},
                 {"reader", [&] { expect(reader.try_next().has_value(), "nothing to read"); }}});

    expect_equal(reader.stats().lag, 1U, "unread");
  });
}

TEST(InterleaveB8, ADrainMeetsAReaderThatLeaves) {
  explore({}, [] {
    CountedContext io;
    EventBus bus(io.get_executor());
    std::optional<EventStream> reader = bus.stream({.overflow = Overflow::block});
    publish_tokens(bus, 1);
    Drain drain;

    in_parallel({{"drainer",
                  [&] {
                    drain.start(bus);
                    io.run_until([&] { return drain.done(); });
                  }},
                 {"owner", [&] { reader.reset(); }}});
  });
}

TEST(InterleaveB8, ADrainWaitsForAHandlerThatRuns) {
  explore({}, [] {
    CountedContext io;
    EventBus bus(io.get_executor());
    int returned = 0;
    const auto subscription = bus.subscribe(
        [&](const StreamEvent&) {
          detail::sync::yield();
          ++returned;
        },
        {.overflow = Overflow::block});
    Drain drain;

    in_parallel({{"publisher", [&] { publish_tokens(bus, 1); }},
                 {"drainer", [&] {
                    const std::uint64_t before = bus.stats().published;
                    drain.start(bus);
                    io.run_until([&] { return drain.done(); });
                    if (before == 1) expect(returned == 1, "over before the handler has returned");
                  }}});
  });
}

TEST(InterleaveAttach, NothingIsMissingBetweenTheStateAndTheStream) {
  explore({}, [] {
    CountedContext io;
    EventBus bus(io.get_executor(), keeping(1, 0));
    const SessionTracker tracker(bus);
    std::optional<Attachment> joined;

    in_parallel({{"publisher", [&] { publish_tokens(bus, 3); }},
                 {"joiner", [&] { joined = tracker.attach({.overflow = Overflow::block}); }}});

    const std::uint64_t seen = joined->state.last_seq;
    expect_equal(joined->state.missed, 0U, "missed by the state");
    expect_equal(test::read_seqs(joined->stream), range(seen + 1, 3), "read");
    expect_equal(joined->stream.stats().missed, 0U, "missed by the stream");
  });
}

}  // namespace
}  // namespace strandbus::interleave

// B1, B2, B3, B8, B10: streams meet publishers.

#include "bus/interleave/scenario.hpp"

namespace strandbus::interleave {
namespace {

using test::history_of;
using test::publish_tokens;
using test::range;
using test::read_seqs;
using test::Seqs;

TEST(InterleaveB8, AWaitingStreamReadsEverythingAndThenEnds) {
  explore({}, [] {
    CountedContext io;
    EventBus bus(io.get_executor());
    ReadingLoop reader(bus.stream());

    in_parallel({{"publisher",
                  [&] {
                    publish_tokens(bus, 2);
                    bus.close();
                  }},
                 {"reader", [&] { reader.run_to_end(io); }}});

    expect_equal(reader.seqs(), range(1, 2), "read");
    expect(reader.end() == Errc::closed, "the stream did not end with the bus");
    reader.expect_account(2);
  });
}

TEST(InterleaveB8, AStreamReadsWhatWasAcceptedBeforeTheEnd) {
  explore({}, [] {
    CountedContext io;
    EventBus bus(io.get_executor());
    ReadingLoop reader(bus.stream());
    std::uint64_t accepted = 0;

    in_parallel({{"publisher", [&] { accepted = bus.publish(make_token("t")) ? 1 : 0; }},
                 {"owner", [&] { bus.close(); }},
                 {"reader", [&] { reader.run_to_end(io); }}});

    expect_equal(reader.seqs(), range(1, accepted), "read");
    expect(reader.end() == Errc::closed, "the stream did not end with the bus");
  });
}

TEST(InterleaveB8, DestroyingTheBusEndsAWait) {
  explore({}, [] {
    CountedContext io;
    auto bus = std::make_unique<EventBus>(io.get_executor());
    ReadingLoop reader(bus->stream());

    in_parallel({{"owner", [&] { bus.reset(); }}, {"reader", [&] { reader.run_to_end(io); }}});

    expect(reader.end() == Errc::closed, "the stream did not end with the bus");
  });
}

TEST(InterleaveB2, AReaderThatLagsLearnsWhatItMissed) {
  explore({}, [] {
    CountedContext io;
    EventBus bus(io.get_executor(), history_of(2));
    ReadingLoop reader(bus.stream());

    in_parallel({{"publisher",
                  [&] {
                    publish_tokens(bus, 5);
                    bus.close();
                  }},
                 {"reader", [&] { reader.run_to_end(io); }}});

    expect_equal(reader.seqs().size() + reader.missed(), 5U, "read and missed");
    expect(!reader.seqs().empty() && reader.seqs().back() == 5, "the last one was not read");
    reader.expect_account(5);
  });
}

TEST(InterleaveB6, ADisconnectedReaderResumesWhereItWas) {
  explore({}, [] {
    CountedContext io;
    EventBus bus(io.get_executor(), history_of(2));
    ReadingLoop reader(bus.stream({.overflow = Overflow::disconnect}));
    std::optional<ReadingLoop> resumed;
    std::uint64_t last = 0;

    in_parallel({{"publisher",
                  [&] {
                    publish_tokens(bus, 4);
                    bus.close();
                  }},
                 {"reader", [&] {
                    reader.run_to_end(io);
                    last = reader.seqs().size();
                    if (reader.end() == Errc::closed) return;
                    resumed.emplace(bus.stream({.from = Start::after(last)}));
                    resumed->run_to_end(io);
                  }}});

    expect_equal(reader.seqs(), range(1, last), "read before the end");
    if (!resumed) return expect_equal(last, 4U, "read by a reader that did not lag");
    expect(reader.end() == Errc::lagged, "the reader ended for another reason");
    expect(last < 4, "a reader lagged that had read everything");
    expect_equal(last + resumed->missed() + resumed->seqs().size(), 4U, "read and missed");
    resumed->expect_account(4 - last);
  });
}

/// Joins while two events are published after two; the first seq must be in the given range.
void join(Start from, std::uint64_t at_least, std::uint64_t at_most) {
  CountedContext io;
  EventBus bus(io.get_executor());
  publish_tokens(bus, 2);
  EventStream stream;
  Seqs seqs;

  in_parallel({publishing(bus, 2), {"reader", [&] {
                                      stream = bus.stream({.from = from});
                                      seqs = read_seqs(stream);
                                    }}});

  for (const auto seq : read_seqs(stream)) seqs.push_back(seq);
  const std::uint64_t first = seqs.empty() ? 5 : seqs.front();
  expect(first >= at_least && first <= at_most, "the first seq is " + std::to_string(first));
  expect_equal(seqs, range(first, 4), "read");
  expect_equal(test::accounted(stream.stats()), 5 - first, "accounted for");
}

TEST(InterleaveB3, JoiningNowLeavesNoHole) {
  explore({}, [] { join(Start::now(), 3, 5); });
}
TEST(InterleaveB3, JoiningAtTheOldestLeavesNoHole) {
  explore({}, [] { join(Start::oldest(), 1, 1); });
}
TEST(InterleaveB3, JoiningAfterASeqLeavesNoHole) {
  explore({}, [] { join(Start::after(1), 2, 2); });
}
TEST(InterleaveB3, JoiningAtTheLastLeavesNoHole) {
  explore({}, [] { join(Start::last(2), 1, 3); });
}

TEST(InterleaveB3, JoiningAfterWhatIsBeingEvictedCountsIt) {
  explore({}, [] {
    CountedContext io;
    EventBus bus(io.get_executor(), history_of(1));
    publish_tokens(bus, 2);
    std::optional<ReadingLoop> reader;

    in_parallel({publishing(bus, 2), {"reader", [&] {
                                        reader.emplace(bus.stream({.from = Start::after(1)}));
                                        reader->take();
                                      }}});

    reader->take();
    expect_equal(reader->seqs().size() + reader->missed(), 3U, "read and missed");
    reader->expect_account(3);
  });
}

TEST(InterleaveB3, JoiningWithACallbackDeliversEachEventOnce) {
  explore({}, [] {
    CountedContext io;
    EventBus bus(io.get_executor());
    publish_tokens(bus, 2);
    Seqs seqs;
    Subscription subscription;

    in_parallel(
        {publishing(bus, 2), {"subscriber", [&] {
                                subscription = bus.subscribe(
                                    [&](const StreamEvent& event) { seqs.push_back(event.seq()); },
                                    {.from = Start::oldest()});
                              }}});

    expect_equal(seqs, range(1, 4), "delivered");
  });
}

TEST(InterleaveB10, TwoStreamsOfOneExecutorAreBothWoken) {
  explore({}, [] {
    CountedContext io;
    EventBus bus(io.get_executor());
    ReadingLoop left(bus.stream());
    ReadingLoop right(bus.stream());

    in_parallel({publishing(bus, 2), {"readers", [&] {
                                        left.start();
                                        right.start();
                                        io.run_until([&] {
                                          return left.seqs().size() == 2 &&
                                                 right.seqs().size() == 2;
                                        });
                                      }}});

    expect_equal(left.seqs(), range(1, 2), "read by the left stream");
    expect_equal(right.seqs(), range(1, 2), "read by the right stream");
  });
}

TEST(InterleaveB10, TwoStreamsOfTwoExecutorsAreBothWoken) {
  explore({}, [] {
    CountedContext left_io;
    CountedContext right_io;
    EventBus bus(left_io.get_executor());
    ReadingLoop left(bus.stream());
    ReadingLoop right(bus.stream(right_io.get_executor()));

    in_parallel({publishing(bus, 2),
                 {"left", [&] { left.run(left_io, 2); }},
                 {"right", [&] { right.run(right_io, 2); }}});

    expect_equal(left.seqs(), range(1, 2), "read by the left stream");
    expect_equal(right.seqs(), range(1, 2), "read by the right stream");
  });
}

TEST(InterleaveB10, TwoThreadsOfOneContextWakeTwoStreams) {
  explore({}, [] {
    CountedContext io;
    EventBus bus(io.get_executor());
    ReadingLoop left(bus.stream());
    ReadingLoop right(bus.stream());
    left.start();
    right.start();
    const auto run = [&] {
      io.run_until([&] { return !left.seqs().empty() && !right.seqs().empty(); });
    };

    in_parallel({publishing(bus, 1), {"first", run}, {"second", run}});

    expect_equal(left.seqs(), range(1, 1), "read by the left stream");
    expect_equal(right.seqs(), range(1, 1), "read by the right stream");
  });
}

Filter nothing() {
  return Filter().where([](const StreamEvent&) { return false; });
}

/// A wait that begins while a drain of its executor looks, posts the next one, or ends. There is a
/// bystander, who waits for what the filter says.
void wait_during_a_drain(const Filter& filter, int before, int meanwhile) {
  CountedContext io;
  EventBus bus(io.get_executor());
  EventStream bystander = bus.stream({.filter = filter});
  ReadingLoop late(bus.stream());
  bystander.async_wait([](error_code) {});
  publish_tokens(bus, before);
  late.take();
  const std::size_t all = late.seqs().size() + static_cast<std::size_t>(meanwhile);

  in_parallel({publishing(bus, meanwhile),
               {"reader", [&] { late.start(); }},
               {"context", [&] { io.run_until([&] { return late.seqs().size() == all; }); }}});

  expect_equal(late.seqs(), range(1, all), "read");
  bystander.cancel();
  io.run_all();
}

TEST(InterleaveB10, AWaitThatBeginsWhileTheLastDrainLooksIsWoken) {
  explore({.preemptions = 3, .searched = 3'000, .sampled = 1'000},
          [] { wait_during_a_drain(Filter(), 1, 1); });
}
TEST(InterleaveB10, AWaitThatBeginsWhileADrainEndsIsWoken) {
  explore({.searched = 2'000, .sampled = 500}, [] { wait_during_a_drain(nothing(), 1, 1); });
}
TEST(InterleaveB10, AWaitThatBeginsWhileADrainLingersIsWoken) {
  explore({.searched = 2'000, .sampled = 500}, [] { wait_during_a_drain(nothing(), 9, 2); });
}

TEST(InterleaveB10, AStreamMayGoWhileADrainLingers) {
  explore({}, [] {
    CountedContext io;
    LiveEvents events;
    int ends = 0;
    {
      auto bus = std::make_unique<EventBus>(io.get_executor());
      std::optional<EventStream> stream(bus->stream({.filter = nothing()}));
      stream->async_wait([&](error_code) { ++ends; });

      in_parallel({{"publisher",
                    [&] {
                      for (int i = 0; i < 9; ++i) bus->publish(events.make("t")).value();
                      bus.reset();
                    }},
                   {"owner",
                    [&] {
                      pass();
                      stream.reset();
                    }},
                   {"context", [&] { io.run_until([&] { return ends == 1; }); }}});

      io.run_all();
    }
    expect_equal(ends, 1, "completions");
    expect(events.gone(), "an event still exists");
  });
}

TEST(InterleaveB13, AFilteredStreamIsWokenForWhatItWants) {
  explore({}, [] {
    CountedContext io;
    EventBus bus(io.get_executor());
    Filter even;
    even.where([](const StreamEvent& event) { return event.seq() % 2 == 0; });
    ReadingLoop reader(bus.stream({.filter = even}));

    in_parallel({publishing(bus, 2, "left publisher"),
                 publishing(bus, 2, "right publisher"),
                 {"reader", [&] { reader.run(io, 2); }}});

    expect_equal(reader.seqs(), Seqs{2, 4}, "read");
    reader.expect_account(4);
  });
}

}  // namespace
}  // namespace strandbus::interleave

// B4, B6: memory that is reclaimed while it is read, and readers that hold publishers back.

#include "bus/interleave/scenario.hpp"

namespace strandbus::interleave {
namespace {

using test::publish_tokens;
using test::range;
using test::Seqs;

/// Keeps one event, and each in a segment of its own.
BusOptions one_event() {
  BusOptions options;
  options.history = 1;
  options.history_bytes = 1;
  return options;
}

/// Too long to be kept inside a string object.
std::string text_for(std::uint64_t seq) {
  return "the text of event number " + std::to_string(seq);
}

void publish_texts(EventBus& bus, const LiveEvents& events, std::uint64_t count) {
  for (std::uint64_t seq = 1; seq <= count; ++seq) bus.publish(events.make(text_for(seq))).value();
}

void expect_texts(const std::vector<Delivery>& deliveries) {
  for (const Delivery& delivery : deliveries)
    expect_equal(test::text_of(*delivery), text_for(delivery->seq()), "the text");
}

TEST(InterleaveB4, WhatAReaderHoldsStaysWhileItsMemoryIsReclaimed) {
  explore({}, [] {
    CountedContext io;
    LiveEvents events;
    {
      EventBus bus(io.get_executor(), one_event());
      EventStream stream = bus.stream();
      std::vector<Delivery> held;
      std::uint64_t missed = 0;
      const auto read = [&] {
        while (const auto delivery = stream.try_next()) {
          missed += delivery->missed();
          held.push_back(*delivery);
        }
      };

      in_parallel({{"publisher", [&] { publish_texts(bus, events, 4); }},
                   {"reader",
                    [&] {
                      read();
                      read();
                      expect_texts(held);
                    }},
                   {"visitor", [&] { expect_texts(bus.history()); }}});

      read();
      expect_texts(held);
      expect_equal(held.size() + missed, 4U, "read and missed");
    }
    expect(events.gone(), "an event still exists");
  });
}

TEST(InterleaveB4, ABatchStaysWhileItsMemoryIsReclaimed) {
  explore({}, [] {
    CountedContext io;
    LiveEvents events;
    {
      BusOptions options;
      options.history = 2;
      options.history_bytes = 4096;  // a segment is sealed after a few events
      EventBus bus(io.get_executor(), options);
      EventStream stream = bus.stream();
      std::vector<Batch> held;
      std::uint64_t read = 0;
      const auto take = [&] {
        for (Batch batch = stream.try_batch(); !batch.empty(); batch = stream.try_batch()) {
          read += batch.size() + batch.missed();
          held.push_back(std::move(batch));
        }
      };

      in_parallel({{"publisher", [&] { publish_texts(bus, events, 6); }}, {"reader", [&] {
                                                                             take();
                                                                             take();
                                                                           }}});

      take();
      expect_equal(read, 6U, "read and missed");
      for (const Batch& batch : held) {
        for (const StreamEvent& event : batch)
          expect_equal(test::text_of(event), text_for(event.seq()), "the text");
      }
    }
    expect(events.gone(), "an event still exists");
  });
}

TEST(InterleaveB6, ABlockingReaderReadsSegmentAfterSegmentWhileTheyAreReclaimed) {
  explore({}, [] {
    CountedContext io;
    LiveEvents events;
    {
      EventBus bus(io.get_executor(), one_event());
      EventStream stream = bus.stream({.overflow = Overflow::block});
      std::vector<Delivery> held;
      const auto read = [&] {
        while (const auto delivery = stream.try_next()) held.push_back(*delivery);
      };
      publish_texts(bus, events, 2);

      in_parallel({{"publisher",
                    [&] {
                      for (std::uint64_t seq = 3; seq <= 5; ++seq)
                        bus.publish(events.make(text_for(seq))).value();
                    }},
                   {"reader", [&] {
                      read();
                      read();
                    }}});

      read();
      expect_texts(held);
      expect_equal(held.size(), 5U, "read");
      expect_equal(stream.stats().missed, 0U, "missed");
    }
    expect(events.gone(), "an event still exists");
  });
}

TEST(InterleaveB7, ABlockingReaderMayLeaveWhileItGoesToTheNextSegment) {
  explore({.preemptions = 3, .searched = 3'000, .sampled = 1'000}, [] {
    CountedContext io;
    LiveEvents events;
    {
      EventBus bus(io.get_executor(), one_event());
      std::uint64_t last = 0;
      bool over = false;
      Filter none;
      none.where([&](const StreamEvent& event) {
        expect(event.seq() > last, "the seq does not grow");
        last = event.seq();
        expect_equal(test::text_of(event), text_for(last), "the text");
        return false;
      });
      Subscription subscription =
          bus.subscribe(io.get_executor(), [](const StreamEvent&) { expect(false, "called"); },
                        {.overflow = Overflow::block, .filter = none});
      publish_texts(bus, events, 3);

      in_parallel({{"context", [&] { io.run_until([&] { return over; }); }},
                   {"owner", [&] {
                      subscription.unsubscribe();
                      for (std::uint64_t seq = 4; seq <= 9; ++seq)
                        bus.publish(events.make(text_for(seq))).value();
                      over = true;
                    }}});

      io.run_all();
    }
    expect(events.gone(), "an event still exists");
  });
}

BusOptions backlog_of(std::size_t soft, std::size_t hard) {
  BusOptions options = test::history_of(1);
  options.backlog_soft = soft;
  options.backlog_hard = hard;
  return options;
}

/// Publishes as a coroutine does that awaits async_writable before each event.
class WritingLoop {
 public:
  WritingLoop(EventBus& bus, int count) : bus_(bus), left_(count) {}

  void start() {
    bus_.async_writable([this](error_code ec) {
      if (ec) {
        end_ = ec;
        return;
      }
      expect(bus_.publish(make_token("t")).has_value(), "refused though the bus was writable");
      if (--left_ > 0) start();
    });
  }
  bool done() const { return left_ == 0 || end_; }
  error_code end() const { return end_; }

 private:
  EventBus& bus_;
  int left_;
  error_code end_;
};

TEST(InterleaveB6, AWriterIsWokenByABlockingReader) {
  explore({}, [] {
    CountedContext writer_io;
    CountedContext reader_io;
    EventBus bus(writer_io.get_executor(), backlog_of(1, 2));
    ReadingLoop reader(bus.stream(reader_io.get_executor(), {.overflow = Overflow::block}));
    WritingLoop writer(bus, 3);

    in_parallel({{"writer",
                  [&] {
                    writer.start();
                    writer_io.run_until([&] { return writer.done(); });
                  }},
                 {"reader", [&] { reader.run(reader_io, 3); }}});

    expect_equal(reader.seqs(), range(1, 3), "read");
    reader.expect_account(3);
  });
}

TEST(InterleaveB6, AWriterIsWokenByAReaderThatReadsJustEnough) {
  explore({}, [] {
    CountedContext io;
    EventBus bus(io.get_executor(), backlog_of(2, 2));
    EventStream reader = bus.stream({.overflow = Overflow::block});
    publish_tokens(bus, 2);
    WritingLoop writer(bus, 1);

    in_parallel({{"writer",
                  [&] {
                    writer.start();
                    io.run_until([&] { return writer.done(); });
                  }},
                 {"reader", [&] { expect(reader.try_next().has_value(), "nothing to read"); }}});

    expect(!writer.end(), "the writer's wait has failed");
  });
}

TEST(InterleaveB6, ABlockingReaderThatJoinsMissesNothing) {
  explore({}, [] {
    CountedContext io;
    EventBus bus(io.get_executor(), test::history_of(2));
    EventStream other = bus.stream({.overflow = Overflow::block});
    publish_tokens(bus, 2);
    const auto first_read = test::read_seqs(other);
    std::optional<ReadingLoop> joined;

    in_parallel({publishing(bus, 2), {"reader", [&] {
                                        joined.emplace(bus.stream({.from = Start::oldest(),
                                                                   .overflow = Overflow::block}));
                                        joined->take();
                                      }}});

    joined->take();
    const Seqs& seqs = joined->seqs();
    expect_equal(first_read, range(1, 2), "read before");
    expect_equal(seqs, range(5 - seqs.size(), 4), "read");
    expect_equal(joined->missed(), 0U, "missed");
  });
}

TEST(InterleaveB6, AWriterIsWokenWhenTheBlockingReaderLeaves) {
  explore({}, [] {
    CountedContext io;
    EventBus bus(io.get_executor(), backlog_of(1, 1));
    std::optional<EventStream> reader(bus.stream({.overflow = Overflow::block}));
    bus.publish(make_token("t")).value();
    WritingLoop writer(bus, 1);

    in_parallel({{"writer",
                  [&] {
                    writer.start();
                    io.run_until([&] { return writer.done(); });
                  }},
                 {"reader", [&] { reader.reset(); }}});

    expect(!writer.end(), "the writer's wait has failed");
  });
}

TEST(InterleaveB6, AWriterIsWokenByTheEndOfTheBus) {
  explore({}, [] {
    CountedContext io;
    EventBus bus(io.get_executor(), backlog_of(1, 1));
    EventStream reader = bus.stream({.overflow = Overflow::block});
    bus.publish(make_token("t")).value();
    WritingLoop writer(bus, 1);

    in_parallel({{"writer",
                  [&] {
                    writer.start();
                    io.run_until([&] { return writer.done(); });
                  }},
                 {"owner", [&] { bus.close(); }}});

    expect(writer.end() == Errc::closed, "the writer did not learn that the bus is closed");
  });
}

TEST(InterleaveB6, WhatTheHardBoundAcceptsABlockingReaderReads) {
  explore({}, [] {
    CountedContext io;
    EventBus bus(io.get_executor(), backlog_of(1, 2));
    ReadingLoop reader(bus.stream({.overflow = Overflow::block}));
    std::uint64_t accepted = 0;

    in_parallel({{"publisher",
                  [&] {
                    for (int i = 0; i < 4; ++i) {
                      const auto seq = bus.publish(make_token("t"));
                      if (seq) accepted = seq.value();
                      expect(seq || seq.error() == Errc::backlog_full,
                             "refused for another reason");
                    }
                    bus.close();
                  }},
                 {"reader", [&] { reader.run_to_end(io); }}});

    expect(accepted >= 2, "refused below the hard bound");
    expect_equal(reader.seqs(), range(1, accepted), "read");
    expect_equal(bus.stats().refused_backlog, 4 - accepted, "refused");
    reader.expect_account(accepted);
  });
}

}  // namespace
}  // namespace strandbus::interleave

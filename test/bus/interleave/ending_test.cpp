// B7, B8, B11: waits that are cancelled, streams that are destroyed and contexts that go away, each
// at the moment of a publish.

#include "bus/interleave/scenario.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

namespace strandbus::interleave {
namespace {

using test::publish_tokens;
using test::range;
using test::read_seqs;
using test::Seqs;

/// How a wait has ended.
struct Ended {
  auto handler() {
    return [this](error_code ec) {
      ++times;
      expect(!ec || ec == asio::error::operation_aborted, "ended with " + ec.message());
    };
  }
  bool once() const { return times == 1; }

  int times = 0;
};

TEST(InterleaveB11, ACancelledWaitEndsOnceAndLosesNothing) {
  explore({}, [] {
    CountedContext io;
    EventBus bus(io.get_executor());
    EventStream stream = bus.stream();
    Ended ended;

    in_parallel({publishing(bus, 1),
                 {"canceller", [&] { stream.cancel(); }},
                 {"reader", [&] {
                    stream.async_wait(ended.handler());
                    io.run_until([&] { return ended.once(); });
                  }}});

    io.run_all();
    expect_equal(ended.times, 1, "completions");
    expect_equal(read_seqs(stream), range(1, 1), "read");
  });
}

TEST(InterleaveB11, ASlotOnItsStrandEndsAWaitOnceAndLosesNothing) {
  explore({.searched = 2'000}, [] {
    CountedContext io;
    const auto strand = asio::make_strand(io.get_executor());
    EventBus bus(io.get_executor());
    EventStream stream = bus.stream();
    asio::cancellation_signal signal;
    Ended ended;
    asio::post(strand, [&] {
      stream.async_wait(asio::bind_cancellation_slot(signal.slot(),
                                                     asio::bind_executor(strand, ended.handler())));
    });
    asio::post(strand, [&] { signal.emit(asio::cancellation_type::terminal); });
    const auto run = [&] { io.run_until([&] { return ended.once(); }); };

    in_parallel({publishing(bus, 1), {"first", run}, {"second", run}});

    io.run_all();
    expect_equal(ended.times, 1, "completions");
    expect_equal(read_seqs(stream), range(1, 1), "read");
  });
}

TEST(InterleaveB11, AWaitAfterACancelledOneStillEnds) {
  explore({}, [] {
    CountedContext io;
    EventBus bus(io.get_executor());
    EventStream stream = bus.stream();
    Ended first;
    Ended second;

    in_parallel({publishing(bus, 1), {"reader", [&] {
                                        stream.async_wait(first.handler());
                                        stream.cancel();
                                        io.run_until([&] { return first.once(); });
                                        stream.async_wait(second.handler());
                                        io.run_until([&] { return second.once(); });
                                      }}});

    io.run_all();
    expect_equal(first.times, 1, "completions of the first wait");
    expect_equal(second.times, 1, "completions of the second wait");
    expect_equal(read_seqs(stream), range(1, 1), "read");
  });
}

TEST(InterleaveB11, ACancelIsNotLostWhileAnUnwantedEventWakesTheWait) {
  explore({}, [] {
    CountedContext io;
    EventBus bus(io.get_executor());
    Filter nothing;
    nothing.where([](const StreamEvent&) { return false; });
    EventStream stream = bus.stream({.filter = nothing});
    Ended ended;
    stream.async_wait(ended.handler());

    in_parallel({publishing(bus, 2),
                 {"canceller", [&] { stream.cancel(); }},
                 {"reader", [&] { io.run_until([&] { return ended.once(); }); }}});

    io.run_all();
    expect_equal(ended.times, 1, "completions");
    expect_equal(test::accounted(stream.stats()), 2U, "accounted for");
  });
}

TEST(InterleaveB11, ACancelledCoroutineHasTakenNothing) {
  explore({}, [] {
    CountedContext io;
    const auto strand = asio::make_strand(io.get_executor());
    EventBus bus(io.get_executor());
    EventStream stream = bus.stream();
    asio::cancellation_signal signal;
    Seqs seqs;
    bool cancelled = false;
    bool ended = false;
    const auto read = [](EventStream& from, Seqs& into) -> asio::awaitable<void> {
      while (const auto delivery = co_await from.next()) into.push_back((*delivery)->seq());
    };
    asio::co_spawn(
        strand, read(stream, seqs),
        asio::bind_cancellation_slot(signal.slot(), [&](const std::exception_ptr& error) {
          cancelled = error != nullptr;
          ended = true;
        }));

    in_parallel({{"publisher",
                  [&] {
                    publish_tokens(bus, 1);
                    asio::post(strand, [&] { signal.emit(asio::cancellation_type::terminal); });
                    publish_tokens(bus, 1);
                  }},
                 {"context", [&] { io.run_until([&] { return ended; }); }}});

    expect(cancelled, "the coroutine ended for another reason");
    for (const auto seq : read_seqs(stream)) seqs.push_back(seq);
    expect_equal(seqs, range(1, 2), "read by the coroutine and after it");
  });
}

/// Destroys a stream while an event wakes it that it wants or does not want.
void destroy_while_woken(bool wanted) {
  CountedContext io;
  Live predicate;
  LiveEvents events;
  Ended ended;
  {
    EventBus bus(io.get_executor());
    Filter filter;
    filter.where([wanted, token = predicate.token()](const StreamEvent&) {
      pass();
      return wanted && *token == 0;
    });
    std::optional<EventStream> stream(bus.stream({.filter = std::move(filter)}));
    stream->async_wait(ended.handler());

    in_parallel({{"publisher", [&] { bus.publish(events.make("t")).value(); }},
                 {"owner", [&] { stream.reset(); }},
                 {"context", [&] { io.run_until([&] { return ended.once(); }); }}});

    io.run_all();
    expect(bus.stats().readers.empty(), "the reader has not left");
  }
  expect_equal(ended.times, 1, "completions");
  expect(predicate.gone(), "the reader still exists");
  expect(events.gone(), "an event still exists");
}

TEST(InterleaveB8, AStreamMayBeDestroyedWhileItIsWoken) {
  explore({}, [] { destroy_while_woken(true); });
}
TEST(InterleaveB8, AStreamMayBeDestroyedWhileItIsWokenInVain) {
  explore({}, [] { destroy_while_woken(false); });
}

TEST(InterleaveB10, AContextMayGoAwayWhileOthersPublish) {
  explore({}, [] {
    CountedContext io;
    auto doomed = std::make_unique<CountedContext>();
    EventBus bus(io.get_executor());
    EventStream stream = bus.stream(doomed->get_executor());
    ReadingLoop reader(bus.stream());
    Live handler;
    int calls = 0;
    reader.start();
    stream.async_wait([&calls, token = handler.token()](error_code) { ++calls; });

    in_parallel({publishing(bus, 2), {"owner", [&] {
                                        doomed->run_one();
                                        doomed.reset();
                                        expect(handler.gone(), "the handler still exists");
                                      }}});

    io.run_until([&] { return reader.seqs().size() == 2; });
    expect(calls <= 1, "the handler ran twice");
    expect_equal(reader.seqs(), range(1, 2), "read on the other context");
  });
}

TEST(InterleaveB10, AWaitForTheReadersGoesWithItsContext) {
  explore({}, [] {
    CountedContext io;
    auto doomed = std::make_unique<CountedContext>();
    BusOptions options;
    options.backlog_soft = 1;
    EventBus bus(doomed->get_executor(), options);
    ReadingLoop reader(bus.stream(io.get_executor(), {.overflow = Overflow::block}));
    publish_tokens(bus, 1);
    Live handler;
    int calls = 0;
    reader.start();
    bus.async_writable([&calls, token = handler.token()](error_code) { ++calls; });

    in_parallel({{"reader", [&] { io.run_until([&] { return reader.seqs().size() == 1; }); }},
                 {"owner", [&] {
                    doomed->run_one();
                    doomed.reset();
                    expect(handler.gone(), "the handler still exists");
                  }}});

    expect(calls <= 1, "the handler ran twice");
    expect(bus.publish(make_token("t")).has_value(), "the bus refuses an event");
  });
}

TEST(InterleaveB7, ACallbackOnAStrandGetsEachEventOnce) {
  explore({}, [] {
    CountedContext io;
    EventBus bus(io.get_executor());
    Seqs seqs;
    bool inside = false;
    const Subscription subscription =
        bus.subscribe(io.get_executor(), [&](const StreamEvent& event) {
          expect(!std::exchange(inside, true), "the handler runs twice at once");
          pass();
          seqs.push_back(event.seq());
          inside = false;
        });
    const auto run = [&] { io.run_until([&] { return seqs.size() == 2; }); };

    in_parallel({publishing(bus, 2), {"first", run}, {"second", run}});

    expect_equal(seqs, range(1, 2), "delivered");
  });
}

TEST(InterleaveB7, AfterUnsubscribeACallbackOnAStrandNeverRuns) {
  explore({}, [] {
    CountedContext io;
    bool gone = false;
    Live handler;
    LiveEvents events;
    {
      EventBus bus(io.get_executor());
      Subscription subscription =
          bus.subscribe(io.get_executor(), [&gone, token = handler.token()](const StreamEvent&) {
            expect(!gone, "the handler starts after unsubscribe");
            pass();
            expect(!gone, "the handler still runs after unsubscribe");
          });

      in_parallel({{"publisher", [&] { bus.publish(events.make("t")).value(); }},
                   {"context", [&] { io.run_until([&] { return gone; }); }},
                   {"owner", [&] {
                      subscription.unsubscribe();
                      gone = true;
                      expect(handler.gone(), "the handler still exists");
                    }}});

      io.run_all();
    }
    expect(events.gone(), "the subscription still exists");
  });
}

}  // namespace
}  // namespace strandbus::interleave

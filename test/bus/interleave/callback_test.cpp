// B1, B7, B8: callbacks meet publishers, unsubscribing and the end of the bus.

#include "bus/interleave/scenario.hpp"

#include <algorithm>

namespace strandbus::interleave {
namespace {

using test::publish_tokens;
using test::range;
using test::Seqs;

/// Receives events and sees to it that they come in order, each once and never two at once.
struct Receiver {
  void operator()(const StreamEvent& event) {
    expect(!gone, "a handler starts after unsubscribe");
    expect(!inside, "a handler runs twice at once");
    expect(seqs.empty() || event.seq() > seqs.back(), "an event comes late or twice");
    inside = true;
    pass();
    seqs.push_back(event.seq());
    expect(!gone, "a handler still runs after unsubscribe");
    inside = false;
  }

  Seqs seqs;
  bool inside = false;
  bool gone = false;  ///< unsubscribe has returned
};

TEST(InterleaveB1, TwoPublishersMakeOneOrder) {
  explore({}, [] {
    CountedContext io;
    EventBus bus(io.get_executor());
    Receiver receiver;
    const Subscription subscription = bus.subscribe(std::ref(receiver));
    Seqs left;
    Seqs right;
    const auto publish_into = [&](Seqs& seqs) {
      return [&] {
        for (int i = 0; i < 2; ++i) seqs.push_back(bus.publish(make_token("t")).value());
      };
    };

    in_parallel({{"left", publish_into(left)}, {"right", publish_into(right)}});

    expect(left[0] < left[1] && right[0] < right[1], "a later publish got a smaller seq");
    Seqs all = left;
    all.insert(all.end(), right.begin(), right.end());
    std::sort(all.begin(), all.end());
    expect_equal(all, range(1, 4), "seqs given");
    expect_equal(receiver.seqs, range(1, 4), "delivered");
    const auto kept = bus.history();
    for (std::size_t i = 1; i < kept.size(); ++i)
      expect(kept[i]->ts() >= kept[i - 1]->ts(), "time goes back");
  });
}

TEST(InterleaveB7, AfterUnsubscribeTheHandlerNeverRuns) {
  explore({}, [] {
    CountedContext io;
    Receiver receiver;
    LiveEvents events;
    {
      Live handler;
      EventBus bus(io.get_executor());
      Subscription subscription = bus.subscribe(
          [&receiver, token = handler.token()](const StreamEvent& event) { receiver(event); });

      in_parallel({{"publisher",
                    [&] {
                      bus.publish(events.make("t")).value();
                      bus.publish(events.make("t")).value();
                    }},
                   {"owner", [&] {
                      subscription.unsubscribe();
                      receiver.gone = true;
                      expect(handler.gone(), "the handler still exists");
                    }}});
    }
    expect_equal(receiver.seqs, range(1, receiver.seqs.size()), "delivered");
    expect(events.gone(), "the bus still exists");
  });
}

TEST(InterleaveB7, AfterUnsubscribeThePredicateNeverRuns) {
  explore({}, [] {
    CountedContext io;
    EventBus bus(io.get_executor());
    bool gone = false;
    Subscription subscription =
        bus.subscribe([](const StreamEvent&) {}, {.filter = Filter().where([&](const StreamEvent&) {
                        expect(!gone, "the predicate runs after unsubscribe has returned");
                        return true;
                      })});

    in_parallel({publishing(bus, 2), {"owner", [&] {
                                        subscription.unsubscribe();
                                        gone = true;
                                      }}});
  });
}

TEST(InterleaveB7, AHandlerMayUnsubscribeItselfWhileOthersPublish) {
  explore({}, [] {
    CountedContext io;
    EventBus bus(io.get_executor());
    Receiver receiver;
    Live handler;
    Subscription subscription;
    subscription = bus.subscribe([&, token = handler.token()](const StreamEvent& event) {
      receiver(event);
      subscription.unsubscribe();
      receiver.gone = true;
    });

    in_parallel({publishing(bus, 2, "left"), publishing(bus, 1, "right")});

    expect_equal(receiver.seqs, range(1, 1), "delivered");
    expect(handler.gone(), "the handler still exists");
  });
}

TEST(InterleaveB7, APredicateMayUnsubscribeWhileOthersPublish) {
  explore({}, [] {
    CountedContext io;
    EventBus bus(io.get_executor());
    Receiver receiver;
    Live handler;
    Subscription subscription;
    Filter filter;
    filter.where([&](const StreamEvent&) {
      subscription.unsubscribe();
      receiver.gone = true;
      return true;
    });
    subscription = bus.subscribe(
        [&receiver, token = handler.token()](const StreamEvent& event) { receiver(event); },
        {.filter = std::move(filter)});

    in_parallel({publishing(bus, 1, "left"), publishing(bus, 1, "right")});

    expect(receiver.gone, "the predicate was not asked");
    expect_equal(receiver.seqs, Seqs(), "delivered");
    expect(handler.gone(), "the handler still exists");
  });
}

TEST(InterleaveB7, AHandlerUnsubscribesAnotherThatIsUnsubscribing) {
  explore({}, [] {
    CountedContext io;
    EventBus bus(io.get_executor());
    Receiver first;
    Receiver second;
    Subscription of_second;
    Subscription of_first = bus.subscribe([&](const StreamEvent& event) {
      first(event);
      of_second.unsubscribe();
      second.gone = true;
    });
    of_second = bus.subscribe(std::ref(second));

    in_parallel({publishing(bus, 2), {"owner", [&] {
                                        of_first.unsubscribe();
                                        first.gone = true;
                                      }}});

    // Either the first handler ran and silenced the second, or the second got everything.
    expect_equal(second.seqs.size(), first.seqs.empty() ? 2U : 0U + second.seqs.size(),
                 "delivered to the second");
    expect(of_second.stats().missed == 0, "the second has missed something");
  });
}

TEST(InterleaveB7, UnsubscribedInsideAnotherThreadsCallbackAHandlerEndsSoon) {
  // Inside a callback unsubscribe does not wait, so a handler that another thread is about to call
  // may still run, but not a second time.
  explore({}, [] {
    CountedContext io;
    EventBus bus(io.get_executor());
    Live handler;
    bool gone = false;
    int late = 0;
    Subscription of_second;
    const Subscription of_first = bus.subscribe(io.get_executor(), [&](const StreamEvent&) {
      of_second.unsubscribe();
      gone = true;
    });
    of_second =
        bus.subscribe([&, token = handler.token()](const StreamEvent&) { late += gone ? 1 : 0; });

    in_parallel({publishing(bus, 3), {"context", [&] { io.run_until([&] { return gone; }); }}});

    expect(late <= 1, "the handler ran on");
    expect(handler.gone(), "the handler still exists");
  });
}

TEST(InterleaveB7, ASubscriptionMayBeMadeAndEndedWhileOthersPublish) {
  explore({}, [] {
    CountedContext io;
    EventBus bus(io.get_executor());
    Receiver steady;
    const Subscription subscription = bus.subscribe(std::ref(steady));
    Live handler;

    in_parallel({publishing(bus, 2), {"guest", [&] {
                                        Receiver receiver;
                                        auto guest = bus.subscribe(
                                            [&receiver, token = handler.token()](
                                                const StreamEvent& event) { receiver(event); },
                                            {.from = Start::oldest()});
                                        guest.unsubscribe();
                                        receiver.gone = true;
                                        expect(handler.gone(), "the handler still exists");
                                      }}});

    expect_equal(steady.seqs, range(1, 2), "delivered");
  });
}

TEST(InterleaveB7, EventsPublishedInsideCallbacksAreAllDelivered) {
  explore({}, [] {
    CountedContext io;
    EventBus bus(io.get_executor());
    Receiver receiver;
    const Subscription echo = bus.subscribe([&](const StreamEvent& event) {
      if (test::text_of(event) != "echo") bus.publish(make_token("echo")).value();
    });
    const Subscription subscription = bus.subscribe(std::ref(receiver));

    in_parallel({publishing(bus, 2, "left"), publishing(bus, 1, "right")});

    expect_equal(receiver.seqs, range(1, 6), "delivered");
  });
}

// So many events, then the deliverer offers its part to the others.
constexpr std::uint64_t share = 256;

/// A task that subscribes and keeps its turn until it has delivered its share.
Task subscribing_to_all(EventBus& bus, Subscription& subscription, Receiver& receiver) {
  return {"subscriber", [&] {
            keep_turn(true);
            subscription = bus.subscribe(
                [&](const StreamEvent& event) {
                  receiver(event);
                  if (event.seq() == share) keep_turn(false);
                },
                {.from = Start::oldest()});
          }};
}

void hand_over(bool patient) {
  CountedContext io;
  EventBus bus(io.get_executor());
  publish_tokens(bus, share + 1);
  Receiver receiver;
  Subscription subscription;
  Task subscribing = subscribing_to_all(bus, subscription, receiver);
  const auto subscriber = [&] {
    yield_returns(!patient);
    subscribing.body();
  };

  in_parallel({{"subscriber", subscriber}, publishing(bus, 1)});

  expect_equal(receiver.seqs, range(1, share + 2), "delivered");
}

TEST(InterleaveB7, TheDelivererHandsOverToAPublisher) {
  explore({.searched = 500, .sampled = 50}, [] { hand_over(true); });
}
TEST(InterleaveB7, TheDelivererGoesOnWhenNobodyTakesOver) {
  explore({.searched = 1'000, .sampled = 50}, [] { hand_over(false); });
}

TEST(InterleaveB7, TheDelivererHandsOverToOneOfTwoPublishers) {
  explore({.preemptions = 1, .searched = 300, .sampled = 100}, [] {
    CountedContext io;
    EventBus bus(io.get_executor());
    publish_tokens(bus, share + 1);
    Receiver receiver;
    Subscription subscription;

    in_parallel({subscribing_to_all(bus, subscription, receiver), publishing(bus, 1, "left"),
                 publishing(bus, 1, "right")});

    expect_equal(receiver.seqs, range(1, share + 3), "delivered");
  });
}

TEST(InterleaveB7, APublisherToACallableCallsItForOneEventAtATime) {
  explore({}, [] {
    Receiver receiver;
    Live handler;
    {
      std::optional<Publisher> left(
          std::in_place, RunContext(),
          [&receiver, token = handler.token()](const StreamEvent& event) { receiver(event); });
      std::optional<Publisher> right(left->turn(1));
      const auto publish_through = [](std::optional<Publisher>& publisher) {
        return [&] {
          for (int i = 0; i < 2; ++i) publisher->publish(make_token("t")).value();
          publisher.reset();
        };
      };

      in_parallel({{"left", publish_through(left)}, {"right", publish_through(right)}});
    }
    expect_equal(receiver.seqs, range(1, 4), "delivered");
    expect(handler.gone(), "the handler still exists");
  });
}

TEST(InterleaveB8, WhatWasAcceptedBeforeTheEndIsDelivered) {
  explore({}, [] {
    CountedContext io;
    auto bus = std::make_unique<EventBus>(io.get_executor());
    const Publisher publisher = bus->publisher({});
    Receiver receiver;
    Subscription subscription = bus->subscribe(std::ref(receiver));
    std::uint64_t accepted = 0;

    in_parallel({{"publisher",
                  [&] {
                    for (int i = 0; i < 3; ++i) {
                      const auto seq = publisher.publish(make_token("t"));
                      if (seq) accepted = seq.value();
                      expect(seq || seq.error() == Errc::closed, "refused for another reason");
                    }
                  }},
                 {"owner", [&] { bus.reset(); }}});

    expect_equal(receiver.seqs, range(1, accepted), "delivered");
    expect_equal(test::accounted(subscription.stats()), accepted, "accounted for");
    subscription.unsubscribe();
  });
}

TEST(InterleaveB8, TheBusMayBeDestroyedInsideItsOwnPublish) {
  explore({}, [] {
    CountedContext io;
    auto bus = std::make_unique<EventBus>(io.get_executor());
    std::optional<Publisher> other(bus->publisher({}));
    LiveEvents events;
    std::optional<Subscription> subscription;
    subscription = bus->subscribe([&](const StreamEvent&) {
      bus.reset();
      subscription.reset();
    });
    EventBus& through_the_bus = *bus;

    in_parallel({{"owner", [&] { static_cast<void>(through_the_bus.publish(events.make("t"))); }},
                 {"other", [&] { other.reset(); }}});

    expect(!bus && !subscription, "the event was not delivered");
    expect(events.gone(), "the bus still exists");
  });
}

TEST(InterleaveB8, TheLastHandleMayGoInsideACallback) {
  explore({}, [] {
    CountedContext io;
    auto bus = std::make_unique<EventBus>(io.get_executor());
    std::optional<Publisher> left(bus->publisher({}));
    std::optional<Publisher> right(left);
    LiveEvents events;
    Live handler;
    std::optional<Subscription> subscription;
    subscription = bus->subscribe([&, token = handler.token()](const StreamEvent& event) {
      expect_equal(event.seq(), 1U, "the event delivered");
      bus.reset();
      subscription.reset();
    });
    const auto publish_through = [&](std::optional<Publisher>& publisher) {
      return [&] {
        static_cast<void>(publisher->publish(events.make("t")));
        static_cast<void>(publisher->publish(events.make("t")));
        publisher.reset();
      };
    };

    in_parallel({{"left", publish_through(left)}, {"right", publish_through(right)}});

    expect(!bus && !subscription, "no event was delivered");
    expect(handler.gone(), "the handler still exists");
    expect(events.gone(), "the bus still exists");
  });
}

}  // namespace
}  // namespace strandbus::interleave

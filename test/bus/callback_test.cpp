// B7: callbacks run in the publishing thread, in order, and may do anything to the bus.

#include "bus/reading.hpp"

#include <boost/asio/io_context.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <thread>

namespace strandbus {
namespace {

using test::publish_tokens;
using test::range;
using test::Seqs;
using test::text_of;
using testing::ElementsAre;
using testing::IsEmpty;

struct B7Callbacks : testing::Test {
  /// A handler that notes `name` and the event's seq.
  auto note(const std::string& name) {
    return [this, name](const StreamEvent& event) {
      notes.push_back(name + std::to_string(event.seq()));
    };
  }

  asio::io_context io;
  EventBus bus{io.get_executor()};
  std::vector<std::string> notes;
};

TEST_F(B7Callbacks, RunInThePublishingThreadBeforePublishReturns) {
  std::thread::id called_in;
  const auto subscription =
      bus.subscribe([&](const StreamEvent&) { called_in = std::this_thread::get_id(); });

  publish_tokens(bus, 1);

  EXPECT_EQ(called_in, std::this_thread::get_id());
}

TEST_F(B7Callbacks, GetEachEventInTheOrderOfSubscription) {
  const auto a = bus.subscribe(note("a"));
  const auto b = bus.subscribe(note("b"));

  publish_tokens(bus, 2);

  EXPECT_THAT(notes, ElementsAre("a1", "b1", "a2", "b2"));
}

TEST_F(B7Callbacks, MayTakeADeliveryOrAnythingThatAnEventConvertsTo) {
  std::vector<std::uint64_t> firsts;
  const auto with_account =
      bus.subscribe([&](const Delivery& delivery) { firsts.push_back(delivery.first_seq()); });
  const auto generic = bus.subscribe([&](const auto& event) { notes.push_back(text_of(event)); });

  publish_tokens(bus, 1);

  EXPECT_THAT(firsts, ElementsAre(1));
  EXPECT_THAT(notes, ElementsAre("0"));
}

TEST_F(B7Callbacks, AreNotCalledForEventsBeforeTheirStartOrAfterTheirEnd) {
  publish_tokens(bus, 1);
  {
    const auto subscription = bus.subscribe(note("a"));
    publish_tokens(bus, 1);
  }
  publish_tokens(bus, 1);

  EXPECT_THAT(notes, ElementsAre("a2"));
}

TEST_F(B7Callbacks, GetOnlyWhatTheirFilterAccepts) {
  const auto subscription =
      bus.subscribe(note("a"), {.filter = Filter().types({EventType::error})});

  publish_tokens(bus, 1);
  bus.publish(make_error("e", ErrorCode{})).value();

  EXPECT_THAT(notes, ElementsAre("a2"));
  EXPECT_EQ(subscription.stats().filtered, 1U);
}

TEST_F(B7Callbacks, ThatPublishGetTheNewEventAfterEverybodyGotTheFirst) {
  const auto publishing = bus.subscribe([&](const StreamEvent& event) {
    notes.push_back("p" + std::to_string(event.seq()));
    if (event.seq() == 1) {
      EXPECT_EQ(bus.publish(make_token("nested")).value(), 2U);
      notes.push_back("published");
    }
  });
  const auto other = bus.subscribe(note("o"));

  publish_tokens(bus, 1);

  EXPECT_THAT(notes, ElementsAre("p1", "published", "o1", "p2", "o2"));
}

TEST_F(B7Callbacks, ThatPublishFarMoreThanOneShareOfWorkAllGetDelivered) {
  Seqs seen;
  const auto subscription = bus.subscribe([&](const StreamEvent& event) {
    seen.push_back(event.seq());
    if (event.seq() == 1) publish_tokens(bus, 1000);
  });

  publish_tokens(bus, 1);

  EXPECT_EQ(seen, range(1, 1001));
}

TEST_F(B7Callbacks, MaySubscribe) {
  std::vector<Subscription> inner;
  const auto outer = bus.subscribe([&](const StreamEvent& event) {
    if (event.seq() != 2) return;
    inner.push_back(bus.subscribe(note("now")));
    inner.push_back(bus.subscribe(note("old"), {.from = Start::oldest()}));
    notes.push_back("subscribed");
  });

  publish_tokens(bus, 3);

  EXPECT_THAT(notes, ElementsAre("subscribed", "old1", "old2", "now3", "old3"));
}

TEST_F(B7Callbacks, MayUnsubscribeThemselves) {
  Subscription subscription;
  subscription = bus.subscribe([&](const StreamEvent& event) {
    notes.push_back(text_of(event));
    subscription.unsubscribe();
    EXPECT_FALSE(subscription.active());
  });

  publish_tokens(bus, 3);

  EXPECT_THAT(notes, ElementsAre("0"));
}

TEST_F(B7Callbacks, MayUnsubscribeOthersEvenForTheSameEvent) {
  Subscription later;
  const auto first = bus.subscribe([&](const StreamEvent&) { later.unsubscribe(); });
  later = bus.subscribe(note("later"));

  publish_tokens(bus, 2);

  EXPECT_THAT(notes, IsEmpty());
}

TEST_F(B7Callbacks, MayReplaceTheirOwnSubscription) {
  Subscription subscription;
  subscription =
      bus.subscribe([&](const StreamEvent&) { subscription = bus.subscribe(note("second")); });

  publish_tokens(bus, 2);

  EXPECT_THAT(notes, ElementsAre("second2"));
}

TEST_F(B7Callbacks, MayCloseTheBus) {
  const auto closing = bus.subscribe([&](const StreamEvent&) { bus.close(); });
  const auto other = bus.subscribe(note("o"));

  EXPECT_EQ(publish_tokens(bus, 2), 1);

  EXPECT_THAT(notes, ElementsAre("o1"));
}

TEST_F(B7Callbacks, MayDestroyTheBus) {
  auto mortal = std::make_unique<EventBus>(io.get_executor());
  const Publisher publisher = mortal->publisher({});
  const auto destroying = mortal->subscribe([&](const StreamEvent&) { mortal.reset(); });
  const auto other = mortal->subscribe(note("o"));

  EXPECT_EQ(publisher.publish(make_token("t")).value(), 1U);

  EXPECT_THAT(notes, ElementsAre("o1"));
  EXPECT_EQ(publisher.publish(make_token("t")).error(), Errc::closed);
}

TEST_F(B7Callbacks, MayDestroyTheBusWithEverythingElseWhileItIsPublishedThrough) {
  struct All {
    explicit All(asio::io_context& context) : bus(context.get_executor()) {}
    EventBus bus;
    std::vector<Subscription> subscriptions;
  };
  auto all = std::make_unique<All>(io);
  auto& mortal = all->bus;
  all->subscriptions.push_back(mortal.subscribe([&](const StreamEvent&) { all.reset(); }));

  EXPECT_EQ(mortal.publish(make_token("t")).value(), 1U);
}

TEST_F(B7Callbacks, MayDestroyTheBusDuringTheirReplay) {
  auto mortal = std::make_unique<EventBus>(io.get_executor());
  publish_tokens(*mortal, 2);

  const auto subscription =
      mortal->subscribe([&](const StreamEvent&) { mortal.reset(); }, {.from = Start::oldest()});

  EXPECT_EQ(subscription.stats().delivered, 2U);
}

TEST_F(B7Callbacks, MayOwnTheirSubscription) {
  auto owned = std::make_shared<Subscription>();
  const std::weak_ptr<Subscription> observer = owned;
  *owned = bus.subscribe([this, copy = owned](const StreamEvent& event) {
    notes.push_back(text_of(event));
    copy->unsubscribe();
  });
  owned.reset();

  publish_tokens(bus, 2);

  EXPECT_THAT(notes, ElementsAre("0"));
  EXPECT_TRUE(observer.expired());
}

TEST_F(B7Callbacks, MayOwnTheirSubscriptionAndBeEndedFromOutside) {
  auto owned = std::make_shared<Subscription>();
  Subscription* const subscription = owned.get();
  const std::weak_ptr<Subscription> observer = owned;
  *subscription = bus.subscribe([copy = std::move(owned)](const StreamEvent&) {});

  subscription->unsubscribe();  // destroys the handler, and with it *subscription

  EXPECT_TRUE(observer.expired());
}

TEST_F(B7Callbacks, AreDestroyedByUnsubscribe) {
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> observer = held;
  auto subscription = bus.subscribe([copy = std::move(held)](const StreamEvent&) {});
  publish_tokens(bus, 1);

  subscription.unsubscribe();

  EXPECT_TRUE(observer.expired());
}

TEST_F(B7Callbacks, ThatUnsubscribeThemselvesAreDestroyedWhenTheyHaveEnded) {
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> observer = held;
  Subscription subscription;
  subscription = bus.subscribe([&, copy = std::move(held)](const StreamEvent&) {
    subscription.unsubscribe();
    EXPECT_FALSE(observer.expired());
  });

  publish_tokens(bus, 1);

  EXPECT_TRUE(observer.expired());
}

TEST_F(B7Callbacks, MayPublishFromTheirDestructor) {
  struct Farewell {
    explicit Farewell(EventBus& b) : bus(b) {}
    ~Farewell() { bus.publish(make_token("farewell")); }
    EventBus& bus;
  };
  const auto other =
      bus.subscribe([&](const StreamEvent& event) { notes.push_back(text_of(event)); });
  auto subscription =
      bus.subscribe([farewell = std::make_shared<Farewell>(bus)](const StreamEvent&) {});

  subscription.unsubscribe();

  EXPECT_THAT(notes, ElementsAre("farewell"));
}

TEST_F(B7Callbacks, UnsubscribingAgainDoesNothing) {
  auto subscription = bus.subscribe(note("a"));

  subscription.unsubscribe();
  subscription.unsubscribe();
  Subscription().unsubscribe();

  EXPECT_FALSE(subscription.active());
  EXPECT_FALSE(Subscription().active());
}

TEST_F(B7Callbacks, ASubscriptionCanBeMoved) {
  auto first = bus.subscribe(note("a"));
  Subscription second = std::move(first);
  publish_tokens(bus, 1);
  second = Subscription();
  publish_tokens(bus, 1);

  EXPECT_THAT(notes, ElementsAre("a1"));
}

TEST_F(B7Callbacks, AssigningToASubscriptionEndsTheOldOne) {
  auto subscription = bus.subscribe(note("a"));
  subscription = bus.subscribe(note("b"));

  publish_tokens(bus, 1);

  EXPECT_THAT(notes, ElementsAre("b1"));
}

struct B7Exceptions : testing::Test {
  BusOptions options() {
    BusOptions options;
    options.on_callback_error = [this](const std::exception_ptr& error, const StreamEvent& event) {
      reported.push_back(event.seq());
      try {
        std::rethrow_exception(error);
      } catch (const std::exception& e) {
        texts.emplace_back(e.what());
      } catch (...) {
        texts.emplace_back("something else");
      }
      if (reporter_throws) throw std::runtime_error("the reporter itself");
    };
    options.logger = Logger(LogLevel::error,
                            [this](LogLevel, std::string_view line) { logged.emplace_back(line); });
    return options;
  }

  Seqs reported;
  std::vector<std::string> texts;
  std::vector<std::string> logged;
  bool reporter_throws = false;
  asio::io_context io;
  EventBus bus{io.get_executor(), options()};
};

TEST_F(B7Exceptions, AreReportedAndTheOthersStillGetTheEvent) {
  Seqs seen;
  const auto throwing =
      bus.subscribe([](const StreamEvent&) { throw std::runtime_error("broken"); });
  const auto other = bus.subscribe([&](const StreamEvent& event) { seen.push_back(event.seq()); });

  EXPECT_EQ(publish_tokens(bus, 2), 2);

  EXPECT_THAT(reported, ElementsAre(1, 2));
  EXPECT_THAT(texts, ElementsAre("broken", "broken"));
  EXPECT_THAT(logged, ElementsAre("a callback failed on event 1 (token_delta)",
                                  "a callback failed on event 2 (token_delta)"));
  EXPECT_THAT(seen, ElementsAre(1, 2));
  EXPECT_EQ(bus.stats().callback_errors, 2U);
}

TEST_F(B7Exceptions, OfAnyTypeAreCaught) {
  const auto throwing = bus.subscribe([](const StreamEvent&) { throw 42; });

  EXPECT_EQ(publish_tokens(bus, 1), 1);

  EXPECT_THAT(texts, ElementsAre("something else"));
}

TEST_F(B7Exceptions, OfTheReporterAreSwallowed) {
  reporter_throws = true;
  const auto throwing =
      bus.subscribe([](const StreamEvent&) { throw std::runtime_error("broken"); });

  EXPECT_EQ(publish_tokens(bus, 2), 2);

  EXPECT_EQ(bus.stats().callback_errors, 2U);
}

TEST_F(B7Exceptions, OfAPredicateCountAsFalseAndAreReported) {
  Seqs seen;
  const auto subscription =
      bus.subscribe([&](const StreamEvent& event) { seen.push_back(event.seq()); },
                    {.filter = Filter().where([](const StreamEvent& event) {
                      if (event.seq() == 1) throw std::runtime_error("undecided");
                      return true;
                    })});

  publish_tokens(bus, 2);

  EXPECT_THAT(seen, ElementsAre(2));
  EXPECT_THAT(texts, ElementsAre("undecided"));
  EXPECT_EQ(subscription.stats().filtered, 1U);
}

TEST_F(B7Exceptions, OfAPredicateOfAStreamAreReportedToo) {
  EventStream stream =
      bus.stream({.filter = Filter().where([](const StreamEvent&) -> bool { throw 42; })});
  publish_tokens(bus, 2);

  EXPECT_FALSE(stream.try_next());

  EXPECT_THAT(reported, ElementsAre(1, 2));
}

TEST_F(B7Exceptions, TheReporterMayUnsubscribeTheCallbackThatFailed) {
  BusOptions options;
  Subscription subscription;
  options.on_callback_error = [&](const std::exception_ptr&, const StreamEvent&) {
    subscription.unsubscribe();
  };
  EventBus other(io.get_executor(), options);
  int called = 0;
  subscription = other.subscribe([&](const StreamEvent&) {
    ++called;
    throw 42;
  });

  publish_tokens(other, 2);

  EXPECT_EQ(called, 1);
}

}  // namespace
}  // namespace strandbus

// Sessions that come into memory while others go, and whoever asks meanwhile.
#include "hub_fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <gmock/gmock.h>

#include <future>
#include <thread>

namespace strandbus::test {
namespace {

using ::testing::Contains;
using ::testing::Not;

using StateAnswer = StoreResult<SessionState>;

class HubRoom : public HubTest {
 protected:
  /// Two sessions in a memory that has room for two, and one that is not in it.
  void fill() {
    SessionHubOptions options;
    options.max_loaded = 2;
    start_hub(std::move(options));
    outside_ = make_session();
    inside_ = make_session();
    make_session();
    ASSERT_FALSE(wait(hub_->find(outside_)).value().loaded);
  }

  auto ask(const std::string& id) {
    return asio::co_spawn(asio::make_strand(io_), caught(hub_->state(id)), asio::use_future);
  }

  void wait_until_that_many_go(std::size_t sessions) {
    while (store_->waiting() < sessions) std::this_thread::yield();
  }

  std::string outside_;
  std::string inside_;
};

TEST_F(HubRoom, BringsASessionOnceHoweverManyAskForIt) {
  fill();
  store_->hold_answers();
  auto one = ask(outside_);
  wait_until_that_many_go(1);
  auto another = ask(outside_);
  wait_until_that_many_go(2);
  store_->release();
  for (auto* asked : {&one, &another}) {
    const Caught<StateAnswer> got = asked->get();
    ASSERT_TRUE(got.value) << got.what;
    EXPECT_TRUE(*got.value) << got.value->error().message;
  }
  EXPECT_TRUE(wait(hub_->find(outside_)).value().loaded);
  EXPECT_TRUE(say(outside_, "1"));
}

TEST_F(HubRoom, StaysInOrderWhenWhoeverAskedIsCancelled) {
  fill();
  store_->hold_answers();
  const auto strand = asio::make_strand(io_);
  asio::cancellation_signal signal;
  std::promise<void> ended;
  asio::co_spawn(strand, caught(hub_->state(outside_)),
                 asio::bind_cancellation_slot(
                     signal.slot(), [&](const std::exception_ptr&, const Caught<StateAnswer>&) {
                       ended.set_value();
                     }));
  wait_until_that_many_go(1);
  asio::post(strand, asio::use_future([&] { signal.emit(asio::cancellation_type::terminal); }))
      .get();
  store_->release();
  ended.get_future().get();
  EXPECT_TRUE(wait(hub_->state(outside_)));
  EXPECT_TRUE(wait(hub_->state(inside_)));
}

TEST_F(HubRoom, DoesNotLetGoWhatSomebodyIsAboutToUse) {
  SessionHubOptions options;
  options.max_loaded = 1;
  start_hub(std::move(options));
  const std::string one = make_session();
  const std::string other = make_session();
  for (int round = 0; round < 100; ++round) {
    ASSERT_TRUE(wait(hub_->state(one)));
    auto starting = asio::co_spawn(asio::make_strand(io_), caught(hub_->start_run(one, "1 hang")),
                                   asio::use_future);
    auto asking = ask(other);
    const auto started = starting.get();
    asking.get();
    if (!started.value || !*started.value) continue;  // there was no room for it
    SessionCommand cancel;
    cancel.what = CancelCommand{.reason = "enough"};
    ASSERT_TRUE(tell(one, std::move(cancel)));
    while (wait(hub_->find(one)).value().running) std::this_thread::yield();
  }
  const std::lock_guard lock(talker_->mutex);
  EXPECT_THAT(talker_->commands, Contains("cancel enough"));
  EXPECT_THAT(talker_->commands, Not(Contains("cancel idle")));
}

}  // namespace
}  // namespace strandbus::test

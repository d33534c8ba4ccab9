// B7 and B10: whatever a callback does, and wherever it runs, the others get every event that was
// accepted, in order and once, and nothing hangs.

#include "bus/operations.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <latch>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <tuple>

namespace strandbus {
namespace {

using test::range;
using test::read_seqs;
using test::Seqs;

enum class Deed : std::uint8_t {
  throws_an_exception,
  throws_an_int,
  unsubscribes_itself,
  unsubscribes_another,
  is_unsubscribed_by_its_victim,
  publishes,
  closes_the_bus,
  destroys_the_bus,
  subscribes,
  blocks,
  destroys_its_subscription,
  reads_a_stream,
};

enum class Place : std::uint8_t {
  in_the_publishing_thread,
  while_another_thread_publishes,
  on_an_io_context,
  on_a_thread_pool,
};

std::string name_of(const testing::TestParamInfo<std::tuple<Deed, Place>>& info) {
  static const std::array<std::string, 12> deeds{"ThrowsAnException",
                                                 "ThrowsAnInt",
                                                 "UnsubscribesItself",
                                                 "UnsubscribesAnother",
                                                 "UnsubscribesInTurn",
                                                 "Publishes",
                                                 "ClosesTheBus",
                                                 "DestroysTheBus",
                                                 "Subscribes",
                                                 "Blocks",
                                                 "DestroysItsSubscription",
                                                 "ReadsAStream"};
  static const std::array<std::string, 4> places{
      "InThePublishingThread", "WhileAnotherThreadPublishes", "OnAnIoContext", "OnAThreadPool"};
  return deeds[static_cast<std::size_t>(std::get<Deed>(info.param))] + "_" +
         places[static_cast<std::size_t>(std::get<Place>(info.param))];
}

/// Threads that run what is posted, until join().
class Crew {
 public:
  explicit Crew(Place place) {
    if (place == Place::on_an_io_context) {
      thread_ = std::jthread([this] { io_.run(); });
    } else {
      guard_.reset();
      pool_.emplace(2);
    }
  }
  EventBus::executor_type executor() {
    return pool_ ? EventBus::executor_type(pool_->get_executor())
                 : EventBus::executor_type(io_.get_executor());
  }
  void join() {
    if (pool_) return pool_->join();
    guard_.reset();
    thread_.join();
  }

 private:
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> guard_{io_.get_executor()};
  std::optional<asio::thread_pool> pool_;
  std::jthread thread_;
};

asio::awaitable<void> read_all(EventStream stream, Seqs& seen) {
  while (const auto delivery = co_await stream.next()) seen.push_back((*delivery)->seq());
}

/// A handler that notes what it got; without a lock, so that the thread sanitizer sees to it that
/// no two calls overlap.
auto note(Seqs& seen) {
  return [&seen](const StreamEvent& event) { seen.push_back(event.seq()); };
}

class B7Hostile : public testing::TestWithParam<std::tuple<Deed, Place>> {
 protected:
  static constexpr int events_each = 150;
  static constexpr int at_call = 10;  ///< the deed is done at this call, and some at later ones too

  B7Hostile() {
    before_ = bus_->subscribe(note(seen_before_));
    hostile_ = subscribe([this](const StreamEvent& event) { act(event); });
    victim_ = subscribe([this](const StreamEvent& event) { suffer(event); });
    after_ = bus_->subscribe(note(seen_after_));
    on_executor_ = bus_->subscribe(crew_.executor(), note(seen_on_executor_));
    asio::co_spawn(asio::make_strand(crew_.executor()), read_all(bus_->stream(), seen_by_stream_),
                   test::rethrow);
  }

  static Deed deed() { return std::get<Deed>(GetParam()); }
  static Place place() { return std::get<Place>(GetParam()); }
  static bool synchronous() { return place() < Place::on_an_io_context; }

  template <class F>
  std::optional<Subscription> subscribe(F handler) {
    if (synchronous()) return bus_->subscribe(std::move(handler));
    return bus_->subscribe(asio::make_strand(crew_.executor()), std::move(handler));
  }

  void act(const StreamEvent& event) {
    seen_by_hostile_.push_back(event.seq());
    const std::size_t call = seen_by_hostile_.size();
    if (call >= at_call) act_late(event, call == at_call);
  }

  void act_late(const StreamEvent& event, bool first_time) {
    switch (deed()) {
      case Deed::throws_an_exception: throw std::runtime_error("from a callback");
      case Deed::throws_an_int: throw 42;
      case Deed::unsubscribes_itself: return hostile_->unsubscribe();
      case Deed::unsubscribes_another:
      case Deed::is_unsubscribed_by_its_victim: return victim_->unsubscribe();
      case Deed::publishes:
        if (seen_by_hostile_.size() < 2 * at_call) publish();
        return;
      case Deed::closes_the_bus: return bus_->close();
      case Deed::destroys_the_bus: return bus_.reset();
      case Deed::subscribes:
        if (seen_by_hostile_.size() < 2 * at_call) subscribe_another();
        return;
      case Deed::blocks:
        if (first_time) {
          blocked_.count_down();
          unblock_.wait();
        }
        return;
      case Deed::destroys_its_subscription: return hostile_.reset();
      case Deed::reads_a_stream:
        EventStream stream = bus_->stream({.from = Start::oldest()});
        const Seqs read = read_seqs(stream);
        complete_reads_ += read == range(1, read.size()) && read.size() >= event.seq();
        return;
    }
  }

  void suffer(const StreamEvent& event) {
    seen_by_victim_.push_back(event.seq());
    if (deed() == Deed::is_unsubscribed_by_its_victim && event.seq() >= at_call)
      hostile_->unsubscribe();
  }

  void subscribe_another() {
    Seqs& seen = *seen_by_newcomers_.emplace_back(std::make_unique<Seqs>());
    const SubscribeOptions options{.from = seen_by_newcomers_.size() % 2 == 0 ? Start::oldest()
                                                                              : Start::now()};
    newcomers_.push_back(bus_->subscribe(note(seen), options));
  }

  void publish() { accepted_ += publisher_.publish(make_token("t")).has_value(); }

  void publish_all() {
    std::vector<std::jthread> threads;
    const int count = place() == Place::while_another_thread_publishes ? 2 : 1;
    for (int i = 0; i < count; ++i) {
      threads.emplace_back([this] {
        for (int event = 0; event < events_each; ++event) publish();
      });
    }
    if (deed() != Deed::blocks) return;
    blocked_.wait();
    publish();  // goes on while a callback blocks
    unblock_.count_down();
  }

  void finish() {
    if (deed() != Deed::destroys_the_bus) bus_->close();
    crew_.join();
  }

  void expect_innocents_got_everything() {
    const Seqs all = range(1, accepted_);
    EXPECT_EQ(seen_before_, all);
    EXPECT_EQ(seen_after_, all);
    EXPECT_EQ(seen_on_executor_, all);
    EXPECT_EQ(seen_by_stream_, all);
  }

  std::atomic<std::uint64_t> accepted_{0};
  std::atomic<std::uint64_t> errors_{0};
  Crew crew_{place()};
  std::unique_ptr<EventBus> bus_ = [this] {
    BusOptions options = test::history_of(4096);  // nobody is to miss anything
    options.on_callback_error = [this](const std::exception_ptr&, const StreamEvent&) {
      ++errors_;
    };
    return std::make_unique<EventBus>(crew_.executor(), std::move(options));
  }();
  const Publisher publisher_ = bus_->publisher({});
  Seqs seen_before_;
  Seqs seen_by_hostile_;
  Seqs seen_by_victim_;
  Seqs seen_after_;
  Seqs seen_on_executor_;
  Seqs seen_by_stream_;
  std::vector<std::unique_ptr<Seqs>> seen_by_newcomers_;
  std::size_t complete_reads_ = 0;
  std::latch blocked_{1};
  std::latch unblock_{1};
  std::optional<Subscription> before_;
  std::optional<Subscription> hostile_;
  std::optional<Subscription> victim_;
  std::optional<Subscription> after_;
  std::optional<Subscription> on_executor_;
  std::vector<Subscription> newcomers_;
};

TEST_P(B7Hostile, TheOthersGetEveryEventInOrderAndOnce) {
  publish_all();
  finish();

  expect_innocents_got_everything();
  const Seqs& hostile = seen_by_hostile_;
  EXPECT_EQ(hostile, range(1, hostile.size()));
  EXPECT_EQ(seen_by_victim_, range(1, seen_by_victim_.size()));
  for (const auto& seen : seen_by_newcomers_) {
    EXPECT_EQ(*seen, range(seen->empty() ? accepted_ + 1 : seen->front(), accepted_));
  }

  const bool throws = deed() == Deed::throws_an_exception || deed() == Deed::throws_an_int;
  EXPECT_EQ(errors_, throws ? accepted_ - (at_call - 1) : 0);
  const bool ends_itself =
      deed() == Deed::unsubscribes_itself || deed() == Deed::destroys_its_subscription;
  if (ends_itself) {
    EXPECT_EQ(hostile.size(), static_cast<std::size_t>(at_call));
  } else if (deed() != Deed::is_unsubscribed_by_its_victim) {
    EXPECT_EQ(hostile.size(), accepted_);
  }
  switch (deed()) {
    case Deed::closes_the_bus:
    case Deed::destroys_the_bus: EXPECT_GE(accepted_, static_cast<std::uint64_t>(at_call)); break;
    case Deed::is_unsubscribed_by_its_victim:
      EXPECT_TRUE(hostile.size() == accepted_ || seen_by_victim_.size() == accepted_);
      break;
    case Deed::unsubscribes_another: EXPECT_FALSE(victim_->active()); break;
    case Deed::publishes:
      if (synchronous()) {  // else the bus may be closed first
        EXPECT_EQ(accepted_ % events_each, static_cast<std::uint64_t>(at_call));
      }
      break;
    case Deed::blocks: EXPECT_EQ(accepted_ % events_each, 1U); break;
    case Deed::subscribes: EXPECT_EQ(newcomers_.size(), static_cast<std::size_t>(at_call)); break;
    case Deed::reads_a_stream: EXPECT_EQ(complete_reads_, accepted_ - (at_call - 1)); break;
    default: EXPECT_EQ(seen_by_victim_.size(), accepted_);
  }
}

constexpr std::array all_deeds{Deed::throws_an_exception,
                               Deed::throws_an_int,
                               Deed::unsubscribes_itself,
                               Deed::unsubscribes_another,
                               Deed::is_unsubscribed_by_its_victim,
                               Deed::publishes,
                               Deed::closes_the_bus,
                               Deed::destroys_the_bus,
                               Deed::subscribes,
                               Deed::blocks,
                               Deed::destroys_its_subscription,
                               Deed::reads_a_stream};
constexpr std::array all_places{Place::in_the_publishing_thread,
                                Place::while_another_thread_publishes, Place::on_an_io_context,
                                Place::on_a_thread_pool};

INSTANTIATE_TEST_SUITE_P(Callback, B7Hostile,
                         testing::Combine(testing::ValuesIn(all_deeds),
                                          testing::ValuesIn(all_places)),
                         name_of);

}  // namespace
}  // namespace strandbus

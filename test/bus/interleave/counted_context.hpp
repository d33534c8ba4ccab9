#pragma once

#include "bus/interleave/scheduler.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

namespace strandbus::interleave {

/// What the scheduler knows of a context.
struct ContextState {
  std::size_t waiting = 0;  ///< functions that were given to it and have not run
  bool gone = false;
};

/// An executor that counts what waits to be run by it, so that the scheduler knows whether a thread
/// that has nothing to run would find something by now. To give it something is a step.
template <class Inner>
class CountingExecutor {
 public:
  CountingExecutor(Inner inner, std::shared_ptr<ContextState> state) noexcept
      : inner_(std::move(inner)), state_(std::move(state)) {}

  template <class Property>
  requires boost::asio::can_require_v<Inner, Property>
  auto require(const Property& property) const {
    auto required = boost::asio::require(inner_, property);
    return CountingExecutor<decltype(required)>(std::move(required), state_);
  }

  template <class Property>
  requires boost::asio::can_query_v<Inner, Property>
  decltype(auto) query(const Property& property) const {
    return boost::asio::query(inner_, property);
  }

  template <class Function>
  void execute(Function function) const {
    pass();
    if (state_->gone) return expect(false, "something is given to a context that is gone");
    inner_.execute([f = std::move(function), counted = Counted(*state_)]() mutable {
      counted.state.reset();
      f();
    });
  }

  friend bool operator==(const CountingExecutor& a, const CountingExecutor& b) noexcept {
    return a.state_ == b.state_ && a.inner_ == b.inner_;
  }
  friend bool operator!=(const CountingExecutor& a, const CountingExecutor& b) noexcept {
    return !(a == b);
  }

 private:
  struct Uncount {
    void operator()(ContextState* state) const noexcept { --state->waiting; }
  };
  /// Counts as long as it has a value. The context destroys it, at the latest, so the state exists.
  struct Counted {
    explicit Counted(ContextState& s) : state(&s) { ++s.waiting; }
    std::unique_ptr<ContextState, Uncount> state;
  };

  Inner inner_;
  std::shared_ptr<ContextState> state_;
};

/// A context whose handlers virtual threads run, one at a time.
class CountedContext {
 public:
  CountedContext() = default;
  CountedContext(const CountedContext&) = delete;
  CountedContext& operator=(const CountedContext&) = delete;
  ~CountedContext() {
    io_.reset();
    state_->gone = true;
  }

  boost::asio::any_io_executor get_executor() {
    return CountingExecutor(io_->get_executor(), state_);
  }

  /// Runs one handler if one is ready.
  bool run_one() {
    if (io_->stopped()) io_->restart();
    return io_->poll_one() > 0;
  }

  /// Runs what is ready, until `done`; a step each. With nothing ready, and nobody else able to go
  /// on, the scheduler reports a deadlock: a wake-up was lost. `done` looks at plain variables.
  template <class Done>
  void run_until(Done done) {
    const std::function<bool()> worth_a_look = [&] { return state_->waiting > 0 || done(); };
    while (!done()) {
      if (run_one()) {
        pass();
      } else {
        idle(worth_a_look);
      }
    }
  }

  /// Runs whatever is ready.
  void run_all() {
    while (run_one()) pass();
  }

 private:
  std::shared_ptr<ContextState> state_ = std::make_shared<ContextState>();
  std::unique_ptr<boost::asio::io_context> io_ = std::make_unique<boost::asio::io_context>();
};

}  // namespace strandbus::interleave

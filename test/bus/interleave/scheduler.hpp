#pragma once

#include "bus/interleave/place.hpp"

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <semaphore>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace strandbus::interleave {

inline constexpr std::size_t max_threads = 8;
using ThreadId = std::size_t;  ///< 0 runs the scenario itself
using ThreadSet = std::bitset<max_threads>;

/// A place as it is known across executions: its maker, and how many that one had made before.
struct PlaceKey {
  std::uint32_t creator = 0;
  std::uint32_t ordinal = 0;
};

/// A moment at which several threads could go on.
struct Decision {
  enum class Why : std::uint8_t {
    step,    ///< `previous` is about to touch something
    pause,   ///< `previous` lets the others go first, but could go on
    blocked  ///< `previous` cannot go on or has ended
  };

  std::size_t number = 0;  ///< 0, 1, 2 … within one execution
  ThreadSet runnable{};
  ThreadSet alive{};  ///< those that have not ended
  ThreadId previous = 0;
  Why why = Why::step;
  std::optional<PlaceKey> place{};  ///< what `previous` is about to touch
  Access access = Access::write;

  /// Going on with `previous` at a step, else with the first other one.
  ThreadId by_default() const noexcept;
  /// Whether choosing this thread takes the turn from one that could have kept it.
  bool preempted_by(ThreadId thread) const noexcept {
    return why == Why::step && thread != previous;
  }
};

/// Who goes on.
class Strategy {
 public:
  virtual ~Strategy() = default;
  virtual ThreadId choose(const Decision& decision) = 0;
};

/// Which threads have touched which places in any execution so far. Taking the turn from a thread
/// that is about to touch what no other thread touches shows nothing: it is the same as taking it
/// at the thread's next step.
class Contention {
 public:
  void note(PlaceKey place, ThreadId thread, Access access);
  /// Whether what the previous thread is about to do may matter to one that is still alive.
  bool possible(const Decision& decision) const;

 private:
  struct Users {
    ThreadSet readers{};
    ThreadSet writers{};
  };
  std::array<std::vector<Users>, max_threads> users_{};
};

/// How one execution went.
struct Outcome {
  std::string failure{};   ///< empty: it went well
  std::string schedule{};  ///< the decisions that were not the default, "number:thread,…"
  std::string story{};     ///< the turns, for a reader
  std::size_t decisions = 0;
};

/// Runs a scenario whose threads take turns: each is a thread of the system, of which exactly one
/// runs at a time, from one step to the next.
class Scheduler {
 public:
  static constexpr std::size_t step_limit = 50'000;

  Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;
  ~Scheduler();

  /// Executes `scenario` once as thread 0. After a deadlock its threads stay where they are for
  /// ever, and so does what they own.
  Outcome run(const std::function<void()>& scenario, Strategy& strategy);
  /// Whether a deadlock or a livelock has ended the use of this scheduler.
  bool stuck() const noexcept;

  const Contention& contention() const noexcept;

  class Core;

 private:
  std::shared_ptr<Core> core_;  // shared with the threads, which may outlive this when they hang
};

// For the code of a scenario, inside a scheduled run.

/// A thread of a scenario.
struct Task {
  std::string_view name;
  std::function<void()> body;
};

/// Runs all of them, and returns when all have ended. Not inside another one.
void in_parallel(std::vector<Task> tasks);

/// A step that touches nothing the scheduler knows: another thread may go first.
void pass() noexcept;

/// The caller has looked at something that the scheduler does not know and found nothing to do: it
/// looks again when another thread has done a step and `worth_a_look` holds. If no other thread can
/// bring that about, it is a deadlock. `worth_a_look` looks at plain variables.
void idle(const std::function<bool()>& worth_a_look) noexcept;

/// While `quiet`, the calling thread keeps its turn at each step. For long ways to the place that
/// a scenario is about.
void keep_turn(bool quiet) noexcept;

/// While `at_once`, yield() of the calling thread returns at once, as it does when the system has
/// nobody else to run. For loops that give up after a while.
void yield_returns(bool at_once) noexcept;

/// Records that this execution has failed unless `holds`.
void expect(bool holds, std::string_view what);

/// Has the current schedule printed when the program aborts.
void print_schedule_on_abort();

}  // namespace strandbus::interleave

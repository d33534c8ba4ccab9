#pragma once

#include "bus/interleave/scheduler.hpp"

#include <mutex>

namespace strandbus::interleave {

/// The state of a Scheduler. Only the thread whose turn it is touches it.
class Scheduler::Core : public std::enable_shared_from_this<Core> {
 public:
  /// What one virtual thread is at.
  enum class State : std::uint8_t { absent, ready, sleeping, paused, idle, ended };

  struct Thread {
    ThreadId id = 0;
    std::string_view name{};
    const std::function<void()>* body = nullptr;
    State state = State::absent;
    const Place* sleeps_at = nullptr;
    std::size_t resting_since = 0;                        ///< paused or idle: progress_ then
    const std::function<bool()>* worth_a_look = nullptr;  ///< idle: until this holds
    std::uint32_t places = 0;                             ///< made by this thread
    bool keeps_turn = false;
    bool ignores_pauses = false;
    std::binary_semaphore turn{0};
    std::thread system_thread{};
  };

  /// That the turn went from one thread to another.
  struct Turn {
    std::size_t step;
    std::string_view from;
    std::string_view to;
    Decision::Why why;
    std::optional<PlaceKey> place;
  };

  // For the controlling thread.
  Outcome run(const std::function<void()>& scenario, Strategy& strategy);
  void quit();
  bool stuck() const noexcept { return stuck_; }
  const Contention& contention() const noexcept { return contention_; }

  // For virtual threads.
  static Thread* current() noexcept { return current_; }
  static Core& of_current() noexcept { return *core_; }

  PlaceKey make_place() noexcept;
  void step(const Place* place, Access access);
  void sleep(const Place& place);
  void wake(const Place& place, bool all) noexcept;
  void pause();
  void idle(const std::function<bool()>& worth_a_look);
  void run_all(std::vector<Task>& tasks);
  void fail(std::string_view what);
  /// Fails, and leaves all threads where they are for ever.
  void give_up(std::string_view what);

  const Outcome& outcome() const noexcept { return outcome_; }

 private:
  void reset(Strategy& strategy);
  void begin(ThreadId id, std::string_view name, const std::function<void()>& body);
  void work(Thread& thread);
  void end(Thread& thread);

  void count_step();
  bool can_go_on(const Thread& thread) const;
  ThreadSet runnable() const;
  /// Who has the next turn; nobody when none can go on.
  Thread* choose(Thread& previous, Decision::Why why, const Place* place, Access access);
  void hand_over(Thread& from, Decision::Why why, const Place* place, Access access);
  std::string story() const;
  std::string describe_threads() const;

  static thread_local Thread* current_;
  static thread_local Core* core_;

  std::array<Thread, max_threads> threads_{};
  Contention contention_;
  Strategy* strategy_ = nullptr;
  Outcome outcome_;
  std::vector<Turn> turns_;
  std::size_t running_tasks_ = 0;
  std::size_t steps_ = 0;
  std::size_t progress_ = 0;  ///< changes when something may have changed
  bool stuck_ = false;
  bool quit_ = false;
  std::binary_semaphore over_{0};
};

}  // namespace strandbus::interleave

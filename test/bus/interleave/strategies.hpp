#pragma once

#include "bus/interleave/scheduler.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace strandbus::interleave {

/// Goes through all schedules with at most so many preemptions, depth first.
class BoundedSearch final : public Strategy {
 public:
  BoundedSearch(unsigned preemptions, const Contention& contention)
      : bound_(preemptions), contention_(contention) {}

  ThreadId choose(const Decision& decision) override;
  /// Makes the next execution another one; false when all were tried.
  bool next();
  /// Whether an execution went another way than the same choices led before.
  bool diverged() const noexcept { return diverged_; }

 private:
  struct Node {
    Decision decision;
    ThreadId chosen;
    ThreadSet tried;
    unsigned preemptions;  ///< before this decision
  };

  bool choose_untried(Node& node) const;

  const unsigned bound_;
  const Contention& contention_;
  std::vector<Node> nodes_;
  bool diverged_ = false;
};

/// Lets the thread of the highest priority go on; priorities are random and fall at a few random
/// steps (Burckhardt et al., "A Randomized Scheduler with Probabilistic Guarantees of Finding
/// Bugs", 2010).
class RandomPriorities final : public Strategy {
 public:
  /// `length`: about how many decisions there will be.
  RandomPriorities(std::uint32_t seed, std::size_t length);

  ThreadId choose(const Decision& decision) override;

 private:
  static constexpr int changes = 3;

  std::array<int, max_threads> priorities_{};
  std::vector<std::size_t> changes_at_;
  int lowest_ = 0;
};

/// Goes on with the same thread, mostly.
class RandomWalk final : public Strategy {
 public:
  explicit RandomWalk(std::uint32_t seed) : random_(seed) {}

  ThreadId choose(const Decision& decision) override;

 private:
  static constexpr std::uint32_t steps_per_change = 8;

  std::minstd_rand random_;
};

/// Repeats a schedule.
class Replay final : public Strategy {
 public:
  explicit Replay(const std::string& schedule);

  ThreadId choose(const Decision& decision) override;

 private:
  std::map<std::size_t, ThreadId> choices_;
};

}  // namespace strandbus::interleave

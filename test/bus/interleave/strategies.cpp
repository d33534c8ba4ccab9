#include "strategies.hpp"

#include <algorithm>
#include <numeric>
#include <sstream>

namespace strandbus::interleave {

ThreadId BoundedSearch::choose(const Decision& decision) {
  if (decision.number < nodes_.size()) {
    const Node& node = nodes_[decision.number];
    if (node.decision.runnable == decision.runnable) return node.chosen;
    diverged_ = true;
    return decision.by_default();
  }
  unsigned preemptions = 0;
  if (!nodes_.empty()) {
    const Node& last = nodes_.back();
    preemptions = last.preemptions + (last.decision.preempted_by(last.chosen) ? 1 : 0);
  }
  const ThreadId chosen = decision.by_default();
  ThreadSet tried;
  tried.set(chosen);
  if (decision.why == Decision::Why::pause) tried.set(decision.previous);
  nodes_.push_back({decision, chosen, tried, preemptions});
  return chosen;
}

bool BoundedSearch::next() {
  while (!nodes_.empty()) {
    if (choose_untried(nodes_.back())) return true;
    nodes_.pop_back();
  }
  return false;
}

bool BoundedSearch::choose_untried(Node& node) const {
  const Decision& decision = node.decision;
  if (decision.why == Decision::Why::step &&
      (node.preemptions >= bound_ || !contention_.possible(decision))) {
    return false;
  }
  for (ThreadId thread = 0; thread < max_threads; ++thread) {
    if (!decision.runnable.test(thread) || node.tried.test(thread)) continue;
    node.chosen = thread;
    node.tried.set(thread);
    return true;
  }
  return false;
}

RandomPriorities::RandomPriorities(std::uint32_t seed, std::size_t length) {
  std::minstd_rand random(seed);
  std::iota(priorities_.begin(), priorities_.end(), 1);
  for (std::size_t i = priorities_.size() - 1; i > 0; --i)
    std::swap(priorities_[i], priorities_[random() % (i + 1)]);
  for (int i = 0; i < changes; ++i)
    changes_at_.push_back(random() % std::max<std::size_t>(1, length));
}

ThreadId RandomPriorities::choose(const Decision& decision) {
  const bool change = std::count(changes_at_.begin(), changes_at_.end(), decision.number) > 0;
  // Who has nothing to do comes last, or it would be asked again after each step of the others.
  if (change || decision.why != Decision::Why::step) priorities_[decision.previous] = --lowest_;
  ThreadId best = decision.by_default();
  for (ThreadId thread = 0; thread < max_threads; ++thread) {
    if (decision.runnable.test(thread) && priorities_[thread] > priorities_[best]) best = thread;
  }
  return best;
}

ThreadId RandomWalk::choose(const Decision& decision) {
  if (decision.why != Decision::Why::blocked && random_() % steps_per_change != 0)
    return decision.previous;
  std::size_t nth = random_() % decision.runnable.count();
  for (ThreadId thread = 0;; ++thread) {
    if (decision.runnable.test(thread) && nth-- == 0) return thread;
  }
}

Replay::Replay(const std::string& schedule) {
  std::istringstream text(schedule);
  std::size_t number = 0;
  ThreadId thread = 0;
  for (char colon = 0, comma = 0; text >> number >> colon >> thread; text >> comma)
    choices_[number] = thread;
}

ThreadId Replay::choose(const Decision& decision) {
  const auto found = choices_.find(decision.number);
  const bool possible = found != choices_.end() && decision.runnable.test(found->second);
  return possible ? found->second : decision.by_default();
}

}  // namespace strandbus::interleave

#pragma once

#include "strandbus/event/stream_event.hpp"

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace strandbus::test {

/// Makes up the events of sessions as agents publish them: runs that interleave, with sub-agents,
/// background tasks and workflows, parallel tools, approvals, retries that void what was shown,
/// failures and cancels. Every start has its end, and every end event repeats the whole text.
class SessionScript {
 public:
  using Events = std::vector<StreamEvent>;
  using Context = std::shared_ptr<const RunContext>;

  /// Ids begin with `prefix`, so that two scripts can be played on one bus.
  explicit SessionScript(std::uint64_t seed, std::string prefix = "")
      : random_(seed), prefix_(std::move(prefix)) {}

  /// A whole session, from session_created to session_closed.
  Events session();
  /// One run with all that belongs to it.
  Events run(const std::string& parent = "", int depth = 0);

 private:
  class Run;

  Events workflow();
  /// The events of all lists in a random order that keeps the order of each.
  Events interleaved(std::vector<Events> lists);
  Context context(RunContext context) const;

  int below(int bound) { return std::uniform_int_distribution<int>(0, bound - 1)(random_); }
  bool chance(int percent) { return below(100) < percent; }
  std::string unique(const std::string& what) { return prefix_ + what + std::to_string(++ids_); }
  std::string word();
  Usage usage();

  std::mt19937_64 random_;
  std::string prefix_;
  int ids_ = 0;
};

}  // namespace strandbus::test

#pragma once

#include "report/results.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::bench {

/// Whose value is meant.
struct Who {
  std::string_view scenario;
  std::string_view contender;
};

enum class Goal : bool {
  at_least,  ///< the speed of ours over that of the peers
  at_most,   ///< the cost of ours over that of the peers; without peers our value itself
};

/// What ours must reach.
struct Target {
  std::string_view scenario;  ///< where it is shown
  std::string_view wanted;    ///< for people
  Goal goal;
  double limit;
  std::string_view metric;
  std::vector<std::string_view> ours;  ///< all of them must reach it: the slowest counts
  std::vector<Who> peers;              ///< the fastest that was measured counts
};

/// All of them.
std::span<const Target> targets();

enum class Verdict { met, not_met, unmeasured };

/// Whether a target was reached, by the medians.
struct Judgement {
  const Target* target;
  Verdict verdict;
  double measured{};      ///< the ratio, or our value where there is no peer
  std::string against{};  ///< the peer that counted
  std::string missing{};  ///< who was not measured; commas between
};

Judgement judge(const Target& target, const Results& results);

/// A rate as it is, the inverse of a time or size: more is better.
double speed(std::string_view metric, double value) noexcept;

}  // namespace strandbus::bench

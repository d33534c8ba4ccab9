#pragma once

#include "strandbus/bus/trace_checker.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace strandbus::detail {

/// What was found, with the place of the event that is being checked.
class TraceFindings {
 public:
  explicit TraceFindings(std::size_t max) noexcept : max_(max) {}

  /// What is added from now on is about this event.
  void at(const StreamEvent& event, std::size_t line) noexcept {
    event_ = &event;
    line_ = line;
  }

  void add(TraceRule rule, std::string problem, std::string expected) {
    ++found_;
    if (list_.size() >= max_) return;
    list_.push_back({.rule = rule,
                     .seq = event_->seq(),
                     .line = line_,
                     .type = std::string(event_->wire_type()),
                     .run_id = event_->run_id(),
                     .problem = std::move(problem),
                     .expected = std::move(expected)});
  }

  const std::vector<TraceFinding>& list() const noexcept { return list_; }
  std::uint64_t found() const noexcept { return found_; }

 private:
  const std::size_t max_;
  std::vector<TraceFinding> list_;
  std::uint64_t found_ = 0;
  const StreamEvent* event_ = nullptr;
  std::size_t line_ = 0;
};

}  // namespace strandbus::detail

#include "agent/doom_loop_detector.hpp"

#include "agent/call_fingerprint.hpp"
#include "agent/request_digest.hpp"

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::size_t max_names_shown = 8;

void require_between(const char* option, std::int64_t value, std::int64_t min, std::int64_t max) {
  if (value >= min && value <= max) return;
  throw std::invalid_argument(std::string("DoomLoopOptions::") + option + " is " +
                              std::to_string(value) + ": it must be from " + std::to_string(min) +
                              " to " + std::to_string(max));
}

std::string digest_of(std::span<const std::string> fingerprints) {
  Sha256 digest;
  for (const std::string& fingerprint : fingerprints) digest.add(fingerprint);
  return digest.hexadecimal();
}

std::string joined(std::span<const std::string> names, std::string_view separator) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += separator;
    if (i == max_names_shown) return text + "…";
    text += names[i];
  }
  return text;
}

}  // namespace

DoomLoopDetector::DoomLoopDetector(DoomLoopOptions options) : options_(std::move(options)) {
  require_between("repetitions", options_.repetitions, 2, 1000);
  require_between("max_cycle", options_.max_cycle, 1, 16);
  same_.resize(static_cast<std::size_t>(options_.max_cycle));
}

std::optional<DoomLoopDetected> DoomLoopDetector::observe(std::span<const ToolCall> calls) {
  if (options_.detection == DoomLoopDetection::off) return std::nullopt;
  const std::vector<const ToolCall*> counted = counted_calls(calls);
  if (counted.empty()) return std::nullopt;
  std::vector<std::string> fingerprints;
  for (const ToolCall* call : counted) fingerprints.push_back(call_fingerprint(*call));
  std::ranges::sort(fingerprints);

  std::optional<DoomLoopDetected> worst;
  const auto judge = [&](const Unit& unit) {
    auto found = add(unit);
    if (found && (!worst || found->action >= worst->action)) worst = std::move(found);
  };
  if (fingerprints.front() == fingerprints.back()) {
    const Unit unit{fingerprints.front(), {counted.front()->tool_name}};
    for (std::size_t i = 0; i < counted.size(); ++i) judge(unit);
  } else {
    Unit unit{digest_of(fingerprints), {}};
    for (const ToolCall* call : counted) {
      if (unit.tools.size() <= max_names_shown) unit.tools.push_back(call->tool_name);
    }
    judge(unit);
  }
  if (worst) {
    worst->tool_name = counted.front()->tool_name;
    worst->arguments = counted.front()->arguments;
  }
  return worst;
}

std::vector<const ToolCall*> DoomLoopDetector::counted_calls(
    std::span<const ToolCall> calls) const {
  std::vector<const ToolCall*> result;
  for (const ToolCall& call : calls) {
    if (std::ranges::find(options_.exempt, call.tool_name) == options_.exempt.end())
      result.push_back(&call);
  }
  return result;
}

std::optional<DoomLoopDetected> DoomLoopDetector::add(Unit unit) {
  for (std::size_t i = 0; i < same_.size(); ++i) {
    const bool same =
        i < units_.size() && units_[units_.size() - 1 - i].fingerprint == unit.fingerprint;
    same_[i] = same ? same_[i] + 1 : 0;
  }
  units_.push_back(std::move(unit));
  if (units_.size() > same_.size()) units_.pop_front();

  for (std::size_t length = 1; length <= same_.size(); ++length) {
    // A unit that is like the one `length` before goes on with a cycle of that length.
    const auto step = static_cast<std::int64_t>(length);
    const std::int64_t repetitions = same_[length - 1] / step + 1;
    if (repetitions < options_.repetitions) continue;
    DoomLoopDetected loop;
    loop.pattern = length > 1                       ? LoopPattern::cycle
                   : units_.back().tools.size() > 1 ? LoopPattern::batch
                                                    : LoopPattern::repeat;
    loop.length = step;
    loop.repetitions = repetitions;
    loop.description = description(length, repetitions);
    loop.action = next_action(key_of(length));
    return loop;
  }
  return std::nullopt;
}

/// The same for a cycle wherever it is entered: the smallest of its rotations.
std::string DoomLoopDetector::key_of(std::size_t length) const {
  std::vector<std::string> cycle;
  for (std::size_t i = units_.size() - length; i < units_.size(); ++i)
    cycle.push_back(units_[i].fingerprint);
  std::vector<std::string> smallest = cycle;
  for (std::size_t i = 1; i < length; ++i) {
    std::rotate(cycle.begin(), cycle.begin() + 1, cycle.end());
    smallest = std::min(smallest, cycle);
  }
  return digest_of(smallest);
}

LoopAction DoomLoopDetector::next_action(std::string key) {
  const auto known = std::ranges::find(loops_, key, &Loop::key);
  Loop loop{std::move(key), LoopAction::warn};
  if (known != loops_.end()) {
    loop.action = known->action == LoopAction::warn ? LoopAction::refuse : LoopAction::stop;
    loops_.erase(known);
  } else if (loops_.size() == max_loops) {
    loops_.erase(loops_.begin());
  }
  loops_.push_back(std::move(loop));
  return loops_.back().action;
}

std::string DoomLoopDetector::description(std::size_t length, std::int64_t repetitions) const {
  const std::string times = std::to_string(repetitions) + " times in a row with the same arguments";
  const std::vector<std::string>& tools = units_.back().tools;
  if (length == 1 && tools.size() == 1) return tools.front() + " was called " + times;
  if (length == 1) return joined(tools, ", ") + " were called together " + times;
  std::vector<std::string> names;
  for (std::size_t i = units_.size() - length; i < units_.size(); ++i)
    names.push_back(joined(units_[i].tools, " + "));
  return joined(names, ", then ") + " were called in turn " + times;
}

}  // namespace strandbus::detail

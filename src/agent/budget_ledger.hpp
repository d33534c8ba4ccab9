#pragma once

#include "strandbus/event/agent_payloads.hpp"
#include "strandbus/event/types.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace strandbus::detail {

/// What a run and the runs below it may use together; zero = no limit.
struct BudgetLimits {
  std::int64_t tokens = 0;
  NanoUsd cost{};
  std::int64_t tool_calls = 0;
};

/// A budget that is used up.
struct BudgetSpent {
  BudgetKind kind{};
  double limit{};  ///< as in budget_exceeded
  double used{};
  std::string text{};  ///< for people
};

/// Keeps account of what a run has used, and of what the runs below it have. Asked before each
/// model request and each tool call, so that no more than what is under way goes beyond a limit.
///
/// Threads: one strand, which parents and children share.
class BudgetLedger {
 public:
  /// `parent` counts along, and its limits hold too; null = none.
  explicit BudgetLedger(const BudgetLimits& limits, std::shared_ptr<BudgetLedger> parent = nullptr)
      : limits_(limits), parent_(std::move(parent)) {}

  /// A request of `model` has used this. No cost: its price is unknown.
  void add(const Usage& usage, std::optional<NanoUsd> cost, const std::string& model);
  void add_tool_call() noexcept;

  /// Why no further model request may begin.
  std::optional<BudgetSpent> spent() const;
  /// Why no further tool call may begin.
  std::optional<BudgetSpent> spent_on_tools() const;

 private:
  std::optional<BudgetSpent> own_spent() const;

  const BudgetLimits limits_;
  const std::shared_ptr<BudgetLedger> parent_;
  std::int64_t tokens_ = 0;
  NanoUsd cost_{};
  std::int64_t tool_calls_ = 0;
  std::string unpriced_model_;  ///< a model whose price is unknown, if one was asked
};

}  // namespace strandbus::detail

#include "budget_ledger.hpp"

namespace strandbus::detail {
namespace {

constexpr double nano = 1e-9;

}  // namespace

void BudgetLedger::add(const Usage& usage, std::optional<NanoUsd> cost, const std::string& model) {
  for (BudgetLedger* ledger = this; ledger; ledger = ledger->parent_.get()) {
    ledger->tokens_ += usage.total;
    if (cost) {
      ledger->cost_ += *cost;
    } else if (usage.total != 0) {
      ledger->unpriced_model_ = model;
    }
  }
}

void BudgetLedger::add_tool_call() noexcept {
  for (BudgetLedger* ledger = this; ledger; ledger = ledger->parent_.get()) ++ledger->tool_calls_;
}

std::optional<BudgetSpent> BudgetLedger::spent() const {
  for (const BudgetLedger* ledger = this; ledger; ledger = ledger->parent_.get()) {
    if (auto spent = ledger->own_spent()) return spent;
  }
  return std::nullopt;
}

std::optional<BudgetSpent> BudgetLedger::own_spent() const {
  if (limits_.tokens > 0 && tokens_ >= limits_.tokens) {
    return BudgetSpent{.kind = BudgetKind::tokens,
                       .limit = static_cast<double>(limits_.tokens),
                       .used = static_cast<double>(tokens_),
                       .text = "the run may use " + std::to_string(limits_.tokens) +
                               " tokens and has used " + std::to_string(tokens_)};
  }
  if (limits_.cost.value <= 0) return std::nullopt;
  BudgetSpent spent{.kind = BudgetKind::cost,
                    .limit = static_cast<double>(limits_.cost.value) * nano,
                    .used = static_cast<double>(cost_.value) * nano,
                    .text = {}};
  if (!unpriced_model_.empty()) {
    spent.text = "the price of " + unpriced_model_ +
                 " is unknown, so that its cost cannot be limited; give the price, or no limit";
    return spent;
  }
  if (cost_ < limits_.cost) return std::nullopt;
  spent.text = "the run may cost " + to_string(limits_.cost) + " US dollars and has cost " +
               to_string(cost_);
  return spent;
}

std::optional<BudgetSpent> BudgetLedger::spent_on_tools() const {
  for (const BudgetLedger* ledger = this; ledger; ledger = ledger->parent_.get()) {
    const std::int64_t limit = ledger->limits_.tool_calls;
    if (limit <= 0 || ledger->tool_calls_ < limit) continue;
    return BudgetSpent{.kind = BudgetKind::tool_calls,
                       .limit = static_cast<double>(limit),
                       .used = static_cast<double>(ledger->tool_calls_),
                       .text = "the run may call tools " + std::to_string(limit) +
                               (limit == 1 ? " time" : " times")};
  }
  return spent();
}

}  // namespace strandbus::detail

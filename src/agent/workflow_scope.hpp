#pragma once

#include "workflow_run.hpp"

namespace strandbus::detail {

/// What one step of a workflow sees.
class WorkflowRun::Scope final : public WorkflowScope {
 public:
  /// All of them outlive this.
  Scope(const WorkflowRun& run, const WorkflowNode& node, const json::value& previous) noexcept
      : run_(run), node_(node), previous_(previous) {}

  const json::value& input() const noexcept override { return run_.state_.input; }
  const json::value& previous() const noexcept override { return previous_; }
  const json::value* output(std::string_view name) const override {
    if (!run_.workflow_.plan().sees(node_, name)) return nullptr;
    const auto known = run_.outputs_.find(name);
    return known == run_.outputs_.end() ? nullptr : &known->second;
  }

 private:
  const WorkflowRun& run_;
  const WorkflowNode& node_;
  const json::value& previous_;
};

}  // namespace strandbus::detail

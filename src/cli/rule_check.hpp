#pragma once

#include "strandbus/agent/approval_rule.hpp"
#include "strandbus/agent/tool_registry.hpp"

#include <string>
#include <vector>

namespace strandbus::cli {

/// What is wrong with rules that can match no call of these tools: they name a tool, or an
/// argument, that none of them has.
std::vector<std::string> faults_of(const std::vector<ApprovalRule>& rules,
                                   const ToolRegistry& tools);

}  // namespace strandbus::cli

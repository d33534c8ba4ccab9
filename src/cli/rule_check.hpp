#pragma once

#include "strandbus/agent/approval_rule.hpp"
#include "strandbus/agent/tool_registry.hpp"

#include <string>

namespace strandbus::cli {

/// Why a rule can match no call of these tools: it names a tool, or an argument, that none of them
/// has; empty if it can.
std::string fault_of(const ApprovalRule& rule, const ToolRegistry& tools);

}  // namespace strandbus::cli

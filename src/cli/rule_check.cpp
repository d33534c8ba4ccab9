#include "cli/rule_check.hpp"

#include "cli/argument_text.hpp"

#include <boost/describe/enum_to_string.hpp>

#include <set>
#include <utility>

namespace strandbus::cli {
namespace {

/// As it stands on the command line.
std::string text_of(const ApprovalRule& rule) {
  std::string text = boost::describe::enum_to_string(rule.action, "?");
  text += ':' + rule.tool;
  if (!rule.argument.empty() || rule.pattern != "*")
    text += ':' + rule.argument + '=' + rule.pattern;
  return text;
}

bool is_about(const ApprovalRule& rule, const std::string& tool) {
  const ApprovalRule any_call{.tool = rule.tool};
  return matching_rule({&any_call, 1}, tool, {}) != nullptr;
}

/// Why none of the arguments is the one of the rule.
std::string unknown_argument(const ApprovalRule& rule, const std::set<std::string>& arguments) {
  const std::string problem = " has no argument \"" + rule.argument + "\"; ";
  if (arguments.empty()) return rule.tool + problem + "it has none";
  return rule.tool + problem + (arguments.size() == 1 ? "there is " : "there are ") +
         joined({arguments.begin(), arguments.end()});
}

/// Why a rule can match nothing; empty if it can.
std::string fault_of(const ApprovalRule& rule, const ToolRegistry& tools) {
  const std::string argument = rule.argument.substr(0, rule.argument.find('.'));
  std::set<std::string> arguments;
  bool any = false;
  for (const ToolDefinition& tool : tools.definitions()) {
    if (!is_about(rule, tool.name)) continue;
    any = true;
    const json::value* const properties = tool.parameters.if_contains("properties");
    if (argument.empty() || !properties || !properties->is_object()) return {};
    if (properties->get_object().contains(argument)) return {};
    for (const auto& property : properties->get_object()) arguments.emplace(property.key());
  }
  const std::string place = "--rule " + text_of(rule) + ": ";
  if (any) return place + unknown_argument(rule, arguments);
  return place + "there is no tool \"" + rule.tool + "\"; there are " + joined(tools.names());
}

}  // namespace

std::vector<std::string> faults_of(const std::vector<ApprovalRule>& rules,
                                   const ToolRegistry& tools) {
  std::vector<std::string> faults;
  for (const ApprovalRule& rule : rules) {
    std::string fault = fault_of(rule, tools);
    if (!fault.empty()) faults.push_back(std::move(fault));
  }
  return faults;
}

}  // namespace strandbus::cli

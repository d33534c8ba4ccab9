#include "strandbus/agent/approval_rule.hpp"

#include "agent/text_pattern.hpp"
#include "strandbus/event/json_codec.hpp"

#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <stdexcept>

namespace strandbus {
namespace {

/// A dot always leads into an object: a second way to read a path would let a call hide an argument
/// behind another one.
const json::value* find_argument(const json::object& arguments, std::string_view path) {
  const std::size_t dot = path.find('.');
  const json::value* argument = arguments.if_contains(path.substr(0, dot));
  if (!argument || dot == std::string_view::npos) return argument;
  const json::object* inner = argument->if_object();
  return inner ? find_argument(*inner, path.substr(dot + 1)) : nullptr;
}

bool value_matches(std::string_view pattern, const json::value& argument) {
  if (const json::string* text = argument.if_string()) return detail::text_matches(pattern, *text);
  std::string text;
  append_json(text, argument);
  return detail::text_matches(pattern, text);
}

bool matches(const ApprovalRule& rule, std::string_view tool, const json::object& arguments) {
  if (!detail::text_matches(rule.tool, tool)) return false;
  if (!rule.argument.empty()) {
    const json::value* argument = find_argument(arguments, rule.argument);
    return argument && value_matches(rule.pattern, *argument);
  }
  return rule.pattern == "*" || std::ranges::any_of(arguments, [&](const auto& argument) {
           return value_matches(rule.pattern, argument.value());
         });
}

[[noreturn]] void refuse(std::string_view rule, std::string_view what) {
  std::string text = "the approval rule ";
  append_json_string(text, rule);
  text += ' ';
  text += what;
  text +=
      "; write allow, ask or deny, a tool and perhaps a pattern for an argument: "
      "deny:bash:command=*rm *";
  throw std::invalid_argument(text);
}

ApprovalAction read_action(std::string_view rule, std::string_view action) {
  if (action == "allow") return ApprovalAction::allow;
  if (action == "ask") return ApprovalAction::ask;
  if (action == "deny") return ApprovalAction::deny;
  refuse(rule, "does not begin with allow:, ask: or deny:");
}

}  // namespace

const ApprovalRule* matching_rule(std::span<const ApprovalRule> rules, std::string_view tool,
                                  const json::object& arguments) {
  const auto found = std::ranges::find_if(
      rules, [&](const ApprovalRule& rule) { return matches(rule, tool, arguments); });
  return found == rules.end() ? nullptr : &*found;
}

ApprovalRule parse_approval_rule(std::string_view text) {
  ApprovalRule rule;
  const std::size_t action_end = text.find(':');
  rule.action = read_action(text, text.substr(0, action_end));
  if (action_end == std::string_view::npos) refuse(text, "names no tool");
  const std::string_view rest = text.substr(action_end + 1);
  const std::size_t tool_end = rest.find(':');
  rule.tool = rest.substr(0, tool_end);
  if (rule.tool.empty()) refuse(text, "names no tool; * means every tool");
  if (tool_end == std::string_view::npos) return rule;
  const std::string_view condition = rest.substr(tool_end + 1);
  const std::size_t argument_end = condition.find('=');
  if (argument_end == std::string_view::npos) refuse(text, "has no = between argument and pattern");
  rule.argument = condition.substr(0, argument_end);
  rule.pattern = condition.substr(argument_end + 1);
  if (rule.pattern.empty()) refuse(text, "has an empty pattern; * means every text");
  return rule;
}

}  // namespace strandbus

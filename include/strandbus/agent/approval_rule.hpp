#pragma once

#include "strandbus/error.hpp"

#include <boost/describe/enum.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace strandbus {

/// What becomes of a call that an ApprovalRule matches.
enum class ApprovalAction : std::uint8_t {
  allow,  ///< it runs
  ask,    ///< somebody is asked
  deny,   ///< it is refused
};
BOOST_DESCRIBE_ENUM(ApprovalAction, allow, ask, deny)

/// Decides about the calls of some tools, or about those with a certain argument.
///
/// A pattern matches the whole text: `*` is any run of characters, line ends and slashes too, `?`
/// is one character, `\` takes the next character as it is; upper and lower case differ. The text
/// of an argument that is no string is its compact JSON: `42`, `true`, `["a","b"]`.
///
/// Nothing here understands shells. `git status*` as a rule that allows also allows
/// `git status; rm -rf ~`: allow only whole commands (`git status`), and ask about the rest.
/// `rm *` as a rule that denies misses ` rm x` with a space before it and `cd /tmp && rm x`: begin
/// such patterns with `*` (`*rm *`), and do not take them for a wall, since a shell has many ways
/// to spell a command. What must not happen at all is for a sandbox to prevent.
struct ApprovalRule {
  /// A pattern for the tool's name.
  std::string tool = "*";
  /// The argument that the pattern is about: its name, or a path through objects such as `a.b` (so
  /// a name with a dot cannot be given). A call without it does not match. Empty = any of the
  /// call's arguments; with the pattern `*` the arguments do not matter, and there need be none. A
  /// rule that allows should name the argument, or an argument beside it may make the rule match.
  std::string argument{};
  /// A pattern for the text of the argument.
  std::string pattern = "*";
  ApprovalAction action = ApprovalAction::ask;
  /// Why, for whoever is asked, or for the model whose call is refused. May be empty.
  std::string reason{};
};

/// The first rule that matches the call, so the narrow ones come first; null if none does. It is an
/// element of `rules`.
///
/// Cost: for each rule about the product of the lengths of its pattern and of the text.
const ApprovalRule* matching_rule(std::span<const ApprovalRule> rules, std::string_view tool,
                                  const json::object& arguments);

/// Reads a rule as it stands on a command line: `ACTION:TOOL[:ARGUMENT=PATTERN]`, for example
/// `allow:read_file` or `deny:bash:command=*rm *`. ACTION is allow, ask or deny; no ARGUMENT means
/// any. PATTERN goes to the end and may hold `:` and `=`.
///
/// Errors: std::invalid_argument whose text shows the rule and says what is wrong with it.
ApprovalRule parse_approval_rule(std::string_view text);

}  // namespace strandbus

#include "strandbus/agent/approval_rule.hpp"

#include "agent/text_pattern.hpp"

#include <boost/json/parse.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strandbus {
namespace {

using detail::text_matches;

TEST(TextPattern, MatchesTheWholeText) {
  EXPECT_TRUE(text_matches("", ""));
  EXPECT_FALSE(text_matches("", "a"));
  EXPECT_FALSE(text_matches("a", ""));
  EXPECT_TRUE(text_matches("abc", "abc"));
  EXPECT_FALSE(text_matches("abc", "abcd"));
  EXPECT_FALSE(text_matches("bc", "abc"));
  EXPECT_FALSE(text_matches("ABC", "abc"));
}

TEST(TextPattern, TakesAStarAsAnyRunOfCharacters) {
  EXPECT_TRUE(text_matches("*", ""));
  EXPECT_TRUE(text_matches("**", "any thing/at\nall"));
  EXPECT_TRUE(text_matches("a*c", "ac"));
  EXPECT_TRUE(text_matches("a*c", "abcbc"));
  EXPECT_FALSE(text_matches("a*c", "abcb"));
  EXPECT_TRUE(text_matches("*a*b*", "xxaxxbxx"));
  EXPECT_FALSE(text_matches("*a*b*", "xxbxxaxx"));
}

TEST(TextPattern, TakesAQuestionMarkAsOneCodePoint) {
  EXPECT_TRUE(text_matches("a?c", "abc"));
  EXPECT_TRUE(text_matches("a?c", "aéc"));
  EXPECT_TRUE(text_matches("?", "😀"));
  EXPECT_FALSE(text_matches("??", "é"));
  EXPECT_FALSE(text_matches("?", ""));
}

TEST(TextPattern, TakesAnEscapedCharacterAsItIs) {
  EXPECT_TRUE(text_matches(R"(\*)", "*"));
  EXPECT_FALSE(text_matches(R"(\*)", "a"));
  EXPECT_TRUE(text_matches(R"(a\?\\)", R"(a?\)"));
  EXPECT_TRUE(text_matches(R"(\a)", "a"));
  EXPECT_TRUE(text_matches("a\\", "a\\")) << "a backslash at the end is itself";
}

TEST(TextPattern, KnowsNoSets) {
  EXPECT_TRUE(text_matches("[a]{b,c}", "[a]{b,c}"));
  EXPECT_FALSE(text_matches("[a]", "a"));
}

bool naive_match(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*') {
    return naive_match(pattern.substr(1), text) ||
           (!text.empty() && naive_match(pattern, text.substr(1)));
  }
  return !text.empty() && (pattern[0] == '?' || pattern[0] == text[0]) &&
         naive_match(pattern.substr(1), text.substr(1));
}

TEST(TextPattern, AgreesWithTheDefinitionOnAllShortPatterns) {
  const auto words = [](std::string_view alphabet, std::size_t longest) {
    std::vector<std::string> all{""};
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i].size() == longest) break;
      for (const char letter : alphabet) all.push_back(all[i] + letter);
    }
    return all;
  };
  for (const std::string& pattern : words("ab*?", 4)) {
    for (const std::string& text : words("ab", 5))
      ASSERT_EQ(text_matches(pattern, text), naive_match(pattern, text)) << pattern << " " << text;
  }
}

TEST(TextPattern, DoesNotGetLostInManyStars) {
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "*a";
  EXPECT_FALSE(text_matches(pattern + "b", std::string(10000, 'a')));
}

ApprovalRule rule(ApprovalAction action, std::string tool, std::string argument = {},
                  std::string pattern = "*") {
  ApprovalRule result;
  result.action = action;
  result.tool = std::move(tool);
  result.argument = std::move(argument);
  result.pattern = std::move(pattern);
  return result;
}

bool matches(const ApprovalRule& rule, std::string_view tool, const char* arguments = "{}") {
  return matching_rule({&rule, 1}, tool, json::parse(arguments).as_object()) != nullptr;
}

bool matches_command(std::string pattern, const std::string& command) {
  json::object arguments;
  arguments["command"] = command;
  const ApprovalRule asks = rule(ApprovalAction::ask, "bash", "command", std::move(pattern));
  return matching_rule({&asks, 1}, "bash", arguments) != nullptr;
}

TEST(ApprovalRule, MatchesEveryCallByDefault) {
  EXPECT_TRUE(matches({}, "bash"));
  EXPECT_TRUE(matches({}, "", R"({"a":[1]})"));
  EXPECT_EQ(ApprovalRule{}.action, ApprovalAction::ask);
}

TEST(ApprovalRule, MatchesTheToolsName) {
  EXPECT_TRUE(matches(rule(ApprovalAction::deny, "*_file"), "read_file"));
  EXPECT_FALSE(matches(rule(ApprovalAction::deny, "*_file"), "bash"));
  EXPECT_FALSE(matches(rule(ApprovalAction::deny, "file"), "read_file"));
}

TEST(ApprovalRule, LetsTheFirstRuleThatMatchesDecide) {
  const std::vector<ApprovalRule> rules{rule(ApprovalAction::allow, "bash", "command", "ls"),
                                        rule(ApprovalAction::deny, "bash"),
                                        rule(ApprovalAction::allow, "*")};
  const auto decided_by = [&](std::string_view tool, const char* arguments) {
    return matching_rule(rules, tool, json::parse(arguments).as_object());
  };
  EXPECT_EQ(decided_by("bash", R"({"command":"ls"})"), rules.data());
  EXPECT_EQ(decided_by("bash", R"({"command":"ls -l"})"), &rules[1]);
  EXPECT_EQ(decided_by("read_file", "{}"), &rules[2]);
}

TEST(ApprovalRule, FindsNoneAmongNone) { EXPECT_EQ(matching_rule({}, "bash", {}), nullptr); }

TEST(ApprovalRule, DoesNotMatchACallWithoutTheArgumentThatItNames) {
  const ApprovalRule any = rule(ApprovalAction::allow, "*", "path");
  EXPECT_TRUE(matches(any, "t", R"({"path":""})"));
  EXPECT_TRUE(matches(any, "t", R"({"path":null})"));
  EXPECT_FALSE(matches(any, "t"));
  EXPECT_FALSE(matches(any, "t", R"({"other":"path"})"));
}

TEST(ApprovalRule, FindsArgumentsInsideOfArguments) {
  const ApprovalRule inner = rule(ApprovalAction::allow, "*", "a.b.c", "x");
  EXPECT_TRUE(matches(inner, "t", R"({"a":{"b":{"c":"x"}}})"));
  EXPECT_FALSE(matches(inner, "t", R"({"a.b.c":"x"})"));
  EXPECT_FALSE(matches(inner, "t", R"({"a":{"b":{"c":"y"}},"a.b.c":"x"})"));
  EXPECT_FALSE(matches(inner, "t", R"({"a":{"b":{"c":"y"}}})"));
  EXPECT_FALSE(matches(inner, "t", R"({"a":{"b":"x"}})"));
  EXPECT_FALSE(matches(inner, "t", R"({"a":[{"b":{"c":"x"}}]})"));
}

TEST(ApprovalRule, TakesOtherValuesAsTheirCompactJson) {
  const auto is = [](const char* text, const char* arguments) {
    return matches(rule(ApprovalAction::allow, "*", "a", text), "t", arguments);
  };
  EXPECT_TRUE(is("42", R"({"a": 42})"));
  EXPECT_TRUE(is("true", R"({"a": true})"));
  EXPECT_TRUE(is("null", R"({"a": null})"));
  EXPECT_TRUE(is(R"(["x",{"y":1}])", R"({"a": [ "x", { "y": 1 } ]})"));
  EXPECT_TRUE(is(R"(*"x"*)", R"({"a": ["w", "x"]})"));
  EXPECT_FALSE(is("\"x\"", R"({"a": "x"})")) << "a string stands for itself";
}

TEST(ApprovalRule, LooksAtAllArgumentsWhenItNamesNone) {
  const ApprovalRule secret = rule(ApprovalAction::deny, "*", "", "*secret*");
  EXPECT_TRUE(matches(secret, "t", R"({"a":"x","b":"the secret file"})"));
  EXPECT_TRUE(matches(secret, "t", R"({"a":{"b":["secret"]}})"));
  EXPECT_FALSE(matches(secret, "t", R"({"a":"x"})"));
  EXPECT_FALSE(matches(secret, "t", R"({"secret":"x"})")) << "names are no arguments";
  EXPECT_FALSE(matches(secret, "t"));
}

TEST(ApprovalRule, FindsACommandAnywhereWhenThePatternBeginsWithAStar) {
  for (const char* command : {"rm x", " rm x", "\trm x", "ls; rm x", "ls && rm x", "ls\nrm x",
                              "true || rm x", "$(rm x)", "`rm x`", "sudo rm x"}) {
    EXPECT_TRUE(matches_command("*rm *", command)) << command;
  }
}

TEST(ApprovalRule, UnderstandsNoShell) {
  EXPECT_FALSE(matches_command("rm *", " rm x"));
  EXPECT_FALSE(matches_command("rm *", "cd /tmp && rm x"));
  EXPECT_TRUE(matches_command("git status*", "git status; rm -rf ~"));
  EXPECT_FALSE(matches_command("git status", "git status; rm -rf ~"));
}

TEST(ApprovalRule, IsReadFromACommandLine) {
  const ApprovalRule tool = parse_approval_rule("allow:read_*");
  EXPECT_EQ(tool.action, ApprovalAction::allow);
  EXPECT_EQ(tool.tool, "read_*");
  EXPECT_EQ(tool.argument, "");
  EXPECT_EQ(tool.pattern, "*");
  const ApprovalRule command = parse_approval_rule("deny:bash:command=*a=b:c *");
  EXPECT_EQ(command.action, ApprovalAction::deny);
  EXPECT_EQ(command.tool, "bash");
  EXPECT_EQ(command.argument, "command");
  EXPECT_EQ(command.pattern, "*a=b:c *");
  const ApprovalRule any = parse_approval_rule("ask:*:=*secret*");
  EXPECT_EQ(any.action, ApprovalAction::ask);
  EXPECT_EQ(any.argument, "");
  EXPECT_EQ(any.pattern, "*secret*");
}

std::string refusal(std::string_view text) {
  try {
    parse_approval_rule(text);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

TEST(ApprovalRule, SaysWhatIsWrongOnACommandLine) {
  const std::string hint =
      "; write allow, ask or deny, a tool and perhaps a pattern for an argument: "
      "deny:bash:command=*rm *";
  EXPECT_EQ(refusal(""),
            R"(the approval rule "" does not begin with allow:, ask: or deny:)" + hint);
  EXPECT_EQ(refusal("bash\n:x"),
            R"(the approval rule "bash\n:x" does not begin with allow:, ask: or deny:)" + hint);
  EXPECT_EQ(refusal("allow"), R"(the approval rule "allow" names no tool)" + hint);
  EXPECT_EQ(refusal("ask::a=b"),
            R"(the approval rule "ask::a=b" names no tool; * means every tool)" + hint);
  EXPECT_EQ(refusal("deny:bash:rm"),
            R"(the approval rule "deny:bash:rm" has no = between argument and pattern)" + hint);
  EXPECT_EQ(
      refusal("deny:bash:command="),
      R"(the approval rule "deny:bash:command=" has an empty pattern; * means every text)" + hint);
  EXPECT_NE(refusal("Allow:bash"), "accepted");
  EXPECT_NE(refusal(" allow:bash"), "accepted");
}

}  // namespace
}  // namespace strandbus

#include "strandbus/llm/script.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace strandbus {
namespace {

ScriptError error_of(std::string_view text) {
  ScriptResult script = parse_script(text, "s.json");
  if (script) throw std::logic_error("this text is a script");
  return script.error();
}

struct BadScript {
  std::string text;
  std::string message;
};

/// A script with one response, which stands in line 2 from column 1 on.
std::string with_response(std::string_view response) {
  return "{\"responses\":[\n" + std::string(response) + "\n]}";
}

void expect_messages(const std::vector<BadScript>& table) {
  for (const BadScript& bad : table) {
    const ScriptError error = error_of(bad.text);
    EXPECT_EQ(error.message, bad.message) << bad.text;
    EXPECT_EQ(error.code, Errc::invalid_file) << bad.text;
    const std::string place =
        "s.json:" + std::to_string(error.line) + ':' + std::to_string(error.column) + ": ";
    EXPECT_TRUE(error.message.starts_with(place + error.pointer)) << error.message;
  }
}

TEST(ScriptError, NamesTheMemberOfTheScriptAndWhatIsExpected) {
  expect_messages({
      {"[]", "s.json:1:1: expected an object, found a list"},
      {"\n  7", "s.json:2:3: expected an object, found the number 7"},
      {"{}", "s.json:1:1: the field \"responses\" is missing"},
      {"{\"responses\":[]}", "s.json:1:14: /responses: a script needs at least one response"},
      {"{\"responses\":{}}", "s.json:1:14: /responses: expected a list, found an object"},
      {"{\n\"response\":[]}",
       "s.json:2:1: /response: unknown field \"response\", did you mean \"responses\"?"},
      {"{\"colour\":1}",
       "s.json:1:2: /colour: unknown field \"colour\"; the fields here are $schema, schema, "
       "comment, model, price, "
       "token_delay_ms or responses"},
      {"{\"schema\":2}", "s.json:1:11: /schema: expected 1, found the number 2"},
      {"{\"schema\":\"1\"}", "s.json:1:11: /schema: expected 1, found the text \"1\""},
      {"{\"model\":null}", "s.json:1:10: /model: expected text, found null"},
      {"{\"model\":\"\"}", "s.json:1:10: /model: expected a name, found the text \"\""},
      {"{\"token_delay_ms\":-1}",
       "s.json:1:19: /token_delay_ms: expected a whole number from 0 to 600000, found the number "
       "-1"},
      {"{\"token_delay_ms\":2.5}",
       "s.json:1:19: /token_delay_ms: expected a whole number from 0 to 600000, found the number "
       "2.5"},
      {"{\"price\":{\"input_per_million_usd\":2}}",
       "s.json:1:10: /price: the field \"output_per_million_usd\" is missing"},
      {"{\"price\":{\"input_per_million_usd\":-1,\"output_per_million_usd\":2}}",
       "s.json:1:35: /price/input_per_million_usd: expected a number from 0 to 1000000, found the "
       "number -1"},
      {"{\"price\":{\"input_per_million\":1}}",
       "s.json:1:11: /price/input_per_million: unknown field \"input_per_million\", did you mean "
       "\"input_per_million_usd\"?"},
  });
}

TEST(ScriptError, NamesTheMemberOfAResponse) {
  expect_messages({
      {with_response("\"hello\""),
       "s.json:2:1: /responses/0: expected an object, found the text \"hello\""},
      {with_response("{}"),
       "s.json:2:1: /responses/0: an empty response: one of text, reasoning, refusal, tool_calls "
       "and error is missing"},
      {with_response("{\"tekst\":\"a\"}"),
       "s.json:2:2: /responses/0/tekst: unknown field \"tekst\", did you mean \"text\"?"},
      {with_response("{\"text\":7}"),
       "s.json:2:9: /responses/0/text: expected a text or a list of texts, found the number 7"},
      {with_response("{\"text\":[\"a\",7]}"),
       "s.json:2:14: /responses/0/text/1: expected text, found the number 7"},
      {with_response("{\"text\":[\"\"]}"),
       "s.json:2:10: /responses/0/text/0: a token must not be empty"},
      {with_response("{\"text\":\"a\",\"repeat\":\"yes\"}"),
       "s.json:2:22: /responses/0/repeat: expected true or false, found the text \"yes\""},
      {with_response("{\"text\":\"é\",\"delay_ms\":true}"),
       "s.json:2:24: /responses/0/delay_ms: expected a whole number from 0 to 600000, found true"},
      {with_response("{\"text\":\"a\",\"finish_reason\":\"end\"}"),
       "s.json:2:29: /responses/0/finish_reason: expected stop, tool_calls, length, content_filter "
       "or refusal, found "
       "the text \"end\""},
      {with_response("{\"text\":\"a\",\"finish_reason\":\"tool_calls\"}"),
       "s.json:2:29: /responses/0/finish_reason: this response has no tool_calls"},
      {with_response("{\"text\":\"a\",\"usage\":{\"prompt\":1e3}}"),
       "s.json:2:31: /responses/0/usage/prompt: expected a whole number from 0 to 1000000000000, "
       "found the number "
       "1000.0"},
      {with_response("{\"text\":\"a\",\"usage\":{\"prompt\":3,\"cached\":4}}"),
       "s.json:2:21: /responses/0/usage: cached and cache_write are parts of prompt: together they "
       "must not exceed it"},
      {with_response("{\"text\":\"a\",\"usage\":{\"completion\":3,\"reasoning\":4}}"),
       "s.json:2:21: /responses/0/usage: reasoning is a part of completion: it must not exceed it"},
  });
}

TEST(ScriptError, NamesTheMemberOfAMatch) {
  const auto with_match = [](std::string_view match) {
    return with_response("{\"text\":\"a\",\"match\":" + std::string(match) + "}");
  };
  expect_messages({
      {with_match("{}"),
       "s.json:2:21: /responses/0/match: an empty match: name user, tool_result or turn, or leave "
       "match out to fit "
       "anything"},
      {with_match("\"hello\""),
       "s.json:2:21: /responses/0/match: expected an object, found the text \"hello\""},
      {with_match("{\"turn\":0}"),
       "s.json:2:29: /responses/0/match/turn: expected a whole number from 1 to 1000000, found the "
       "number 0"},
      {with_match("{\"usr\":\"x\"}"),
       "s.json:2:22: /responses/0/match/usr: unknown field \"usr\", did you mean \"user\"?"},
      {with_match("{\"user\":5}"),
       "s.json:2:29: /responses/0/match/user: expected a text or an object with equals, contains "
       "or regex, found the "
       "number 5"},
      {with_match("{\"user\":{}}"),
       "s.json:2:29: /responses/0/match/user: one of equals, contains and regex is missing"},
      {with_match("{\"user\":{\"equals\":\"a\",\"contains\":\"b\"}}"),
       "s.json:2:54: /responses/0/match/user/contains: equals, contains and regex exclude each "
       "other: keep one"},
      {with_match("{\"tool_result\":{\"tool\":\"bash\"}}"),
       "s.json:2:37: /responses/0/match/tool_result/tool: unknown field \"tool\"; the fields here "
       "are name, call_id, "
       "equals, contains or regex"},
      {with_match("{\"tool_result\":[]}"),
       "s.json:2:36: /responses/0/match/tool_result: expected a text or an object, found a list"},
  });
  const ScriptError regex = error_of(with_match("{\"user\":{\"regex\":\"a(b\"}}"));
  EXPECT_TRUE(regex.message.starts_with(
      "s.json:2:38: /responses/0/match/user/regex: not a regular expression: "))
      << regex.message;
  const ScriptError long_regex =
      error_of(with_match("{\"user\":{\"regex\":\"" + std::string(1001, 'a') + "\"}}"));
  EXPECT_EQ(long_regex.message,
            "s.json:2:38: /responses/0/match/user/regex: the regular expression is longer than "
            "1000 bytes");
}

TEST(ScriptError, NamesTheMemberOfAToolCall) {
  const auto with_calls = [](std::string_view calls) {
    return with_response("{\"tool_calls\":" + std::string(calls) + "}");
  };
  expect_messages({
      {with_calls("{}"), "s.json:2:15: /responses/0/tool_calls: expected a list, found an object"},
      {with_calls("[]"),
       "s.json:2:15: /responses/0/tool_calls: an empty list: leave tool_calls out when the model "
       "calls no tool"},
      {with_calls("[{\"name\":\"bash\"}]"),
       "s.json:2:16: /responses/0/tool_calls/0: the field \"arguments\" is missing"},
      {with_calls("[{\"arguments\":{}}]"),
       "s.json:2:16: /responses/0/tool_calls/0: the field \"name\" is missing"},
      {with_calls("[{\"name\":7,\"arguments\":{}}]"),
       "s.json:2:24: /responses/0/tool_calls/0/name: expected text, found the number 7"},
      {with_calls("[{\"name\":\"\",\"arguments\":{}}]"),
       "s.json:2:24: /responses/0/tool_calls/0/name: expected a name, found the text \"\""},
      {with_calls("[{\"name\":\"bash\",\"arguments\":[1]}]"),
       "s.json:2:43: /responses/0/tool_calls/0/arguments: expected an object, or a text that is "
       "sent as it is, found "
       "a list"},
      {with_calls("[{\"name\":\"bash\",\"arguments\":{},\"fragments\":0}]"),
       "s.json:2:58: /responses/0/tool_calls/0/fragments: expected a whole number from 1 to 10000, "
       "found the number 0"},
      {with_calls("[{\"call_id\":\"a\",\"name\":\"x\",\"arguments\":{}},\n"
                  "{\"call_id\":\"a\",\"name\":\"y\",\"arguments\":{}}]"),
       "s.json:3:1: /responses/0/tool_calls/1: the call_id \"a\" is already used in this response"},
      {with_response(
           "{\"tool_calls\":[{\"name\":\"x\",\"arguments\":{}}],\"finish_reason\":\"stop\"}"),
       "s.json:2:61: /responses/0/finish_reason: a response with tool_calls finishes with "
       "tool_calls, length or "
       "content_filter"},
  });
}

TEST(ScriptError, NamesTheMemberOfAnError) {
  const auto with_error = [](std::string_view error) {
    return with_response("{\"text\":\"a b\",\"error\":" + std::string(error) + "}");
  };
  expect_messages({
      {with_error("\"network\""),
       "s.json:2:23: /responses/0/error: expected an object, found the text \"network\""},
      {with_error("{\"code\":\"network\"}"),
       "s.json:2:23: /responses/0/error: the field \"message\" is missing"},
      {with_error("{\"message\":\"m\"}"),
       "s.json:2:23: /responses/0/error: the field \"code\" is missing"},
      {with_error("{\"code\":\"E_TIMEOUT\",\"message\":\"m\"}"),
       "s.json:2:31: /responses/0/error/code: expected network, authentication, rate_limit, "
       "invalid_request, "
       "invalid_response, model_not_found, context_length, server_error or interrupted, found the "
       "text \"E_TIMEOUT\""},
      {with_error("{\"code\":\"network\",\"message\":\"m\",\"after_tokens\":3}"),
       "s.json:2:70: /responses/0/error/after_tokens: the text has only 2 tokens"},
      {with_error("{\"code\":\"network\",\"message\":\"m\",\"http_status\":99}"),
       "s.json:2:69: /responses/0/error/http_status: expected a whole number from 100 to 599, "
       "found the number 99"},
      {with_response("{\"error\":{\"code\":\"network\",\"message\":\"m\"},\n\"refusal\":\"no\"}"),
       "s.json:3:11: /responses/0/refusal: a response with an error has no refusal"},
  });
}

TEST(ScriptError, TextThatIsNotJsonIsLocated) {
  const std::vector<BadScript> table{
      {"", "s.json:1:1: not JSON: the text ends too early, near the end of the text"},
      {"{\"responses\": [\n  {\"text\": \"a\"},\n]}",
       "s.json:3:1: not JSON: syntax error, near \"]}\""},
      {"{\n  'model': 1}", "s.json:2:3: not JSON: syntax error, near \"'model': 1}\""},
      {"{\"model\": \"x\"",
       "s.json:1:14: not JSON: the text ends too early, near the end of the text"},
      {"{}\n{}", "s.json:2:1: not JSON: more text after the end of the value, near \"{}\""},
      {"{\"model\":\"a\",\n\"model\":\"b\"}",
       "s.json:2:12: not JSON: the object that ends here has the key \"model\" twice, near \"}\""},
      {"\xEF\xBB\xBF{}", "s.json:1:1: begins with a byte order mark: save it as UTF-8 without"},
  };
  for (const BadScript& bad : table) {
    const ScriptError error = error_of(bad.text);
    EXPECT_EQ(error.message, bad.message) << bad.text;
    EXPECT_EQ(error.code, Errc::malformed_json) << bad.text;
  }
}

TEST(ScriptError, DeepOrLargeTextIsRefused) {
  const ScriptError deep =
      error_of("{\"model\":\n" + std::string(60, '[') + std::string(60, ']') + "}");
  EXPECT_EQ(deep.code, Errc::limit_exceeded);
  EXPECT_EQ(deep.line, 2U);
  EXPECT_NE(deep.message.find("nested deeper than 40 levels"), std::string::npos) << deep.message;

  const ScriptError large = error_of(std::string(max_script_bytes + 1, ' '));
  EXPECT_EQ(large.code, Errc::limit_exceeded);
  EXPECT_EQ(large.message, "s.json: a script has at most 4 MiB; split it");
}

TEST(ScriptError, ALongWrongValueIsNotRepeated) {
  const ScriptError error =
      error_of("{\"model\":{},\"schema\":\"" + std::string(5000, 'x') + "\"}");
  EXPECT_EQ(error.message, "s.json:1:22: /schema: expected 1, found a long text");
}

TEST(LoadScript, AFileThatCannotBeReadIsNamed) {
  const ScriptResult missing = load_script("no-such-directory/x.json");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message,
            "cannot read the script no-such-directory/x.json: No such file or directory");
  EXPECT_EQ(missing.error().code, boost::system::errc::no_such_file_or_directory);

  const std::string directory = std::filesystem::temp_directory_path().string();
  const ScriptResult not_a_file = load_script(directory);
  ASSERT_FALSE(not_a_file);
  EXPECT_EQ(not_a_file.error().message,
            "cannot read the script " + directory + ": it is a directory; name a JSON file");
}

RC_GTEST_PROP(ScriptError, AnyDamageToAScriptIsLocatedOrHarmless, ()) {
  std::string text(default_script_text());
  const auto begin = *rc::gen::inRange<std::size_t>(0, text.size());
  const auto length = *rc::gen::inRange<std::size_t>(0, 20);
  const std::string wedge = *rc::gen::string<std::string>();
  text.replace(begin, length, wedge);
  const ScriptResult script = parse_script(text, "s.json");
  if (script) return;
  RC_ASSERT(script.error().line >= 1);
  RC_ASSERT(script.error().column >= 1);
  RC_ASSERT(script.error().message.starts_with("s.json:"));
}

}  // namespace
}  // namespace strandbus

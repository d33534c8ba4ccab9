#include "strandbus/llm/script.hpp"

#include <boost/assert.hpp>

namespace strandbus {
namespace {

// A test compares this with examples/scripts/calculator.json: change both.
constexpr std::string_view text = R"json({
  "$schema": "../../docs/script.schema.json",
  "schema": 1,
  "comment": "Answers \"Calculate 2+2\" with one call of the calculator. This is the built-in script.",
  "model": "gpt-4o",
  "price": {"input_per_million_usd": 2, "output_per_million_usd": 2},
  "token_delay_ms": 30,
  "responses": [
    {
      "match": {"user": "Calculate 2+2"},
      "delay_ms": 120,
      "text": "I'll use the calculator",
      "tool_calls": [{"call_id": "tc1", "name": "calculator", "arguments": {"expr": "2+2"}}],
      "usage": {"prompt": 70, "completion": 15}
    },
    {
      "match": {"tool_result": {"name": "calculator", "contains": "4"}},
      "delay_ms": 120,
      "text": "The answer is 4",
      "usage": {"prompt": 80, "completion": 10}
    }
  ]
}
)json";

Script parse() {
  ScriptResult script = parse_script(text, "calculator.json (built in)");
  BOOST_ASSERT(script.has_value());
  return *std::move(script);
}

}  // namespace

const Script& default_script() {
  static const Script script = parse();
  return script;
}

std::string_view default_script_text() noexcept { return text; }

}  // namespace strandbus

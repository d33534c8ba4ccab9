#include "llm/json_file.hpp"
#include "llm/script_reader.hpp"
#include "strandbus/llm/script.hpp"

namespace strandbus {
namespace {

constexpr detail::JsonFileKind script_kind{
    .name = "script", .max_bytes = max_script_bytes, .max_depth = 40, .if_larger = "split it"};

}  // namespace

ScriptResult parse_script(std::string_view text, std::string_view name) {
  const auto document = detail::parse_json_file(text, name, script_kind);
  if (!document) return document.error();
  try {
    return detail::read_script(detail::JsonField{*document, {}}, name);
  } catch (const detail::JsonProblem& problem) {
    return detail::json_file_error(text, name, problem);
  }
}

ScriptResult load_script(const std::string& path) {
  const auto text = detail::read_json_file(path, script_kind);
  if (!text) return text.error();
  return parse_script(*text, path);
}

}  // namespace strandbus

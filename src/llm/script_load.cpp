#include "llm/json_field.hpp"
#include "llm/json_position.hpp"
#include "llm/script_reader.hpp"
#include "llm/text_split.hpp"
#include "strandbus/event/json_codec.hpp"
#include "strandbus/llm/script.hpp"

#include <boost/throw_exception.hpp>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <utility>

namespace strandbus {
namespace {

constexpr DecodeLimits script_limits{.max_bytes = max_script_bytes, .max_depth = 40};

ScriptError error_at(std::string_view text, std::string_view name, std::size_t offset,
                     error_code code, const std::string& pointer, const std::string& message) {
  const detail::TextPosition position = detail::position_of(text, offset);
  std::string shown = std::string(name) + ':' + std::to_string(position.line) + ':' +
                      std::to_string(position.column) + ": ";
  if (!pointer.empty()) shown += pointer + ": ";
  return {code, position.line, position.column, pointer, shown + message};
}

/// What is wrong, without the place that DecodeError::message begins with.
std::string reason_of(const DecodeError& error) {
  const std::size_t colon = error.message.find(": ");
  return colon == std::string::npos ? error.message : error.message.substr(colon + 2);
}

std::string nearby(std::string_view text, std::size_t offset) {
  const std::string_view rest = text.substr(std::min(offset, text.size()));
  if (rest.find_first_not_of(" \t\r\n") == std::string_view::npos) return "the end of the text";
  std::string shown;
  append_json_string(shown,
                     rest.substr(0, std::min(rest.find('\n'), detail::cut_position(rest, 0, 20))));
  return shown;
}

ScriptError error_of(std::string_view text, std::string_view name, const DecodeError& error) {
  std::string message = reason_of(error);
  if (error.code == Errc::malformed_json)
    message = "not JSON: " + message + ", near " + nearby(text, error.offset);
  return error_at(text, name, error.offset, error.code, {}, message);
}

ScriptError file_error(error_code code, const std::string& path, const std::string& message) {
  return {code, 0, 0, {}, "cannot read the script " + path + ": " + message};
}

ScriptError too_large(std::string_view name) {
  return {
      Errc::limit_exceeded, 0, 0, {}, std::string(name) + ": a script has at most 4 MiB; split it"};
}

}  // namespace

ScriptResult parse_script(std::string_view text, std::string_view name) {
  if (text.size() > max_script_bytes) return too_large(name);
  if (text.starts_with("\xEF\xBB\xBF")) {
    return error_at(text, name, 0, Errc::malformed_json, {},
                    "begins with a byte order mark: save it as UTF-8 without");
  }
  const auto document = parse_json(text, script_limits);
  if (!document) return error_of(text, name, document.error());
  try {
    return detail::read_script(detail::JsonField{*document, {}}, name);
  } catch (const detail::JsonProblem& problem) {
    const std::size_t offset = detail::locate(text, problem.pointer, problem.part);
    return error_at(text, name, offset, Errc::invalid_file, problem.pointer, problem.message);
  }
}

ScriptResult load_script(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    const error_code code = make_error_code(boost::system::errc::is_a_directory);
    return file_error(code, path, "it is a directory; name a JSON file");
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    const error_code code(errno, boost::system::system_category());
    return file_error(code, path, code.message());
  }
  std::string text(max_script_bytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad())
    return file_error(make_error_code(boost::system::errc::io_error), path, "reading failed");
  text.resize(static_cast<std::size_t>(file.gcount()));
  return parse_script(text, path);
}

void throw_exception_from_error(const ScriptError& error, const boost::source_location& where) {
  boost::throw_exception(system_error(error.code, error.message), where);
}

}  // namespace strandbus

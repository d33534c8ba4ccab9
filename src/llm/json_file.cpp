#include "llm/json_file.hpp"

#include "llm/json_position.hpp"
#include "llm/text_split.hpp"
#include "strandbus/event/json_codec.hpp"

#include <boost/throw_exception.hpp>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>

namespace strandbus {
namespace detail {
namespace {

JsonFileError error_at(std::string_view text, std::string_view name, std::size_t offset,
                       error_code code, const std::string& pointer, const std::string& message) {
  const TextPosition position = position_of(text, offset);
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
  append_json_string(shown, rest.substr(0, std::min(rest.find('\n'), cut_position(rest, 0, 20))));
  return shown;
}

JsonFileError error_of(std::string_view text, std::string_view name, const DecodeError& error) {
  std::string message = reason_of(error);
  if (error.code == Errc::malformed_json)
    message = "not JSON: " + message + ", near " + nearby(text, error.offset);
  return error_at(text, name, error.offset, error.code, {}, message);
}

JsonFileError too_large(std::string_view name, const JsonFileKind& kind) {
  const std::string mebibytes = std::to_string(kind.max_bytes / 1024 / 1024);
  return {Errc::limit_exceeded,
          0,
          0,
          {},
          std::string(name) + ": a " + std::string(kind.name) + " has at most " + mebibytes +
              " MiB; " + std::string(kind.if_larger)};
}

}  // namespace

boost::system::result<std::string, JsonFileError> read_json_file(const std::string& path,
                                                                 const JsonFileKind& kind) {
  const auto failed = [&](error_code code, const std::string& message) {
    return JsonFileError{
        code, 0, 0, {}, "cannot read the " + std::string(kind.name) + ' ' + path + ": " + message};
  };
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return failed(make_error_code(boost::system::errc::is_a_directory),
                  "it is a directory; name a JSON file");
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    const error_code code(errno, boost::system::system_category());
    return failed(code, code.message());
  }
  std::string text(kind.max_bytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return failed(make_error_code(boost::system::errc::io_error), "reading failed");
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

boost::system::result<boost::json::value, JsonFileError> parse_json_file(std::string_view text,
                                                                         std::string_view name,
                                                                         const JsonFileKind& kind) {
  if (text.size() > kind.max_bytes) return too_large(name, kind);
  if (text.starts_with("\xEF\xBB\xBF")) {
    return error_at(text, name, 0, Errc::malformed_json, {},
                    "begins with a byte order mark: save it as UTF-8 without");
  }
  auto document = parse_json(text, {.max_bytes = kind.max_bytes, .max_depth = kind.max_depth});
  if (!document) return error_of(text, name, document.error());
  return *std::move(document);
}

JsonFileError json_file_error(std::string_view text, std::string_view name,
                              const JsonProblem& problem) {
  const std::size_t offset = locate(text, problem.pointer, problem.part);
  return error_at(text, name, offset, Errc::invalid_file, problem.pointer, problem.message);
}

}  // namespace detail

void throw_exception_from_error(const JsonFileError& error, const boost::source_location& where) {
  boost::throw_exception(system_error(error.code, error.message), where);
}

}  // namespace strandbus

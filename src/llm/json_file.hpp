#pragma once

#include "llm/json_field.hpp"
#include "strandbus/llm/json_file_error.hpp"

#include <boost/json/value.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// What a kind of JSON file is called, and how large one may be.
struct JsonFileKind {
  std::string_view name;       ///< "script"
  std::size_t max_bytes;       ///< a multiple of a MiB
  std::size_t max_depth;       ///< nesting
  std::string_view if_larger;  ///< what to do about a larger one
};

/// The text of a file. One that is larger than the kind allows is cut behind that size.
/// Errors: the system's code when it cannot be read.
boost::system::result<std::string, JsonFileError> read_json_file(const std::string& path,
                                                                 const JsonFileKind& kind);

/// The document that a text is. `name` stands for the text in messages.
/// Errors: Errc::malformed_json, limit_exceeded.
boost::system::result<boost::json::value, JsonFileError> parse_json_file(std::string_view text,
                                                                         std::string_view name,
                                                                         const JsonFileKind& kind);

/// What is wrong with a member, and its line and column in the text.
JsonFileError json_file_error(std::string_view text, std::string_view name,
                              const JsonProblem& problem);

}  // namespace strandbus::detail

#pragma once

#include "strandbus/error.hpp"

#include <boost/assert/source_location.hpp>

#include <cstddef>
#include <string>

namespace strandbus {

/// Why a text is not the JSON file that it should be: a script, a price file.
struct JsonFileError {
  error_code code{};      ///< Errc::malformed_json, invalid_file or limit_exceeded, or why the file
                          ///< cannot be read
  std::size_t line{};     ///< from 1; 0 = the file as a whole
  std::size_t column{};   ///< from 1, in code points
  std::string pointer{};  ///< the member, RFC 6901; empty = the document
  std::string
      message{};  ///< says all of this, ready to show: "a.json:12:5: /responses/1/text: expected …"
};

/// What `result.value()` does with an error: throws system_error with its message.
[[noreturn]] void throw_exception_from_error(const JsonFileError& error,
                                             const boost::source_location& where);

}  // namespace strandbus

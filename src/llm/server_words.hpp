#pragma once

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// What a server says about a failure in its own words.
struct ServerWords {
  std::string message{};
  std::string type{};
  std::string code{};                    ///< when it is a text
  std::optional<std::int64_t> number{};  ///< the code when it is a number, mostly an HTTP status
};

/// Whether an object says that the server failed: {"error": …}, or a message without an answer.
bool says_failure(const boost::json::object& object);

/// The words of {"error": {"message", "type", "code"}}, {"error": "text"}, {"message": "text"},
/// {"detail": "text" or a list of complaints}.
ServerWords words_of(const boost::json::object& object);

/// The words of a body: JSON as above, also in a list, a page of HTML, or plain text.
ServerWords words_of(std::string_view body);

}  // namespace strandbus::detail

#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Reads the members of what a server sends. One that is absent or null says nothing; one of another
// type than wanted throws a FrameError.

namespace strandbus::detail {

/// What is wrong in an event of a stream.
struct FrameError {
  std::string message{};
};

/// Throws a FrameError: "'name' is not wanted".
[[noreturn]] void fail_frame(std::string_view name, std::string_view wanted);

/// A member that is there and not null.
const boost::json::value* member_in(const boost::json::object& object, std::string_view name);

const boost::json::object* object_in(const boost::json::object& object, std::string_view name);
const boost::json::array* list_in(const boost::json::object& object, std::string_view name);
std::string text_in(const boost::json::object& object, std::string_view name);

/// A text, or what else there is as JSON: ids that are numbers, arguments that are objects.
std::string any_text_in(const boost::json::object& object, std::string_view name);

/// A whole number; nothing if it is none.
std::optional<std::int64_t> number_in(const boost::json::object& object, std::string_view name);

/// A count of tokens, a whole number that is not negative; nothing if it is none.
std::optional<std::int64_t> count_in(const boost::json::object& object, std::string_view name);

/// A count in the object `details`; nothing if that is none.
std::optional<std::int64_t> count_in(const boost::json::object& object, std::string_view details,
                                     std::string_view name);

/// The sum, or the largest number if it is larger.
std::int64_t sum_of_counts(std::int64_t a, std::int64_t b) noexcept;

}  // namespace strandbus::detail

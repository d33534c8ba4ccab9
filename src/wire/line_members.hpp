#pragma once

#include "strandbus/event/event_id.hpp"
#include "strandbus/event/json_codec.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// The members of an object in a line of a foreign trace. What is absent or null is empty, unless
/// it is needed.
///
/// Errors: each function throws LineFault, which names the member by its JSON pointer.
class LineMembers {
 public:
  /// `object` must outlive this.
  explicit LineMembers(const json::object& object, std::string pointer = {})
      : object_(object), pointer_(std::move(pointer)) {}

  const json::object& all() const noexcept { return object_; }
  bool has(std::string_view key) const { return find(key) != nullptr; }
  /// The value, or null.
  const json::value& value(std::string_view key) const;

  std::string_view text(std::string_view key) const;
  std::string_view needed_text(std::string_view key) const;
  /// A whole number, without one 0.
  std::int64_t integer(std::string_view key) const;
  /// The object; empty if there is none.
  LineMembers object(std::string_view key) const;
  LineMembers needed_object(std::string_view key) const;
  /// An RFC 3339 time.
  Timestamp needed_time(std::string_view key) const;

  /// What event_of says, or the fault with the pointer of `data` in this line.
  StreamEvent checked(DecodeResult event) const;

  [[noreturn]] void fail(std::string_view key, std::string_view expected) const;

 private:
  const json::value* find(std::string_view key) const;

  const json::object& object_;
  std::string pointer_;
};

}  // namespace strandbus::detail

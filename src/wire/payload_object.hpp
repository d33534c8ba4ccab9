#pragma once

#include "strandbus/event/json_codec.hpp"

#include <boost/json/object.hpp>

#include <initializer_list>
#include <string_view>
#include <utility>

namespace strandbus::detail {

/// A key and the one that it becomes; an empty one leaves the member out.
using KeyChange = std::pair<std::string_view, std::string_view>;

/// The payload of an event as a JSON object, with some of its keys changed.
json::object payload_object(const StreamEvent& event, std::initializer_list<KeyChange> keys = {});

/// `object` with some of its keys changed, in the same order.
json::object with_keys(const json::object& object, std::initializer_list<KeyChange> keys);

/// Makes a text of a member that is another value, by writing it as JSON.
void make_text(json::object& data, std::string_view key);

/// Leaves out an error_code that is none of ours: the words of another system are no fault.
void drop_unknown_code(json::object& data);

/// An event of a type whose payload has these members; what is missing has its default.
///
/// Errors: Errc::invalid_event with the pointer of the member, below "/data".
DecodeResult event_of(EventType type, const json::object& members);

}  // namespace strandbus::detail

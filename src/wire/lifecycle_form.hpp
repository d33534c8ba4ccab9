#pragma once

#include "strandbus/event/json_codec.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// How an event type is said in scope × type × status.
struct LifecycleForm {
  std::string_view scope;
  std::string_view type;
  bool says_event;  ///< `data` names our type as "event", since scope and type do not tell it
};

/// The form of an event, or nothing if agent-runtime has no counterpart.
std::optional<LifecycleForm> lifecycle_form(const StreamEvent& event);

/// The component that it speaks about, in the format that the scope demands.
std::string lifecycle_component(const StreamEvent& event);

/// What `data` holds: the keys that agent-runtime documents, and our own for the rest.
json::object lifecycle_data(const StreamEvent& event, const LifecycleForm& form);

/// What a line says, read from its members.
struct LifecycleLine {
  std::string_view scope;
  std::string_view type;
  std::string_view component_id;
  std::string_view message;
  json::object data;
};

/// The event that a line says, without its envelope; nothing if it says nothing that we know.
///
/// Errors: as event_of.
std::optional<DecodeResult> event_of_lifecycle(const LifecycleLine& line);

}  // namespace strandbus::detail

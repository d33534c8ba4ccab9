#pragma once

#include "strandbus/event/event_type.hpp"
#include "strandbus/event/types.hpp"

namespace strandbus {

/// The runtime speaks: rate limit near, store slow, exporter failing, reader lagging.
struct SystemNotice {
  static constexpr EventType event_type = EventType::system_notice;
  std::string subsystem{};
  std::string message{};
  json::value data{};
};
STRANDBUS_DESCRIBE(SystemNotice, 1, subsystem, message, data)

/// An application's own event. An event of a type that this version does not know is read as a
/// Custom whose name is that type, and is written back unchanged.
struct Custom {
  static constexpr EventType event_type = EventType::custom;
  std::string name{};
  json::value data{};
};
STRANDBUS_DESCRIBE(Custom, 0, name, data)

}  // namespace strandbus

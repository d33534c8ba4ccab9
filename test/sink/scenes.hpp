#pragma once

#include "strandbus/event/stream_event.hpp"

#include <string_view>
#include <vector>

namespace strandbus::testing {

/// A stream of events that shows one side of the printer.
struct Scene {
  std::string_view name;
  std::vector<StreamEvent> (*events)();
};

/// Every scene that has golden files.
const std::vector<Scene>& scenes();

}  // namespace strandbus::testing

#pragma once

#include "wire/event_list.hpp"

#include <string>
#include <vector>

namespace strandbus::testing {

/// One retry, an approval, a denial, a sub-agent, two turns.
EventList eventful_run();

/// Cancelled while a command runs; everything has its end.
EventList stopped_run();

/// The three sessions in which every dialect is proven.
struct DialectSession {
  std::string name;
  std::vector<StreamEvent> events;
};
std::vector<DialectSession> dialect_sessions();

}  // namespace strandbus::testing

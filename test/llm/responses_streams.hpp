#pragma once

#include "llm/recorded_streams.hpp"

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::test {

/// An event stream of these events, each with its type in a line of its own.
std::string events_of(std::initializer_list<std::string_view> events);

/// One for each kind of server that speaks Responses.
std::vector<RecordedStream> responses_streams();

}  // namespace strandbus::test

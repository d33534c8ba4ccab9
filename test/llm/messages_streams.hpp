#pragma once

#include "llm/recorded_streams.hpp"

#include <vector>

namespace strandbus::test {

/// Answers as Anthropic's API and servers that speak it send them.
std::vector<RecordedStream> messages_streams();

}  // namespace strandbus::test

#include "report/scenarios.hpp"

#include <algorithm>

namespace strandbus::bench {

namespace {

constexpr Scenario known[] = {
    {"machine", "what this machine and plain code take", 0},
    {"P1.pinned", "1 publisher, 1 reader on another thread, each on its own core", 1},
    {"P1.free", "1 publisher, 1 reader, where the system puts them", 1},
    {"P2", "1 publisher, 4 readers", 4},
    {"P3", "1 publisher, 64 coroutines", 64},
    {"P4", "1 publisher, 1000 coroutines", 1000},
    {"P5.burst.1", "one thread: publisher and 1 reader, taking turns when the buffer is full", 1},
    {"P5.burst.4", "one thread: publisher and 4 readers, taking turns when the buffer is full", 4},
    {"P5.yield.1", "one thread: publisher and 1 reader, taking turns after each event", 1},
    {"P5.yield.4", "one thread: publisher and 4 readers, taking turns after each event", 4},
    {"P6.1", "1 callback in the publishing thread", 1},
    {"P6.4", "4 callbacks in the publishing thread", 4},
    {"P6.16", "16 callbacks in the publishing thread", 16},
    {"P7", "wake-up of a reader whose thread sleeps", 0},
    {"P8", "publishing with nobody listening, history on", 0},
    {"P9", "memory of a bus that has published nothing, with one parked stream", 0},
    {"P10", "2 publishers on two threads, 1 reader", 1},
    {"P11", "100 readers that want 1 event of 100", 0},
    {"P12.encode.token", "writing a token_delta as JSON", 0},
    {"P12.encode.tool", "writing a tool_call_completed with 2 KB of output as JSON", 0},
    {"P12.decode.token", "reading a token_delta from JSON", 0},
    {"P12.decode.tool", "reading a tool_call_completed with 2 KB of output from JSON", 0},
    {"P13", "what the agent adds to the provider's time", 0},
};

}  // namespace

std::span<const Scenario> scenarios() noexcept { return known; }

const Scenario* find_scenario(std::string_view name) noexcept {
  const std::size_t rank = rank_of(name);
  return rank < std::size(known) ? &known[rank] : nullptr;
}

std::size_t rank_of(std::string_view scenario) noexcept {
  const auto found = std::find_if(std::begin(known), std::end(known),
                                  [&](const Scenario& s) { return s.name == scenario; });
  return std::size_t(found - std::begin(known));
}

bool belongs_to(std::string_view scenario, std::string_view chosen) noexcept {
  if (!scenario.starts_with(chosen)) return false;
  return scenario.size() == chosen.size() || scenario[chosen.size()] == '.';
}

}  // namespace strandbus::bench

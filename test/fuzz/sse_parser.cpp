#include "net/sse_parser.hpp"

#include "strandbus/event/json_codec.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

namespace {

using strandbus::detail::SseEvent;
using strandbus::detail::SseLimits;
using strandbus::detail::SseParser;

constexpr SseLimits limits{.line_bytes = 64, .event_bytes = 96};

void require(bool holds, const char* claim) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", claim);
  std::abort();
}

struct Parsed {
  std::vector<SseEvent> events;
  std::optional<SseEvent> unfinished;
  std::string error;

  bool operator==(const Parsed&) const = default;
};

/// Cuts the text into pieces of 1 to `step` bytes; 0 = not at all.
Parsed parse(std::string_view text, std::size_t step) {
  SseParser parser(limits);
  Parsed parsed;
  for (std::size_t turn = 0; !text.empty(); ++turn) {
    const std::string_view piece = step == 0 ? text : text.substr(0, 1 + turn % step);
    for (SseEvent& event : parser.feed(piece)) parsed.events.push_back(std::move(event));
    text.remove_prefix(piece.size());
  }
  parsed.unfinished = parser.finish();
  parsed.error = parser.error();
  return parsed;
}

void check(const SseEvent& event) {
  require(strandbus::repair_utf8(event.data) == event.data, "data that is not UTF-8");
  require(strandbus::repair_utf8(event.event) == event.event, "a type that is not UTF-8");
  require(!event.event.empty(), "an event without a type");
  require(event.data.find('\r') == std::string::npos, "data with a line end");
  require(event.data.size() <= limits.event_bytes, "more data than the limit allows");
}

}  // namespace

// However a stream is cut into pieces, its events are the same, valid, and within the limits.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Parsed whole = parse(text, 0);
  for (const std::size_t step : {1U, 2U, 7U}) {
    require(parse(text, step) == whole, "the pieces changed the events");
  }
  for (const SseEvent& event : whole.events) check(event);
  if (whole.unfinished) check(*whole.unfinished);
  return 0;
}

#include "strandbus/wire/sse_encoder.hpp"

#include "wire/event_source.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

using strandbus::test::as_it_arrives;
using strandbus::test::BrowserEventSource;
using strandbus::test::DispatchedEvent;

void require(bool holds, const char* claim) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", claim);
  std::abort();
}

/// False if it was refused; then nothing was written.
bool append(std::string& out, std::string_view data, std::optional<std::uint64_t> seq,
            std::string_view type) {
  const std::string before = out;
  try {
    strandbus::append_sse(out, data, seq, type);
    return true;
  } catch (const std::invalid_argument&) {
    require(out == before, "a part of a refused event was written");
    return false;
  }
}

}  // namespace

// The first byte says how large the type is and whether there is a seq; the rest is the data.
// Whatever it is, a browser gets exactly this event, and the one behind it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  constexpr unsigned type_sizes = 8;
  const std::string_view rest(reinterpret_cast<const char*>(bytes + 1), size - 1);
  const std::string_view type = rest.substr(0, bytes[0] % type_sizes);
  const std::string_view data = rest.substr(type.size());
  const auto seq = bytes[0] >= 0x80 ? std::optional<std::uint64_t>(size) : std::nullopt;

  std::string stream;
  const bool bad_type = type.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
  require(append(stream, data, seq, type) != bad_type, "a type was taken or refused wrongly");
  if (bad_type) return 0;
  strandbus::append_sse(stream, "next", 77);

  const auto events = BrowserEventSource::decode(stream).events;
  require(events.size() == 2, "it is not exactly one event");
  const DispatchedEvent expected{type.empty() ? "message" : as_it_arrives(type),
                                 as_it_arrives(data), seq ? std::to_string(*seq) : ""};
  require(events[0] == expected, "the event arrived as another one");
  require(events[1] == DispatchedEvent{"message", "next", "77"}, "the next event was touched");
  return 0;
}

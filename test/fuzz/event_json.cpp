#include "strandbus/event/json_codec.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

void require(bool holds, const char* claim, const std::string& text) {
  if (holds) return;
  std::fprintf(stderr, "%s\n%s\n", claim, text.c_str());
  std::abort();
}

}  // namespace

// Whatever the decoder accepts, the encoder writes so that it is accepted again and does not change
// any more.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto event = strandbus::from_json(input);
  if (!event) {
    require(!event.error().message.empty(), "an error without a message", "");
    return 0;
  }
  const std::string first = strandbus::to_json(*event);
  require(first.find('\n') == std::string::npos, "more than one line", first);
  const auto again = strandbus::from_json(first);
  require(again.has_value(), "refused after encoding", first);
  require(again->wire_type() == event->wire_type(), "the type changed", first);
  require(again->context() == event->context(), "the context changed", first);
  require(strandbus::to_json(*again) == first, "changed by the second round", first);

  event->component_id();
  event->message();
  require(event->approximate_bytes() >= sizeof(strandbus::StreamEvent), "no size", first);
  return 0;
}

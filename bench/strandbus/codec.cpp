// The JSON codec: a token, and the end of a tool call with 2 KB of output.

#include "measure/machine.hpp"
#include "measure/measurement.hpp"
#include "measure/samples.hpp"
#include "strandbus/event/json_codec.hpp"

#include <stdexcept>
#include <string>
#include <vector>

namespace strandbus::bench {
namespace {

/// Into a buffer that keeps its memory.
struct Encode {
  StreamEvent (*make)();
  std::size_t events;

  std::vector<Figure> operator()() const {
    const StreamEvent event = make();
    std::string text;
    std::size_t bytes = 0;
    const std::int64_t begin = now_ns();
    for (std::size_t i = 0; i < events; ++i) {
      text.clear();
      append_json(text, event);
      keep(text.data());
      bytes += text.size();
    }
    const std::int64_t end = now_ns();
    const DecodeResult again = from_json(text);
    if (bytes != events * text.size() || !again || to_json(*again) != text)
      throw std::runtime_error("what was encoded does not read back");
    return {events_per_second(double(events), double(end - begin))};
  }
};

struct Decode {
  StreamEvent (*make)();
  std::size_t events;

  std::vector<Figure> operator()() const {
    const std::string text = to_json(make());
    std::uint64_t sum = 0;
    const std::int64_t begin = now_ns();
    for (std::size_t i = 0; i < events; ++i) {
      const DecodeResult event = from_json(text);
      keep(&event);
      sum += event ? event->seq() : 0;
    }
    const std::int64_t end = now_ns();
    const DecodeResult event = from_json(text);
    if (!event || sum != events * event->seq() || to_json(*event) != text)
      throw std::runtime_error("what was decoded is not what was encoded");
    return {events_per_second(double(events), double(end - begin))};
  }
};

const Measurement measurements[] = {
    {"P12.encode.token", "strandbus", Encode{token_event, 1'000'000}},
    {"P12.encode.tool", "strandbus", Encode{tool_event, 300'000}},
    {"P12.decode.token", "strandbus", Decode{token_event, 500'000}},
    {"P12.decode.tool", "strandbus", Decode{tool_event, 200'000}},
};

}  // namespace
}  // namespace strandbus::bench

int main(int argc, char** argv) {
  return strandbus::bench::run_measurements(argc, argv, strandbus::bench::measurements);
}

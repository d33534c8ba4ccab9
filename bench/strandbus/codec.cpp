// The JSON codec: a token, and the end of a tool call with 2 KB of output.

#include "measure/machine.hpp"
#include "measure/measurement.hpp"
#include "strandbus/event/json_codec.hpp"

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace strandbus::bench {
namespace {

/// As in peers/boost_json.cpp.
template <class Payload>
StreamEvent stamped(Payload payload) {
  StreamEvent event(std::move(payload), std::make_shared<const RunContext>(RunContext{
                                            .session_id = "ses_019234567890734a8b6b0c5d3e2f1a09",
                                            .run_id = "run_0192345678907cdea1b2c3d4e5f60718",
                                            .agent = "coder",
                                            .model_id = "gpt-4o-mini"}));
  event.set_stamp(123'456, {0x01923456789A7BCDU, 0x8123456789ABCDEFU},
                  Timestamp{std::chrono::nanoseconds{1'795'187'045'123'456'789}});
  event.set_turn(3).set_span(0x5D3E2F1A09B8C7D6U, 0x1122334455667788U);
  return event;
}

StreamEvent token_event() {
  return stamped(TokenDelta{.text = " function", .message_id = "msg_k3v9q2x7h4m"});
}

StreamEvent tool_event() {
  ToolCallCompleted completed;
  completed.tool_name = "read_file";
  completed.call_id = "call_7Qk2mX9vB4nT";
  completed.success = true;
  while (completed.output.size() < 2048)
    completed.output += "  if (found == names.end()) return fail(\"there is no such name\");\n";
  completed.output.resize(2048);
  completed.duration_ms = 12;
  return stamped(std::move(completed));
}

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

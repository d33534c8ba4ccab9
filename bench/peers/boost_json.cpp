// Boost.JSON with described structs on the events of strandbus/codec.cpp. Ids, times and spans are
// texts here already: nobody formats or parses them, and no optional member is looked at.

#include "measure/machine.hpp"
#include "measure/measurement.hpp"
#include "measure/samples.hpp"
#include "strandbus/event/json_codec.hpp"

#include <boost/describe/class.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/parser.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/serializer.hpp>
#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>

#include <array>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace strandbus::bench {
namespace {

struct Token {
  std::string text;
  std::string message_id;
};
BOOST_DESCRIBE_STRUCT(Token, (), (text, message_id))

struct Tool {
  std::string tool_name;
  std::string call_id;
  bool success;
  std::string output;
  std::int64_t duration_ms;
  std::vector<std::string> files_changed;
};
BOOST_DESCRIBE_STRUCT(Tool, (), (tool_name, call_id, success, output, duration_ms, files_changed))

template <class Data>
struct PlainEvent {
  std::int64_t schema;
  std::uint64_t seq;
  std::string id;
  std::string ts;
  std::string type;
  std::string session_id;
  std::string run_id;
  std::string agent;
  std::string model_id;
  std::int32_t turn;
  std::string span_id;
  std::string parent_span_id;
  Data data;
  BOOST_DESCRIBE_CLASS(PlainEvent, (),
                       (schema, seq, id, ts, type, session_id, run_id, agent, model_id, turn,
                        span_id, parent_span_id, data),
                       (), ())
};

StreamEvent sample(const Token*) { return token_event(); }
StreamEvent sample(const Tool*) { return tool_event(); }

Token data_of(const TokenDelta& from) { return {from.text, from.message_id}; }

Tool data_of(const ToolCallCompleted& from) {
  return {from.tool_name, from.call_id,     from.success,
          from.output,    from.duration_ms, from.files_changed};
}

template <class Data, class Payload>
PlainEvent<Data> plain(const StreamEvent& event) {
  return {.schema = 1,
          .seq = event.seq(),
          .id = to_string(event.id()),
          .ts = to_rfc3339(event.ts()),
          .type = std::string(event.wire_type()),
          .session_id = event.session_id(),
          .run_id = event.run_id(),
          .agent = event.agent(),
          .model_id = event.model_id(),
          .turn = event.turn(),
          .span_id = "5d3e2f1a09b8c7d6",
          .parent_span_id = "1122334455667788",
          .data = data_of(*event.get_if<Payload>())};
}

/// Throws unless both codecs say the same.
template <class Data>
void require_same(const PlainEvent<Data>& event, std::string_view ours) {
  const std::string theirs = json::serialize(json::value_from(event));
  if (theirs.size() != ours.size() || json::parse(theirs) != json::parse(json::string_view(ours)))
    throw std::runtime_error("the codecs differ: " + theirs + " and " + std::string(ours));
  const auto again = json::value_to<PlainEvent<Data>>(json::parse(json::string_view(ours)));
  if (json::value_from(again) != json::value_from(event))
    throw std::runtime_error("what was decoded is not what was encoded");
}

/// The way of the documentation's quick look.
struct Simple {
  template <class Event>
  std::size_t encode(const Event& event) {
    const std::string text = json::serialize(json::value_from(event));
    keep(text.data());
    return text.size();
  }

  template <class Event>
  Event decode(std::string_view text) {
    return json::value_to<Event>(json::parse(json::string_view(text)));
  }
};

/// The documentation's advice for speed: values in a monotonic_resource on a buffer, one parser and
/// one serializer for all, texts into a buffer that stays.
class Pooled {
 public:
  template <class Event>
  std::size_t encode(const Event& event) {
    json::monotonic_resource memory(buffer_.data(), buffer_.size());
    const json::value value = json::value_from(event, &memory);
    serializer_.reset(&value);
    const std::size_t size = serializer_.read(text_.data(), text_.size()).size();
    if (!serializer_.done()) throw std::runtime_error("the buffer is too small");
    keep(text_.data());
    return size;
  }

  template <class Event>
  Event decode(std::string_view text) {
    json::monotonic_resource memory(buffer_.data(), buffer_.size());
    parser_.reset(&memory);
    parser_.write(text.data(), text.size());
    return json::value_to<Event>(parser_.release());
  }

 private:
  std::array<unsigned char, 16'384> buffer_;
  std::array<char, 16'384> text_;
  json::serializer serializer_;
  json::parser parser_;
};

template <class Way, class Data, class Payload>
struct Encode {
  std::size_t events;

  std::vector<Figure> operator()() const {
    const StreamEvent sampled = sample(static_cast<const Data*>(nullptr));
    const std::string text = to_json(sampled);
    const auto event = plain<Data, Payload>(sampled);
    require_same(event, text);
    const auto way = std::make_unique<Way>();
    std::size_t bytes = 0;
    const std::int64_t begin = now_ns();
    for (std::size_t i = 0; i < events; ++i) bytes += way->encode(event);
    const std::int64_t end = now_ns();
    if (bytes != events * text.size()) throw std::runtime_error("the texts have another size");
    return {events_per_second(double(events), double(end - begin))};
  }
};

template <class Way, class Data, class Payload>
struct Decode {
  std::size_t events;

  std::vector<Figure> operator()() const {
    const StreamEvent sampled = sample(static_cast<const Data*>(nullptr));
    const std::string text = to_json(sampled);
    require_same(plain<Data, Payload>(sampled), text);
    const auto way = std::make_unique<Way>();
    std::uint64_t sum = 0;
    const std::int64_t begin = now_ns();
    for (std::size_t i = 0; i < events; ++i) {
      const auto event = way->template decode<PlainEvent<Data>>(text);
      keep(&event);
      sum += event.seq;
    }
    const std::int64_t end = now_ns();
    if (sum != events * sampled.seq()) throw std::runtime_error("a wrong seq was decoded");
    return {events_per_second(double(events), double(end - begin))};
  }
};

const Measurement measurements[] = {
    {"P12.encode.token", "Boost.JSON", Encode<Simple, Token, TokenDelta>{300'000}},
    {"P12.encode.token", "Boost.JSON, pooled", Encode<Pooled, Token, TokenDelta>{300'000}},
    {"P12.encode.tool", "Boost.JSON", Encode<Simple, Tool, ToolCallCompleted>{100'000}},
    {"P12.encode.tool", "Boost.JSON, pooled", Encode<Pooled, Tool, ToolCallCompleted>{100'000}},
    {"P12.decode.token", "Boost.JSON", Decode<Simple, Token, TokenDelta>{200'000}},
    {"P12.decode.token", "Boost.JSON, pooled", Decode<Pooled, Token, TokenDelta>{200'000}},
    {"P12.decode.tool", "Boost.JSON", Decode<Simple, Tool, ToolCallCompleted>{100'000}},
    {"P12.decode.tool", "Boost.JSON, pooled", Decode<Pooled, Tool, ToolCallCompleted>{100'000}},
};

}  // namespace
}  // namespace strandbus::bench

int main(int argc, char** argv) {
  return strandbus::bench::run_measurements(argc, argv, strandbus::bench::measurements);
}

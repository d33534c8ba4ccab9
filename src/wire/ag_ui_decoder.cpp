#include "wire/ag_ui_translator.hpp"
#include "wire/dialect_decoders.hpp"
#include "wire/json_line_decoder.hpp"

#include <utility>

namespace strandbus::detail {
namespace {

/// What a run has used stands in its last line, and each request of ours says its part of it: so a
/// run is held until it has ended.
class AgUiDecoder final : public JsonLineDecoder {
 public:
  explicit AgUiDecoder(DialectDecoderOptions options)
      : JsonLineDecoder(std::move(options), TraceCompleter::Durations::of_nothing) {}

 private:
  struct HeldLine {
    std::size_t number;
    json::object object;
  };

  void read_object(const json::object& object) override {
    const LineMembers line(object);
    const std::string_view type = line.needed_text("type");
    if (type == "RUN_STARTED") {
      release({});
      say_session(line.text("threadId"));
      translator_.set_session(session_id());
      holds_ = true;
    }
    if (!holds_) return translator_.read(line);
    held_bytes_ += approximate_bytes(object);
    held_.push_back({this->line(), object});
    const bool cancelled = line.value("outcome").is_object() &&
                           line.value("outcome").get_object().contains("type") &&
                           line.value("outcome").get_object().at("type") == "cancelled";
    if (type == "RUN_FINISHED" || type == "RUN_ERROR")
      release(line.value("usage"), type == "RUN_ERROR" || cancelled);
    if (held_bytes_ > options().max_held_bytes) release({});
  }

  void read_end() override {
    release({});
    translator_.finish();
  }

  /// Nobody needs to know better than that.
  static std::size_t approximate_bytes(const json::object& object) {
    std::size_t bytes = 64 * object.size();
    for (const auto& member : object) {
      if (member.value().is_string()) bytes += member.value().get_string().size();
      if (member.value().is_structured()) bytes += 1024;
    }
    return bytes;
  }

  void release(const json::value& usage, bool ends_badly = false) {
    holds_ = false;
    held_bytes_ = 0;
    translator_.set_usage(usage, ends_badly);
    for (const HeldLine& held : std::exchange(held_, {})) {
      speak_of_line(held.number);
      translator_.read(LineMembers(held.object));
    }
    speak_of_line(line());
  }

  AgUiTranslator translator_{trace()};
  bool holds_ = false;
  std::size_t held_bytes_ = 0;
  std::vector<HeldLine> held_;
};

}  // namespace

std::unique_ptr<DialectDecoder> make_ag_ui_decoder(DialectDecoderOptions options) {
  return std::make_unique<AgUiDecoder>(std::move(options));
}

}  // namespace strandbus::detail

#include "strandbus/otel/otlp_lines.hpp"

#include "otel/otlp_json.hpp"
#include "otel/span_builder.hpp"

#include <utility>

namespace strandbus {

class OtlpLines::Encoder {
 public:
  explicit Encoder(const OtlpTraceOptions& options)
      : builder_(options), resource_(detail::otlp_resource(options.resource)) {}

  void add(std::string& out, const StreamEvent& event) {
    builder_.add(event, ended_);
    encode(out);
  }

  void finish(std::string& out) {
    builder_.finish(ended_);
    encode(out);
    write_line(out);
    if (builder_.metrics().empty()) return;
    append_metrics_request(out, resource_, builder_.metrics());
    out += '\n';
  }

 private:
  void encode(std::string& out) {
    constexpr std::size_t most = 512;
    for (const detail::Span& span : ended_) {
      if (!spans_.empty()) spans_ += ',';
      append_otlp(spans_, span);
      if (++count_ == most) write_line(out);
    }
    ended_.clear();
  }
  void write_line(std::string& out) {
    if (count_ == 0) return;
    detail::append_trace_request(out, resource_, spans_);
    out += '\n';
    spans_.clear();
    count_ = 0;
  }

  detail::SpanBuilder builder_;
  const std::string resource_;
  std::vector<detail::Span> ended_;
  std::string spans_;
  std::size_t count_ = 0;
};

OtlpLines::OtlpLines(OtlpTraceOptions options) : encoder_(std::make_unique<Encoder>(options)) {}
OtlpLines::OtlpLines(OtlpLines&&) noexcept = default;
OtlpLines& OtlpLines::operator=(OtlpLines&&) noexcept = default;
OtlpLines::~OtlpLines() = default;

void OtlpLines::add(std::string& out, const StreamEvent& event) { encoder_->add(out, event); }

void OtlpLines::finish(std::string& out) { encoder_->finish(out); }

}  // namespace strandbus

#include "wire/dialect_decoders.hpp"
#include "wire/json_line_decoder.hpp"
#include "wire/line_members.hpp"
#include "wire/trace_event_form.hpp"

#include <algorithm>
#include <charconv>
#include <unordered_map>
#include <utility>

namespace strandbus::detail {
namespace {

/// Sixteen hexadecimal digits are a span as it is; any other text gets a number of its own, always
/// the same (FNV-1a).
SpanId span_of(std::string_view text) {
  if (text.empty()) return 0;
  SpanId span = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, span, 16);
  if (text.size() == 16 && parsed.ec == std::errc() && parsed.ptr == end) return span;
  span = 0xCBF2'9CE4'8422'2325;
  for (const char byte : text) span = (span ^ static_cast<unsigned char>(byte)) * 0x100'0000'01B3;
  return span;
}

/// All runs of a trace share one run_id: whose a line is, is told by its spans, and where those say
/// nothing by depth and principal.
class TraceEventDecoder final : public JsonLineDecoder {
 public:
  explicit TraceEventDecoder(DialectDecoderOptions options) : JsonLineDecoder(std::move(options)) {}

 private:
  struct OpenRun {
    std::string id;
    std::int64_t depth;
    std::string principal;
  };

  void read_object(const json::object& object) override {
    const LineMembers line(object);
    const std::string_view root = line.needed_text("run_id");
    if (root.empty()) line.fail("run_id", "the id of a run");
    const LineMembers payload = line.object("payload");
    const std::string_view kind = line.needed_text("kind");
    if (kind == "guardrail" && payload.has("call_id")) return;  // the line of the call says it
    const TraceEventLine said{kind, line.text("chunk_kind"), line.text("delta"),
                              line.text("message_id"), payload.all()};
    const Timestamp time = line.needed_time("ts");
    auto decoded = event_of_trace_event(said);
    if (!decoded) return;
    StreamEvent event = payload.checked(*std::move(decoded));
    say_session(line.text("thread_id"));
    const SpanId span = span_of(line.text("span_id"));
    const SpanId parent = span_of(line.text("parent_span_id"));
    const OpenRun run =
        event.is<RunStarted>() ? new_run(line, payload, root) : run_of(line, span, parent, root);
    if (span != 0) runs_by_span_.try_emplace(span, run.id);
    RunContext context;
    context.session_id = session_id();
    context.run_id = run.id;
    context.agent = run.principal;
    if (run.depth > 0) context.parent_run_id = parent_of(run, parent, root);
    if (const auto* const p = event.get_if<RunStarted>()) context.model_id = p->model;
    if (const auto* const p = event.get_if<ModelStarted>()) context.model_id = p->model;
    event.set_context(std::make_shared<const RunContext>(std::move(context)))
        .set_span(span, parent);
    trace().at(time, parse_event_id(line.text("event_id")).value_or(EventId()));
    const bool ends = event.is_terminal();
    trace().add(std::move(event));
    if (ends) std::erase_if(open_, [&](const OpenRun& open) { return open.id == run.id; });
  }

  OpenRun described(const LineMembers& line, std::string_view id) const {
    return {std::string(id), std::clamp<std::int64_t>(line.integer("depth"), 0, 1'000'000),
            std::string(line.text("principal"))};
  }

  OpenRun new_run(const LineMembers& line, const LineMembers& payload, std::string_view root) {
    OpenRun run = described(line, payload.text("run_id"));
    if (run.depth == 0) run.id = root;
    if (run.id.empty()) run.id = std::string(root) + ' ' + std::string(line.text("span_id"));
    open_.push_back(run);
    return run;
  }

  OpenRun run_of(const LineMembers& line, SpanId span, SpanId parent, std::string_view root) {
    OpenRun run = described(line, root);
    if (run.depth == 0) return known(run);
    for (const SpanId said : {span, parent}) {
      const auto owner = runs_by_span_.find(said);
      if (said == 0 || owner == runs_by_span_.end()) continue;
      const auto open = std::ranges::find(open_, owner->second, &OpenRun::id);
      if (open != open_.end() && open->depth == run.depth) return *open;
    }
    const auto open = std::find_if(open_.rbegin(), open_.rend(), [&](const OpenRun& other) {
      return other.depth == run.depth && other.principal == run.principal;
    });
    if (open != open_.rend()) return *open;
    run.id += ' ' + run.principal;
    return known(run);
  }

  /// A run that has begun before the trace has.
  OpenRun known(const OpenRun& run) {
    const auto open = std::ranges::find(open_, run.id, &OpenRun::id);
    if (open != open_.end()) return *open;
    open_.push_back(run);
    return run;
  }

  std::string parent_of(const OpenRun& run, SpanId parent, std::string_view root) const {
    const auto owner = runs_by_span_.find(parent);
    if (parent != 0 && owner != runs_by_span_.end() && owner->second != run.id)
      return owner->second;
    const auto around = std::find_if(open_.rbegin(), open_.rend(), [&](const OpenRun& other) {
      return other.depth == run.depth - 1;
    });
    return around == open_.rend() ? std::string(root) : around->id;
  }

  std::vector<OpenRun> open_;
  std::unordered_map<SpanId, std::string> runs_by_span_;
};

}  // namespace

std::unique_ptr<DialectDecoder> make_trace_event_decoder(DialectDecoderOptions options) {
  return std::make_unique<TraceEventDecoder>(std::move(options));
}

}  // namespace strandbus::detail

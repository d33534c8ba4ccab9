#include "coalescer.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace strandbus::detail {
namespace {

/// A merged event, which no log holds.
class MergedEvent final : public EventOwner {
 public:
  explicit MergedEvent(StreamEvent merged) : event(std::move(merged)) {}

  const StreamEvent event;

 private:
  void give_back() noexcept override { delete this; }
};

/// What a delta adds, and to what.
struct Piece {
  EventType kind;  ///< of the merged event
  std::string_view key;
  std::string_view text;
  OutputStream stream{};

  bool same_key(const Piece& other) const { return kind == other.kind && key == other.key; }
};

Piece piece_of(const StreamEvent& event) {
  if (const auto* token = event.get_if<TokenDelta>())
    return {EventType::assistant_delta, token->message_id, token->text};
  if (const auto* merged = event.get_if<AssistantDelta>())
    return {EventType::assistant_delta, merged->message_id, merged->text};
  if (const auto* reasoning = event.get_if<ReasoningDelta>())
    return {event.type(), reasoning->message_id, reasoning->text};
  if (const auto* structured = event.get_if<StructuredDelta>())
    return {event.type(), structured->message_id, structured->text};
  if (const auto* call = event.get_if<ToolCallDelta>())
    return {event.type(), call->call_id, call->delta};
  const auto& output = *event.get_if<ToolOutput>();
  return {event.type(), output.call_id, output.text, output.stream};
}

/// Whether two pieces of one key belong to one event: the output of a call stays in the order in
/// which its streams were written.
bool same_event(const StreamEvent& a, const StreamEvent& b) {
  return a.turn() == b.turn() && a.span_id() == b.span_id() &&
         a.parent_span_id() == b.parent_span_id() && piece_of(a).stream == piece_of(b).stream &&
         (a.shared_context() == b.shared_context() || a.context() == b.context());
}

StreamEvent with_text(const StreamEvent& event, std::string text) {
  StreamEvent whole(event);
  const std::string key(piece_of(event).key);
  switch (event.type()) {
    case EventType::token_delta:
    case EventType::assistant_delta: whole.set_payload(AssistantDelta{key, std::move(text)}); break;
    case EventType::reasoning_delta: whole.set_payload(ReasoningDelta{std::move(text), key}); break;
    case EventType::structured_delta:
      whole.set_payload(StructuredDelta{std::move(text), key});
      break;
    case EventType::tool_call_delta: whole.set_payload(ToolCallDelta{key, std::move(text)}); break;
    default: {
      ToolOutput output = *event.get_if<ToolOutput>();
      output.text = std::move(text);
      whole.set_payload(std::move(output));
    }
  }
  return whole;
}

}  // namespace

bool Coalescer::mergeable(const StreamEvent& event) {
  if (!is_delta(event.type()) || event.extras()) return false;
  const auto* output = event.get_if<ToolOutput>();
  return !output || (!output->progress && output->data.is_null());
}

/// The group that the event continues: the newest one of its key, if that has the same envelope.
Coalescer::Group* Coalescer::group_of(const StreamEvent& event) {
  const Piece piece = piece_of(event);
  const auto found = std::find_if(groups_.rbegin(), groups_.rend(), [&](const Group& group) {
    return piece_of(*group.last).same_key(piece);
  });
  return found != groups_.rend() && same_event(*found->last, event) ? &*found : nullptr;
}

void Coalescer::add(const StreamEvent& event, Pin<EventOwner> owner) {
  const std::string_view text = piece_of(event).text;
  if (Group* const group = group_of(event)) {
    if (group->parts == 1) group->text = piece_of(*group->last).text;
    group->text += text;
    ++group->parts;
    group->last = &event;
    group->owner = std::move(owner);
  } else {
    groups_.push_back({event.seq(), 1, &event, std::move(owner), {}});
  }
  bytes_ += text.size();
}

void Coalescer::flush(std::uint64_t& missed, std::vector<Merged>& out) {
  std::sort(groups_.begin(), groups_.end(),
            [](const Group& a, const Group& b) { return a.last->seq() < b.last->seq(); });
  while (!groups_.empty()) {
    out.push_back(merge(groups_.front(), missed));
    missed = 0;
    groups_.erase(groups_.begin());
  }
  bytes_ = 0;
}

Coalescer::Merged Coalescer::merge(const Group& group, std::uint64_t missed) {
  if (group.parts == 1) return {Delivery(*group.last, group.owner, group.first_seq, missed), 1};
  auto* const whole = new MergedEvent(with_text(*group.last, group.text));
  return {Delivery(whole->event, Pin<EventOwner>(whole), group.first_seq, missed), group.parts};
}

}  // namespace strandbus::detail

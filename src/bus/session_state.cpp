#include "strandbus/bus/session_state.hpp"

#include "event/json_writer.hpp"
#include "session_reducer.hpp"

#include <algorithm>

namespace strandbus {
namespace detail {
namespace {

/// Takes account of the events first_seq … event.seq(). Whether the event is to be folded.
bool account(SessionState& state, const StreamEvent& event, std::uint64_t first_seq) {
  if (event.seq() <= state.last_seq) return false;
  const bool reaches_back = first_seq <= state.last_seq;
  const std::uint64_t end = reaches_back ? event.seq() + 1 : first_seq;
  const std::uint64_t gap = end - state.last_seq - 1;
  if (gap > 0) mark_incomplete(state);
  state.missed += gap;
  state.last_seq = event.seq();
  state.ts = event.ts();
  if (state.session_id.empty()) state.session_id = event.session_id();
  return !reaches_back;
}

void fold(SessionState& state, const StreamEvent& event, std::uint64_t first_seq) {
  if (account(state, event, first_seq)) SessionReducer(state, event).reduce();
}

/// Where a text may be cut so that no character of UTF-8 is split: at `at` or shortly behind.
std::size_t character_boundary(std::string_view text, std::size_t at) noexcept {
  constexpr std::size_t longest_tail = 3;
  for (std::size_t end = std::min(text.size(), at + longest_tail); at < end; ++at) {
    if ((static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U) break;
  }
  return at;
}

}  // namespace

void append_bounded(TextSoFar& so_far, std::string_view piece, std::size_t bound_bytes) {
  so_far.text += piece;
  if (so_far.text.size() <= bound_bytes) return;
  const std::size_t cut = character_boundary(so_far.text, so_far.text.size() - bound_bytes / 2);
  so_far.text.erase(0, cut);
  so_far.dropped_bytes += static_cast<std::int64_t>(cut);
}

void assign_bounded(TextSoFar& so_far, std::string_view whole, std::size_t bound_bytes) {
  so_far = TextSoFar();
  append_bounded(so_far, whole, bound_bytes);
}

void mark_incomplete(SessionState& state) noexcept {
  for (OpenModelRequest& request : state.model_requests) request.complete = false;
  for (OpenMessage& message : state.open_messages) {
    if (!message.finished) message.content.complete = false;
  }
  for (OpenToolCall& call : state.open_calls) {
    if (!call.ready) call.arguments_text.complete = false;
  }
  for (RunningTool& tool : state.running_tools) {
    tool.stdout_.complete = false;
    tool.stderr_.complete = false;
  }
}

}  // namespace detail

void SessionState::apply(const StreamEvent& event) { detail::fold(*this, event, event.seq()); }

void SessionState::apply(const Delivery& delivery) {
  detail::fold(*this, delivery.event(), delivery.first_seq());
}

bool SessionState::idle() const noexcept {
  return runs.empty() && model_requests.empty() && open_messages.empty() && open_calls.empty() &&
         running_tools.empty() && pending_approvals.empty() && retries.empty() &&
         workflows.empty() && workflow_steps.empty() && subagents.empty() &&
         background_tasks.empty();
}

void append_json(std::string& out, const SessionState& state) {
  detail::JsonWriter(out).write(state);
}

std::string to_json(const SessionState& state) {
  std::string out;
  out.reserve(1024);
  append_json(out, state);
  return out;
}

}  // namespace strandbus

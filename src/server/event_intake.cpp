#include "server/event_intake.hpp"

#include "bus/event_draft.hpp"
#include "event/json_scan.hpp"

#include <memory>
#include <type_traits>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::string_view origin_key = "origin";
constexpr std::string_view outside_value = R"("outside")";
constexpr std::string_view outside_member = R"("origin":"outside")";

bool is_marked(const StreamEvent& event) {
  const WireExtras* const extras = event.extras();
  if (!extras) return false;
  MemberScanner members(extras->envelope);
  while (members.next()) {
    if (members.key() == origin_key) return members.value() == outside_value;
  }
  return false;
}

/// Its run says where an event comes from; a run that begins, and what is of none, for itself.
bool needs_mark(const StreamEvent& event) {
  return event.run_id().empty() || event.is<RunStarted>();
}

/// The members without what somebody else has said about the origin.
std::string with_origin(std::string_view envelope) {
  std::string members(outside_member);
  MemberScanner scanner(envelope);
  while (scanner.next()) {
    if (scanner.key() != origin_key) members.append(",").append(scanner.member());
  }
  return members;
}

StoreError not_open(const StreamEvent& event, const char* what) {
  return StoreError{Errc::run_not_open,
                    "/run_id: the run " + event.run_id().substr(0, 100) + ' ' + what};
}

}  // namespace

std::string EventIntake::fault_of(const StreamEvent& event) {
  if (event.id().is_nil()) return "/id: it is all zero; give each event a UUID of its own";
  const EventType type = event.type();
  if (type == EventType::session_created || type == EventType::session_restored ||
      type == EventType::session_closed)
    return "/type: only the session itself publishes " + std::string(event.wire_type()) +
           "; leave it out";
  if (!event.agent().empty() && !is_component_name(event.agent()))
    return "/agent: a name has at most 128 bytes, without ':' and control characters";
  StreamEvent named = event;
  if (!EventDraft(named).has_valid_name())
    return "/data: a name has at most 128 bytes, without ':' and control characters";
  return {};
}

StreamEvent EventIntake::marked(StreamEvent event) {
  if (!needs_mark(event)) return event;
  auto extras = std::make_unique<WireExtras>();
  if (const WireExtras* const known = event.extras()) *extras = *known;
  extras->envelope = with_origin(extras->envelope);
  const StreamEvent unmarked = event;
  unmarked.visit([&](const auto& payload) {
    event.set_payload(std::decay_t<decltype(payload)>(payload), std::move(extras));
  });
  return event;
}

std::optional<StoreError> EventIntake::refusal(const StreamEvent& event) const {
  if (std::string fault = fault_of(event); !fault.empty())
    return StoreError{Errc::invalid_event, std::move(fault)};
  if (event.run_id().empty() || runs_.contains(event.run_id())) return std::nullopt;
  if (!event.is<RunStarted>())
    return not_open(event, "is not open here: begin it with run_started, under an id of its own");
  if (runs_.size() >= max_open_runs)
    return StoreError{Errc::limit_exceeded, std::to_string(runs_.size()) +
                                                " runs from outside are open; end one of them"};
  return std::nullopt;
}

void EventIntake::note(const StreamEvent& event) {
  note_id(event.id());
  if (event.is<RunStarted>() && is_marked(event)) {
    runs_.insert(event.run_id());
  } else if (event.is_terminal()) {
    runs_.erase(event.run_id());
  }
}

bool EventIntake::is_from_outside(const StreamEvent& event) const {
  return needs_mark(event) ? is_marked(event) : runs_.contains(event.run_id());
}

}  // namespace strandbus::detail

#include "strandbus/event/stream_event.hpp"

#include "event/utf8.hpp"

namespace strandbus {

// A shared payload, so that a default event costs no allocation.
StreamEvent::StreamEvent() {
  static const Box empty = std::make_shared<const detail::PayloadBoxOf<Custom>>(Custom{}, nullptr);
  payload_ = empty;
}

const RunContext& StreamEvent::context() const noexcept {
  static const RunContext none;
  return context_ ? *context_ : none;
}

const WireExtras* StreamEvent::extras() const noexcept {
  const Box* box = std::get_if<Box>(&payload_);
  return box ? (*box)->extras.get() : nullptr;
}

std::string_view StreamEvent::wire_type() const noexcept {
  if (const Custom* custom = get_if<Custom>()) {
    const WireExtras* carried = extras();
    if (carried && !carried->data.empty()) return custom->name;
  }
  return to_string(type());
}

namespace {

Status status_of(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::completed: return Status::completed;
    case Outcome::failed: return Status::failed;
    case Outcome::cancelled: return Status::cancelled;
  }
  return Status::completed;
}

Status status_of(Stage stage) noexcept {
  switch (stage) {
    case Stage::started:
    case Stage::progress: return Status::running;
    case Stage::completed: return Status::completed;
    case Stage::failed: return Status::failed;
    case Stage::cancelled: return Status::cancelled;
  }
  return Status::running;
}

}  // namespace

Status StreamEvent::status() const noexcept {
  if (is<ApprovalRequested>()) return Status::pending;
  if (const auto* tool = get_if<ToolCallCompleted>()) {
    return tool->success ? Status::completed : Status::failed;
  }
  if (const auto* child = get_if<SubagentFinished>()) return status_of(child->outcome);
  if (const auto* task = get_if<BackgroundTaskFinished>()) {
    const auto outcome = to_outcome(task->outcome);
    return outcome ? status_of(*outcome) : Status::running;
  }
  return status_of(stage());
}

bool is_component_name(std::string_view name) noexcept {
  constexpr std::size_t max_bytes = 128;
  if (name.empty() || name.size() > max_bytes) return false;
  while (!name.empty()) {
    const detail::Utf8Step step = detail::utf8_step(name);
    if (step.kind != detail::Utf8Step::Kind::valid) return false;
    const auto lead = static_cast<unsigned char>(name[0]);
    if (lead < 0x20 || lead == 0x7F || lead == ':') return false;
    if (lead == 0xC2 && static_cast<unsigned char>(name[1]) < 0xA0)
      return false;  // U+0080 … U+009F
    name.remove_prefix(step.size);
  }
  return true;
}

}  // namespace strandbus

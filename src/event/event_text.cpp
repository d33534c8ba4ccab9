#include "strandbus/event/stream_event.hpp"

#include <algorithm>

namespace strandbus {
namespace {

/// What follows "agent", "workflow:step", … in a component id.
std::string numbered(std::string_view name, std::string_view part, std::int64_t number) {
  return std::string(name).append(part).append(std::to_string(number));
}

std::string or_default(const std::string& name, std::string_view otherwise) {
  return name.empty() ? std::string(otherwise) : name;
}

/// The name of a component by the members that its payload has.
template <class Payload>
std::string tool_component(const Payload& payload) {
  if constexpr (requires { payload.tool_name; }) {
    if (!payload.tool_name.empty()) return payload.tool_name;
  }
  return "tool:" + payload.call_id;
}
std::string tool_component(const BashStarted&) { return "bash"; }
std::string tool_component(const BashExecuted&) { return "bash"; }
std::string tool_component(const CellExecuted&) { return "cell"; }

template <class Payload>
std::string component_of(const Payload& payload, const StreamEvent& event) {
  constexpr Scope scope = scope_of(Payload::event_type);
  if constexpr (scope == Scope::session) {
    return or_default(event.session_id(), "session");
  } else if constexpr (scope == Scope::workflow) {
    return or_default(payload.workflow, "workflow");
  } else if constexpr (scope == Scope::workflow_step) {
    return numbered(or_default(payload.workflow, "workflow"), ":step:", payload.step);
  } else if constexpr (scope == Scope::llm) {
    return numbered(or_default(event.agent(), "agent"), ":llm:", std::max(event.turn() - 1, 0));
  } else if constexpr (scope == Scope::tool) {
    return tool_component(payload);
  } else if constexpr (scope == Scope::file) {
    return "file";
  } else if constexpr (scope == Scope::deploy) {
    return "deploy";
  } else {
    return or_default(event.agent(), "agent");
  }
}

// Events about another agent than the one that publishes them.
std::string component_of(const SubagentStarted& payload, const StreamEvent&) {
  return or_default(payload.agent, "agent");
}
std::string component_of(const SubagentFinished& payload, const StreamEvent&) {
  return or_default(payload.agent, "agent");
}
std::string component_of(const BackgroundTaskStarted& payload, const StreamEvent&) {
  return or_default(payload.name, "agent");
}
std::string component_of(const BackgroundTaskFinished& payload, const StreamEvent&) {
  return or_default(payload.name, "agent");
}
std::string component_of(const BackgroundTaskCancelled& payload, const StreamEvent&) {
  return or_default(payload.name, "agent");
}

std::string component_of(const SystemNotice& payload, const StreamEvent&) {
  return "system:" + payload.subsystem;
}
std::string component_of(const Custom& payload, const StreamEvent&) {
  return "system:" + payload.name;
}

/// The first text that is not empty.
template <class... Texts>
std::string first_of(const Texts&... texts) {
  std::string found;
  ((found.empty() ? void(found = texts) : void()), ...);
  return found;
}

// The line for people, by the members that a payload has.
template <class Payload>
std::string line_of(const Payload& p) {
  if constexpr (requires {
                  p.error;
                  p.output;
                }) {
    return first_of(p.error, p.output);
  } else if constexpr (requires { p.error; }) {
    return p.error;
  } else if constexpr (requires { p.reason; }) {
    return p.reason;
  } else if constexpr (requires { p.text; }) {
    return p.text;
  } else if constexpr (requires { p.delta; }) {
    return p.delta;
  } else if constexpr (requires { p.description; }) {
    return p.description;
  } else if constexpr (requires { p.content; }) {
    return p.content;
  } else if constexpr (requires { std::string(p.message); }) {
    return p.message;
  } else {
    return {};
  }
}

std::string line_of(const StatusUpdate& p) {
  return first_of(p.detail, std::string(to_string(p.status)));
}
std::string line_of(const AssistantMessage& p) { return first_of(p.content, p.refusal); }
std::string line_of(const MessageCommitted& p) { return p.message.content; }
std::string line_of(const BudgetExceeded& p) {
  return "the budget of " + std::string(wire_name(p.budget)) + " is used up";
}
std::string line_of(const SubagentStarted& p) { return p.input; }
std::string line_of(const SubagentFinished& p) { return p.output; }
std::string line_of(const RunCompleted& p) { return p.output; }
std::string line_of(const BashStarted& p) { return p.command; }
std::string line_of(const BashExecuted& p) { return first_of(p.stderr_, p.stdout_); }
std::string line_of(const CellExecuted& p) { return p.output; }

}  // namespace

std::string StreamEvent::component_id() const {
  return visit([this](const auto& payload) { return component_of(payload, *this); });
}

std::string StreamEvent::message() const {
  return visit([](const auto& payload) { return line_of(payload); });
}

}  // namespace strandbus

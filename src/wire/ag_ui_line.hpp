#pragma once

#include "strandbus/event/timestamp.hpp"
#include "wire/json_members.hpp"

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// Appends one event of AG-UI. `owner` is the sub-agent that it belongs to; empty = the run itself.
template <class F>
void append_ag_ui_line(std::string& out, std::string_view type, Timestamp time,
                       std::string_view owner, const F& fill) {
  append_json_object(out, [&](JsonMembers& object) {
    object.text("type", type);
    fill(object);
    const auto since_1970 = std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch();
    object.number("timestamp", since_1970.count()).text_if("subagentRunId", owner);
  });
  out += '\n';
}

/// The id under which a call or a message is shown: what a sub-agent calls something is not unique
/// beside what others call theirs.
inline std::string shown_id(std::string_view owner, std::string_view id) {
  std::string shown(owner);
  if (!shown.empty()) shown += '.';
  return shown.append(id);
}

/// The name of a step of a workflow, as in "build:2 test".
inline std::string shown_step(std::string_view workflow, std::int64_t step, std::string_view name) {
  std::string shown(workflow);
  return shown.append(":").append(std::to_string(step)).append(" ").append(name);
}

/// A JSON list of texts.
inline std::string json_texts(std::span<const std::string> texts) {
  std::string list = "[";
  for (const std::string& text : texts) {
    if (list.size() > 1) list += ',';
    append_json_string(list, text);
  }
  return list + ']';
}

}  // namespace strandbus::detail

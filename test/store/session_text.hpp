#pragma once

#include "store/session_lines.hpp"
#include "wire/event_list.hpp"

#include <string>
#include <vector>

namespace strandbus::testing {

/// The events of golden_run(), to be looped over.
inline std::vector<StreamEvent> golden_events() { return golden_run().events(); }

inline SessionMetadata sample_metadata() {
  SessionMetadata metadata;
  metadata.session_id = "session";
  metadata.created_at = golden_events().front().ts();
  metadata.workspace = "/home/user/project";
  metadata.provider = "scripted";
  metadata.model = "gpt-4o";
  metadata.title = "Calculate 2+2";
  return metadata;
}

inline std::string metadata_line() {
  std::string line;
  detail::append_metadata_line(line, sample_metadata());
  return line;
}

inline std::string event_line(const StreamEvent& event) {
  std::string line;
  detail::append_event_line(line, event);
  return line;
}

/// The file of the golden run without its messages.
inline std::string golden_text() {
  std::string text = metadata_line();
  for (const StreamEvent& event : golden_events()) text += event_line(event);
  return text;
}

}  // namespace strandbus::testing

#include "cli/trace.hpp"

#include "strandbus/bus/trace_checker.hpp"
#include "strandbus/event/json_codec.hpp"
#include "strandbus/store/session_reader.hpp"

#include <gtest/gtest.h>

#include <map>
#include <variant>

namespace strandbus::testing {
namespace {

/// "+model 1" for a start, "-model 1" for its end; empty for anything else.
std::string balance_of(const StreamEvent& event) {
  const auto entry = [&](const char* sign, const char* what, const std::string& which) {
    return std::string(sign) + what + " " + which;
  };
  const std::string turn = std::to_string(event.turn());
  switch (event.type()) {
    case EventType::run_started: return entry("+", "run", event.run_id());
    case EventType::run_completed:
    case EventType::run_failed:
    case EventType::run_cancelled: return entry("-", "run", event.run_id());
    case EventType::turn_started: return entry("+", "turn", turn);
    case EventType::turn_ended: return entry("-", "turn", turn);
    case EventType::model_started: return entry("+", "model", turn);
    case EventType::model_completed:
    case EventType::model_failed: return entry("-", "model", turn);
    case EventType::approval_requested:
      return entry("+", "approval", event.get_if<ApprovalRequested>()->approval_id);
    case EventType::approval_resolved:
      return entry("-", "approval", event.get_if<ApprovalResolved>()->approval_id);
    case EventType::tool_call_started:
      return entry("+", "tool", event.get_if<ToolCallStarted>()->call_id);
    case EventType::tool_call_completed:
      return entry("-", "tool", event.get_if<ToolCallCompleted>()->call_id);
    case EventType::tool_call_cancelled:
      return entry("-", "tool", event.get_if<ToolCallCancelled>()->call_id);
    case EventType::bash_started: return entry("+", "bash", event.get_if<BashStarted>()->call_id);
    case EventType::bash_executed: return entry("-", "bash", event.get_if<BashExecuted>()->call_id);
    default: return {};
  }
}

}  // namespace

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::vector<json::value> json_lines(std::string_view text) {
  std::vector<json::value> values;
  for (const std::string& line : lines_of(text)) {
    const auto value = parse_json(line);
    EXPECT_TRUE(value) << line;
    if (value) values.push_back(*value);
  }
  return values;
}

std::vector<StreamEvent> events_of(std::string_view text) {
  std::vector<StreamEvent> events;
  for (const std::string& line : lines_of(text)) {
    const auto event = from_json(line);
    EXPECT_TRUE(event) << line;
    if (event) events.push_back(*event);
  }
  return events;
}

std::vector<std::string> types_of(const std::vector<StreamEvent>& events) {
  std::vector<std::string> types;
  for (const StreamEvent& event : events) types.emplace_back(event.wire_type());
  return types;
}

std::vector<std::string> unbalanced(const std::vector<StreamEvent>& events) {
  std::map<std::string, int> open;
  std::vector<std::string> problems;
  for (const StreamEvent& event : events) {
    const std::string entry = balance_of(event);
    if (entry.empty()) continue;
    int& count = open[entry.substr(1)];
    count += entry.front() == '+' ? 1 : -1;
    if (count < 0) problems.push_back(entry);
  }
  for (const auto& [what, count] : open) {
    if (count > 0) problems.push_back("+" + what);
  }
  return problems;
}

void expect_good_session(const std::string& path) {
  auto reader = SessionReader::open(path);
  if (!reader) return;
  TraceChecker checker;
  while (const auto record = reader->next()) {
    if (!*record) break;
    if (const auto* event = std::get_if<StreamEvent>(&**record))
      checker.add(*event, reader->line());
  }
  for (const TraceFinding& finding : checker.findings())
    ADD_FAILURE() << path << ':' << finding.line << ": " << to_string(finding);
}

void expect_good_trace(const std::vector<StreamEvent>& events) {
  for (const TraceFinding& finding : check_trace(events)) ADD_FAILURE() << to_string(finding);
}

std::string talkative_script(int words, int delay_ms) {
  std::string script = R"({"schema":1,"model":"gpt-4o","token_delay_ms":)" +
                       std::to_string(delay_ms) + R"(,"responses":[{"text":")";
  for (int i = 0; i < words; ++i) script += "some-rather-long-word-" + std::to_string(i) + " ";
  return script + R"("}]})";
}

std::string bash_script(std::string_view command) {
  std::string script = R"({"schema":1,"model":"gpt-4o","responses":[)"
                       R"({"match":{"user":{"contains":""}},"tool_calls":[{"call_id":"c1",)"
                       R"("name":"bash","arguments":{"command":)";
  append_json_string(script, command);
  return script + R"(}}]},{"match":{"tool_result":{}},"text":"It is done."}]})";
}

}  // namespace strandbus::testing

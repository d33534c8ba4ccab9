// Who publishes each event type of the vocabulary: none may be without a publisher.
#include "strandbus/event/event_type.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus {
namespace {

/// A file of the library that makes such events, or who else does.
struct Source {
  EventType type;
  std::string_view file;  ///< below src; empty = none
  std::string_view else_who{};
};

constexpr std::string_view application = "the application and its tools";

constexpr Source sources[] = {
    {EventType::session_created, "server/hosted_session.cpp"},
    {EventType::session_restored, "server/hosted_session_past.cpp"},
    {EventType::session_closed, "server/hosted_session.cpp"},
    {EventType::workspace_updated, "", application},
    {EventType::workflow_started, "agent/workflow_run.cpp"},
    {EventType::workflow_progress, "agent/workflow_run.cpp"},
    {EventType::workflow_completed, "agent/workflow_run.cpp"},
    {EventType::workflow_failed, "agent/workflow_run.cpp"},
    {EventType::workflow_cancelled, "agent/workflow_run.cpp"},
    {EventType::workflow_step_started, "agent/workflow_run.cpp"},
    {EventType::workflow_step_progress, "agent/workflow_run.cpp"},
    {EventType::workflow_step_completed, "agent/workflow_run.cpp"},
    {EventType::workflow_step_failed, "agent/workflow_run.cpp"},
    {EventType::workflow_step_cancelled, "agent/workflow_run.cpp"},
    {EventType::run_started, "agent/run.cpp"},
    {EventType::turn_started, "agent/run.cpp"},
    {EventType::turn_ended, "agent/run.cpp"},
    {EventType::status_update, "agent/run.cpp"},
    {EventType::user_message, "agent/run.cpp"},
    {EventType::context_built, "agent/run.cpp"},
    {EventType::assistant_delta, "bus/coalescer.cpp"},
    {EventType::assistant_message, "agent/run.cpp"},
    {EventType::message_committed, "agent/run.cpp"},
    {EventType::message_discarded, "agent/model_stream.cpp"},
    {EventType::compaction, "agent/run_compaction.cpp"},
    {EventType::compaction_failed, "agent/run_compaction.cpp"},
    {EventType::compaction_circuit_opened, "agent/run_compaction.cpp"},
    {EventType::doom_loop_detected, "agent/doom_loop_detector.cpp"},
    {EventType::budget_exceeded, "agent/run.cpp"},
    {EventType::plan_updated, "tools/plan.cpp"},
    {EventType::memory_written, "tools/memory_tools.cpp"},
    {EventType::guardrail_triggered, "agent/run_guardrails.cpp"},
    {EventType::subagent_started, "agent/agent_tool.cpp"},
    {EventType::subagent_finished, "agent/agent_tool.cpp"},
    {EventType::background_task_started, "agent/background_task.cpp"},
    {EventType::background_task_finished, "agent/background_task.cpp"},
    {EventType::background_task_cancelled, "agent/background_task.cpp"},
    {EventType::execution_summary, "agent/run.cpp"},
    {EventType::error, "server/hosted_session.cpp"},
    {EventType::agent_error, "agent/workflow_run.cpp"},
    {EventType::run_completed, "agent/run.cpp"},
    {EventType::run_failed, "agent/run.cpp"},
    {EventType::run_cancelled, "agent/run.cpp"},
    {EventType::model_started, "agent/run_model.cpp"},
    {EventType::token_delta, "agent/model_stream.cpp"},
    {EventType::reasoning_delta, "agent/model_stream.cpp"},
    {EventType::structured_delta, "agent/model_stream.cpp"},
    {EventType::tool_call_begin, "agent/model_stream.cpp"},
    {EventType::tool_call_delta, "agent/model_stream.cpp"},
    {EventType::tool_call_ready, "agent/model_stream.cpp"},
    {EventType::usage_update, "agent/run.cpp"},
    {EventType::retry, "llm/retrying_provider.cpp"},
    {EventType::model_completed, "agent/run_model.cpp"},
    {EventType::model_failed, "agent/model_stream.cpp"},
    {EventType::approval_requested, "agent/run_approval.cpp"},
    {EventType::approval_resolved, "agent/controlled.hpp"},
    {EventType::tool_call_started, "agent/run_tools.cpp"},
    {EventType::tool_output, "agent/tool_context.cpp"},
    {EventType::tool_call_completed, "agent/run_tools.cpp"},
    {EventType::tool_call_cancelled, "agent/run_tools.cpp"},
    {EventType::tool_call_denied, "agent/run_tools.cpp"},
    {EventType::bash_started, "tools/bash.cpp"},
    {EventType::bash_executed, "tools/bash.cpp"},
    {EventType::cell_executed, "", application},
    {EventType::file_created, "tools/change_file.cpp"},
    {EventType::file_modified, "tools/change_file.cpp"},
    {EventType::file_deleted, "tools/delete_file.cpp"},
    {EventType::file_tree_update, "", application},
    {EventType::scaffold_complete, "", application},
    {EventType::preview_update, "", application},
    {EventType::preview_ready, "", application},
    {EventType::deployment_ready, "", application},
    {EventType::server_starting, "", application},
    {EventType::server_ready, "", application},
    {EventType::server_stopped, "", application},
    {EventType::screenshot_taken, "", application},
    {EventType::system_notice, "bus/bus_core.cpp"},
    {EventType::custom, "", application},
};

const std::vector<EventType> all_types{
#define STRANDBUS_TYPE(name, scope, stage) EventType::name,
    STRANDBUS_EVENT_TYPES(STRANDBUS_TYPE)
#undef STRANDBUS_TYPE
};

/// The payload of "run_started" is RunStarted.
std::string payload_name(std::string_view wire_name) {
  std::string name;
  bool upper = true;
  for (const char c : wire_name) {
    if (c == '_') {
      upper = true;
      continue;
    }
    name += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = false;
  }
  return name;
}

/// Whether the text makes an object of this class: `Name{`, `Name variable;`, `Name variable{`.
bool makes(const std::string& text, const std::string& name) {
  for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
    const bool begins = at == 0 || std::isalnum(static_cast<unsigned char>(text[at - 1])) == 0;
    std::size_t end = at + name.size();
    if (!begins || end >= text.size()) continue;
    if (text[end] == '{' || text[end] == '(') return true;
    if (text[end] != ' ') continue;
    ++end;
    while (end < text.size() &&
           (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_'))
      ++end;
    if (end < text.size() && (text[end] == ';' || text[end] == '{')) return true;
  }
  return false;
}

std::string read_source(std::string_view file) {
  std::ifstream input(std::string(STRANDBUS_SOURCE_DIR "/src/").append(file), std::ios::binary);
  return {std::istreambuf_iterator<char>(input), {}};
}

TEST(EventPublishers, EveryTypeHasOneThatExists) {
  std::map<EventType, int> listed;
  for (const Source& source : sources) {
    ++listed[source.type];
    const std::string name(to_string(source.type));
    EXPECT_NE(source.file.empty(), source.else_who.empty()) << name;
    if (!source.file.empty()) {
      EXPECT_TRUE(makes(read_source(source.file), payload_name(name)))
          << "src/" << source.file << " does not publish " << name;
    }
  }
  for (const EventType type : all_types) EXPECT_EQ(listed[type], 1) << to_string(type);
  EXPECT_EQ(listed.size(), all_types.size());
}

}  // namespace
}  // namespace strandbus

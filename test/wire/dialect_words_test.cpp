#include "event/sample.hpp"
#include "strandbus/event/json_codec.hpp"
#include "strandbus/wire/dialect.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <regex>
#include <set>
#include <string>
#include <vector>

// Which types and keys each system knows, and the proof that nothing else is ever written.

namespace strandbus::testing {
namespace {

using Keys = std::set<std::string, std::less<>>;
using Words = std::map<std::string, Keys, std::less<>>;

const Words agent_runner_words = {
    {"token_delta", {"text"}},
    {"assistant_delta", {"text"}},
    {"user_message", {"message_id", "content"}},
    {"assistant_message", {"message_id", "content", "metadata"}},
    {"tool_call_started", {"tool_name", "call_id", "arguments"}},
    {"tool_output", {"tool_name", "call_id", "output"}},
    {"tool_call_completed",
     {"tool_name", "call_id", "success", "output", "duration_ms", "files_changed"}},
    {"status_update", {"status", "detail"}},
    {"usage_update", {"usage"}},
    {"error", {"error", "error_code", "error_type", "details"}},
    {"agent_error", {"agent", "error", "error_code"}},
    {"compaction",
     {"strategy", "messages_before", "messages_after", "tokens_saved", "duration_ms"}},
    {"file_created", {"path", "size", "line_count"}},
    {"file_modified", {"path", "old_size", "new_size", "line_count"}},
    {"file_tree_update", {"created", "modified", "deleted"}},
    {"scaffold_complete", {}},
    {"preview_update", {"kind", "url", "frame_id"}},
    {"preview_ready", {"url", "port", "command"}},
    {"deployment_ready", {"url", "production", "project_name", "message"}},
    {"server_starting", {"framework", "command", "port"}},
    {"server_ready", {"port", "url"}},
    {"server_stopped", {"port", "framework"}},
    {"screenshot_taken", {"output_path", "size_bytes", "viewport", "url"}},
    {"bash_started", {"command", "cwd"}},
    {"bash_executed",
     {"command", "exit_code", "stdout", "stderr", "duration_ms", "success", "cwd"}},
    {"session_created", {"workspace"}},
    {"session_restored", {"events", "messages"}},
    {"workspace_updated", {"root", "reason"}},
    {"execution_summary", {"agents", "duration_ms"}},
};

const Words rollouts_words = {
    {"turn_start", {"turn", "max_turns"}},
    {"status_update", {"status"}},
    {"token", {"text"}},
    {"thinking", {"text"}},
    {"tool_call_complete", {"name", "args"}},
    {"tool_result", {"name", "ok", "content"}},
    {"usage_update", {"prompt_tokens", "completion_tokens", "total_tokens"}},
    {"turn_end", {"turn", "stop_reason"}},
    {"file_changed", {"path", "change"}},
    {"error", {"error"}},
};

Keys keys_of(const json::object& object) {
  Keys keys;
  for (const auto& member : object) keys.emplace(member.key());
  return keys;
}

/// The lines that an event of `type` with every member set becomes.
std::vector<json::object> lines_of(std::string_view dialect, const StreamEvent& event) {
  std::string out;
  make_dialect(dialect)->append(out, event);
  std::vector<json::object> lines;
  for (std::size_t begin = 0; begin < out.size();) {
    const std::size_t end = out.find('\n', begin);
    lines.push_back(parse_json(out.substr(begin, end - begin)).value().as_object());
    begin = end + 1;
  }
  return lines;
}

struct System {
  std::string dialect;
  std::string type_key;
  Keys envelope;
  const Words& words;
};

const System systems[] = {
    {"agent-runner", "type", {"type", "data", "model_id", "ts", "id"}, agent_runner_words},
    {"rollouts", "kind", {"kind", "data", "timestamp", "turn"}, rollouts_words},
};

TEST(Dialect, HoldsOnlyTheTypesAndKeysOfItsSystem) {
  NamedValues values;
  for (const System& system : systems) {
    Words seen;
    for (const EventType type : all_event_types()) {
      for (const StreamEvent& event : {make_sample(type, values), make_default(type)}) {
        for (const json::object& line : lines_of(system.dialect, event)) {
          EXPECT_EQ(keys_of(line), system.envelope) << json::serialize(line);
          seen[std::string(line.at(system.type_key).as_string())].merge(
              keys_of(line.at("data").as_object()));
        }
      }
    }
    EXPECT_EQ(seen, system.words) << system.dialect;
  }
}

// Systems whose lines have no members `type` and `data`.

const Words agent_event_words = {
    {"RunStarted", {"run_id", "session_id", "provider", "model", "timestamp"}},
    {"ContextBuilt", {"run_id", "message_count", "timestamp"}},
    {"ModelStarted", {"run_id", "provider", "model", "iteration", "timestamp"}},
    {"TextDelta", {"run_id", "delta", "timestamp"}},
    {"ToolCallStarted", {"run_id", "call_id", "tool_name", "timestamp"}},
    {"ToolCallDelta", {"run_id", "call_id", "delta", "timestamp"}},
    {"ToolCallCompleted", {"run_id", "call", "timestamp"}},
    {"ToolExecutionStarted", {"run_id", "call_id", "tool_name", "timestamp"}},
    {"ToolExecutionFinished",
     {"run_id", "call_id", "tool_name", "result", "duration_ms", "timestamp"}},
    {"AssistantMessageCommitted", {"run_id", "message_id", "timestamp"}},
    {"ToolMessageCommitted", {"run_id", "message_id", "timestamp"}},
    {"UsageRecorded", {"run_id", "usage", "timestamp"}},
    {"RunCompleted", {"run_id", "finish_reason", "iterations", "timestamp"}},
    {"RunFailed", {"run_id", "error", "timestamp"}},
    {"RunCancelled", {"run_id", "timestamp"}},
    {"DoomLoopDetected", {"run_id", "description", "timestamp"}},
    {"CompactionCircuitOpened", {"run_id", "consecutive_failures", "timestamp"}},
};

/// Samples of all types that belong to a run.
std::vector<StreamEvent> samples_in_run() {
  NamedValues values;
  RunContext context;
  context.session_id = "session";
  context.run_id = "run";
  context.agent = "agent";
  const auto shared = std::make_shared<const RunContext>(context);
  std::vector<StreamEvent> events;
  for (const EventType type : all_event_types()) {
    for (StreamEvent event : {make_sample(type, values), make_default(type)})
      events.push_back(std::move(event.set_context(shared)));
  }
  for (const Role role : {Role::assistant, Role::tool})
    events.emplace_back(MessageCommitted{.message = {"m", role}}, shared);
  return events;
}

TEST(AgentEventDialect, HoldsOnlyTheVariantsAndMembersOfItsSystem) {
  Words seen;
  for (const StreamEvent& event : samples_in_run()) {
    for (const json::object& line : lines_of("agent-event", event)) {
      ASSERT_EQ(line.size(), 1U);
      seen[std::string(line.begin()->key())].merge(keys_of(line.begin()->value().as_object()));
      EXPECT_TRUE(parse_event_id(
          std::string_view(line.begin()->value().as_object().at("run_id").as_string())));
    }
  }
  EXPECT_EQ(seen, agent_event_words);
}

bool is_subset(const Keys& keys, const Keys& of) {
  return std::includes(of.begin(), of.end(), keys.begin(), keys.end());
}

/// What agent-runtime demands of a component's id in each scope.
bool is_component_id(std::string_view scope, const std::string& id) {
  const auto matches = [&](const char* pattern) {
    return std::regex_match(id, std::regex(pattern));
  };
  if (scope == "workflow_step") return matches("[^:]+:step:[0-9]+");
  if (scope == "llm_request") return matches("[^:]+:llm:[0-9]+");
  if (scope == "system") return id.starts_with("system:");
  return !id.empty();
}

TEST(LifecycleDialect, HoldsOnlyTheMembersScopesAndStagesOfItsSystem) {
  const Keys needed = {"id",           "offset", "timestamp",   "scope", "type",
                       "component_id", "status", "workflow_id", "data"};
  Keys known = needed;
  known.insert({"parent_workflow_id", "message"});
  const Keys scopes = {"workflow", "workflow_step", "agent", "llm_request", "tool", "system"};
  const Keys stages = {"started", "progress", "completed", "failed", "canceled"};
  const Keys statuses = {"pending", "running", "completed", "failed", "canceled"};
  for (const StreamEvent& event : samples_in_run()) {
    for (const json::object& line : lines_of("lifecycle", event)) {
      const std::string text = json::serialize(line);
      EXPECT_TRUE(is_subset(needed, keys_of(line)) && is_subset(keys_of(line), known)) << text;
      const std::string scope(line.at("scope").as_string());
      EXPECT_TRUE(scopes.contains(scope)) << text;
      EXPECT_TRUE(stages.contains(std::string_view(line.at("type").as_string()))) << text;
      EXPECT_TRUE(statuses.contains(std::string_view(line.at("status").as_string()))) << text;
      EXPECT_TRUE(is_component_id(scope, std::string(line.at("component_id").as_string()))) << text;
    }
  }
}

TEST(TraceEventDialect, HoldsOnlyTheMembersAndKindsOfItsSystem) {
  const Keys needed = {"run_id", "seq",       "event_id", "span_id", "parent_span_id",
                       "depth",  "principal", "ts",       "kind",    "payload"};
  Keys known = needed;
  known.insert({"turn_id", "message_id", "thread_id", "block_id", "delta", "chunk_kind"});
  const Keys kinds = {"lm_call_start", "lm_call",
                      "token",         "tool_call_arguments_delta",
                      "tool",          "step",
                      "guardrail",     "approval",
                      "agent",         "subagent",
                      "memory",        "retry",
                      "cell",          "background_task",
                      "plan",          "final",
                      "error"};
  Keys seen;
  for (const StreamEvent& event : samples_in_run()) {
    for (const json::object& line : lines_of("trace-event", event)) {
      const std::string text = json::serialize(line);
      EXPECT_TRUE(is_subset(needed, keys_of(line)) && is_subset(keys_of(line), known)) << text;
      seen.emplace(line.at("kind").as_string());
    }
  }
  EXPECT_EQ(seen, kinds);
}

TEST(Dialect, WritesWholeValidLinesForAnyPayload) {
  RandomValues values(test_seed());
  for (const std::string_view dialect : dialect_names()) {
    for (int round = 0; round < 20; ++round) {
      for (const EventType type : all_event_types()) {
        std::string out;
        StreamEvent event = make_sample(type, values);
        if (round % 2 == 0) event = with_full_envelope(std::move(event), values);
        make_dialect(dialect)->append(out, event);
        ASSERT_TRUE(out.empty() || out.ends_with("}\n")) << dialect << " " << to_string(type);
        for (std::size_t begin = 0; begin < out.size();) {
          const std::size_t end = out.find('\n', begin);
          const auto line = parse_json(out.substr(begin, end - begin));
          ASSERT_TRUE(line.has_value()) << out << "\nseed " << test_seed();
          begin = end + 1;
        }
      }
    }
  }
}

}  // namespace
}  // namespace strandbus::testing

#include "event/sample.hpp"
#include "strandbus/event/json_codec.hpp"
#include "strandbus/wire/dialect.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <gtest/gtest.h>

#include <map>
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

TEST(Dialect, WritesWholeValidLinesForAnyPayload) {
  RandomValues values(test_seed());
  for (const std::string_view dialect : dialect_names()) {
    for (int round = 0; round < 20; ++round) {
      for (const EventType type : all_event_types()) {
        std::string out;
        make_dialect(dialect)->append(out, make_sample(type, values));
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

#pragma once

#include "wire/line_members.hpp"
#include "wire/trace_completer.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::detail {

/// Says the lines of AG-UI 1.0 as events: what AgUiEncoder writes, and what others write so.
///
/// A line does not say where a model's request ends: it ends with the first line of its agent that
/// is no piece of its answer.
///
/// Threads: distinct objects.
class AgUiTranslator {
 public:
  explicit AgUiTranslator(TraceCompleter& trace) : trace_(trace) {}

  void set_session(const std::string& session_id) { session_id_ = session_id; }
  /// What the run that follows has used: the list in its last line, or null; and whether it has
  /// failed or was cancelled.
  void set_usage(const json::value& usage, bool ends_badly);
  /// Errors: throws LineFault.
  void read(const LineMembers& line);
  /// The end of the trace.
  void finish();

 private:
  /// A run: the root run, whose name is empty, or a sub-agent.
  struct Agent {
    std::string run_id{};
    std::string parent_run_id{};
    std::string name{};
    std::string message_id{};             // of the request
    std::optional<Timestamp> answered{};  // the request has said everything, it seems
    std::map<std::string, std::string, std::less<>> arguments{};  // of calls that are not ready
    std::vector<std::string> calls{};                             // of the request
    std::string model{};
    Usage usage{};  // of the request
    bool uses_entry = false;
    std::map<std::string, std::int64_t, std::less<>> steps{};
    std::vector<std::string> workflows{};      // of its steps
    std::set<std::string> broken_off_steps{};  // whose STEP_FINISHED is still to come
  };
  struct UsageEntry {
    std::string provider{};
    std::string model{};
    Usage usage{};
  };

  template <class T>
  void add(Agent& agent, T payload);
  void add_event(Agent& agent, StreamEvent event);

  Agent& agent_of(std::string_view owner);
  void settle(Agent& agent, std::string_view type, const LineMembers& line);
  bool goes_on(const Agent& agent, std::string_view type, const LineMembers& line) const;
  void need_request(Agent& agent);
  void end_request(Agent& agent, bool failed);

  void run_started(const LineMembers& line);
  void run_finished(const LineMembers& line);
  void run_error(const LineMembers& line);
  template <class T>
  void end_workflows(Agent& agent, T end);
  void step(Agent& agent, const LineMembers& line, bool starts);
  bool is_spoken(Agent& agent, std::string_view type, const LineMembers& line);
  void text(Agent& agent, const LineMembers& line);
  void reasoning(Agent& agent, const LineMembers& line);
  void call_start(Agent& agent, const LineMembers& line);
  void call_arguments(Agent& agent, const LineMembers& line);
  void call_end(Agent& agent, const LineMembers& line);
  void call_result(Agent& agent, const LineMembers& line);
  void custom(Agent& agent, const LineMembers& line);
  void subagent_started(const LineMembers& line);
  void subagent_ended(const LineMembers& line, bool failed);

  TraceCompleter& trace_;
  std::string session_id_ = "session";
  Timestamp time_{};  // of the line
  bool inside_run_ = false;
  std::map<std::string, Agent, std::less<>> agents_;
  std::map<std::string, UserMessage, std::less<>> spoken_;  // messages that are not whole
  std::vector<UsageEntry> usage_;
  std::size_t next_usage_ = 0;
  bool ends_badly_ = false;
  std::uint64_t runs_ = 0;
};

}  // namespace strandbus::detail

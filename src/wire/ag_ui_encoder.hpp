#pragma once

#include "strandbus/event/stream_event.hpp"
#include "wire/ag_ui_interrupt.hpp"
#include "wire/ag_ui_open.hpp"
#include "wire/ag_ui_root.hpp"
#include "wire/ag_ui_usage.hpp"

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strandbus::detail {

struct AgUiOptions {
  std::string thread_id{};  ///< instead of the session's id
  std::string run_id{};     ///< instead of the run's id
};

/// Writes events as lines of AG-UI 1.0 (https://docs.ag-ui.com), in an order that its client takes.
///
/// A stream may begin anywhere: what it has not seen beginning is begun, left out or closed, so
/// that nothing comes before RUN_STARTED and everything is closed before RUN_FINISHED. Nested runs
/// are sub-agents. A workflow is a run too, and the runs of its steps are its sub-agents. What has
/// no counterpart is CUSTOM, with our type as name and our data as value.
///
/// Threads: distinct objects.
class AgUiEncoder {
 public:
  explicit AgUiEncoder(AgUiOptions options = {}) : options_(std::move(options)) {}

  /// Appends what an event is there: zero or more lines.
  void append(std::string& out, const StreamEvent& event);

  // For one who shows a part of a run as a run of its own.

  /// Begins the run before its first event.
  void begin(std::string& out, Timestamp now);
  /// Ends it since it waits for answers.
  void interrupt(std::string& out, Timestamp now, std::span<const AgUiInterrupt> interrupts);
  /// Ends it since it waits for the results of calls that the client carries out.
  void wait_for_calls(std::string& out, Timestamp now, std::span<const std::string> call_ids);
  /// Ends it with an error.
  void fail(std::string& out, Timestamp now, std::string_view message, std::string_view code);
  /// The result of this call is known to the reader, and not sent.
  void leave_out_result(std::string call_id) { known_results_.insert(std::move(call_id)); }

  /// Whether a run was begun and not ended.
  bool running() const noexcept { return root_.shown(); }

 private:
  struct Step;

  bool enter(std::string& out, const StreamEvent& event);
  void start(std::string& out, Timestamp now, std::string_view session_id);
  void close(std::string& out, Timestamp now, const AgUiItem& item,
             std::span<const std::string> interrupts = {});
  void close_all(std::string& out, Timestamp now, std::span<const std::string> interrupts = {});
  void finish(std::string& out, Timestamp now, std::string_view outcome, const json::value& result);
  void end_run();

  const AgUiOptions options_;
  AgUiRoot root_;
  AgUiOpen open_;
  std::string thread_id_;  // of the open run, as it is shown
  std::string run_id_;
  std::set<std::string, std::less<>> shown_messages_;
  std::set<std::string, std::less<>> calls_with_arguments_;
  std::set<std::string, std::less<>> known_results_;
  std::map<std::string, std::pair<std::string, std::string>, std::less<>> requests_;
  std::map<std::string, std::string, std::less<>> newest_messages_;         // of each agent
  std::map<std::string, std::vector<std::string>, std::less<>> new_calls_;  // of its request
  AgUiUsage usage_;
};

}  // namespace strandbus::detail

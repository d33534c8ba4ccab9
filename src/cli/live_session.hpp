#pragma once

#include "cli/bus_display.hpp"
#include "cli/exit_code.hpp"
#include "cli/interrupts.hpp"
#include "cli/terminal.hpp"
#include "cli/workflow_choice.hpp"
#include "strandbus/agent/agent.hpp"
#include "strandbus/bus/event_bus.hpp"
#include "strandbus/otel/otlp_exporter.hpp"
#include "strandbus/store/jsonl_store.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace strandbus::cli {

/// What an agent at the terminal needs, all of it checked.
struct SessionPlan {
  std::shared_ptr<Provider> provider{};
  ToolRegistry tools{};
  AgentOptions options{};
  Redactor redactor{};  ///< of what is shown and recorded
  std::string session_id{};
  std::optional<JsonlStore> store{};
  std::vector<Message> messages{};          ///< of a session that goes on
  std::optional<StreamEvent> last_event{};  ///< of a session that goes on
  Terminal terminal{};
  detail::FileDescriptor approval_terminal{};  ///< where approvals are asked for; may be none
  bool json = false;
  std::string dialect = "native";
  bool verbose = false;
  bool conversation = false;                  ///< the user types the messages on this very terminal
  std::optional<OtlpExporterOptions> otlp{};  ///< where spans go
  std::shared_ptr<RunControl> control{};      ///< becomes that of the agent; may be null
  std::optional<WorkflowTask> workflow{};     ///< is run instead of the agent
};

/// An agent, its bus and everybody who listens: runs are shown, recorded, cancelled by Ctrl-C.
///
/// The agent, its tools and the session file live on the caller's thread, the display on its own.
class LiveSession {
 public:
  explicit LiveSession(SessionPlan plan);
  LiveSession(const LiveSession&) = delete;
  LiveSession& operator=(const LiveSession&) = delete;
  /// Ends the display too.
  ~LiveSession() { bus_.close(); }

  /// Gives the agent a message; returns when its run has ended and is shown.
  void process(const std::string& text);

  /// Runs the workflow of the plan; returns when it has ended and is shown. Once.
  void run_workflow();

  /// How the last run ended; none if there was none or it could not start.
  std::optional<Outcome> last_outcome() const;

  /// Waits until a descriptor can be read, and meanwhile does what there is to do. False when
  /// nobody shall read any more: the display is gone, or the program was told to end.
  bool wait_readable(int descriptor);

  /// Ends the display and says what it could not say. Once.
  ExitCode end();

 private:
  void on_run_ended(error_code ec, RunResult result);
  void on_workflow_ended(error_code ec, const WorkflowResult& result);
  void on_ended(error_code ec, RunResult result);
  void on_display_ended();
  bool on_interrupt(int signal);

  void end_export();
  void report(const Display::Result& shown) const;
  ExitCode outcome() const;
  ExitCode exit_code(const Display::Result& shown) const;

  asio::io_context context_{1};
  SessionPlan plan_;
  EventBus bus_;
  std::optional<OtlpExporter> otlp_;
  Subscription exported_;
  Interrupts interrupts_;
  BusDisplay display_;
  Agent agent_;
  std::optional<WorkflowEngine> workflow_;  ///< that is run instead of the agent
  RunControl control_;                      ///< of whoever works
  std::optional<RunResult> result_;         ///< of the last run; empty while it is under way
  error_code error_;                        ///< why there was no run
  bool idle_ = true;                        ///< no run is under way, and the last one is shown
  bool displaying_ = true;
  bool told_to_end_ = false;
};

}  // namespace strandbus::cli

#pragma once

#include "cli/bus_display.hpp"
#include "cli/exit_code.hpp"
#include "cli/interrupts.hpp"
#include "cli/terminal.hpp"
#include "strandbus/agent/agent.hpp"
#include "strandbus/bus/event_bus.hpp"
#include "strandbus/store/jsonl_store.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <optional>
#include <string>

namespace strandbus::cli {

/// What one run needs, all of it checked.
struct RunPlan {
  std::string prompt{};
  std::shared_ptr<Provider> provider{};
  ToolRegistry tools{};
  AgentOptions options{};
  std::string session_id{};
  std::optional<JsonlStore> store{};
  Terminal terminal{};
  detail::FileDescriptor approval_terminal{};  ///< where approvals are asked for; may be none
  bool json = false;
  std::string dialect = "native";
  bool verbose = false;
};

/// One run of an agent: shown, recorded, cancelled by Ctrl-C.
///
/// The agent, its tools and the session file live on the thread of run(), the display on its own.
class LiveRun {
 public:
  explicit LiveRun(RunPlan plan);
  /// Ends the display too.
  ~LiveRun() { bus_.close(); }

  /// Ends when the run has ended and everything is shown.
  ExitCode run();

 private:
  void on_run_ended(error_code ec, RunResult result);
  void on_display_ended();
  bool on_interrupt(int signal);
  void end_if_done();

  void report(const Display::Result& shown) const;
  ExitCode exit_code(const Display::Result& shown) const;

  asio::io_context context_{1};
  RunPlan plan_;
  EventBus bus_;
  Interrupts interrupts_;
  BusDisplay display_;
  Agent agent_;
  std::optional<RunResult> result_;
  error_code error_;  ///< why there was no run
  bool displaying_ = true;
};

}  // namespace strandbus::cli

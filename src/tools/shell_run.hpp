#pragma once

#include "tools/child_process.hpp"
#include "tools/output_pump.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <optional>

namespace strandbus::detail {

/// Supervises one command from its start until nothing of it is left.
///
/// Threads: one strand.
class ShellRun : public std::enable_shared_from_this<ShellRun> {
 public:
  struct Limits {
    std::chrono::milliseconds timeout;
    std::chrono::milliseconds kill_grace;
    OutputPump::Limits output;
  };

  ShellRun(const asio::any_io_executor& executor, ChildProcess child, const ToolContext& context,
           const Limits& limits);

  /// Begins to watch.
  void start();

  /// Asks the command to end, and makes it end after the grace. Only the first call counts.
  void stop();

  /// Whether the command has ended and nothing of it is left.
  bool settled() const noexcept { return settled_; }
  /// Its waits are ended when settled() becomes true.
  asio::steady_timer& wake() noexcept { return wake_; }

  bool timed_out() const noexcept { return timed_out_; }
  /// Whether something of the command may be left because it could not be killed.
  bool gave_up() const noexcept { return gave_up_; }
  /// Of waitpid; nullopt when the command has killed those who would know.
  std::optional<int> status() const noexcept { return child_.status(); }
  /// How many processes there were when that were too many; 0: never.
  int too_many() const noexcept { return child_.too_many(); }
  const CapturedOutput& out() const noexcept { return out_->captured(); }
  const CapturedOutput& err() const noexcept { return err_->captured(); }

 private:
  void on_timeout();
  void kill();
  void await_exit();
  void on_exit();
  void await_last_supervisor();
  void settle();

  ChildProcess child_;
  const Limits limits_;
  asio::posix::stream_descriptor exit_watch_;
  asio::posix::stream_descriptor line_watch_;
  asio::steady_timer deadline_;
  asio::steady_timer wake_;
  std::shared_ptr<OutputPump> out_;
  std::shared_ptr<OutputPump> err_;
  bool stopping_ = false;
  bool ended_ = false;
  bool gave_up_ = false;
  int killing_rounds_ = 0;
  bool timed_out_ = false;
  bool settled_ = false;
};

}  // namespace strandbus::detail

#include "tools/shell_run.hpp"

#include <csignal>
#include <utility>

namespace strandbus::detail {

ShellRun::ShellRun(const asio::any_io_executor& executor, ChildProcess child,
                   const ToolContext& context, const Limits& limits)
    : child_(std::move(child)),
      limits_(limits),
      exit_watch_(executor, child_.take_exit_watch().release()),
      deadline_(executor),
      wake_(executor, asio::steady_timer::time_point::max()),
      out_(std::make_shared<OutputPump>(executor, child_.take_stdout(), OutputStream::stdout_,
                                        context, limits.output)),
      err_(std::make_shared<OutputPump>(executor, child_.take_stderr(), OutputStream::stderr_,
                                        context, limits.output)) {}

void ShellRun::start() {
  out_->start();
  err_->start();
  exit_watch_.async_wait(asio::posix::stream_descriptor::wait_read,
                         [self = shared_from_this()](const error_code& ec) {
                           if (!ec) self->on_exit();
                         });
  deadline_.expires_after(limits_.timeout);
  deadline_.async_wait([self = shared_from_this()](const error_code& ec) {
    if (!ec) self->on_timeout();
  });
}

void ShellRun::on_timeout() {
  if (settled_ || stopping_) return;
  timed_out_ = true;
  stop();
}

void ShellRun::stop() {
  if (settled_ || stopping_) return;
  stopping_ = true;
  child_.signal_group(SIGTERM);
  deadline_.expires_after(limits_.kill_grace);
  deadline_.async_wait([self = shared_from_this()](const error_code& ec) {
    if (!ec) self->child_.signal_group(SIGKILL);
  });
}

void ShellRun::on_exit() {
  deadline_.cancel();
  // Before the process is reaped: until then its group's number cannot belong to anybody else.
  child_.signal_group(SIGKILL);
  out_->finish();
  err_->finish();
  status_ = child_.reap();
  settled_ = true;
  wake_.cancel();
}

}  // namespace strandbus::detail

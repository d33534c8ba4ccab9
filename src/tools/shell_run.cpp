#include "tools/shell_run.hpp"

#include <utility>

namespace strandbus::detail {
namespace {

/// How long the supervisors may take to kill everything before we look at what keeps them.
constexpr std::chrono::milliseconds killing_limit{500};
/// So often. A process that waits for a device that does not answer cannot be killed.
constexpr int max_killing_rounds = 20;
/// How long the second supervisor may take when the command has killed the first one.
constexpr std::chrono::milliseconds takeover_limit{1000};

}  // namespace

ShellRun::ShellRun(const asio::any_io_executor& executor, ChildProcess child,
                   const ToolContext& context, const Limits& limits)
    : child_(std::move(child)),
      limits_(limits),
      exit_watch_(executor, child_.take_exit_watch().release()),
      line_watch_(executor),
      deadline_(executor),
      wake_(executor, asio::steady_timer::time_point::max()),
      out_(std::make_shared<OutputPump>(executor, child_.take_stdout(), OutputStream::stdout_,
                                        context, limits.output)),
      err_(std::make_shared<OutputPump>(executor, child_.take_stderr(), OutputStream::stderr_,
                                        context, limits.output)) {}

void ShellRun::start() {
  out_->start();
  err_->start();
  await_exit();
  deadline_.expires_after(limits_.timeout);
  deadline_.async_wait([self = shared_from_this()](const error_code& ec) {
    if (!ec) self->on_timeout();
  });
}

/// A wait may end for nothing: while another thread forks, the copy it makes keeps a descriptor
/// that was closed here registered with epoll, and what happens to that one wakes who came after
/// it.
void ShellRun::await_exit() {
  exit_watch_.async_wait(asio::posix::stream_descriptor::wait_read,
                         [self = shared_from_this()](const error_code& ec) {
                           if (ec) return;
                           if (self->child_.has_ended()) return self->on_exit();
                           self->await_exit();
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
  child_.ask_to_end();
  deadline_.expires_after(limits_.kill_grace);
  deadline_.async_wait([self = shared_from_this()](const error_code& ec) {
    if (!ec) self->kill();
  });
}

void ShellRun::kill() {
  if (ended_) return;
  child_.kill();
  deadline_.expires_after(killing_limit);
  deadline_.async_wait([self = shared_from_this()](const error_code& ec) {
    if (ec || self->ended_) return;
    if (++self->killing_rounds_ == max_killing_rounds) self->gave_up_ = true;
    // One that is at work needs only time; one that cannot work stands in the other's way.
    if (self->gave_up_ || self->child_.is_stopped()) self->child_.kill_supervisors();
    self->kill();
  });
}

void ShellRun::on_exit() {
  stopping_ = true;
  ended_ = true;
  deadline_.cancel();
  child_.kill();  // who is left may have been stopped
  if (child_.reap() == ChildProcess::Supervision::complete) return settle();
  // The command has killed one supervisor. The other one does its work, and then there is none.
  FileDescriptor line = child_.copy_of_line();
  if (!line) return settle();
  line_watch_.assign(line.release());
  deadline_.expires_after(takeover_limit);
  deadline_.async_wait([self = shared_from_this()](const error_code& ec) {
    if (!ec) self->settle();
  });
  await_last_supervisor();
}

void ShellRun::await_last_supervisor() {
  if (!child_.read_reports()) return settle();
  line_watch_.async_wait(asio::posix::stream_descriptor::wait_read,
                         [self = shared_from_this()](const error_code& ec) {
                           if (!ec && !self->settled_) self->await_last_supervisor();
                         });
}

void ShellRun::settle() {
  if (settled_) return;
  deadline_.cancel();
  error_code ignored;
  line_watch_.cancel(ignored);
  static_cast<void>(child_.read_reports());
  // Both supervisors were killed. Those who did it are not followed any further than this.
  if (!child_.status()) child_.kill_group();
  out_->finish();
  err_->finish();
  settled_ = true;
  wake_.cancel();
}

}  // namespace strandbus::detail

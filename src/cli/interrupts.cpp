#include "cli/interrupts.hpp"

#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/line_editor.hpp"

#include <csignal>
#include <unistd.h>
#include <utility>

namespace strandbus::cli {

Interrupts::Interrupts(asio::io_context& context, std::function<bool(int signal)> on_first)
    : signals_(context, SIGINT, SIGTERM, SIGHUP), on_first_(std::move(on_first)) {
  signals_.add(SIGQUIT);
  wait();
}

void Interrupts::wait() {
  signals_.async_wait([this](error_code ec, int signal) {
    if (ec) return;
    on_signal(signal);
    wait();
  });
}

void Interrupts::on_signal(int signal) {
  const bool first = !std::exchange(interrupted_, true);
  if (!first || signal == SIGQUIT || !on_first_(signal)) end_at_once();
}

void end_at_once() {
  restore_terminal();
  // The supervisors of commands notice that we are gone, and end everything.
  if (::isatty(STDERR_FILENO) == 1) write_all(STDERR_FILENO, "\n");
  say("ended at once");
  // Not exit: what static objects would flush may be what we could not wait for.
  ::_exit(static_cast<int>(ExitCode::cancelled));
}

}  // namespace strandbus::cli

#pragma once

#include "strandbus/error.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <functional>

namespace strandbus::cli {

/// Ctrl-C and its kin: SIGINT, SIGTERM, SIGHUP, SIGQUIT. The first is for the handler; the second,
/// and any SIGQUIT, ends the program at once.
class Interrupts {
 public:
  /// `on_first` is called with the signal; it returns false when there is nothing to wait for.
  Interrupts(asio::io_context& context, std::function<bool(int signal)> on_first);

  /// The next signal counts as the first again.
  void rearm() noexcept { interrupted_ = false; }
  /// Listens no more.
  void stop() { signals_.cancel(); }

 private:
  void wait();
  void on_signal(int signal);

  asio::signal_set signals_;
  std::function<bool(int)> on_first_;
  bool interrupted_ = false;
};

/// Ends the program, and thus what tools have started: their supervisors kill it.
[[noreturn]] void end_at_once();

}  // namespace strandbus::cli

#pragma once

#include "cli/console.hpp"
#include "cli/event_view.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace strandbus::cli {

/// Brings events to standard output in a thread of its own, so that a terminal or a pipe that takes
/// nothing for a while holds up neither the run nor Ctrl-C.
///
/// Threads: start(), note() and join() by the thread that made it; everything else in its own.
class Display {
 public:
  /// What came of it.
  struct Result {
    std::uint64_t missed = 0;  ///< events that were never shown
    error_code failure{};      ///< of standard output, which was given up then
  };

  Display(const Display&) = delete;
  Display& operator=(const Display&) = delete;
  virtual ~Display();

  /// Starts the thread; the last thing it does is to call `on_end`.
  void start(std::function<void()> on_end);
  /// Shows a line of the program's own; does nothing once the display has ended.
  void note(std::string text);
  /// Calls `shown` in the display's thread once everything up to this seq is on its way to the
  /// terminal; never once the display has ended. One at a time.
  void when_shown(std::uint64_t seq, std::function<void()> shown);
  /// Waits for the end.
  Result join();

 protected:
  using MakeView = std::function<std::unique_ptr<EventView>(Console&)>;

  explicit Display(const MakeView& make_view);

  asio::io_context& context() noexcept { return context_; }
  Console& console() noexcept { return console_; }
  EventView& view() noexcept { return *view_; }

  /// There is nothing more to show.
  void end();
  /// Everything up to this seq is shown, or missed.
  void note_shown(std::uint64_t seq);

 private:
  /// Starts to bring events to the view.
  virtual void begin() = 0;
  /// Lets go of where the events come from.
  virtual void release() = 0;
  virtual PrintEnd how_ended() const { return PrintEnd::stream_ended; }

  void run();
  void keep_fresh();
  void watch_width();

  asio::io_context context_{1};
  Console console_;
  const std::unique_ptr<EventView> view_;
  asio::steady_timer tick_{context_};
  asio::signal_set width_changes_{context_};
  bool ended_ = false;
  std::uint64_t shown_ = 0;
  std::uint64_t awaited_ = 0;
  std::function<void()> on_shown_;  ///< empty = nobody waits
  std::function<void()> on_end_;
  Result result_;
  std::thread thread_;
};

}  // namespace strandbus::cli

#pragma once

#include "cli/console.hpp"
#include "file_descriptor.hpp"
#include "strandbus/agent/run_control.hpp"
#include "strandbus/event/stream_event.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <array>
#include <deque>
#include <set>
#include <string>
#include <string_view>

namespace strandbus::cli {

/// Asks the user at the terminal whether a tool call may run, one call at a time: yes, no, or
/// always, which answers for every further call of that tool.
///
/// The answer is read from the terminal itself, whatever standard input is. What was typed before
/// the question was asked does not answer it.
///
/// Threads: the thread of the display.
class ApprovalPrompt {
 public:
  struct Setup {
    detail::FileDescriptor terminal;  ///< /dev/tty, not blocking; see open_terminal
    RunControl control;               ///< whom the answer is told
    bool call_is_shown = false;       ///< the view has shown the call when it is asked about
  };

  /// The controlling terminal; none if there is none.
  static detail::FileDescriptor open_terminal() noexcept;

  ApprovalPrompt(asio::io_context& context, Console& console, Setup setup);
  ~ApprovalPrompt();

  /// After the view has shown the event.
  void on_event(const StreamEvent& event);
  /// Asks what is to be asked, once nothing more is shown for the moment.
  void ask();
  /// Asks no more.
  void stop();

 private:
  struct Call {
    std::string approval_id;
    std::string tool_name;
    json::value arguments;
  };

  void read_answer();
  void on_answer(error_code ec, std::string_view text);
  void approve_always(const std::string& tool_name);
  void withdraw(const std::string& approval_id);
  void break_line();
  void write(std::string_view text);

  asio::posix::stream_descriptor terminal_;
  Console& console_;
  const RunControl control_;
  const bool call_is_shown_;
  std::deque<Call> calls_;           ///< that nobody has answered; the first is asked about
  std::set<std::string> always_;     ///< tools whose calls need no more questions
  bool reading_ = false;             ///< the answer to the first
  bool call_is_last_shown_ = false;  ///< the first call stands right above the cursor
  bool line_is_open_ = false;        ///< the cursor stands behind the question
  std::array<char, 256> input_{};
};

}  // namespace strandbus::cli

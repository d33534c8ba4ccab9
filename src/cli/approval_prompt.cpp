#include "cli/approval_prompt.hpp"

#include "sink/tool_line.hpp"
#include "strandbus/sink/terminal_text.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

#include <algorithm>
#include <cctype>
#include <fcntl.h>
#include <termios.h>
#include <utility>

namespace strandbus::cli {
namespace {

constexpr std::string_view question = "Run it? [y/N/always] ";
constexpr const char* user = "the user";

enum class Answer : std::uint8_t { no, yes, always };

/// What is no clear yes is a no.
Answer answer_of(std::string_view text) {
  std::string word;
  for (const char c : text) {
    if (std::isspace(static_cast<unsigned char>(c)) == 0)
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  if (word == "y" || word == "yes") return Answer::yes;
  return word == "a" || word == "always" ? Answer::always : Answer::no;
}

}  // namespace

detail::FileDescriptor ApprovalPrompt::open_terminal() noexcept {
  return detail::FileDescriptor(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
}

ApprovalPrompt::ApprovalPrompt(asio::io_context& context, Console& console, Setup setup)
    : terminal_(context, setup.terminal.release()),
      console_(console),
      control_(std::move(setup.control)),
      call_is_shown_(setup.call_is_shown) {
  console_.before_write([this] { break_line(); });
}

ApprovalPrompt::~ApprovalPrompt() { console_.before_write({}); }

void ApprovalPrompt::on_event(const StreamEvent& event) {
  call_is_last_shown_ = call_is_shown_ && calls_.empty() && event.is<ApprovalRequested>();
  if (const auto* request = event.get_if<ApprovalRequested>()) {
    if (always_.contains(request->tool_name)) {
      control_.approve(request->approval_id, "the user, for every call");
    } else {
      calls_.push_back({request->approval_id, request->tool_name, request->arguments});
    }
  } else if (const auto* resolved = event.get_if<ApprovalResolved>()) {
    withdraw(resolved->approval_id);
  }
}

void ApprovalPrompt::ask() {
  if (calls_.empty() || line_is_open_) return;
  if (!reading_) ::tcflush(terminal_.native_handle(), TCIFLUSH);
  std::string text;
  if (!std::exchange(call_is_last_shown_, false)) {
    text += "? " + terminal_safe_line(calls_.front().tool_name) + " needs approval\n";
    for (const std::string& argument : detail::full_arguments(calls_.front().arguments)) {
      text += "    " + terminal_safe_line(argument) + "\n";
    }
  }
  write(text.append(question));
  line_is_open_ = true;
  if (!reading_) read_answer();
}

void ApprovalPrompt::stop() {
  calls_.clear();
  terminal_.cancel();
}

void ApprovalPrompt::read_answer() {
  reading_ = true;
  terminal_.async_read_some(asio::buffer(input_), [this, id = calls_.front().approval_id](
                                                      error_code ec, std::size_t size) {
    // The call may have been withdrawn while this was on its way.
    const bool asked = !calls_.empty() && calls_.front().approval_id == id;
    if (asked && ec != asio::error::operation_aborted) {
      on_answer(ec, std::string_view(input_.data(), size));
    }
  });
}

void ApprovalPrompt::on_answer(error_code ec, std::string_view text) {
  const Call call = std::move(calls_.front());
  calls_.pop_front();
  reading_ = line_is_open_ = false;
  if (ec) write("\n");
  const Answer answer = answer_of(text);
  if (answer == Answer::no) {
    control_.deny(call.approval_id, "the user said no", user);
  } else {
    control_.approve(call.approval_id, user);
  }
  if (answer == Answer::always) approve_always(call.tool_name);
  // The next question follows when approval_resolved is shown.
}

/// No more questions about this tool, also not about the calls that wait for theirs.
void ApprovalPrompt::approve_always(const std::string& tool_name) {
  always_.insert(tool_name);
  std::erase_if(calls_, [&](const Call& call) {
    const bool same = call.tool_name == tool_name;
    if (same) control_.approve(call.approval_id, "the user, for every call");
    return same;
  });
}

/// Somebody else has decided: the time is over, the run was cancelled.
void ApprovalPrompt::withdraw(const std::string& approval_id) {
  const auto call = std::ranges::find(calls_, approval_id, &Call::approval_id);
  if (call == calls_.end()) return;
  if (call == calls_.begin() && reading_) {
    terminal_.cancel();
    break_line();
    reading_ = false;
  }
  calls_.erase(call);
}

/// Something else is about to be written.
void ApprovalPrompt::break_line() {
  if (!line_is_open_) return;
  line_is_open_ = false;
  write("\n");
}

void ApprovalPrompt::write(std::string_view text) {
  // A terminal that takes no question gives no answer either: then the approval expires.
  write_all(terminal_.native_handle(), text);
}

}  // namespace strandbus::cli

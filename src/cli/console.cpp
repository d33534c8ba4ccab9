#include "cli/console.hpp"

#include "strandbus/sink/terminal_text.hpp"

#include <cerrno>
#include <poll.h>
#include <string>
#include <unistd.h>

namespace strandbus::cli {

error_code write_all(int descriptor, std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t count = ::write(descriptor, text.data(), text.size());
    if (count >= 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {  // somebody who shares the descriptor made it not blocking
      pollfd writable{descriptor, POLLOUT, 0};
      ::poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      return {errno, boost::system::system_category()};
    }
  }
  return {};
}

void say(std::string_view text) {
  const std::string line = "strandbus: " + terminal_safe_line(text) + "\n";
  write_all(STDERR_FILENO, line);
}

void Console::out(std::string_view text) {
  if (before_write_) before_write_();
  if (const error_code failure = write_all(STDOUT_FILENO, text)) {
    throw system_error(failure, "standard output");
  }
}

void Console::err(std::string_view text) {
  if (before_write_) before_write_();
  write_all(STDERR_FILENO, text);
}

}  // namespace strandbus::cli

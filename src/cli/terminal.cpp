#include "cli/terminal.hpp"

#include <cstdlib>
#include <string_view>
#include <sys/ioctl.h>
#include <unistd.h>

namespace strandbus::cli {
namespace {

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

}  // namespace

Terminal Terminal::detect() {
  const std::string_view kind = environment("TERM");
  Terminal terminal;
  terminal.input = ::isatty(STDIN_FILENO) == 1;
  terminal.output = ::isatty(STDOUT_FILENO) == 1;
  terminal.errors = ::isatty(STDERR_FILENO) == 1;
  terminal.rewrites_line = !kind.empty() && kind != "dumb";
  terminal.colour = terminal.rewrites_line && environment("NO_COLOR").empty();  // no-color.org
  return terminal;
}

int terminal_columns() {
  for (const int descriptor : {STDOUT_FILENO, STDERR_FILENO}) {
    winsize size{};
    if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  }
  return 80;
}

}  // namespace strandbus::cli

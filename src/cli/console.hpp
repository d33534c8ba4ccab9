#pragma once

#include "strandbus/error.hpp"

#include <functional>
#include <string_view>

namespace strandbus::cli {

/// Writes all of `text` to a descriptor, waiting where the descriptor does not want it yet.
error_code write_all(int descriptor, std::string_view text) noexcept;

/// Writes one line of the program's own to standard error: "strandbus: ", then `text` with nothing
/// in it that could steer a terminal.
void say(std::string_view text);

/// Standard output and standard error of one thread that displays.
///
/// Threads: one thread.
class Console {
 public:
  /// Errors: throws system_error; the output is then lost.
  void out(std::string_view text);
  /// Nobody is left to tell when this fails.
  void err(std::string_view text);

  /// Called before anything is written.
  void before_write(std::function<void()> hook) { before_write_ = std::move(hook); }

 private:
  std::function<void()> before_write_;
};

}  // namespace strandbus::cli

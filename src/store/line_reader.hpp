#pragma once

#include "file_descriptor.hpp"
#include "strandbus/error.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// Cuts a file into lines; holds no more of it than one line and one buffer.
///
/// Threads: distinct objects.
class LineReader {
 public:
  LineReader(FileDescriptor file, std::size_t max_line_bytes)
      : file_(std::move(file)), max_line_bytes_(max_line_bytes) {}

  enum class Step {
    line,    ///< a line that has its end
    torn,    ///< the last one, without an end
    end,     ///< there are no more
    failed,  ///< error() says why: Errc::limit_exceeded or the system's
  };

  /// Steps to the next line.
  Step next();

  /// The line without its end; valid until the next step.
  std::string_view text() const noexcept { return line_; }
  /// Its number, from 1.
  std::size_t number() const noexcept { return number_; }
  error_code error() const noexcept { return error_; }

 private:
  bool fill();

  FileDescriptor file_;
  std::size_t max_line_bytes_;
  std::string buffer_;
  std::size_t begin_ = 0;  ///< of what is unread in the buffer
  std::string line_;
  std::size_t number_ = 0;
  bool at_end_ = false;
  error_code error_;
};

}  // namespace strandbus::detail

#pragma once

#include "file_descriptor.hpp"
#include "strandbus/agent/tool_context.hpp"
#include "strandbus/event/json_codec.hpp"
#include "tools/captured_output.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace strandbus::detail {

/// Reads what a process writes to one pipe: keeps it, and publishes it as tool_output meanwhile. A
/// slow lossless reader of the bus slows the process down.
///
/// Threads: one strand.
class OutputPump : public std::enable_shared_from_this<OutputPump> {
 public:
  struct Limits {
    std::size_t head_bytes;
    std::size_t tail_bytes;
    std::size_t streamed_bytes;
  };

  OutputPump(const asio::any_io_executor& executor, FileDescriptor pipe, OutputStream stream,
             ToolContext context, const Limits& limits);

  /// Reads until the pipe ends or finish() is called.
  void start();

  /// Takes what is in the pipe right now, and closes it. Does not wait: who still holds the pipe
  /// open is not heard any more.
  void finish();

  const CapturedOutput& captured() const noexcept { return captured_; }

 private:
  void wait_readable();
  void wait_writable();
  void on_readable();
  /// Reads once; returns the number of bytes, 0 when there is nothing to read, or no more.
  std::size_t read_once();
  void accept(std::string_view text);
  void stream(std::string_view text);
  void publish(std::string_view text);
  void close();

  asio::posix::stream_descriptor pipe_;
  asio::cancellation_signal stop_waiting_;
  const OutputStream stream_;
  const ToolContext context_;
  std::size_t may_stream_;
  bool streaming_ = true;
  std::vector<char> buffer_;
  Utf8Assembler utf8_;
  CapturedOutput captured_;
};

}  // namespace strandbus::detail

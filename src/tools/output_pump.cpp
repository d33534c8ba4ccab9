#include "tools/output_pump.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::size_t read_bytes = 64 * 1024;
/// As much as a pipe holds, unless its size was raised by root.
constexpr std::size_t max_drained_bytes = 1024 * 1024;

}  // namespace

OutputPump::OutputPump(const asio::any_io_executor& executor, FileDescriptor pipe,
                       OutputStream stream, ToolContext context, const Limits& limits)
    : pipe_(executor, pipe.release()),
      stream_(stream),
      context_(std::move(context)),
      may_stream_(limits.streamed_bytes),
      buffer_(read_bytes),
      captured_(limits.head_bytes, limits.tail_bytes) {
  pipe_.non_blocking(true);
}

void OutputPump::start() { wait_readable(); }

void OutputPump::wait_readable() {
  pipe_.async_wait(asio::posix::stream_descriptor::wait_read,
                   [self = shared_from_this()](const error_code& ec) {
                     if (!ec) self->on_readable();
                   });
}

void OutputPump::wait_writable() {
  auto resume = [self = shared_from_this()](const error_code& ec) {
    if (ec != asio::error::operation_aborted && self->pipe_.is_open()) self->wait_readable();
  };
  context_.publisher.async_writable(asio::bind_cancellation_slot(
      stop_waiting_.slot(), asio::bind_executor(pipe_.get_executor(), std::move(resume))));
}

void OutputPump::on_readable() {
  if (!pipe_.is_open()) return;
  read_once();
  if (!pipe_.is_open()) return;
  if (streaming_ && !context_.publisher.writable()) {
    wait_writable();
  } else {
    wait_readable();
  }
}

std::size_t OutputPump::read_once() {
  error_code ec;
  const std::size_t size = pipe_.read_some(asio::buffer(buffer_), ec);
  if (size > 0) accept(utf8_.feed(std::string_view(buffer_.data(), size)));
  if (ec && ec != asio::error::would_block && ec != asio::error::interrupted) close();
  return size;
}

void OutputPump::finish() {
  for (std::size_t drained = 0; pipe_.is_open() && drained < max_drained_bytes;) {
    const std::size_t size = read_once();
    if (size == 0) break;
    drained += size;
  }
  close();
}

void OutputPump::close() {
  if (!pipe_.is_open()) return;
  stop_waiting_.emit(asio::cancellation_type::terminal);
  error_code ignored;
  pipe_.close(ignored);
  accept(utf8_.finish());
}

void OutputPump::accept(std::string_view text) {
  if (text.empty()) return;
  captured_.append(text);
  if (streaming_) stream(text);
}

void OutputPump::stream(std::string_view text) {
  const std::string_view part = utf8_prefix(text, may_stream_);
  may_stream_ -= part.size();
  streaming_ = part.size() == text.size();
  if (!part.empty()) publish(part);
  if (!streaming_) context_.progress("there is more output than is shown while the command runs");
}

void OutputPump::publish(std::string_view text) {
  ToolOutput output;
  output.call_id = context_.call_id;
  output.tool_name = context_.tool_name;
  output.stream = stream_;
  output.text = text;
  static_cast<void>(context_.publish(std::move(output)));
}

}  // namespace strandbus::detail

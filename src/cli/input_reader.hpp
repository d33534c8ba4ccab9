#pragma once

#include "file_descriptor.hpp"
#include "strandbus/error.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <semaphore>
#include <string>
#include <thread>

namespace strandbus::cli {

/// Reads a file, a pipe or a terminal in a thread of its own, a piece for each that is asked for.
/// The descriptor stays as it is for others who have it: blocking.
///
/// Threads: that of the context.
class InputReader {
 public:
  /// Gets a piece; an empty one is the end.
  using OnPiece = std::function<void(const error_code& failure, std::string piece)>;

  /// `descriptor` and `context` must outlive this.
  InputReader(asio::io_context& context, int descriptor, OnPiece on_piece);
  InputReader(const InputReader&) = delete;
  InputReader& operator=(const InputReader&) = delete;
  /// Stops reading, also while there is nothing to read.
  ~InputReader();

  /// Asks for a piece; not again before it has come.
  void ask() { asked_.release(); }

 private:
  void read();
  bool wait_for_input() const;

  asio::io_context& context_;
  const int descriptor_;
  const OnPiece on_piece_;
  detail::FileDescriptor stop_;
  std::counting_semaphore<2> asked_{0};
  std::jthread thread_;
};

}  // namespace strandbus::cli

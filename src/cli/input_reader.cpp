#include "cli/input_reader.hpp"

#include <boost/asio/post.hpp>

#include <array>
#include <cerrno>
#include <cstdint>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

namespace strandbus::cli {
namespace {

constexpr std::size_t piece_bytes = std::size_t{64} * 1024;

}  // namespace

InputReader::InputReader(asio::io_context& context, int descriptor, OnPiece on_piece)
    : context_(context),
      descriptor_(descriptor),
      on_piece_(std::move(on_piece)),
      stop_(::eventfd(0, EFD_CLOEXEC)) {
  if (!stop_) throw system_error(error_code(errno, boost::system::system_category()), "eventfd");
  thread_ = std::jthread([this] { read(); });
}

InputReader::~InputReader() {
  const std::uint64_t one = 1;
  static_cast<void>(::write(stop_.get(), &one, sizeof one));  // there is room for more than one
  asked_.release();
}

/// False if it shall stop.
bool InputReader::wait_for_input() const {
  std::array<pollfd, 2> sources{{{stop_.get(), POLLIN, 0}, {descriptor_, POLLIN, 0}}};
  while (::poll(sources.data(), sources.size(), -1) < 0 && errno == EINTR) {
  }
  return sources[0].revents == 0;
}

void InputReader::read() {
  for (;;) {
    asked_.acquire();
    if (!wait_for_input()) return;
    std::string piece(piece_bytes, '\0');
    ssize_t size = 0;
    while ((size = ::read(descriptor_, piece.data(), piece.size())) < 0 && errno == EINTR) {
    }
    error_code failure;
    if (size < 0) failure.assign(errno, boost::system::system_category());
    piece.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    const bool last = piece.empty();
    asio::post(context_, [this, failure, piece = std::move(piece)]() mutable {
      on_piece_(failure, std::move(piece));
    });
    if (last) return;
  }
}

}  // namespace strandbus::cli

#include "store/line_reader.hpp"

#include <algorithm>
#include <cerrno>

namespace strandbus::detail {
namespace {

constexpr std::size_t buffer_bytes = std::size_t{64} * 1024;
constexpr std::size_t kept_bytes =
    std::size_t{1024} * 1024;  // of a line's memory, for the next one

}  // namespace

LineReader::Step LineReader::next() {
  if (error_) return Step::failed;
  line_.clear();
  if (line_.capacity() > kept_bytes) line_.shrink_to_fit();
  for (;;) {
    const std::string_view unread = std::string_view(buffer_).substr(begin_);
    const std::size_t end = unread.find('\n');
    const std::size_t size = std::min(end, unread.size());
    if (line_.size() + size > max_line_bytes_) {
      ++number_;
      error_ = Errc::limit_exceeded;
      return Step::failed;
    }
    line_ += unread.substr(0, size);
    begin_ += size;
    if (end != std::string_view::npos) {
      ++begin_;
      ++number_;
      return Step::line;
    }
    if (!fill()) break;
  }
  if (error_) return Step::failed;
  if (line_.empty()) return Step::end;
  ++number_;
  return Step::torn;
}

/// Replaces the buffer, of which everything was read, by the next piece; false at the end.
bool LineReader::fill() {
  begin_ = 0;
  buffer_.clear();
  if (at_end_) return false;
  buffer_.resize(buffer_bytes);
  ssize_t count = 0;
  do {
    count = ::read(file_.get(), buffer_.data(), buffer_.size());
  } while (count < 0 && errno == EINTR);
  if (count < 0) error_ = error_code(errno, boost::system::system_category());
  buffer_.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  at_end_ = buffer_.empty();
  return !at_end_;
}

}  // namespace strandbus::detail

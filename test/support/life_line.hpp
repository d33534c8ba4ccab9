#pragma once

#include <gtest/gtest.h>

#include <fcntl.h>
#include <filesystem>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace strandbus::test {

/// A FIFO that tells when the last process that holds it open is gone, dead or alive to reap.
class LifeLine {
 public:
  explicit LifeLine(const std::filesystem::path& path) {
    EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
    reader_ = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    // Before its first writer has come and gone, a FIFO does not tell that there is none.
    ::close(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  }
  LifeLine(const LifeLine&) = delete;
  LifeLine& operator=(const LifeLine&) = delete;
  ~LifeLine() { ::close(reader_); }

  /// Waits until nobody holds the FIFO; false when somebody still does after a long time.
  bool all_gone() const {
    constexpr int patience_ms = 20'000;
    return nobody_holds_it(patience_ms);
  }
  /// Whether nobody holds the FIFO right now.
  bool is_free() const { return nobody_holds_it(0); }

 private:
  bool nobody_holds_it(int patience_ms) const {
    pollfd watched{reader_, 0, 0};
    return ::poll(&watched, 1, patience_ms) == 1 && (watched.revents & POLLHUP) != 0;
  }

  int reader_;
};

}  // namespace strandbus::test

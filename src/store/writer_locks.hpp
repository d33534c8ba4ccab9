#pragma once

#include "file_descriptor.hpp"
#include "strandbus/error.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>

namespace strandbus::detail {

/// Who writes what, across processes: each number is a byte of a side file, locked by its writer.
/// The kernel lets go of the locks of a process that has ended, however it ended.
///
/// Threads:  any thread.
/// Lifetime: held by its locks.
/// Source:   fcntl(2), open file description locks
class WriterLocks : public std::enable_shared_from_this<WriterLocks> {
 public:
  /// Opens the side file, or makes it, for its owner only.
  static Result<std::shared_ptr<WriterLocks>> open(const std::string& path);

  /// Held until it is destroyed.
  class [[nodiscard]] Lock {
   public:
    Lock() = default;
    Lock(Lock&& other) noexcept : of_(std::move(other.of_)), number_(other.number_) {}
    Lock& operator=(Lock&& other) noexcept {
      std::swap(of_, other.of_);
      std::swap(number_, other.number_);
      return *this;
    }
    ~Lock() {
      if (of_) of_->release(number_);
    }

   private:
    friend class WriterLocks;
    Lock(std::shared_ptr<WriterLocks> of, std::int64_t number)
        : of_(std::move(of)), number_(number) {}

    std::shared_ptr<WriterLocks> of_;
    std::int64_t number_ = 0;
  };

  /// Locks a number; device_or_resource_busy if somebody else has it.
  Result<Lock> try_lock(std::int64_t number);
  /// Waits for it, but only for other users of the file.
  Result<Lock> lock(std::int64_t number);

 private:
  explicit WriterLocks(FileDescriptor file) noexcept : file_(std::move(file)) {}

  Result<Lock> take(std::int64_t number, int command);
  void release(std::int64_t number) noexcept;

  const FileDescriptor file_;
  std::mutex mutex_;             // guards what follows
  std::set<std::int64_t> held_;  ///< by us: the kernel does not tell our own locks apart
};

}  // namespace strandbus::detail

#include "store/writer_locks.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>

namespace strandbus::detail {
namespace {

error_code last_system_error() { return {errno, boost::system::system_category()}; }

int change_lock(int file, int command, short type, std::int64_t number) noexcept {
  struct flock range {};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = number;
  range.l_len = 1;
  int result = 0;
  do {
    result = ::fcntl(file, command, &range);
  } while (result != 0 && errno == EINTR);
  return result;
}

}  // namespace

Result<std::shared_ptr<WriterLocks>> WriterLocks::open(const std::string& path) {
  FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY,
                             S_IRUSR | S_IWUSR));
  if (!file) return last_system_error();
  return std::shared_ptr<WriterLocks>(new WriterLocks(std::move(file)));
}

Result<WriterLocks::Lock> WriterLocks::try_lock(std::int64_t number) {
  return take(number, F_OFD_SETLK);
}

Result<WriterLocks::Lock> WriterLocks::lock(std::int64_t number) {
  return take(number, F_OFD_SETLKW);
}

Result<WriterLocks::Lock> WriterLocks::take(std::int64_t number, int command) {
  {
    const std::lock_guard guard(mutex_);
    if (!held_.insert(number).second)
      return make_error_code(boost::system::errc::device_or_resource_busy);
  }
  if (change_lock(file_.get(), command, F_WRLCK, number) == 0)
    return Lock(shared_from_this(), number);
  const error_code error = errno == EAGAIN || errno == EACCES
                               ? make_error_code(boost::system::errc::device_or_resource_busy)
                               : last_system_error();
  const std::lock_guard guard(mutex_);
  held_.erase(number);
  return error;
}

void WriterLocks::release(std::int64_t number) noexcept {
  // In this order: who finds it free here must find it free there too.
  const std::lock_guard guard(mutex_);
  change_lock(file_.get(), F_OFD_SETLK, F_UNLCK, number);
  held_.erase(number);
}

}  // namespace strandbus::detail

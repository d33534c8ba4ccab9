#include "agent/temporary_file.hpp"

#include "agent/root_directory.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <random>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace strandbus::detail {
namespace {

std::string random_name() {
  std::random_device random;
  const std::uint64_t bits = std::uint64_t{random()} << 32U | random();
  return ".strandbus-" + std::to_string(bits) + ".tmp";
}

}  // namespace

Attempt<TemporaryFile> TemporaryFile::create(int directory, mode_t mode) {
  for (;;) {
    std::string name = random_name();
    auto file = open_name(directory, name, O_WRONLY | O_CREAT | O_EXCL, mode);
    if (file) return TemporaryFile(directory, std::move(name), std::move(*file));
    if (file.error().value() != EEXIST) return Refusal(file.error());
  }
}

TemporaryFile::TemporaryFile(int directory, std::string name, FileDescriptor file) noexcept
    : directory_(directory), name_(std::move(name)), file_(std::move(file)) {}

TemporaryFile::TemporaryFile(TemporaryFile&& other) noexcept
    : directory_(other.directory_),
      name_(std::exchange(other.name_, {})),
      file_(std::move(other.file_)) {}

TemporaryFile::~TemporaryFile() {
  if (!name_.empty()) ::unlinkat(directory_, name_.c_str(), 0);
}

std::optional<Refusal> TemporaryFile::write(std::string_view content) {
  while (!content.empty()) {
    const ssize_t count = ::write(file_.get(), content.data(), content.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Refusal(last_error());
    content.remove_prefix(static_cast<std::size_t>(count));
  }
  return std::nullopt;
}

std::optional<Refusal> TemporaryFile::finish(Durability durability) {
  if (durability == Durability::synced && ::fsync(file_.get()) != 0) return Refusal(last_error());
  // Some file systems say only now that there was no room.
  if (::close(file_.release()) != 0 && errno != EINTR) return Refusal(last_error());
  return std::nullopt;
}

std::optional<Refusal> TemporaryFile::rename(const std::string& name, Existing existing) {
  const bool refuse = existing == Existing::refuse;
  int failed = ::renameat2(directory_, name_.c_str(), directory_, name.c_str(),
                           refuse ? RENAME_NOREPLACE : 0U);
  // A link does the same where the file system cannot rename so.
  if (failed != 0 && refuse && (errno == EINVAL || errno == ENOSYS)) {
    if (::linkat(directory_, name_.c_str(), directory_, name.c_str(), 0) != 0)
      return Refusal(last_error());
    return std::nullopt;
  }
  if (failed != 0) return Refusal(last_error());
  name_.clear();
  return std::nullopt;
}

}  // namespace strandbus::detail

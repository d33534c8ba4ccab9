#include "cli/key_file.hpp"

#include "cli/usage_error.hpp"
#include "file_descriptor.hpp"
#include "strandbus/error.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

namespace strandbus::cli {
namespace {

constexpr std::size_t max_key_bytes = 4096;

[[noreturn]] void refuse(const std::string& what, const std::string& path, const std::string& why) {
  throw UsageError("cannot take a " + what + " from " + path + ": " + why);
}

std::string last_error() { return error_code(errno, boost::system::system_category()).message(); }

}  // namespace

std::string read_key_file(const std::string& path, const std::string& what) {
  const detail::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) refuse(what, path, last_error());
  std::array<char, max_key_bytes + 1> bytes;
  const ssize_t size = ::read(file.get(), bytes.data(), bytes.size());
  if (size < 0) refuse(what, path, last_error());
  std::string_view key(bytes.data(), static_cast<std::size_t>(size));
  key = key.substr(0, key.find('\n'));
  const std::size_t begin = key.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) refuse(what, path, "its first line is empty");
  key = key.substr(begin, key.find_last_not_of(" \t\r") + 1 - begin);
  if (key.size() >= max_key_bytes) refuse(what, path, "its first line is too long to be a " + what);
  return std::string(key);
}

}  // namespace strandbus::cli

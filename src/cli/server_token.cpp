#include "cli/server_token.hpp"

#include "cli/console.hpp"
#include "cli/key_file.hpp"
#include "cli/usage_error.hpp"
#include "file_descriptor.hpp"
#include "strandbus/error.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

namespace strandbus::cli {
namespace {

constexpr std::size_t least_length = 16;

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw UsageError("cannot keep the server's token in " + path + ": " + why);
}

std::string last_error() { return error_code(errno, boost::system::system_category()).message(); }

std::string make_token() {
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<unsigned char, 32> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw UsageError("the system gives no random numbers: " + last_error());
  std::string token;
  for (const unsigned char byte : bytes) {
    token.push_back(digits[byte >> 4]);
    token.push_back(digits[byte & 15]);
  }
  return token;
}

}  // namespace

std::string take_server_token(const std::string& path) {
  const detail::FileDescriptor made(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!made) {
    if (errno != EEXIST) refuse(path, last_error());
    std::string token = read_key_file(path, "token");
    if (token.size() < least_length)
      refuse(path, "it has fewer than " + std::to_string(least_length) + " characters");
    return token;
  }
  std::string token = make_token();
  if (const error_code failure = write_all(made.get(), token + '\n')) {
    ::unlink(path.c_str());
    refuse(path, failure.message());
  }
  return token;
}

}  // namespace strandbus::cli

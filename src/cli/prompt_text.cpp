#include "cli/prompt_text.hpp"

#include "cli/usage_error.hpp"
#include "file_descriptor.hpp"
#include "strandbus/error.hpp"
#include "strandbus/event/json_codec.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

namespace strandbus::cli {
namespace {

constexpr std::size_t max_bytes = std::size_t{1024} * 1024;

std::string last_error() { return error_code(errno, boost::system::system_category()).message(); }

/// Everything that a descriptor gives, as valid UTF-8.
std::string read_all(int descriptor, const std::string& name) {
  std::string text;
  std::array<char, 16 * 1024> buffer;
  for (;;) {
    const ssize_t count = ::read(descriptor, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw UsageError("cannot read " + name + ": " + last_error());
    if (count == 0) return repair_utf8(text);
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (text.size() > max_bytes) throw UsageError(name + " has more than 1 MiB; say it in less");
  }
}

void remove_line_end(std::string& text) {
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
}

}  // namespace

std::string read_prompt(const std::optional<std::string>& argument) {
  if (!argument) {
    throw UsageError(
        "no prompt; say one, like: strandbus run \"Calculate 2+2\", or - to read it from standard "
        "input");
  }
  std::string prompt = repair_utf8(*argument);
  if (prompt == "-") {
    prompt = read_all(STDIN_FILENO, "standard input");
    remove_line_end(prompt);
  }
  if (prompt.find_first_not_of(" \t\r\n") == std::string::npos)
    throw UsageError("the prompt is empty; say what the agent shall do");
  return prompt;
}

std::string read_system_prompt(const std::string& argument) {
  if (!argument.starts_with('@')) return repair_utf8(argument);
  const std::string path = argument.substr(1);
  const detail::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) throw UsageError("cannot read the system prompt " + path + ": " + last_error());
  std::string text = read_all(file.get(), "the system prompt " + path);
  remove_line_end(text);
  return text;
}

}  // namespace strandbus::cli

#include "cli/json_log.hpp"

#include "cli/console.hpp"
#include "cli/usage_error.hpp"
#include "file_descriptor.hpp"
#include "strandbus/event/json_codec.hpp"
#include "strandbus/event/timestamp.hpp"

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace strandbus::cli {
namespace {

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warning: return "warning";
    default: return "error";
  }
}

std::string line_of(LogLevel level, std::string_view message) {
  const auto now =
      std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
  std::string line = R"({"ts":)";
  append_json_string(line, to_rfc3339(now));
  line.append(R"(,"level":")").append(name_of(level)).append(R"(","message":)");
  append_json_string(line, message);
  return line += "}\n";
}

}  // namespace

Logger json_logger(LogLevel threshold, const std::string& file) {
  std::shared_ptr<const detail::FileDescriptor> own;
  if (!file.empty()) {
    own = std::make_shared<const detail::FileDescriptor>(
        ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (!*own) {
      const error_code failure(errno, boost::system::system_category());
      throw UsageError("cannot log to " + file + ": " + failure.message());
    }
  }
  return Logger(threshold, [own](LogLevel level, std::string_view message) {
    // One write per line: lines of several threads do not mix.
    static_cast<void>(write_all(own ? own->get() : STDERR_FILENO, line_of(level, message)));
  });
}

}  // namespace strandbus::cli

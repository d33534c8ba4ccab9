#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace strandbus {

/// How important a log line is.
enum class LogLevel { debug, info, warning, error, off };

/// Where the library writes what only its operator wants to know. Silent unless a sink was given.
///
/// The library registers no global logger and changes none: an application hands a Logger to the
/// objects that it makes. Log lines never hold keys or the text of a conversation.
///
/// Threads: any thread; the sink must be callable from any thread.
class Logger {
 public:
  using Sink = std::function<void(LogLevel, std::string_view)>;

  /// A logger that drops every line; log() then costs one branch.
  Logger() = default;

  /// A logger that gives lines of at least `threshold` to `sink`.
  Logger(LogLevel threshold, Sink sink);

  /// Whether a line of this level would reach a sink.
  bool enabled(LogLevel level) const noexcept { return sink_ && level >= threshold_; }

  /// The least important level that reaches the sink; off without one.
  LogLevel threshold() const noexcept { return sink_ ? threshold_ : LogLevel::off; }

  /// Writes one line. An exception of the sink is swallowed: logging never fails a caller.
  void log(LogLevel level, std::string_view line) const noexcept;

 private:
  LogLevel threshold_ = LogLevel::off;
  std::shared_ptr<const Sink> sink_;
};

/// A logger that writes timestamped lines to standard error through spdlog.
Logger stderr_logger(LogLevel threshold);

/// A logger that appends timestamped lines to a file through spdlog.
///
/// Errors: throws std::runtime_error naming the path when the file cannot be opened.
Logger file_logger(LogLevel threshold, const std::string& path);

}  // namespace strandbus

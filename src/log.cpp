#include "strandbus/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <stdexcept>
#include <utility>

namespace strandbus {
namespace {

spdlog::level::level_enum spdlog_level(LogLevel level) noexcept {
  switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warning: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
    case LogLevel::off: return spdlog::level::off;
  }
  return spdlog::level::off;
}

Logger over_sink(LogLevel threshold, spdlog::sink_ptr sink) {
  auto logger = std::make_shared<spdlog::logger>("strandbus", std::move(sink));
  logger->set_level(spdlog_level(threshold));
  logger->flush_on(spdlog::level::warn);
  return Logger(threshold, [logger](LogLevel level, std::string_view line) {
    logger->log(spdlog_level(level), spdlog::string_view_t(line.data(), line.size()));
  });
}

}  // namespace

Logger::Logger(LogLevel threshold, Sink sink)
    : threshold_(threshold), sink_(std::make_shared<const Sink>(std::move(sink))) {}

void Logger::log(LogLevel level, std::string_view line) const noexcept {
  if (!enabled(level)) return;
  try {
    (*sink_)(level, line);
  } catch (...) {  // a broken log sink must not break the program that it observes
  }
}

Logger stderr_logger(LogLevel threshold) {
  return over_sink(threshold, std::make_shared<spdlog::sinks::stderr_sink_mt>());
}

Logger file_logger(LogLevel threshold, const std::string& path) {
  try {
    return over_sink(threshold, std::make_shared<spdlog::sinks::basic_file_sink_mt>(path));
  } catch (const spdlog::spdlog_ex& error) {
    throw std::runtime_error("cannot open log file " + path + ": " + error.what());
  }
}

}  // namespace strandbus

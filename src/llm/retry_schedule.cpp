#include "llm/retry_schedule.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <string_view>

namespace strandbus::detail {
namespace {

using std::chrono::milliseconds;

[[noreturn]] void refuse(std::string_view option, const std::string& value,
                         std::string_view allowed) {
  throw std::invalid_argument("RetryOptions::" + std::string(option) + " is " + value + "; " +
                              std::string(allowed));
}

void check_time(std::string_view option, milliseconds time) {
  if (time.count() >= 0 && time <= std::chrono::hours(24)) return;
  refuse(option, std::to_string(time.count()) + " ms", "0 to 24 hours are allowed");
}

milliseconds backoff(const RetryOptions& options, std::int64_t failed_attempts, double random) {
  milliseconds delay = std::min(options.first_delay, options.max_delay);
  for (std::int64_t i = 1; i < failed_attempts && delay < options.max_delay; ++i) {
    if (delay.count() == 0) break;
    delay = std::min(delay * 2, options.max_delay);
  }
  const double part = 1 - options.jitter * std::clamp(random, 0.0, 1.0);
  return milliseconds(std::llround(static_cast<double>(delay.count()) * part));
}

}  // namespace

void check(const RetryOptions& options) {
  if (options.max_retries < 0 || options.max_retries > 100)
    refuse("max_retries", std::to_string(options.max_retries), "0 to 100 are allowed");
  check_time("first_delay", options.first_delay);
  check_time("max_delay", options.max_delay);
  check_time("max_retry_after", options.max_retry_after);
  check_time("max_total", options.max_total);
  if (!(options.jitter >= 0 && options.jitter <= 1))
    refuse("jitter", std::to_string(options.jitter), "0 to 1 is allowed");
}

std::optional<milliseconds> retry_delay(const RetryOptions& options, const FailedAttempts& failed,
                                        const ProviderError& error, double random) {
  const bool shown_is_final = options.after_delta == RetryOptions::AfterDelta::fail;
  if (!error.retryable() || failed.count > options.max_retries) return std::nullopt;
  if (failed.delta_shown && shown_is_final) return std::nullopt;
  const std::optional<milliseconds> asked = error.retry_after();
  const bool asks = asked && asked->count() > 0;
  if (asks && *asked > options.max_retry_after) return std::nullopt;
  const milliseconds delay = asks ? *asked : backoff(options, failed.count, random);
  const bool limited = options.max_total.count() > 0;
  if (limited && failed.elapsed + delay > options.max_total) return std::nullopt;
  return delay;
}

}  // namespace strandbus::detail

#include "llm/retry_schedule.hpp"

#include <gmock/gmock.h>

#include <limits>

namespace strandbus::test {
namespace {

using namespace std::chrono_literals;
using detail::FailedAttempts;
using detail::retry_delay;

using Delay = std::optional<std::chrono::milliseconds>;

const ProviderError passing(ErrorCode::server_error, "it broke");

ProviderError wait_for(std::chrono::milliseconds time) {
  ProviderError::Details details;
  details.retry_after = time;
  return ProviderError(ErrorCode::rate_limit, "wait", details);
}

RetryOptions many_retries() {
  RetryOptions options;
  options.max_retries = 100;
  return options;
}

Delay delay_after(std::int64_t attempts, double random = 0) {
  return retry_delay(many_retries(), {.count = attempts}, passing, random);
}

TEST(RetrySchedule, DelaysDoubleUpToTheLongest) {
  EXPECT_EQ(delay_after(1), 500ms);
  EXPECT_EQ(delay_after(2), 1s);
  EXPECT_EQ(delay_after(3), 2s);
  EXPECT_EQ(delay_after(5), 8s);
  EXPECT_EQ(delay_after(6), 8s);
  EXPECT_EQ(delay_after(100), 8s);
}

TEST(RetrySchedule, ChanceTakesUpToAQuarterOff) {
  EXPECT_EQ(delay_after(1, 1), 375ms);
  EXPECT_EQ(delay_after(1, 0.5), 438ms);
  EXPECT_EQ(delay_after(5, 1), 6s);
  EXPECT_EQ(delay_after(1, 7), 375ms) << "a number that cannot be";
}

TEST(RetrySchedule, TheWholeTimeBoundsAllAttempts) {
  RetryOptions options = many_retries();
  options.max_total = 10s;
  EXPECT_EQ(retry_delay(options, {.count = 1, .elapsed = 9500ms}, passing, 0), 500ms);
  EXPECT_EQ(retry_delay(options, {.count = 1, .elapsed = 9501ms}, passing, 0), std::nullopt);
  EXPECT_EQ(retry_delay(options, {.count = 1, .elapsed = 4s}, wait_for(7s), 0), std::nullopt);
  EXPECT_EQ(retry_delay(many_retries(), {.count = 1, .elapsed = 24h}, passing, 0), 500ms);
}

TEST(RetrySchedule, ThePresetsDifferAsTheirNamesSay) {
  const RetryOptions presets[] = {RetryOptions::conservative(), RetryOptions::standard(),
                                  RetryOptions::aggressive()};
  for (const RetryOptions& preset : presets) EXPECT_NO_THROW(detail::check(preset));
  for (std::size_t i = 1; i < 3; ++i) {
    EXPECT_GT(presets[i].max_retries, presets[i - 1].max_retries);
    EXPECT_LT(presets[i].first_delay, presets[i - 1].first_delay);
  }
  EXPECT_EQ(presets[1].max_retries, RetryOptions().max_retries);
}

TEST(RetrySchedule, ADelayOfNothingStaysNothing) {
  RetryOptions options = many_retries();
  options.first_delay = 0ms;
  EXPECT_EQ(retry_delay(options, {.count = 50}, passing, 0), 0ms);
}

TEST(RetrySchedule, TheLastRetryIsTheLast) {
  const RetryOptions options;
  EXPECT_EQ(retry_delay(options, {.count = 2}, passing, 0), 1s);
  EXPECT_EQ(retry_delay(options, {.count = 3}, passing, 0), std::nullopt);
  RetryOptions none;
  none.max_retries = 0;
  EXPECT_EQ(retry_delay(none, {.count = 1}, passing, 0), std::nullopt);
}

TEST(RetrySchedule, WhatWillNotPassIsFinal) {
  const ProviderError final_error(ErrorCode::invalid_request, "no");
  EXPECT_EQ(retry_delay({}, {.count = 1}, final_error, 0), std::nullopt);
}

TEST(RetrySchedule, TheServerSaysHowLong) {
  EXPECT_EQ(retry_delay({}, {.count = 1}, wait_for(3s), 1), 3s) << "exactly, without chance";
  EXPECT_EQ(retry_delay({}, {.count = 1}, wait_for(1ms), 1), 1ms);
  EXPECT_EQ(retry_delay({}, {.count = 1}, wait_for(120s), 1), 120s);
  EXPECT_EQ(retry_delay({}, {.count = 1}, wait_for(120'001ms), 1), std::nullopt);
  EXPECT_EQ(retry_delay({}, {.count = 1}, wait_for(0ms), 0), 500ms);
}

TEST(RetrySchedule, AnAttemptThatShowedSomethingIsFinalUnlessAllowed) {
  const FailedAttempts shown{.count = 1, .delta_shown = true};
  EXPECT_EQ(retry_delay({}, shown, passing, 0), std::nullopt);
  RetryOptions allowed;
  allowed.after_delta = RetryOptions::AfterDelta::retry;
  EXPECT_EQ(retry_delay(allowed, shown, passing, 0), 500ms);
}

std::string refusal_of(const RetryOptions& options) {
  try {
    detail::check(options);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

TEST(RetrySchedule, ImpossibleOptionsAreRefusedByName) {
  EXPECT_EQ(refusal_of({}), "");
  EXPECT_EQ(refusal_of({.max_retries = -1}),
            "RetryOptions::max_retries is -1; 0 to 100 are allowed");
  EXPECT_EQ(refusal_of({.first_delay = -1ms}),
            "RetryOptions::first_delay is -1 ms; 0 to 24 hours are allowed");
  EXPECT_EQ(refusal_of({.max_delay = 25h}),
            "RetryOptions::max_delay is 90000000 ms; 0 to 24 hours are allowed");
  EXPECT_NE(refusal_of({.max_retry_after = -1s}), "");
  EXPECT_EQ(refusal_of({.jitter = 2}), "RetryOptions::jitter is 2.000000; 0 to 1 is allowed");
  EXPECT_NE(refusal_of({.jitter = std::numeric_limits<double>::quiet_NaN()}), "");
}

}  // namespace
}  // namespace strandbus::test

#include "strandbus/llm/provider.hpp"

#include "llm/recording_sink.hpp"

#include <gtest/gtest.h>

#include <concepts>

namespace strandbus {
namespace {

using namespace std::chrono_literals;

template <class Request>
concept Completable = requires(Provider& provider, DeltaSink& sink, Request&& request) {
  provider.async_complete(std::forward<Request>(request), sink);
};

TEST(Provider, ATemporaryRequestDoesNotCompile) {
  static_assert(Completable<ModelRequest&>);
  static_assert(Completable<const ModelRequest&>);
  static_assert(!Completable<ModelRequest>);
  static_assert(!Completable<const ModelRequest>);
}

TEST(ProviderError, KeepsWhatTheProviderKnew) {
  ProviderError::Details details;
  details.http_status = 429;
  details.retry_after = 1500ms;
  const ProviderError error(ErrorCode::rate_limit, "too many requests", details);
  EXPECT_STREQ(error.what(), "too many requests");
  EXPECT_EQ(error.code(), ErrorCode::rate_limit);
  EXPECT_EQ(error.http_status(), 429);
  EXPECT_EQ(error.retry_after(), 1500ms);
  EXPECT_TRUE(error.retryable());
}

TEST(ProviderError, TheServersWordAboutRetryingWins) {
  ProviderError::Details details;
  details.retryable = false;
  EXPECT_FALSE(ProviderError(ErrorCode::rate_limit, "insufficient quota", details).retryable());
  details.retryable = true;
  EXPECT_TRUE(ProviderError(ErrorCode::invalid_request, "try again", details).retryable());
}

TEST(ProviderError, OnlyPassingFailuresAreRetryableByTheirCode) {
  for (const ErrorCode code : {ErrorCode::network, ErrorCode::rate_limit, ErrorCode::server_error,
                               ErrorCode::interrupted}) {
    EXPECT_TRUE(is_retryable(code)) << to_string(code);
  }
  for (const ErrorCode code :
       {ErrorCode::authentication, ErrorCode::invalid_request, ErrorCode::invalid_response,
        ErrorCode::model_not_found, ErrorCode::context_length, ErrorCode::budget}) {
    EXPECT_FALSE(is_retryable(code)) << to_string(code);
  }
}

/// Uses nothing of what it is given.
class DeafSink final : public DeltaSink {};

TEST(DeltaSink, ASinkThatOverridesNothingTakesEverything) {
  DeafSink sink;
  sink.on_text("a");
  sink.on_reasoning("a");
  sink.on_structured("a");
  sink.on_tool_call_begin("id", "tool", 0);
  sink.on_tool_call_delta("id", "{}");
  sink.on_tool_call_ready(ToolCall{});
  sink.on_usage(Usage{}, std::nullopt);
  sink.on_attempt_failed(ProviderError(ErrorCode::network, "gone"));
  sink.on_retry(Retry{});
  sink.on_attempt_started("openai", "gpt-4o");

  asio::io_context context;
  bool ready = false;
  asio::co_spawn(context, sink.async_ready(),
                 [&](std::exception_ptr exception) { ready = !exception; });
  context.run();
  EXPECT_TRUE(ready);
}

}  // namespace
}  // namespace strandbus

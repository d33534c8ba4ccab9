#include "strandbus/llm/fallback_provider.hpp"

#include "agent/agent_fixture.hpp"
#include "llm/attempt_log.hpp"

#include <gmock/gmock.h>

namespace strandbus::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Answers = std::vector<PlayedProvider::Answer>;

/// Remembers for which model it was asked.
class NamedProvider final : public Provider {
 public:
  NamedProvider(std::string name, Answers answers)
      : played(std::move(answers)), name_(std::move(name)), model_(name_ + "-1") {}

  std::string_view name() const noexcept override { return name_; }
  const std::string& model() const noexcept override { return model_; }
  using Provider::async_complete;
  asio::awaitable<ModelResponse> async_complete(const ModelRequest& request,
                                                DeltaSink& sink) override {
    asked.push_back(request.model);
    return played.async_complete(request, sink);
  }

  PlayedProvider played;
  std::vector<std::string> asked;

 private:
  const std::string name_;
  const std::string model_;
};

struct FallbackSetup {
  explicit FallbackSetup(std::vector<Answers> answers, FallbackOptions options = {}) {
    const char* names[] = {"one", "two", "three"};
    std::vector<FallbackChoice> chain;
    for (std::size_t i = 0; i < answers.size(); ++i) {
      links.push_back(std::make_shared<NamedProvider>(names[i], std::move(answers[i])));
      chain.push_back({.provider = links.back(), .model = {}});
    }
    provider = std::make_unique<FallbackProvider>(std::move(chain), std::move(options));
  }

  Completion run(std::string model = {}) {
    ModelRequest request = request_for(conversation);
    request.model = std::move(model);
    return complete(*provider, request, sink);
  }

  const std::vector<Message> conversation{user_says("hi")};
  std::vector<std::shared_ptr<NamedProvider>> links;
  std::unique_ptr<FallbackProvider> provider;
  AttemptLog sink;
};

TEST(FallbackProvider, LooksLikeTheFirstLinkAndAsksNobodyElse) {
  FallbackSetup setup({{says("hi")}, {says("no")}});
  EXPECT_EQ(setup.provider->name(), "one");
  EXPECT_EQ(setup.provider->model(), "one-1");
  EXPECT_EQ(setup.run().response.value().content, "hi");
  EXPECT_THAT(setup.sink.lines, ElementsAre("text hi"));
  EXPECT_THAT(setup.links[1]->asked, IsEmpty());
}

TEST(FallbackProvider, AsksTheNextOneAndTellsTheSink) {
  FallbackSetup setup(
      {{breaks(ErrorCode::rate_limit)}, {breaks(ErrorCode::model_not_found)}, {says("hi")}});
  EXPECT_EQ(setup.run().response.value().content, "hi");
  EXPECT_THAT(
      setup.sink.lines,
      ElementsAre("failed it broke",
                  "retry 2 of 3 in 0 ms: it broke, rate_limit, one, falls back to two-1",
                  "started two two-1", "failed it broke",
                  "retry 3 of 3 in 0 ms: it broke, model_not_found, two, falls back to three-1",
                  "started three three-1", "text hi"));
}

TEST(FallbackProvider, TheModelOfTheRequestIsThatOfTheFirstLink) {
  FallbackSetup setup({{breaks(ErrorCode::network)}, {says("hi")}});
  EXPECT_TRUE(setup.run("one-large").response);
  EXPECT_THAT(setup.links[0]->asked, ElementsAre("one-large"));
  EXPECT_THAT(setup.links[1]->asked, ElementsAre("two-1"));
}

TEST(FallbackProvider, ALinkMayBeTheSameProviderWithAnotherModel) {
  const auto link =
      std::make_shared<NamedProvider>("one", Answers{breaks(ErrorCode::network), says("hi")});
  FallbackProvider provider(
      {{.provider = link, .model = {}}, {.provider = link, .model = "small"}});
  AttemptLog sink;
  const std::vector<Message> conversation{user_says("hi")};
  const ModelRequest request = request_for(conversation);
  EXPECT_TRUE(complete(provider, request, sink).response);
  EXPECT_THAT(link->asked, ElementsAre("one-1", "small"));
}

TEST(FallbackProvider, TheLastFailureIsThrownAndNotReported) {
  FallbackSetup setup({{breaks(ErrorCode::network)}, {breaks(ErrorCode::server_error)}});
  EXPECT_EQ(setup.run().error().code(), ErrorCode::server_error);
  EXPECT_EQ(setup.sink.lines.size(), 3U);
}

TEST(FallbackProvider, WhatIsTheRequestsOwnFaultIsFinal) {
  for (const ErrorCode code : {ErrorCode::invalid_request, ErrorCode::context_length}) {
    FallbackSetup setup({{breaks(code)}, {says("no")}});
    EXPECT_EQ(setup.run().error().code(), code);
    EXPECT_THAT(setup.sink.lines, IsEmpty());
  }
}

TEST(FallbackProvider, WhatTheServerCannotHelpMayPassElsewhere) {
  ProviderError::Details details;
  details.retryable = false;
  for (const ErrorCode code : {ErrorCode::network, ErrorCode::authentication, ErrorCode::rate_limit,
                               ErrorCode::server_error, ErrorCode::interrupted,
                               ErrorCode::invalid_response, ErrorCode::model_not_found})
    EXPECT_TRUE(may_pass_elsewhere(ProviderError(code, "it broke", details))) << to_string(code);
  for (const ErrorCode code :
       {ErrorCode::invalid_request, ErrorCode::context_length, ErrorCode::budget})
    EXPECT_FALSE(may_pass_elsewhere(ProviderError(code, "it broke"))) << to_string(code);
}

TEST(FallbackProvider, TheCallerMaySayWhatPasses) {
  FallbackOptions options;
  options.may_pass = [](const ProviderError& error) {
    return error.code() == ErrorCode::context_length;
  };
  FallbackSetup longer({{breaks(ErrorCode::context_length)}, {says("hi")}}, options);
  EXPECT_TRUE(longer.run().response);
  FallbackSetup network({{breaks(ErrorCode::network)}, {says("no")}}, options);
  EXPECT_EQ(network.run().error().code(), ErrorCode::network);
}

TEST(FallbackProvider, AfterTheFirstPieceAFailureIsFinalUnlessAllowed) {
  FallbackSetup fails_then({{fails(ErrorCode::interrupted, "cut off")}, {says("no")}});
  EXPECT_STREQ(fails_then.run().error().what(), "cut off");
  EXPECT_THAT(fails_then.sink.lines, ElementsAre("text so far"));

  FallbackOptions options;
  options.after_delta = RetryOptions::AfterDelta::retry;
  FallbackSetup allowed({{fails(ErrorCode::interrupted, "cut off")}, {says("hi")}}, options);
  EXPECT_EQ(allowed.run().response.value().content, "hi");
}

TEST(FallbackProvider, AroundProvidersThatTryAgainAllAttemptsCount) {
  RetryOptions retry;
  retry.max_retries = 1;
  retry.wait = [](std::chrono::milliseconds) -> asio::awaitable<void> { co_return; };
  const auto played = std::make_shared<NamedProvider>(
      "one", Answers{breaks(ErrorCode::network), breaks(ErrorCode::network)});
  const auto other = std::make_shared<NamedProvider>("two", Answers{says("hi")});
  FallbackProvider provider(
      {{.provider = std::make_shared<RetryingProvider>(played, retry), .model = {}},
       {.provider = other, .model = {}}});
  AttemptLog sink;
  const std::vector<Message> conversation{user_says("hi")};
  const ModelRequest request = request_for(conversation);
  EXPECT_TRUE(complete(provider, request, sink).response);
  EXPECT_EQ(sink.lines.at(2), "started one one-1");
  EXPECT_EQ(sink.lines.at(4), "retry 3 of 3 in 0 ms: it broke, network, one, falls back to two-1");
}

TEST(FallbackProvider, CancelAsksNobodyElse) {
  FallbackSetup setup({{hangs_after("so far", [] {})}, {says("no")}});
  asio::io_context context;
  asio::cancellation_signal signal;
  Completion completion;
  const ModelRequest request = request_for(setup.conversation);
  start(context, *setup.provider, request, setup.sink, completion, signal);
  context.poll();
  signal.emit(asio::cancellation_type::terminal);
  context.run();
  EXPECT_TRUE(completion.aborted());
  EXPECT_THAT(setup.links[1]->asked, IsEmpty());
}

TEST(FallbackProvider, OtherExceptionsPassThrough) {
  FallbackSetup setup({{[](const ModelRequest&, DeltaSink&) -> asio::awaitable<ModelResponse> {
                         throw std::logic_error("a bug");
                         co_return ModelResponse();
                       }},
                       {says("no")}});
  const Completion completion = setup.run();
  EXPECT_THROW(std::rethrow_exception(completion.exception), std::logic_error);
}

TEST(FallbackProvider, ImpossibleChainsAreRefused) {
  EXPECT_THROW(FallbackProvider({}), std::invalid_argument);
  EXPECT_THROW(FallbackProvider({{.provider = nullptr, .model = {}}}), std::invalid_argument);
}

class FallingBackAgent : public AgentTest {};

TEST_F(FallingBackAgent, AFallbackIsPartOfOneRun) {
  const auto one =
      std::make_shared<NamedProvider>("one", Answers{breaks(ErrorCode::authentication)});
  const auto two = std::make_shared<NamedProvider>("two", Answers{says("hello")});
  start(std::make_shared<FallbackProvider>(
      std::vector<FallbackChoice>{{.provider = one, .model = {}}, {.provider = two, .model = {}}}));
  process("hi");
  EXPECT_THAT(faults(events_), IsEmpty());
  EXPECT_EQ(all<Retry>().at(0).fallback_to, "two-1");
  EXPECT_EQ(all<ModelStarted>().at(1).provider, "two");
  EXPECT_EQ(all<RunCompleted>().size(), 1U);
  EXPECT_EQ(result_.llm_calls, 2);
}

}  // namespace
}  // namespace strandbus::test

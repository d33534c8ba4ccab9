// Hooks: they see every step, may change what they get, and may end the run.
#include "agent_fixture.hpp"

#include <gmock/gmock.h>

#include <stdexcept>

namespace strandbus::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Writes down where it was called; the test changes single steps.
class TestHook : public Hook {
 public:
  TestHook(std::string name, std::vector<std::string>& log) : name_(std::move(name)), log_(log) {}

  asio::awaitable<HookDecision> before_turn(const TurnInfo& turn) override {
    co_return at("before_turn " + std::to_string(turn.turn));
  }
  asio::awaitable<HookDecision> after_turn(const TurnInfo& turn) override {
    co_return at("after_turn " + std::to_string(turn.turn));
  }
  asio::awaitable<HookDecision> before_model(ModelRequest& request,
                                             std::vector<Message>& messages) override {
    if (on_request) on_request(request, messages);
    co_return at("before_model");
  }
  asio::awaitable<HookDecision> after_model(ModelResponse& response) override {
    if (on_response) on_response(response);
    co_return at("after_model");
  }
  asio::awaitable<HookDecision> before_tool(ToolCall& call) override {
    if (on_call) on_call(call);
    co_return at("before_tool");
  }
  asio::awaitable<HookDecision> after_tool(const ToolCall&, ToolResult& result) override {
    if (on_result) on_result(result);
    co_return at("after_tool");
  }

  std::function<void(ModelRequest&, std::vector<Message>&)> on_request;
  std::function<void(ModelResponse&)> on_response;
  std::function<void(ToolCall&)> on_call;
  std::function<void(ToolResult&)> on_result;
  std::string stops_at;
  std::string throws_at;

 private:
  HookDecision at(const std::string& step) {
    log_.push_back(name_ + " " + step);
    if (step == throws_at) throw std::runtime_error("broken at " + step);
    return step == stops_at ? HookDecision::stop("enough at " + step) : HookDecision::go_on();
  }

  const std::string name_;
  std::vector<std::string>& log_;
};

struct Text {
  std::string text{};
};
BOOST_DESCRIBE_STRUCT(Text, (), (text))

class AgentHooks : public AgentTest {
 protected:
  AgentHooks() {
    tools_.add<Text>("echo", "Repeats", [](Text input) { return input.text; });
    hook_ = std::make_shared<TestHook>("a", log_);
  }

  RunResult run_call() {
    AgentOptions options;
    options.hooks = {hook_};
    start({calls({tool_call("c1", "echo", {{"text", "one"}})}), says("done")}, std::move(options));
    return process("go");
  }

  std::vector<std::string> log_;
  std::shared_ptr<TestHook> hook_;
};

TEST_F(AgentHooks, SeeEveryStepInOrder) {
  EXPECT_EQ(run_call().output, "done");
  EXPECT_THAT(log_,
              ElementsAre("a before_turn 1", "a before_model", "a after_model", "a before_tool",
                          "a after_tool", "a after_turn 1", "a before_turn 2", "a before_model",
                          "a after_model", "a after_turn 2"));
  EXPECT_THAT(faults(events_), IsEmpty());
}

TEST_F(AgentHooks, ThoseAfterAStepRunInReverse) {
  AgentOptions options;
  options.hooks = {hook_, std::make_shared<TestHook>("b", log_)};
  start({says("done")}, std::move(options));
  process("go");
  EXPECT_THAT(log_,
              ElementsAre("a before_turn 1", "b before_turn 1", "a before_model", "b before_model",
                          "b after_model", "a after_model", "b after_turn 1", "a after_turn 1"));
}

TEST_F(AgentHooks, MayRewriteTheRequestForTheModelAlone) {
  hook_->on_request = [](ModelRequest& request, std::vector<Message>& messages) {
    request.system = "be brief";
    messages.at(0).content = "changed";
  };
  run_call();
  EXPECT_EQ(provider_->requests.at(0).at(0).content, "changed");
  EXPECT_EQ(agent_->messages().at(0).content, "go");
  EXPECT_NE(all<ModelStarted>().at(0).request_digest, all<ModelStarted>().at(1).request_digest);
}

TEST_F(AgentHooks, MayRewriteTheAnswer) {
  hook_->on_response = [](ModelResponse& response) {
    if (!response.content.empty()) response.content = "rewritten";
  };
  EXPECT_EQ(run_call().output, "rewritten");
  EXPECT_EQ(agent_->messages().back().content, "rewritten");
}

TEST_F(AgentHooks, MayRewriteArgumentsAndResults) {
  hook_->on_call = [](ToolCall& call) {
    call.arguments.as_object()["text"] = "two";
    call.call_id = "forged";
  };
  hook_->on_result = [](ToolResult& result) { result.output += "!"; };
  run_call();
  EXPECT_EQ(all<ToolCallStarted>().at(0).arguments.at("text"), "two");
  EXPECT_EQ(all<ToolCallCompleted>().at(0).output, "two!");
  EXPECT_EQ(agent_->messages().at(2).content, "two!");
  EXPECT_EQ(agent_->messages().at(2).tool_call_id, "c1");
}

TEST_F(AgentHooks, RewrittenArgumentsAreChecked) {
  hook_->on_call = [](ToolCall& call) { call.arguments = {{"text", 7}}; };
  run_call();
  EXPECT_EQ(all<ToolCallDenied>().at(0).error_code, ErrorCode::E_VALIDATION);
}

class AgentHookStops : public AgentHooks, public ::testing::WithParamInterface<const char*> {};

TEST_P(AgentHookStops, TheRunTruthfully) {
  hook_->stops_at = GetParam();
  const RunResult result = run_call();
  if (hook_->stops_at == "after_turn 2") {
    EXPECT_EQ(result.output, "done");  // the answer was given
  } else {
    EXPECT_EQ(result.outcome, Outcome::cancelled);
    EXPECT_EQ(result.error, "enough at " + hook_->stops_at);
    EXPECT_EQ(all<RunCancelled>().at(0).reason, result.error);
  }
  EXPECT_THAT(faults(events_), IsEmpty());
  EXPECT_TRUE(valid_for_providers(agent_->messages()));
}

TEST_P(AgentHookStops, AndAnExceptionEndsItAsFailed) {
  hook_->throws_at = GetParam();
  const RunResult result = run_call();
  if (hook_->throws_at != "after_turn 2") {
    EXPECT_EQ(result.outcome, Outcome::failed);
    EXPECT_THAT(result.error, HasSubstr("broken at"));
  }
  EXPECT_THAT(faults(events_), IsEmpty());
  EXPECT_TRUE(valid_for_providers(agent_->messages()));
}

INSTANTIATE_TEST_SUITE_P(Steps, AgentHookStops,
                         ::testing::Values("before_turn 1", "before_model", "after_model",
                                           "before_tool", "after_tool", "after_turn 1",
                                           "before_turn 2", "after_turn 2"));

/// Waits until the run is cancelled.
class WaitingHook final : public Hook {
 public:
  explicit WaitingHook(std::function<void()> reached) : reached_(std::move(reached)) {}

  asio::awaitable<HookDecision> before_model(ModelRequest&, std::vector<Message>&) override {
    asio::steady_timer never(co_await asio::this_coro::executor,
                             asio::steady_timer::time_point::max());
    reached_();
    co_await never.async_wait(asio::use_awaitable);
    co_return HookDecision::go_on();
  }

 private:
  const std::function<void()> reached_;
};

TEST_F(AgentHooks, AreCancelledWithTheRun) {
  AgentOptions options;
  options.hooks = {std::make_shared<WaitingHook>([this] { agent_->control().cancel("stop it"); })};
  start({says("never")}, std::move(options));
  EXPECT_EQ(process("go").outcome, Outcome::cancelled);
  EXPECT_THAT(faults(events_), IsEmpty());
  EXPECT_TRUE(provider_->requests.empty());
}

}  // namespace
}  // namespace strandbus::test

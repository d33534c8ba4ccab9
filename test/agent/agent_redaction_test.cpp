#include "agent/agent_fixture.hpp"
#include "event/secret_samples.hpp"
#include "strandbus/event/json_codec.hpp"

namespace strandbus::test {
namespace {

using ::strandbus::testing::leaks;

const std::string key = "sk-Abcdefghijklmnopqrstuvwx";

class AgentRedactionTest : public AgentTest {
 protected:
  AgentRedactionTest() {
    tools_.add<NoArgs>("look", "Looks",
                       [](NoArgs, ToolContext& context) -> asio::awaitable<ToolResult> {
                         context.output(OutputStream::stdout_, key.substr(0, 9));
                         context.output(OutputStream::stdout_, key.substr(9) + "\n");
                         context.logger.log(LogLevel::error, "found " + key);
                         co_return ToolResult::ok("found " + key);
                       });
  }

  /// A run whose model and tool say the key, the model in pieces.
  void run(AgentOptions options = {}) {
    const auto says_in_pieces = [](const ModelRequest&,
                                   DeltaSink& sink) -> asio::awaitable<ModelResponse> {
      for (const char c : "it is " + key) sink.on_text(std::string(1, c));
      co_return text_response("it is " + key);
    };
    start({calls({tool_call("c", "look", json::object{})}), says_in_pieces}, std::move(options));
    process("use " + key);
  }

  bool shown() const {
    std::string all;
    std::string streamed;
    for (const StreamEvent& event : events_) {
      all += to_json(event);
      if (const auto* token = event.get_if<TokenDelta>()) streamed += token->text;
    }
    return leaks(all, key) || leaks(streamed, key);
  }
};

TEST_F(AgentRedactionTest, ShowsNoSecretByDefault) {
  run();
  EXPECT_EQ(result_.outcome, Outcome::completed) << result_.error;
  EXPECT_FALSE(shown());
  EXPECT_EQ(faults(events_), std::vector<std::string>());
}

TEST_F(AgentRedactionTest, GivesTheModelAndTheCallerTheOriginal) {
  run();
  ASSERT_EQ(provider_->requests.size(), 2U);
  EXPECT_EQ(provider_->requests[1].front().content, "use " + key);
  EXPECT_EQ(provider_->requests[1].back().content, "found " + key);
  EXPECT_EQ(result_.output, "it is " + key);
  EXPECT_EQ(agent_->messages().back().content, "it is " + key);
}

TEST_F(AgentRedactionTest, CanBeSwitchedOff) {
  run({.redaction = {.mode = Redaction::off}});
  EXPECT_TRUE(shown());
}

TEST_F(AgentRedactionTest, TakesSecretsOutOfTheLogLinesOfTools) {
  std::string logged;
  AgentOptions options;
  options.logger = Logger(LogLevel::info, [&](LogLevel, std::string_view line) { logged += line; });
  run(std::move(options));
  EXPECT_EQ(logged, "found [redacted-openai-key]");
}

TEST_F(AgentRedactionTest, KeepsTheRedactorOfItsPublisher) {
  provider_ = std::make_shared<PlayedProvider>(std::vector{says("the plan is SECRETPLAN")});
  const Publisher publisher =
      bus_.publisher({.session_id = "s1"}).redacted(Redactor({.values = {"SECRETPLAN"}}));
  agent_ = std::make_unique<Agent>(io_.get_executor(), provider_, tools_, publisher);
  process("go");
  EXPECT_EQ(all<TokenDelta>().front().text, "the plan is [redacted-value]");
}

TEST_F(AgentRedactionTest, RefusesAValueThatIsTooShort) {
  EXPECT_THROW(start({says("no")}, {.redaction = {.values = {"short"}}}), std::invalid_argument);
}

TEST_F(AgentRedactionTest, MakesTheDigestOfTheRedactedRequest) {
  run();
  const std::string first = all<ModelStarted>().front().request_digest;
  events_.clear();
  start({says("no")});
  process("use sk-Zyxwvutsrqponmlkjihgfed9");  // another key, the same marker
  EXPECT_EQ(all<ModelStarted>().front().request_digest, first);
}

}  // namespace
}  // namespace strandbus::test

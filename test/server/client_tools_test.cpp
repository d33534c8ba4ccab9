// Tools that the client of a session carries out, and sessions with a past from elsewhere.
#include "server/client_tools.hpp"

#include "hub_fixture.hpp"
#include "server/obedient_model.hpp"

#include <gmock/gmock.h>

namespace strandbus::test {
namespace {

using ::testing::HasSubstr;

class ClientToolsTest : public HubTest {
 protected:
  ClientToolsTest() {
    wait(hub_->drain(std::chrono::steady_clock::now()));
    hub_ = std::make_unique<SessionHub>(io_.get_executor(), store_, obedient_agents());
  }

  static std::vector<ToolDefinition> color() {
    ToolDefinition tool;
    tool.name = "pick_color";
    tool.description = "Asks for a colour";
    tool.parameters = json::object{{"type", "object"}};
    return {tool};
  }

  StoreResult<StartedRun> say_with(const std::string& id, const std::string& text,
                                   std::vector<ToolDefinition> tools) {
    return wait(hub_->start_run(id, text, WhenBusy::refuse, std::move(tools)));
  }

  /// Reads until a call waits for its result.
  std::uint64_t read_until_it_waits(const std::string& id, std::uint64_t after) {
    const auto items = read(id, behind(after), [](const FeedItem& item) {
      const auto event = from_json(*item.json);
      const ToolOutput* output = event ? event->get_if<ToolOutput>() : nullptr;
      return output && detail::waits_for_client(output->data);
    });
    return items.back().seq.value();
  }

  static SessionCommand answer(std::string call_id, std::string text) {
    ToolAnswerCommand result;
    result.call_id = std::move(call_id);
    result.result = ToolResult::ok(std::move(text));
    SessionCommand command;
    command.what = std::move(result);
    return command;
  }

  /// The texts of a run up to its end.
  std::string run_of(const std::string& id, std::uint64_t after) {
    std::string text;
    for (const FeedItem& item : read(id, behind(after))) text += *item.json + '\n';
    return text;
  }
};

TEST_F(ClientToolsTest, WaitForTheResultThatSomebodyBrings) {
  const std::string id = make_session();
  const auto started = say_with(id, "color?", color());
  ASSERT_TRUE(started);
  const std::uint64_t seq = read_until_it_waits(id, started->after);
  EXPECT_EQ(detail::waits_for_client(wait(hub_->state(id))->running_tools.at(0).data), true);
  ASSERT_TRUE(tell(id, answer("other", "red")));  // of no call: nothing happens
  ASSERT_TRUE(tell(id, answer("pick1", "blue")));
  ASSERT_TRUE(tell(id, answer("pick1", "green")));  // the first answer counts
  EXPECT_THAT(run_of(id, seq), HasSubstr("You picked blue"));
  expect_sound(id);
}

TEST_F(ClientToolsTest, GiveUpWhenTheRunIsCancelled) {
  const std::string id = make_session();
  const auto started = say_with(id, "color?", color());
  const std::uint64_t seq = read_until_it_waits(id, started->after);
  SessionCommand cancel;
  cancel.what = CancelCommand{.reason = "enough"};
  ASSERT_TRUE(tell(id, cancel));
  const std::string rest = run_of(id, seq);
  EXPECT_THAT(rest, HasSubstr("tool_call_cancelled"));
  EXPECT_THAT(rest, HasSubstr("run_cancelled"));
  expect_sound(id);
}

TEST_F(ClientToolsTest, AreThereForOneRunAndTheConversationStays) {
  const std::string id = make_session();
  run_of(id, say(id, "hello")->after);
  const auto started = say_with(id, "color?", color());
  const std::uint64_t seq = read_until_it_waits(id, started->after);
  ASSERT_TRUE(tell(id, answer("pick1", "blue")));
  run_of(id, seq);
  EXPECT_THAT(run_of(id, say(id, "color?")->after), HasSubstr("E_TOOL_UNKNOWN"));
  EXPECT_THAT(run_of(id, say(id, "what did I say first?")->after),
              HasSubstr(R"("output":"hello")"));
  expect_sound(id);
}

TEST_F(ClientToolsTest, AreRefusedUnderANameThatIsTaken) {
  const std::string id = make_session();
  auto tools = color();
  tools[0].name = "calculator";
  const auto refused = say_with(id, "hello", tools);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, boost::system::errc::invalid_argument);
  EXPECT_THAT(refused.error().message, HasSubstr("calculator"));
  EXPECT_TRUE(say(id, "hello"));  // and nothing else has changed
}

TEST_F(ClientToolsTest, WaitWhateverTheLimitOfOtherToolsIs) {
  wait(hub_->drain(std::chrono::steady_clock::now()));
  AgentOptions options;
  options.tool_timeout = std::chrono::milliseconds(1);
  ToolRegistry tools;
  hub_ = std::make_unique<SessionHub>(
      io_.get_executor(), store_,
      agent_factory(std::make_shared<ObedientModel>(), tools, std::move(options)));
  const std::string id = make_session();
  const auto started = say_with(id, "color?", color());
  const std::uint64_t seq = read_until_it_waits(id, started->after);
  // Longer than the limit: a timer that was started before it would have fired.
  asio::steady_timer later(io_, std::chrono::milliseconds(20));
  later.async_wait(asio::use_future).get();
  ASSERT_TRUE(tell(id, answer("pick1", "blue")));
  EXPECT_THAT(run_of(id, seq), HasSubstr("You picked blue"));
}

// Sessions with an id and a past from elsewhere.

NewSession named(const std::string& id) {
  NewSession wanted;
  wanted.id = id;
  Message said;
  said.id = "1";
  said.content = "I am Ada";
  wanted.messages.push_back(said);
  return wanted;
}

TEST_F(ClientToolsTest, ASessionBeginsWithWhatWasSaidElsewhere) {
  ASSERT_TRUE(wait(hub_->create(named("mine"))));
  EXPECT_THAT(run_of("mine", say("mine", "what did I say first?")->after),
              HasSubstr(R"("output":"I am Ada")"));
  wait(hub_->drain(std::chrono::steady_clock::now() + std::chrono::seconds(30)));
  hub_ = std::make_unique<SessionHub>(io_.get_executor(), store_, obedient_agents());
  EXPECT_THAT(run_of("mine", say("mine", "what did I say first?")->after),
              HasSubstr(R"("output":"I am Ada")"));
  expect_sound("mine");
}

TEST_F(ClientToolsTest, ASessionIsMadeOnceUnderItsId) {
  ASSERT_TRUE(wait(hub_->create(named("mine"))));
  const auto again = wait(hub_->create(named("mine")));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::session_exists);
  EXPECT_TRUE(say("mine", "hello"));
}

}  // namespace
}  // namespace strandbus::test

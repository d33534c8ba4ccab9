// Approvals that were open when the process was stopped are offered again, under the same ids.
#include "agent/agent_fixture.hpp"
#include "bus/trace_events.hpp"
#include "hub_fixture.hpp"

#include <boost/json/serialize.hpp>

#include <gmock/gmock.h>

#include <atomic>

namespace strandbus::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct SendArgs {
  std::string key;
};
BOOST_DESCRIBE_STRUCT(SendArgs, (), (key))

class SessionResume : public HubTest {
 protected:
  /// A hub whose agents ask the played model, and have a tool that needs an approval.
  void start_agents(std::vector<PlayedProvider::Answer> answers) {
    ToolRegistry tools;
    tools
        .add<NoArgs>("danger", "Does something",
                     [ran = ran_](NoArgs) {
                       ++*ran;
                       return std::string("it is done");
                     })
        .requires_confirmation();
    tools.add<SendArgs>("send", "Sends something", [](SendArgs) { return std::string(); })
        .requires_confirmation();
    AgentOptions options;
    options.approval = ApprovalMode::ask;
    hub_ = std::make_unique<SessionHub>(
        io_.get_executor(), store_,
        agent_factory(std::make_shared<PlayedProvider>(std::move(answers)), std::move(tools),
                      options),
        SessionHubOptions());
  }

  static Stop at(std::string type) {
    return [type = std::move(type)](const FeedItem& item) { return item.type == type; };
  }

  /// Asks the agent something that needs an approval, and waits until it does. Returns its id.
  std::string wait_for_approval(const std::string& id, std::uint64_t after = 0) {
    const auto items = read(id, behind(after), at("approval_requested"));
    const StreamEvent asked = from_json(*items.back().json).value();
    return asked.get_if<ApprovalRequested>()->approval_id;
  }

  /// A process that is killed leaves what was durable, and another one comes.
  void kill_and_start_again(const std::string& id, std::vector<PlayedProvider::Answer> answers) {
    const auto left = store_->events(id);
    SessionMetadata metadata;
    metadata.session_id = id;
    wait(hub_->drain(std::chrono::steady_clock::now()));
    store_ = std::make_shared<MemoryStore>();
    store_->put(metadata, left);
    start_agents(std::move(answers));
  }

  template <PayloadType T>
  std::vector<T> stored(const std::string& id) const {
    std::vector<T> found;
    for (const StoredEvent& event : store_->events(id)) {
      const StreamEvent read = from_json(*event.json).value();
      if (const T* payload = read.get_if<T>()) found.push_back(*payload);
    }
    return found;
  }

  SessionCommand approve(const std::string& approval_id) {
    SessionCommand command;
    ApproveCommand what;
    what.approval_id = approval_id;
    what.by = "ann";
    command.what = what;
    return command;
  }

  std::shared_ptr<std::atomic<int>> ran_ = std::make_shared<std::atomic<int>>(0);
};

TEST_F(SessionResume, OffersAnApprovalAgainAfterTheProcessWasKilled) {
  start_agents({calls({tool_call("c1", "danger")})});
  const std::string id = make_session();
  ASSERT_TRUE(say(id, "go"));
  const std::string approval = wait_for_approval(id);
  const std::uint64_t seen = store_->events(id).back().seq;
  kill_and_start_again(id, {says("all done")});
  EXPECT_EQ(wait_for_approval(id, seen), approval);
  EXPECT_EQ(*ran_, 0);
  EXPECT_TRUE(wait(hub_->find(id)).value().running);
  ASSERT_TRUE(tell(id, approve(approval)));
  read(id, behind(seen), at("run_completed"));
  EXPECT_EQ(*ran_, 1);
  EXPECT_EQ(stored<RunFailed>(id).at(0).error_code, ErrorCode::interrupted);
  EXPECT_EQ(stored<RunCompleted>(id).at(0).output, "all done");
  EXPECT_EQ(stored<ApprovalResolved>(id).at(0).decision, ApprovalDecision::cancelled);
  EXPECT_EQ(stored<ApprovalResolved>(id).at(1).by, "ann");
  expect_sound(id);
}

TEST_F(SessionResume, OffersItAsOftenAsTheProcessIsKilled) {
  start_agents({calls({tool_call("c1", "danger")})});
  const std::string id = make_session();
  ASSERT_TRUE(say(id, "go"));
  const std::string approval = wait_for_approval(id);
  for (int i = 0; i < 3; ++i) {
    const std::uint64_t seen = store_->events(id).back().seq;
    kill_and_start_again(id, {says("all done")});
    EXPECT_EQ(wait_for_approval(id, seen), approval);
  }
  const std::uint64_t seen = store_->events(id).back().seq;
  ASSERT_TRUE(tell(id, approve(approval)));
  read(id, behind(seen), at("run_completed"));
  expect_sound(id);
  // The next process finds the conversation in order: one answer to the call, the last one.
  kill_and_start_again(id, {says("yes")});
  const std::uint64_t before = store_->events(id).back().seq;
  ASSERT_TRUE(say(id, "still there?"));
  read(id, behind(before), at("run_completed"));
  expect_sound(id);
}

TEST_F(SessionResume, LeavesARunThatWaitsForAnApprovalAsItIsWhenItIsDrained) {
  start_agents({calls({tool_call("c1", "danger")})});
  const std::string id = make_session();
  ASSERT_TRUE(say(id, "go"));
  const std::string approval = wait_for_approval(id);
  const auto begun = std::chrono::steady_clock::now();
  wait(hub_->drain(begun + std::chrono::minutes(1)));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(30));
  EXPECT_THAT(stored<RunCancelled>(id), IsEmpty());
  EXPECT_THAT(stored<ApprovalResolved>(id), IsEmpty());
  const std::uint64_t seen = store_->events(id).back().seq;
  start_agents({says("all done")});
  EXPECT_EQ(wait_for_approval(id, seen), approval);
  ASSERT_TRUE(tell(id, approve(approval)));
  read(id, behind(seen), at("run_completed"));
  EXPECT_EQ(*ran_, 1);
  expect_sound(id);
}

TEST_F(SessionResume, LosesNothingOfAnotherAgentsTextWhenItIsDrained) {
  start_agents({calls({tool_call("c1", "danger")})});
  const std::string id = make_session();
  RunContext context;
  context.run_id = "theirs";
  const auto theirs = std::make_shared<const RunContext>(std::move(context));
  std::vector<StreamEvent> events;
  events.emplace_back(RunStarted{.provider = "p", .model = "m"}, theirs);
  events.emplace_back(TokenDelta{.text = "use sk-ab", .message_id = "m"}, theirs);
  ASSERT_TRUE(wait(hub_->publish(id, restamped(std::move(events)))));
  ASSERT_TRUE(say(id, "go"));
  wait_for_approval(id);
  wait(hub_->drain(std::chrono::steady_clock::now() + std::chrono::minutes(1)));
  std::string text;
  for (const TokenDelta& delta : stored<TokenDelta>(id)) text += delta.text;
  EXPECT_EQ(text, "use sk-ab");  // it might have become a key
  EXPECT_THAT(stored<ApprovalResolved>(id), IsEmpty());
}

TEST_F(SessionResume, TellsTheModelThatACallWasDenied) {
  start_agents({calls({tool_call("c1", "danger")})});
  const std::string id = make_session();
  ASSERT_TRUE(say(id, "go"));
  const std::string approval = wait_for_approval(id);
  const std::uint64_t seen = store_->events(id).back().seq;
  kill_and_start_again(id, {says("then not")});
  wait_for_approval(id, seen);
  SessionCommand deny;
  DenyCommand what;
  what.approval_id = approval;
  what.reason = "too late";
  deny.what = what;
  ASSERT_TRUE(tell(id, deny));
  read(id, behind(seen), at("run_completed"));
  EXPECT_EQ(*ran_, 0);
  EXPECT_EQ(stored<ToolCallDenied>(id).at(0).reason, "too late");
  expect_sound(id);
}

TEST_F(SessionResume, DoesNotOfferACallWhoseArgumentsWereRedacted) {
  const json::object arguments{{"key", "ghp_aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5"}};
  start_agents({calls({tool_call("c1", "send", arguments)})});
  const std::string id = make_session();
  ASSERT_TRUE(say(id, "go"));
  wait_for_approval(id);
  EXPECT_THAT(json::serialize(stored<ApprovalRequested>(id).at(0).arguments),
              HasSubstr("[redacted"));
  kill_and_start_again(id, {});
  read(id, behind(0), at("session_restored"));
  EXPECT_EQ(stored<ApprovalRequested>(id).size(), 1U);
  EXPECT_FALSE(wait(hub_->find(id)).value().running);
}

TEST_F(SessionResume, LeavesItAtThatWithAnAgentThatCannot) {
  start_agents({calls({tool_call("c1", "danger")})});
  const std::string id = make_session();
  ASSERT_TRUE(say(id, "go"));
  wait_for_approval(id);
  wait(hub_->drain(std::chrono::steady_clock::now()));
  hub_.reset();
  start_hub();  // of agents that are not ours
  read(id, behind(0), at("session_restored"));
  const std::uint64_t seen = store_->events(id).back().seq;
  // It may still be about to find out that there is nothing to do.
  ASSERT_TRUE(say(id, "3", WhenBusy::queue));
  read(id, behind(seen), at("run_completed"));
  EXPECT_EQ(stored<ApprovalRequested>(id).size(), 1U);
  expect_sound(id);
}

}  // namespace
}  // namespace strandbus::test

// What a recorded session says comes again, and nothing of it runs.
#include "strandbus/agent/replay_provider.hpp"

#include "agent_fixture.hpp"
#include "strandbus/event/json_codec.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <atomic>

namespace strandbus::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Takes out what is made up anew in each run.
void forget_what_is_new(json::value& value) {
  constexpr std::array<std::string_view, 7> names{
      "message_id", "id",      "approval_id", "duration_ms", "time_to_first_token_ms",
      "expires_at", "provider"};
  if (auto* object = value.if_object()) {
    for (const std::string_view name : names) object->erase(name);
    for (auto& member : *object) forget_what_is_new(member.value());
  } else if (auto* array = value.if_array()) {
    for (json::value& entry : *array) forget_what_is_new(entry);
  }
}

/// What the events say, without what is new in each run.
std::vector<std::string> sayings(const std::vector<StreamEvent>& events) {
  std::vector<std::string> texts;
  for (const StreamEvent& event : events) {
    json::value data = *parse_json(payload_to_json(event));
    forget_what_is_new(data);
    std::string text(event.wire_type());
    append_json(text += ' ', data);
    texts.push_back(std::move(text));
  }
  return texts;
}

struct PathArgs {
  std::string path{};
};
BOOST_DESCRIBE_STRUCT(PathArgs, (), (path))

class Replay : public AgentTest {
 protected:
  Replay() {
    tools_.add<PathArgs>("read_file", "Reads", [this](const PathArgs& args, ToolContext& context) {
      ++runs_;
      context.output(OutputStream::stdout_, "line of " + args.path);
      context.reads->note(args.path, args.path, "text");
      return ToolResult::ok("text of " + args.path).with_data("data");
    });
    tools_
        .add<PathArgs>("edit_file", "Changes",
                       [this](const PathArgs& args, ToolContext& context) {
                         ++runs_;
                         context.publish(FileModified{.path = args.path, .new_size = 1});
                         return ToolResult::ok("done").with_change(args.path, "-a\n+b\n");
                       })
        .requires_read_first();
    tools_
        .add<NoArgs>("shell", "Runs a command",
                     [this](NoArgs) {
                       ++runs_;
                       return ToolResult::failure(ErrorCode::E_TIMEOUT, "too slow");
                     })
        .requires_confirmation();
    tools_.add<NoArgs>("hang", "Never ends", [this](NoArgs, ToolContext&) {
      return hang([this] { agent_->control().cancel("enough"); });
    });
  }

  static asio::awaitable<ToolResult> hang(std::function<void()> reached) {
    asio::steady_timer never(co_await asio::this_coro::executor,
                             asio::steady_timer::time_point::max());
    reached();
    co_await never.async_wait(asio::use_awaitable);
    co_return ToolResult();
  }

  /// What was published so far, as a recording; the next run is separate.
  std::shared_ptr<const Recording> recorded() {
    recorded_ = std::move(events_);
    events_.clear();
    runs_ = 0;
    return std::make_shared<Recording>(recorded_);
  }

  /// Runs the recording again.
  void replay(const std::shared_ptr<const Recording>& recording, AgentOptions options = {}) {
    const CancelReplay cancel = [this](const std::string& reason) {
      agent_->control().cancel(reason);
    };
    options.approval = recording->approval();
    options.confirm = recorded_approvals(recording, cancel);
    options.model = recording->started().model;
    agent_ = std::make_unique<Agent>(io_.get_executor(),
                                     std::make_shared<ReplayProvider>(recording, cancel),
                                     recorded_tools(tools_, recording, cancel),
                                     bus_.publisher(RunContext{.session_id = "s1"}), options);
    for (const RecordedPrompt& prompt : recording->prompts()) process(prompt.text);
  }

  void expect_the_same_events() {
    EXPECT_EQ(sayings(events_), sayings(recorded_));
    EXPECT_EQ(runs_, 0);
  }

  std::vector<StreamEvent> recorded_;
  std::atomic<int> runs_ = 0;  ///< of real tools, which run on threads
};

TEST_F(Replay, SaysEveryWordAgain) {
  start({says("one"), says("two")});
  process("first");
  process("second");
  replay(recorded());
  expect_the_same_events();
  EXPECT_EQ(result_.output, "two");
}

TEST_F(Replay, GivesTheResultsAndEventsOfToolsAndRunsNone) {
  start({calls({tool_call("c1", "read_file", json::object{{"path", "a.txt"}})}),
         calls({tool_call("c2", "edit_file", json::object{{"path", "a.txt"}})}), says("done")});
  process("go");
  replay(recorded());
  expect_the_same_events();
  EXPECT_EQ(all<ToolOutput>().at(0).text, "line of a.txt");
  EXPECT_EQ(all<FileModified>().size(), 1U);
  EXPECT_EQ(all<ToolCallCompleted>().at(1).diffs.at(0).diff, "-a\n+b\n");
}

TEST_F(Replay, DeniesWhatWasDenied) {
  start({calls({tool_call("c1", "edit_file", json::object{{"path", "a.txt"}})}),  // never read
         calls({tool_call("c2", "no_such")}), calls({tool_call("c3", "read_file")}), says("done")});
  process("go");
  replay(recorded());
  expect_the_same_events();
  EXPECT_EQ(all<ToolCallDenied>().size(), 3U);
}

TEST_F(Replay, AnswersApprovalsAsTheyWere) {
  AgentOptions options;
  options.confirm = [n = 0](const ApprovalRequested&) mutable -> asio::awaitable<Confirmation> {
    return [](bool yes) -> asio::awaitable<Confirmation> {
      co_return yes ? Confirmation::approve("Ann") : Confirmation::deny("no", "Bob");
    }(n++ == 0);
  };
  start({calls({tool_call("c1", "shell")}), calls({tool_call("c2", "shell")}), says("done")},
        options);
  process("go");
  replay(recorded());
  expect_the_same_events();
  EXPECT_EQ(all<ApprovalResolved>().at(1).by, "Bob");
}

TEST_F(Replay, RefusesWhatNobodyWasThereToApprove) {
  start({calls({tool_call("c1", "shell")}), says("done")}, {.approval = ApprovalMode::deny});
  process("go");
  replay(recorded());
  expect_the_same_events();
}

TEST_F(Replay, FailsAsItFailed) {
  start({fails(ErrorCode::rate_limit, "too many requests")});
  process("go");
  replay(recorded());
  expect_the_same_events();
  EXPECT_EQ(result_.error_code, ErrorCode::rate_limit);
}

TEST_F(Replay, RetriesAsItRetried) {
  start({[](const ModelRequest&, DeltaSink& sink) -> asio::awaitable<ModelResponse> {
    sink.on_text("so fa");
    const ProviderError error(ErrorCode::network, "reset");
    sink.on_attempt_failed(error);
    Retry retry;
    retry.attempt = 2;
    retry.max_attempts = 3;
    retry.reason = "reset";
    sink.on_retry(retry);
    sink.on_attempt_started("played", "played-1");
    sink.on_text("hello");
    co_return text_response("hello");
  }});
  process("go");
  replay(recorded());
  expect_the_same_events();
  EXPECT_EQ(all<MessageDiscarded>().size(), 1U);
}

TEST_F(Replay, KnowsTheAttemptsOfARequestAlsoWhereTheyShareASpan) {
  start({[](const ModelRequest&, DeltaSink& sink) -> asio::awaitable<ModelResponse> {
    const ProviderError error(ErrorCode::network, "reset");
    sink.on_attempt_failed(error);
    sink.on_attempt_started("played", "played-1");
    co_return text_response("hello");
  }});
  process("go");
  std::vector<SpanId> spans;
  for (const StreamEvent& event : events_) {
    if (event.is<ModelStarted>()) spans.push_back(event.span_id());
  }
  ASSERT_EQ(spans.size(), 2U);
  EXPECT_NE(spans[0], spans[1]);
  std::vector<StreamEvent> shared = events_;
  for (StreamEvent& event : shared) {
    if (event.span_id() == spans[1]) event.set_span(spans[0], event.parent_span_id());
  }
  for (const auto* const events : {&events_, &shared}) {
    const Recording recording(*events);
    ASSERT_EQ(recording.requests().size(), 1U);
    EXPECT_EQ(recording.requests()[0].attempts.size(), 2U);
  }
}

TEST_F(Replay, CancelsAModelRequestThatWasCancelled) {
  start({hangs_after("half", [this] { agent_->control().cancel("enough"); })});
  process("go");
  replay(recorded());
  EXPECT_EQ(types(), [&] {
    std::vector<std::string> names;
    for (const StreamEvent& event : recorded_) names.emplace_back(event.wire_type());
    return names;
  }());
  EXPECT_EQ(all<RunCancelled>().at(0).reason, "enough");
}

TEST_F(Replay, CancelsAToolCallThatWasCancelled) {
  start({calls({tool_call("c1", "hang")})});
  process("go");
  replay(recorded());
  expect_the_same_events();
  EXPECT_EQ(all<ToolCallCancelled>().at(0).reason, "enough");
}

TEST_F(Replay, CancelsWhereTheRecordingWasCutOff) {
  start({calls({tool_call("c1", "read_file", json::object{{"path", "a.txt"}})}), says("done")});
  process("go");
  for (const std::size_t left : {std::size_t{9}, std::size_t{14}, std::size_t{19}}) {
    recorded();
    recorded_.resize(left);
    replay(std::make_shared<Recording>(recorded_));
    EXPECT_EQ(result_.outcome, Outcome::cancelled) << left;
    EXPECT_EQ(result_.error, "the recording ends here") << left;
    events_.clear();
    start({calls({tool_call("c1", "read_file", json::object{{"path", "a.txt"}})}), says("done")});
    process("go");
  }
}

TEST_F(Replay, HoldsParallelCallsApart) {
  start({calls({tool_call("c1", "read_file", json::object{{"path", "a"}}),
                tool_call("c2", "read_file", json::object{{"path", "b"}})}),
         says("done")});
  process("go");
  replay(recorded());
  EXPECT_EQ(result_.output, "done");
  std::vector<std::string> outputs;
  for (const auto& completed : all<ToolCallCompleted>()) outputs.push_back(completed.output);
  EXPECT_THAT(outputs, ::testing::UnorderedElementsAre("text of a", "text of b"));
}

// What differs.

TEST_F(Replay, NamesTheMessageThatDiffersAndHow) {
  start({says("one")});
  process("What is the capital of France?");
  auto recording = recorded();
  agent_.reset();
  start(std::make_shared<ReplayProvider>(recording));
  process("What is the capital of Spain?");
  EXPECT_EQ(result_.outcome, Outcome::failed);
  EXPECT_EQ(result_.error_code, ErrorCode::invalid_request);
  EXPECT_EQ(result_.error,
            "the request differs from the recorded one of seq 7: message 1 (user): the recording "
            "says …\"t is the capital of France?\", now it is …\"t is the capital of Spain?\"");
}

TEST_F(Replay, NamesToolsParametersAndModelThatDiffer) {
  start({says("one")});
  process("hi");
  const auto recording = recorded();
  const auto error_with = [&](AgentOptions options, bool tools) {
    if (!tools) tools_ = tools_.select({"hang"});
    if (options.model.empty()) options.model = recording->started().model;
    start(std::make_shared<ReplayProvider>(recording), std::move(options));
    process("hi");
    return result_.error;
  };
  EXPECT_THAT(error_with({.parameters = {{"seed", 1}}}, true),
              HasSubstr("parameters: the recording says \"null\", now it is \"{\\\"seed\\\":1}\""));
  EXPECT_THAT(error_with({.model = "other"}, true),
              HasSubstr("the model: the recording asks played-1, now other"));
  EXPECT_THAT(error_with({.system_prompt = "Be short."}, true),
              HasSubstr("what the recording does not show: the system prompt"));
  EXPECT_THAT(
      error_with({}, false),
      HasSubstr("tools: the recording has read_file, edit_file, shell, hang, now there are hang"));
}

TEST_F(Replay, SaysThatThereIsNoFurtherRequest) {
  start({says("one")});
  process("hi");
  const auto recording = recorded();
  start(std::make_shared<ReplayProvider>(recording));
  process("hi");
  EXPECT_TRUE(result_.completed());
  process("and now?");
  EXPECT_EQ(result_.error, "the recording has no further request: its 1 are answered");
}

// Redacted texts.

/// The recording with a secret taken out of what was said.
std::shared_ptr<const Recording> redacted(std::vector<StreamEvent> events) {
  for (StreamEvent& event : events) {
    if (const auto* commit = event.get_if<MessageCommitted>()) {
      MessageCommitted payload = *commit;
      std::string& text = payload.message.content;
      if (const auto at = text.find("hunter2"); at != std::string::npos)
        text.replace(at, 7, "[redacted-password]");
      event.set_payload(std::move(payload));
    } else if (const auto* started = event.get_if<ModelStarted>()) {
      ModelStarted payload = *started;
      payload.request_digest = "of what was redacted";
      event.set_payload(std::move(payload));
    }
  }
  return std::make_shared<Recording>(events);
}

TEST_F(Replay, TakesAnythingForWhatIsRedactedInTheRecording) {
  start({says("ok")});
  process("my password is hunter2, and yours?");
  recorded();
  start(std::make_shared<ReplayProvider>(redacted(recorded_)));
  process("my password is hunter2, and yours?");
  EXPECT_TRUE(result_.completed()) << result_.error;
  start(std::make_shared<ReplayProvider>(redacted(recorded_)));
  process("my password is [redacted-password], and yours?");
  EXPECT_TRUE(result_.completed()) << result_.error;
  start(std::make_shared<ReplayProvider>(redacted(recorded_)));
  process("my password is hunter2, and mine?");
  EXPECT_FALSE(result_.completed());
}

TEST(Recording, KnowsWhatWasSaidBeforeItsFirstRun) {
  Message message;
  message.content = "earlier";
  const Recording recording({}, {message});
  EXPECT_EQ(recording.before().size(), 1U);
  EXPECT_THAT(recording.prompts(), IsEmpty());
  EXPECT_THAT(recording.requests(), IsEmpty());
}

}  // namespace
}  // namespace strandbus::test

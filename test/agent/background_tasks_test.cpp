// Tasks in the background: their runs, ends, limits, and what models see of them.
#include "strandbus/agent/background_tasks.hpp"

#include "background_fixture.hpp"
#include "strandbus/agent/agent_tool.hpp"
#include "strandbus/agent/hook.hpp"

#include <gmock/gmock.h>

namespace strandbus::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

class Background : public BackgroundTest {
 protected:
  RunResult run(const std::string& text = "go") {
    const RunResult result = process(text);
    EXPECT_THAT(faults(events_), IsEmpty());
    EXPECT_TRUE(valid_for_providers(agent_->messages()));
    EXPECT_EQ(tasks_->running(), 0U);
    EXPECT_EQ(tasks_->waiting(), 0U);
    return result;
  }

  std::vector<std::string> reasons() const {
    std::vector<std::string> found;
    for (const auto& cancelled : all<BackgroundTaskCancelled>()) found.push_back(cancelled.reason);
    return found;
  }

  std::vector<TaskOutcome> outcomes() const {
    std::vector<TaskOutcome> found;
    for (const auto& finished : all<BackgroundTaskFinished>()) found.push_back(finished.outcome);
    return found;
  }

  void end_with(WhenRunEnds when, std::string task, PlayedProvider::Answer last) {
    BackgroundTaskOptions options;
    options.when_run_ends = when;
    add_tasks(options);
    start({calls({starts("c1", std::move(task))}), std::move(last)});
  }
};

TEST_F(Background, RunBesideTheOneThatHasStartedThem) {
  add_tasks();
  start({calls({starts("c1", "this"), starts("c2", "that")}), waits(), says("both")});
  EXPECT_EQ(run().output, "both");
  ASSERT_THAT(all<BackgroundTaskStarted>(), SizeIs(2));
  EXPECT_THAT(outcomes(), ElementsAre(TaskOutcome::completed, TaskOutcome::completed));
  EXPECT_THAT(answer_to("c1"), StartsWith("started: task_"));
  EXPECT_THAT(answer_to("w"), AllOf(HasSubstr("(worker) completed after"), HasSubstr("did this"),
                                    HasSubstr("did that")));
  // The second had begun before the first was over.
  std::size_t most = 0;
  std::size_t open = 0;
  for (const StreamEvent& event : events_) {
    if (event.context().depth == 1 && event.is<RunStarted>()) most = std::max(most, ++open);
    if (event.context().depth == 1 && event.is_terminal()) --open;
  }
  EXPECT_EQ(most, 2U);
}

TEST_F(Background, HaveARunOfTheirOwnBelowTheOneThatHasStartedThem) {
  add_tasks();
  start({calls({starts("c1", "this")}), waits(), says("done")});
  run();
  const StreamEvent& started = events_[first<BackgroundTaskStarted>()];
  const StreamEvent& child = events_[place_of([](const StreamEvent& event) {
    return event.is<RunStarted>() && event.context().depth == 1;
  })];
  const StreamEvent& call = events_[first<ToolCallStarted>()];
  EXPECT_EQ(started.run_id(), result_.run_id);
  EXPECT_EQ(started.parent_span_id(), call.span_id());
  EXPECT_EQ(child.run_id(), started.get_if<BackgroundTaskStarted>()->child_run_id);
  EXPECT_EQ(child.context().parent_run_id, result_.run_id);
  EXPECT_EQ(child.agent(), "worker");
  EXPECT_EQ(child.parent_span_id(), started.span_id());
  EXPECT_EQ(events_[first<BackgroundTaskFinished>()].span_id(), started.span_id());
}

TEST_F(Background, AreSummedUpBeforeTheEndOfTheRun) {
  add_tasks();
  start({calls({starts("c1", "this"), starts("c2", "fail")}), waits(), says("done")});
  const RunResult result = run();
  ASSERT_THAT(all<ExecutionSummary>(), SizeIs(1));
  EXPECT_EQ(first<ExecutionSummary>() + 1, end_of_root());
  const auto agents = all<ExecutionSummary>()[0].agents;
  ASSERT_THAT(agents, SizeIs(3));
  EXPECT_EQ(agents[0].run_id, result.run_id);
  EXPECT_EQ(agents[0].agent, "agent");
  std::map<Outcome, int> counts;
  for (const AgentSummary& agent : agents) ++counts[agent.outcome];
  EXPECT_EQ(counts[Outcome::completed], 2);
  EXPECT_EQ(counts[Outcome::failed], 1);
  EXPECT_EQ(agents[0].usage, result.usage);
  EXPECT_THAT(result.below, SizeIs(2));
}

TEST_F(Background, AnAnswerWaitsForThem) {
  end_with(WhenRunEnds::wait, "this", says("begun"));
  EXPECT_EQ(run().output, "begun");
  EXPECT_THAT(outcomes(), ElementsAre(TaskOutcome::completed));
  EXPECT_LT(first<AssistantMessage>(), first<BackgroundTaskFinished>());
  EXPECT_LT(first<BackgroundTaskFinished>(), end_of_root());
}

TEST_F(Background, AnAnswerCancelsThemWhenItMay) {
  end_with(WhenRunEnds::cancel, "hang", says("never mind"));
  EXPECT_EQ(run().outcome, Outcome::completed);
  EXPECT_THAT(reasons(), ElementsAre("the run that has started it has ended"));
  EXPECT_LT(first<BackgroundTaskCancelled>(), end_of_root());
}

TEST_F(Background, GoOnWhenTheyAreDetached) {
  end_with(WhenRunEnds::detach, "this", says("begun"));
  EXPECT_EQ(run().output, "begun");
  EXPECT_THAT(outcomes(), ElementsAre(TaskOutcome::detached));
  EXPECT_LT(first<BackgroundTaskFinished>(), end_of_root());
  const std::size_t child_end = place_of(
      [](const StreamEvent& event) { return event.is_terminal() && event.context().depth == 1; });
  EXPECT_GT(child_end, end_of_root());
  EXPECT_LT(child_end, events_.size());
  EXPECT_THAT(all<ExecutionSummary>(), IsEmpty());  // it is not over
}

TEST_F(Background, WhatWasDetachedIsSeenByTheNextRun) {
  BackgroundTaskOptions options;
  options.when_run_ends = WhenRunEnds::detach;
  add_tasks(options);
  start({calls({starts("c1", "this")}), says("begun"),
         calls_about([](const std::vector<std::string>& ids) {
           return std::vector<ToolCall>{tool_call("k", "bg_check", {{"task_id", ids.at(0)}}),
                                        tool_call("l", "bg_list")};
         }),
         says("it is done")});
  run();
  run("and?");
  EXPECT_THAT(answer_to("k"), AllOf(HasSubstr("completed after"), HasSubstr("did this")));
  EXPECT_THAT(answer_to("l"), HasSubstr("completed after"));
}

TEST_F(Background, OneTaskMayBeDetachedOnRequest) {
  add_tasks();
  tools_.add<NoArgs>("let_go", "Starts",
                     [this](NoArgs, ToolContext& context) -> asio::awaitable<ToolResult> {
                       BackgroundTaskRequest request;
                       request.task = "this";
                       request.when_run_ends = WhenRunEnds::detach;
                       const auto task = tasks_->start(context, request);
                       co_return ToolResult::ok(task ? "started" : "refused");
                     });
  start({calls({tool_call("c1", "let_go"), starts("c2", "that")}), says("done")});
  run();
  EXPECT_THAT(outcomes(),
              ::testing::UnorderedElementsAre(TaskOutcome::detached, TaskOutcome::completed));
}

class EveryPolicy : public Background, public ::testing::WithParamInterface<WhenRunEnds> {};

TEST_P(EveryPolicy, CancellingTheRunCancelsThem) {
  end_with(GetParam(), "hang", hangs_after("hm", [this] { agent_->control().cancel("stop it"); }));
  EXPECT_EQ(run().outcome, Outcome::cancelled);
  EXPECT_THAT(reasons(), ElementsAre("stop it"));
  EXPECT_THAT(all<RunCancelled>(), SizeIs(2));
}

TEST_P(EveryPolicy, ARunThatFailsDoesNotWait) {
  BackgroundTaskOptions options;
  options.when_run_ends = GetParam();
  add_tasks(options);
  const bool detached = GetParam() == WhenRunEnds::detach;
  start({calls({starts("c1", detached ? "this" : "hang")}), fails(ErrorCode::network, "gone")});
  EXPECT_EQ(run().outcome, Outcome::failed);
  if (detached) {
    EXPECT_THAT(outcomes(), ElementsAre(TaskOutcome::detached));
  } else {
    EXPECT_THAT(reasons(), ElementsAre("the run that has started it has failed"));
  }
}

INSTANTIATE_TEST_SUITE_P(Policies, EveryPolicy,
                         ::testing::Values(WhenRunEnds::wait, WhenRunEnds::cancel,
                                           WhenRunEnds::detach));

class BothCancels : public Background, public ::testing::WithParamInterface<CancelWhen> {};

TEST_P(BothCancels, OfARunThatWaitsForThemCancelThemAndKeepItsAnswer) {
  end_with(WhenRunEnds::wait, "hang", says("begun"));
  on_event_ = [this](const StreamEvent& event) {
    if (event.is<UsageUpdate>()) agent_->control().cancel("enough", GetParam());
  };
  EXPECT_EQ(run().output, "begun");
  EXPECT_THAT(reasons(), ElementsAre("enough"));
}

TEST_P(BothCancels, WhileTheAnswerIsGivenAreAboutThemToo) {
  class CancellingHook final : public Hook {
   public:
    explicit CancellingHook(std::function<void()> cancel) : cancel_(std::move(cancel)) {}
    asio::awaitable<HookDecision> after_turn(const TurnInfo& turn) override {
      if (turn.turn == 2) cancel_();
      for (int i = 0; i < 5; ++i)
        co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
      co_return HookDecision::go_on();
    }

   private:
    const std::function<void()> cancel_;
  };
  add_tasks();
  AgentOptions options;
  options.hooks.push_back(
      std::make_shared<CancellingHook>([this] { agent_->control().cancel("enough", GetParam()); }));
  start({calls({starts("c1", "hang")}), says("begun")}, std::move(options));
  EXPECT_EQ(run().output, "begun");
  EXPECT_THAT(reasons(), ElementsAre("enough"));
}

INSTANTIATE_TEST_SUITE_P(When, BothCancels,
                         ::testing::Values(CancelWhen::now, CancelWhen::after_turn));

TEST_F(Background, TheTimeOfARunThatWaitsForThemIsLimited) {
  add_tasks();
  AgentOptions options;
  options.timeout = std::chrono::milliseconds(20);
  start({calls({starts("c1", "hang")}), says("begun")}, std::move(options));
  EXPECT_EQ(run().output, "begun");
  EXPECT_THAT(reasons(), ElementsAre("the run took longer than 20 ms"));
}

TEST_F(Background, TheTimeOfATaskIsLimited) {
  BackgroundTaskOptions options;
  options.timeout = std::chrono::milliseconds(1);
  add_tasks(options);
  start({calls({starts("c1", "hang")}), waits(), says("too long")});
  run();
  EXPECT_THAT(outcomes(), ElementsAre(TaskOutcome::failed));
  EXPECT_THAT(answer_to("w"), HasSubstr("failed after 0.0 s: the run took longer than 1 ms"));
}

TEST_F(Background, WaitForAPlaceInTheOrderInWhichTheyCame) {
  BackgroundTaskOptions options;
  options.max_running = 1;
  add_tasks(options);
  start({calls({starts("c1", "one"), starts("c2", "two"), starts("c3", "three")}), waits(),
         says("all")});
  run();
  EXPECT_THAT(answer_to("c1"), StartsWith("started: "));
  EXPECT_THAT(answer_to("c2"), StartsWith("accepted; it begins when another task has ended: "));
  std::vector<std::string> prompts;
  std::size_t open = 0;
  for (const StreamEvent& event : events_) {
    if (event.context().depth == 0) continue;
    if (const auto* message = event.get_if<UserMessage>()) prompts.push_back(message->content);
    if (event.is<RunStarted>()) {
      EXPECT_EQ(++open, 1U);
    }
    if (event.is_terminal()) --open;
  }
  EXPECT_THAT(prompts, ElementsAre("one", "two", "three"));
}

TEST_F(Background, AreRefusedWhenThereIsNoPlaceAndNoneMayWait) {
  BackgroundTaskOptions options;
  options.max_running = 1;
  options.when_full = WhenFull::refuse;
  add_tasks(options);
  start({calls({starts("c1", "hang"), starts("c2", "that")}),
         calls_about([](const std::vector<std::string>& ids) {
           return std::vector<ToolCall>{tool_call("x", "bg_cancel", {{"task_id", ids.at(0)}})};
         }),
         says("one")});
  run();
  EXPECT_THAT(answer_to("c2"), HasSubstr("as many tasks as may are under way"));
  EXPECT_THAT(all<BackgroundTaskStarted>(), SizeIs(1));
}

TEST_F(Background, AModelMayCancelThem) {
  BackgroundTaskOptions options;
  options.max_running = 1;
  add_tasks(options);
  start({calls({starts("c1", "hang"), starts("c2", "that")}),
         calls_about([](const std::vector<std::string>& ids) {
           return std::vector<ToolCall>{
               tool_call("x2", "bg_cancel", {{"task_id", ids.at(1)}, {"reason", "no need"}})};
         }),
         calls_about([](const std::vector<std::string>& ids) {
           return std::vector<ToolCall>{tool_call("x1", "bg_cancel", {{"task_id", ids.at(0)}})};
         }),
         calls_about([](const std::vector<std::string>& ids) {
           return std::vector<ToolCall>{tool_call("x3", "bg_cancel", {{"task_id", ids.at(0)}}),
                                        tool_call("x4", "bg_cancel", {{"task_id", "task_9"}}),
                                        tool_call("k", "bg_check", {{"task_id", "task_9"}}),
                                        tool_call("w", "bg_wait", {{"task_ids", {"task_9"}}})};
         }),
         says("none")});
  run();
  EXPECT_THAT(reasons(), ElementsAre("no need", "the agent that has started it cancelled it"));
  EXPECT_THAT(answer_to("x2"), HasSubstr("was cancelled after 0.0 s: no need"));
  EXPECT_THAT(answer_to("x3"), HasSubstr("it is over already"));
  for (const char* id : {"x4", "k", "w"})
    EXPECT_THAT(answer_to(id), HasSubstr("Error (E_NOT_FOUND): there is no task task_9"));
}

TEST_F(Background, AModelSeesHowTheyAre) {
  BackgroundTaskOptions options;
  options.max_running = 1;
  options.when_run_ends = WhenRunEnds::cancel;
  add_tasks(options);
  start({calls({starts("c1", "hang"),
                tool_call("c2", "bg_start", {{"task", "that"}, {"name", "weather"}})}),
         calls({tool_call("l", "bg_list"), tool_call("w", "bg_wait", {{"seconds", 0}})}),
         says("busy")});
  run();
  EXPECT_THAT(answer_to("l"), AllOf(HasSubstr("(worker) has been running for 0."),
                                    HasSubstr("(weather) waits for its turn")));
  EXPECT_EQ(answer_to("w"), answer_to("l").replace(answer_to("l").find('\n'), 1, "\n\n"));
}

TEST_F(Background, WithoutTasksThereIsNothingToTell) {
  add_tasks();
  start({calls({tool_call("l", "bg_list"), tool_call("w", "bg_wait")}), says("nothing")});
  run();
  EXPECT_EQ(answer_to("l"), "there are no tasks");
  EXPECT_EQ(answer_to("w"), "there are no tasks");
  EXPECT_THAT(all<ExecutionSummary>(), IsEmpty());
}

TEST_F(Background, CancellingARunThatAsksForThemEndsItsCall) {
  add_tasks();
  start({calls({starts("c1", "hang")}), waits(), says("never")});
  on_event_ = [this](const StreamEvent& event) {
    const auto* call = event.get_if<ToolCallStarted>();
    if (call && call->tool_name == "bg_wait") agent_->control().cancel("stop it");
  };
  EXPECT_EQ(run().outcome, Outcome::cancelled);
  EXPECT_THAT(all<ToolCallCancelled>(), SizeIs(1));
  EXPECT_THAT(reasons(), ElementsAre("stop it"));
}

TEST_F(Background, StartNoOthers) {
  ToolRegistry inner;
  std::vector<BackgroundAgent> agents;
  agents.push_back(agent("deeper"));
  add_background_tools(inner, std::make_shared<BackgroundTasks>(std::move(agents)));
  auto model = std::make_shared<PlayedProvider>(
      std::vector<PlayedProvider::Answer>{calls({starts("x1", "deeper")}), says("no")});
  std::vector<BackgroundAgent> outer;
  outer.push_back(agent("worker", std::move(inner)));
  outer[0].provider = model;
  tasks_ = std::make_shared<BackgroundTasks>(std::move(outer));
  add_background_tools(tools_, tasks_);
  start({calls({starts("c1", "this")}), waits(), says("ok")});
  run();
  EXPECT_THAT(model->requests.at(1).back().content,
              HasSubstr("a task in the background starts no others"));
}

TEST_F(Background, ModelsChooseAmongSeveralAgents) {
  std::vector<BackgroundAgent> agents;
  for (const char* name : {"reader", "writer"}) agents.push_back(agent(name));
  tasks_ = std::make_shared<BackgroundTasks>(std::move(agents));
  add_background_tools(tools_, tasks_);
  start({calls({tool_call("c1", "bg_start", {{"task", "this"}, {"agent", "writer"}}),
                starts("c2", "that"),
                tool_call("c3", "bg_start", {{"task", "this"}, {"agent", "singer"}})}),
         waits(), says("ok")});
  run();
  const auto started = all<BackgroundTaskStarted>();
  ASSERT_THAT(started, SizeIs(2));
  EXPECT_EQ(started[0].name, "writer");
  EXPECT_EQ(started[1].name, "reader");
  EXPECT_THAT(answer_to("c3"), HasSubstr("E_VALIDATION"));
}

TEST_F(Background, TheBudgetsOfTheRunHoldForAll) {
  add_tasks();
  AgentOptions options;
  options.max_run_tokens = 30;  // of 12 each
  start({calls({starts("c1", "this"), starts("c2", "that")}), waits(), says("never")},
        std::move(options));
  EXPECT_EQ(run().error_code, ErrorCode::budget);
}

class ApprovedTask : public Background {
 protected:
  void start_with(WhenRunEnds when) {
    ToolRegistry tools(ToolRegistryOptions{.threads = 1, .executor = {}});
    tools.add<NoArgs>("danger", "Does", [](NoArgs) { return std::string("done"); })
        .requires_confirmation();
    BackgroundTaskOptions options;
    options.when_run_ends = when;
    add_tasks(options, std::move(tools));
    start({calls({starts("c1", "call it")}), says("begun")});
  }
};

TEST_F(ApprovedTask, IsApprovedThroughTheRunThatHasStartedIt) {
  start_with(WhenRunEnds::wait);
  on_event_ = [this](const StreamEvent& event) {
    if (const auto* request = event.get_if<ApprovalRequested>())
      agent_->control().approve(request->approval_id, "ann");
  };
  run();
  EXPECT_EQ(all<ApprovalResolved>().at(0).by, "ann");
  EXPECT_THAT(outcomes(), ElementsAre(TaskOutcome::completed));
}

TEST_F(ApprovedTask, IsApprovedAlsoAfterTheEndOfThatRun) {
  start_with(WhenRunEnds::detach);
  std::string asked;
  on_event_ = [&](const StreamEvent& event) {
    if (const auto* request = event.get_if<ApprovalRequested>()) asked = request->approval_id;
    if (event.is_terminal() && event.context().depth == 0)
      asio::post(io_, [&] { agent_->control().approve(asked, "bob"); });
  };
  run();
  EXPECT_EQ(all<ApprovalResolved>().at(0).by, "bob");
  EXPECT_THAT(all<RunCompleted>(), SizeIs(2));
}

TEST_F(ApprovedTask, OfASubAgentIsApprovedThroughTheRunAboveIt) {
  ToolRegistry dangerous(ToolRegistryOptions{.threads = 1, .executor = {}});
  dangerous.add<NoArgs>("danger", "Does", [](NoArgs) { return std::string("done"); })
      .requires_confirmation();
  BackgroundTaskOptions detached;
  detached.when_run_ends = WhenRunEnds::detach;
  std::vector<BackgroundAgent> workers;
  workers.push_back(agent("worker", std::move(dangerous)));
  tasks_ = std::make_shared<BackgroundTasks>(std::move(workers), detached);
  ToolRegistry of_helper;
  add_background_tools(of_helper, tasks_);
  AgentToolOptions helper;
  helper.name = "helper";
  helper.description = "Helps";
  tools_.add(make_agent_tool(std::make_shared<PlayedProvider>(std::vector<PlayedProvider::Answer>{
                                 calls({starts("c1", "call it")}), says("begun")}),
                             std::move(of_helper), std::move(helper)));
  start({calls({tool_call("h", "helper", {{"task", "begin"}})}), says("on its way")});
  std::string asked;
  on_event_ = [&](const StreamEvent& event) {
    if (const auto* request = event.get_if<ApprovalRequested>()) asked = request->approval_id;
    if (event.is_terminal() && event.context().depth == 0)
      asio::post(io_, [&] { agent_->control().approve(asked, "eve"); });
  };
  run();
  EXPECT_EQ(all<ApprovalResolved>().at(0).by, "eve");
  EXPECT_THAT(all<RunCompleted>(), SizeIs(3));
}

TEST_F(Background, ThatWaitForAPlaceKeepTheirExecutorRunning) {
  BackgroundTaskOptions options;
  options.when_run_ends = WhenRunEnds::detach;
  options.max_running = 1;
  add_tasks(options);
  start({calls({starts("c1", "hang")}), says("begun")});
  asio::io_context other_io;
  PlayedProvider::Answer begins = calls({starts("d1", "this")});
  Agent other(other_io.get_executor(),
              std::make_shared<PlayedProvider>(
                  std::vector<PlayedProvider::Answer>{std::move(begins), says("later")}),
              tools_, bus_.publisher(RunContext{.session_id = "s1"}));
  bool first_has_begun = false;
  on_event_ = [&](const StreamEvent& event) {
    if (!event.is_terminal() || event.context().depth > 0) return;
    if (!std::exchange(first_has_begun, true)) io_.stop();
  };
  process("go");
  other.async_process_message("go too", [](error_code, const RunResult&) {});
  while (tasks_->waiting() == 0) other_io.run_one();
  while (other_io.poll() > 0) continue;
  EXPECT_FALSE(other_io.stopped());  // its run is over, its task is not
  tasks_->cancel_all("enough of the first");
  io_.restart();
  io_.run();
  other_io.run();
  EXPECT_EQ(tasks_->running(), 0U);
  EXPECT_EQ(tasks_->waiting(), 0U);
}

TEST_F(Background, AreNotCancelledOnceMoreWhenTheyAreDetached) {
  BackgroundTaskOptions options;
  options.when_run_ends = WhenRunEnds::detach;
  options.max_running = 1;
  add_tasks(options);
  start({calls({starts("c1", "this"), starts("c2", "that")}), says("begun")});
  on_event_ = [this](const StreamEvent& event) {
    if (event.is<BackgroundTaskFinished>()) tasks_->cancel_all("at once");
  };
  run();
  EXPECT_THAT(outcomes(), ElementsAre(TaskOutcome::detached, TaskOutcome::detached));
  EXPECT_THAT(all<BackgroundTaskCancelled>(), IsEmpty());
}

TEST_F(Background, MayBeWaitedForWithoutALimitThatMatters) {
  add_tasks();
  tools_.add<NoArgs>("wait", "Waits",
                     [this](NoArgs, ToolContext& context) -> asio::awaitable<ToolResult> {
                       const auto longest = std::chrono::milliseconds::max();
                       const auto infos = co_await tasks_->wait(context, {}, longest);
                       co_return ToolResult::ok(infos.at(0).output);
                     });
  start({calls({starts("c1", "this"), tool_call("w", "wait")}), says("done")});
  run();
  EXPECT_EQ(answer_to("w"), "did this");
}

TEST_F(Background, GivingThemUpCancelsWhatWasDetached) {
  BackgroundTaskOptions options;
  options.when_run_ends = WhenRunEnds::detach;
  options.max_running = 1;
  add_tasks(options);
  start({calls({starts("c1", "hang"), starts("c2", "that")}), says("begun")});
  on_event_ = [this](const StreamEvent& event) {
    if (event.is_terminal() && event.context().depth == 0) tasks_->cancel_all("the program ends");
  };
  run();
  ASSERT_THAT(all<RunCancelled>(), SizeIs(1));
  EXPECT_EQ(all<RunCancelled>()[0].reason, "the program ends");
  EXPECT_THAT(outcomes(), ElementsAre(TaskOutcome::detached, TaskOutcome::detached));
}

TEST_F(Background, OfThoseThatAreOverTheNewestAreRemembered) {
  BackgroundTaskOptions many_wait;
  many_wait.max_waiting = 200;
  add_tasks(many_wait);
  std::vector<ToolCall> many;
  for (int i = 0; i < 150; ++i)
    many.push_back(starts("c" + std::to_string(i), "task " + std::to_string(i)));
  start({calls(many), waits(), calls({starts("last", "this")}), calls({tool_call("l", "bg_list")}),
         says("ok")});
  run();
  const std::string list = answer_to("l");
  EXPECT_EQ(std::ranges::count(list, '\n') + 1, 101);
  EXPECT_EQ(list.find(told_tasks(agent_->messages()).at(0)), std::string::npos);
}

TEST_F(Background, BelongToTheRunOfAnAgent) {
  add_tasks();
  const ToolContext nobody;
  EXPECT_EQ(tasks_->start(nobody, {}).error(), Errc::run_not_open);
  EXPECT_THAT(tasks_->list(nobody), IsEmpty());
  EXPECT_FALSE(tasks_->cancel(nobody, "task_1", "no"));
}

TEST_F(Background, AClosedBusRefusesThem) {
  add_tasks();
  error_code refused;
  tools_.add<NoArgs>("close", "Closes",
                     [&](NoArgs, ToolContext& context) -> asio::awaitable<ToolResult> {
                       bus_.close();
                       BackgroundTaskRequest request;
                       request.task = "this";
                       const auto task = tasks_->start(context, request);
                       if (!task) refused = task.error();
                       co_return ToolResult::ok("closed");
                     });
  start({calls({tool_call("c1", "close")}), says("done")});
  process("go");
  EXPECT_EQ(refused, Errc::closed);
  EXPECT_EQ(tasks_->running(), 0U);
  checker_ = TraceChecker();  // the run's end could not be published
}

TEST(BackgroundOptions, WrongOnesAreRefusedByName) {
  const auto refusal = [](auto change) {
    std::vector<BackgroundAgent> agents(1);
    agents[0].provider = std::make_shared<TaskModel>();
    BackgroundTaskOptions options;
    change(agents, options);
    try {
      const BackgroundTasks tasks(std::move(agents), options);
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string("taken");
  };
  EXPECT_THAT(refusal([](auto& agents, auto&) { agents.clear(); }), HasSubstr("list of agents"));
  EXPECT_THAT(refusal([](auto& agents, auto&) { agents[0].options.name = "a:b"; }),
              HasSubstr("BackgroundAgent::options.name is \"a:b\""));
  EXPECT_THAT(refusal([](auto& agents, auto&) { agents.push_back(agents[0]); }),
              HasSubstr("BackgroundAgent::options.name"));
  EXPECT_THAT(refusal([](auto& agents, auto&) { agents[0].provider = nullptr; }),
              HasSubstr("BackgroundAgent::provider is null"));
  EXPECT_THAT(refusal([](auto&, auto& options) { options.max_running = 0; }),
              HasSubstr("max_running is 0"));
  EXPECT_THAT(refusal([](auto&, auto& options) { options.max_running_per_agent = 0; }),
              HasSubstr("max_running_per_agent is 0"));
  EXPECT_THAT(
      refusal([](auto&, auto& options) { options.timeout = std::chrono::milliseconds(-1); }),
      HasSubstr("timeout is -1 ms"));
  EXPECT_EQ(refusal([](auto&, auto&) {}), "taken");
}

}  // namespace
}  // namespace strandbus::test

// What a running workflow says, and what can be asked of it.
#include "agent/agent_fixture.hpp"
#include "agent/workflow_world.hpp"

#include <boost/asio/co_spawn.hpp>

#include <gmock/gmock.h>

#include <algorithm>

namespace strandbus::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Habits = TalkingProvider::Habits;

class WorkflowEngineTest : public ::testing::Test {
 protected:
  void TearDown() override { EXPECT_THAT(faults(world_.events), IsEmpty()); }

  void start(json::value input = nullptr) {
    world_.engine->async_run(std::move(input), [this](error_code ec, WorkflowResult result) {
      ec_ = ec;
      result_ = std::move(result);
      ++completions_;
    });
  }

  void finish() {
    do {
      world_.io.restart();
      world_.io.poll();
    } while (completions_ == 0 && world_.on_idle());
  }

  const WorkflowResult& run(const WorkflowSteps& steps, json::value input = nullptr) {
    world_.make_engine(Workflow("w", steps));
    start(std::move(input));
    finish();
    return result_;
  }

  template <PayloadType T>
  std::vector<StreamEvent> all() const {
    std::vector<StreamEvent> found;
    std::ranges::copy_if(world_.events, std::back_inserter(found),
                         [](const StreamEvent& event) { return event.is<T>(); });
    return found;
  }

  std::vector<std::string> work_types() const {
    std::vector<std::string> names;
    for (const StreamEvent& event : world_.events) {
      if (event.scope() == Scope::workflow || event.scope() == Scope::workflow_step ||
          event.is<RunStarted>() || event.is_terminal())
        names.emplace_back(event.wire_type());
    }
    return names;
  }

  WorkflowWorld world_;
  error_code ec_;
  WorkflowResult result_;
  int completions_ = 0;
};

json::value previous(const WorkflowScope& scope) { return scope.previous(); }

TEST_F(WorkflowEngineTest, PublishesItsStepsAroundTheRuns) {
  WorkflowSteps steps;
  steps.agent("ask", talker(world_), "hi {{input}}").transform("keep", previous);
  run(steps, "you");
  EXPECT_THAT(work_types(),
              ElementsAre("workflow_started", "workflow_step_started", "run_started",
                          "run_completed", "workflow_step_completed", "workflow_step_started",
                          "workflow_step_completed", "workflow_completed"));
  EXPECT_EQ(result_.output, "[hi you]");
  EXPECT_EQ(result_.runs, 1);
  EXPECT_EQ(result_.usage.total, 12);
  EXPECT_EQ(result_.checkpoint.steps.size(), 2u);
}

TEST_F(WorkflowEngineTest, NamesStepsByNumberAndRunsByTheirWorkflow) {
  WorkflowSteps inside;
  inside.agent("ask", talker(world_), "hi");
  WorkflowSteps steps;
  steps.transform("keep", previous).subworkflow("sub", Workflow("inner", inside));
  run(steps, 1);
  const auto started = all<WorkflowStepStarted>();
  ASSERT_EQ(started.size(), 3u);
  EXPECT_EQ(started[0].component_id(), "w:step:0");
  EXPECT_EQ(started[1].component_id(), "w:step:1");
  EXPECT_EQ(started[2].component_id(), "inner:step:0");
  const RunContext& outer = started[1].context();
  const RunContext& inner = started[2].context();
  EXPECT_EQ(outer.parent_workflow_id, "");
  EXPECT_EQ(inner.parent_workflow_id, outer.workflow_id);
  EXPECT_NE(inner.workflow_id, outer.workflow_id);
  const auto run = all<RunStarted>().front();
  EXPECT_EQ(run.context().workflow_id, inner.workflow_id);
  EXPECT_EQ(run.context().parent_workflow_id, outer.workflow_id);
  EXPECT_EQ(run.context().depth, 0);
  EXPECT_EQ(run.parent_span_id(), started[2].span_id());
  EXPECT_EQ(all<WorkflowStarted>()[1].parent_span_id(), started[1].span_id());
}

TEST_F(WorkflowEngineTest, AnAgentIsCalledAsItsStepUnlessItHasAName) {
  WorkflowAgent unnamed = talker(world_);
  unnamed.options.name = AgentOptions().name;
  WorkflowSteps steps;
  steps.agent("writer", unnamed, "a").agent("other", talker(world_, "ann"), "b");
  run(steps);
  const auto runs = all<RunStarted>();
  EXPECT_EQ(runs.at(0).agent(), "writer");
  EXPECT_EQ(runs.at(1).agent(), "ann");
}

TEST_F(WorkflowEngineTest, SeveralRunsAreSummedUpBeforeTheEnd) {
  WorkflowSteps steps;
  steps.agent("a", talker(world_, "ann"), "a").agent("b", talker(world_, "bob"), "b");
  run(steps);
  const auto summary = all<ExecutionSummary>();
  ASSERT_EQ(summary.size(), 1u);
  const auto& agents = summary.front().get_if<ExecutionSummary>()->agents;
  ASSERT_EQ(agents.size(), 2u);
  EXPECT_EQ(agents[0].agent, "ann");
  EXPECT_EQ(agents[1].usage.total, 12);
  EXPECT_EQ(world_.events.back().wire_type(), "workflow_completed");
}

TEST_F(WorkflowEngineTest, AFailureNamesTheStepThatItComesFrom) {
  WorkflowSteps inside;
  inside.agent("bad", talker(world_, "bad", Habits{.failures = 9}), "x");
  WorkflowSteps steps;
  steps.subworkflow("sub", Workflow("inner", inside));
  run(steps);
  EXPECT_EQ(result_.outcome, Outcome::failed);
  EXPECT_EQ(result_.error_code, ErrorCode::server_error);
  EXPECT_EQ(result_.error, "the step \"bad\" failed: scripted failure");
  EXPECT_FALSE(ec_);
  EXPECT_THAT(work_types(), ElementsAre("workflow_started", "workflow_step_started",
                                        "workflow_started", "workflow_step_started", "run_started",
                                        "run_failed", "workflow_step_failed", "workflow_failed",
                                        "workflow_step_failed", "workflow_failed"));
}

TEST_F(WorkflowEngineTest, OfBranchesThatAreCancelledTheReasonIsTold) {
  WorkflowSteps both;
  both.agent("bad", talker(world_, "bad", Habits{.failures = 9}), "x")
      .agent("slow", talker(world_, "slow", Habits{.hangs = 9}), "y");
  WorkflowSteps steps;
  steps.parallel("both", both);
  run(steps);
  const auto cancelled = all<WorkflowStepCancelled>();
  ASSERT_EQ(cancelled.size(), 1u);
  EXPECT_EQ(cancelled.front().get_if<WorkflowStepCancelled>()->reason, "the step \"bad\" failed");
  EXPECT_EQ(all<RunCancelled>().size(), 1u);
}

TEST_F(WorkflowEngineTest, ATimeoutEndsTheStepWithItsCode) {
  WorkflowStepOptions options;
  options.timeout = 1500ms;
  WorkflowSteps steps;
  steps.agent("slow", talker(world_, "slow", Habits{.hangs = 9}), "y", options);
  run(steps);
  EXPECT_EQ(result_.error_code, ErrorCode::E_TIMEOUT);
  EXPECT_EQ(result_.error, "the step \"slow\" failed: it took longer than 1500 ms");
  EXPECT_EQ(world_.time.now(), 1500ms);
}

TEST_F(WorkflowEngineTest, RetriesWaitTwiceAsLongEachTimeAndAreTold) {
  WorkflowStepOptions options;
  options.max_retries = 3;
  options.first_delay = 100ms;
  options.max_delay = 300ms;
  WorkflowSteps steps;
  steps.agent("shaky", talker(world_, "shaky", Habits{.failures = 3}), "y", options);
  run(steps);
  EXPECT_TRUE(result_.completed());
  EXPECT_EQ(world_.time.now(), 100ms + 200ms + 300ms);
  const auto told = all<WorkflowStepProgress>();
  ASSERT_EQ(told.size(), 3u);
  const auto* first = told.front().get_if<WorkflowStepProgress>();
  EXPECT_EQ(first->message, "attempt 1 of 4 failed: scripted failure; again in 100 ms");
  EXPECT_EQ(first->data, json::value({{"attempt", 1},
                                      {"max_attempts", 4},
                                      {"error_code", "server_error"},
                                      {"delay_ms", 100}}));
  EXPECT_EQ(all<AgentError>().size(), 3u);
  EXPECT_EQ(all<WorkflowStepStarted>().size(), 1u);
  EXPECT_EQ(all<RunStarted>().size(), 4u);
}

TEST_F(WorkflowEngineTest, ACheckpointIsGivenAfterEachStep) {
  std::vector<std::string> seen;
  WorkflowOptions options = world_.options();
  options.on_checkpoint = [&](const WorkflowCheckpoint& checkpoint) {
    seen.push_back(checkpoint.steps.back().name + " behind " +
                   std::string(world_.events.back().wire_type()));
  };
  WorkflowSteps steps;
  steps.transform("a", previous).transform("b", previous);
  world_.make_engine(Workflow("w", steps), options);
  start();
  finish();
  EXPECT_THAT(seen,
              ElementsAre("a behind workflow_step_completed", "b behind workflow_step_completed"));
}

TEST_F(WorkflowEngineTest, ACheckpointThatIsNotKeptIsToldAndTheWorkflowGoesOn) {
  WorkflowOptions options = world_.options();
  options.on_checkpoint = [](const WorkflowCheckpoint&) { throw std::runtime_error("disk full"); };
  WorkflowSteps steps;
  steps.transform("a", previous);
  world_.make_engine(Workflow("w", steps), options);
  start();
  finish();
  EXPECT_TRUE(result_.completed());
  ASSERT_EQ(all<SystemNotice>().size(), 1u);
  EXPECT_EQ(all<SystemNotice>().front().get_if<SystemNotice>()->message,
            "the checkpoint was not kept: disk full");
}

TEST_F(WorkflowEngineTest, IsBusyWhileItRuns) {
  WorkflowSteps steps;
  steps.agent("a", talker(world_), "a");
  world_.make_engine(Workflow("w", steps));
  error_code second;
  start();
  world_.engine->async_run(nullptr, [&](error_code ec, const WorkflowResult&) { second = ec; });
  finish();
  EXPECT_EQ(second, Errc::busy);
  EXPECT_TRUE(result_.completed());
  completions_ = 0;
  start();
  finish();
  EXPECT_TRUE(result_.completed()) << "it can run again";
}

TEST_F(WorkflowEngineTest, RefusesAnInputThatNoEventCanCarry) {
  WorkflowSteps steps;
  steps.transform("a", previous);
  json::value deep;
  for (int i = 0; i < 40; ++i) deep = json::array{std::move(deep)};
  run(steps, deep);
  EXPECT_EQ(ec_, Errc::limit_exceeded);
  EXPECT_TRUE(world_.events.empty());
}

TEST_F(WorkflowEngineTest, RefusesTheCheckpointOfAnotherWorkflow) {
  WorkflowSteps steps;
  steps.transform("a", previous);
  world_.make_engine(Workflow("w", steps));
  WorkflowCheckpoint other;
  other.workflow = "v";
  other.workflow_id = "v1";
  world_.engine->async_resume(other, [&](error_code ec, const WorkflowResult&) { ec_ = ec; });
  finish();
  EXPECT_EQ(ec_, boost::system::errc::invalid_argument);
  EXPECT_TRUE(world_.events.empty());
}

TEST_F(WorkflowEngineTest, AStepWhoseOutputNoEventCanCarryFails) {
  WorkflowSteps steps;
  steps.transform("big",
                  [](const WorkflowScope&) { return json::value(json::string(5 << 20, 'x')); });
  run(steps);
  EXPECT_EQ(result_.error_code, ErrorCode::E_VALIDATION);
  EXPECT_THAT(result_.error, HasSubstr("at most 4 MiB"));
}

TEST_F(WorkflowEngineTest, DoesNotStartOnAClosedBus) {
  WorkflowSteps steps;
  steps.agent("a", talker(world_), "a");
  world_.make_engine(Workflow("w", steps));
  world_.bus_.close();
  start();
  finish();
  EXPECT_EQ(ec_, Errc::closed);
  EXPECT_EQ(world_.asked["talker"], 0);
}

TEST_F(WorkflowEngineTest, SecretsStayInTheOutputsAndLeaveTheEvents) {
  const std::string key = "open-sesame-42";
  WorkflowSteps steps;
  steps.transform("a", previous).transform("b", previous);
  WorkflowOptions options = world_.options();
  options.redaction.values = {key};
  world_.make_engine(Workflow("w", steps), options);
  start(json::value("the key is " + key));
  finish();
  EXPECT_EQ(result_.output, json::value("the key is " + key));
  for (const StreamEvent& event : world_.events)
    EXPECT_EQ(to_json(event).find(key), std::string::npos) << event.wire_type();
}

TEST_F(WorkflowEngineTest, TextsReachTheAgentsThatRun) {
  WorkflowSteps steps;
  steps.agent("a", talker(world_), "a");
  world_.make_engine(Workflow("w", steps));
  world_.on_event = [this](const StreamEvent& event) {
    if (event.is<ModelStarted>() && all<ModelStarted>().size() == 1)
      world_.engine->control().send("and this");
  };
  start();
  finish();
  EXPECT_EQ(result_.output, "[and this]");
}

TEST_F(WorkflowEngineTest, WhereNothingRunsCommandsDoNothing) {
  WorkflowSteps steps;
  steps.transform("a", previous);
  world_.make_engine(Workflow("w", steps));
  const RunControl control = world_.engine->control();
  control.cancel();
  control.send("hello");
  control.approve("a1");
  start();
  finish();
  EXPECT_TRUE(result_.completed());
  world_.engine.reset();
  control.cancel();
}

TEST_F(WorkflowEngineTest, AnEngineThatIsDestroyedEndsItsWorkflow) {
  WorkflowSteps steps;
  steps.agent("slow", talker(world_, "slow", Habits{.hangs = 9}), "y");
  world_.make_engine(Workflow("w", steps));
  start();
  world_.io.poll();
  world_.engine.reset();
  finish();
  EXPECT_EQ(result_.outcome, Outcome::cancelled);
  EXPECT_EQ(result_.error, "the workflow engine was destroyed");
}

TEST_F(WorkflowEngineTest, AWorldThatEndsWhileItRunsLeavesNothing) {
  auto world = std::make_unique<WorkflowWorld>();
  WorkflowStepOptions options;
  options.timeout = 1s;
  const auto hangs = [](const WorkflowScope&) -> asio::awaitable<json::value> {
    asio::steady_timer never(co_await asio::this_coro::executor,
                             asio::steady_timer::time_point::max());
    co_await never.async_wait(asio::use_awaitable);
    co_return nullptr;
  };
  WorkflowSteps inside;
  inside.agent("c", talker(*world, "slow", Habits{.hangs = 9}), "y");
  WorkflowSteps both;
  both.agent("a", talker(*world, "slow", Habits{.hangs = 9}), "y", options)
      .task("b", hangs)
      .subworkflow("sub", Workflow("inner", inside));
  WorkflowSteps steps;
  steps.parallel("both", both);
  world->make_engine(Workflow("w", steps));
  bool ended = false;
  world->engine->async_run(nullptr, [&](error_code, const WorkflowResult&) { ended = true; });
  world->io.poll();
  world.reset();
  EXPECT_FALSE(ended);
}

TEST_F(WorkflowEngineTest, CoroutinesGetAnExceptionWhereOthersGetACode) {
  WorkflowSteps steps;
  steps.transform("a", previous);
  world_.make_engine(Workflow("w", steps));
  const auto runs = [](WorkflowEngine& engine) -> asio::awaitable<json::value> {
    const WorkflowResult result = co_await engine.run(7);
    co_return result.output;
  };
  json::value output;
  asio::co_spawn(world_.io, runs(*world_.engine),
                 [&](const std::exception_ptr& failure, json::value value) {
                   EXPECT_FALSE(failure);
                   output = std::move(value);
                 });
  world_.io.restart();
  world_.io.poll();
  EXPECT_EQ(output, json::value(7));
  world_.bus_.close();
  error_code ec;
  asio::co_spawn(world_.io, runs(*world_.engine),
                 [&](const std::exception_ptr& failure, const json::value&) {
                   try {
                     if (failure) std::rethrow_exception(failure);
                   } catch (const system_error& error) {
                     ec = error.code();
                   }
                 });
  world_.io.restart();
  world_.io.poll();
  EXPECT_EQ(ec, Errc::closed);
}

}  // namespace
}  // namespace strandbus::test

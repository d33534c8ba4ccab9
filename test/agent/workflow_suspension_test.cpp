// A cancel, a failure and the death of the process at every point of every workflow, and then its
// resumption.
#include "agent/agent_fixture.hpp"
#include "agent/injection.hpp"
#include "agent/workflow_scenarios.hpp"
#include "strandbus/store/interrupted_work.hpp"
#include "support/sanitized.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace strandbus::test {
namespace {

using ::testing::IsEmpty;

struct Point {
  Injection injection = Injection::none;
  Place place = Place::step;
  std::size_t at = 0;
};

/// A workflow in a world, step by step, with an injection at one of its points.
class Play {
 public:
  explicit Play(const WorkflowScenario& scenario, Point point = {}) : point_(point) {
    const Workflow workflow = scenario.build(world);
    WorkflowOptions options = world.options();
    options.on_checkpoint = [this](const WorkflowCheckpoint& checkpoint) {
      checkpoints.push_back(to_json(checkpoint));
    };
    world.make_engine(workflow, std::move(options));
    world.on_any_event = [this] { reached(Place::event, events++); };
    world.on_event = [this](const StreamEvent& event) {
      if (const auto* request = event.get_if<ApprovalRequested>())
        approvals_.push_back(request->approval_id);
    };
  }

  void run(json::value input) { finish(world.engine, std::move(input)); }

  void resume(WorkflowCheckpoint checkpoint) {
    point_.injection = Injection::none;
    world.forget_failure();
    finish(world.engine, std::move(checkpoint));
  }

  /// Lets the world begin with the events of one whose process has died.
  void continue_after(const std::vector<StreamEvent>& past) {
    for (const StreamEvent& event : past) world.bus_.restore(event).value();
    world.events = past;
    const Publisher publisher = world.bus_.publisher(RunContext{.session_id = "s1"});
    for (StreamEvent& end : ends_of_interrupted(past, past.back().ts()))
      publisher.publish(std::move(end)).value();
  }

  WorkflowWorld world;
  error_code ec;
  WorkflowResult result;
  std::vector<std::string> checkpoints;
  std::size_t steps = 0;
  std::size_t events = 0;
  int completions = 0;

 private:
  template <class From>
  void finish(const std::unique_ptr<WorkflowEngine>& engine, From from) {
    bool ended = false;
    auto on_end = asio::bind_cancellation_slot(
        abort_.slot(), [this, &ended](error_code error, WorkflowResult what) {
          ec = error;
          result = std::move(what);
          ended = true;
          ++completions;
        });
    if constexpr (std::is_same_v<From, WorkflowCheckpoint>) {
      engine->async_resume(std::move(from), std::move(on_end));
    } else {
      engine->async_run(std::move(from), std::move(on_end));
    }
    while (!ended) step();
    if (world.io.stopped()) world.io.restart();
    world.io.poll();
  }

  void step() {
    reached(Place::step, steps++);
    if (world.io.stopped()) world.io.restart();
    if (world.io.poll_one() != 0) return;
    if (answer_approvals() || world.on_idle()) return;
    throw std::logic_error("nothing is left to do, and the workflow has not ended");
  }

  bool answer_approvals() {
    const auto asked = std::exchange(approvals_, {});
    for (const std::string& id : asked) world.engine->control().approve(id, "ann");
    return !asked.empty();
  }

  void reached(Place place, std::size_t point) {
    if (place == point_.place && point == point_.at) inject();
  }

  void inject() {
    switch (point_.injection) {
      case Injection::none: return;
      case Injection::cancel: return world.engine->control().cancel("injected");
      case Injection::after_turn:
        return world.engine->control().cancel("injected", CancelWhen::after_turn);
      case Injection::abort: return abort_.emit(asio::cancellation_type::terminal);
      case Injection::fail: return world.fail_next();
    }
  }

  asio::cancellation_signal abort_;
  Point point_;
  std::vector<std::string> approvals_;
};

bool is_start(EventType type) {
  return type == EventType::workflow_started || type == EventType::workflow_step_started ||
         type == EventType::run_started;
}

bool is_end(const StreamEvent& event) {
  const bool work = event.scope() == Scope::workflow || event.scope() == Scope::workflow_step;
  return event.is_terminal() ||
         (work && event.stage() != Stage::started && event.stage() != Stage::progress);
}

/// Whatever ends while something that is inside it is open.
std::vector<std::string> not_enclosed(const std::vector<StreamEvent>& events) {
  std::map<SpanId, SpanId> open;
  std::vector<std::string> found;
  for (const StreamEvent& event : events) {
    if (is_start(event.type())) open[event.span_id()] = event.parent_span_id();
    if (!is_end(event)) continue;
    open.erase(event.span_id());
    for (const auto& [span, parent] : open) {
      if (parent == event.span_id())
        found.push_back(std::string(event.wire_type()) + " at seq " + std::to_string(event.seq()));
    }
  }
  if (!open.empty()) found.push_back(std::to_string(open.size()) + " are open at the end");
  return found;
}

/// Steps that finished more than once, or began after they had finished.
std::vector<std::string> run_again(const std::vector<StreamEvent>& events) {
  std::set<std::pair<std::string, std::int64_t>> finished;
  std::vector<std::string> found;
  for (const StreamEvent& event : events) {
    const std::string& id = event.context().workflow_id;
    if (const auto* started = event.get_if<WorkflowStepStarted>()) {
      if (finished.contains({id, started->step})) found.push_back(started->step_name);
    }
    if (const auto* completed = event.get_if<WorkflowStepCompleted>())
      finished.emplace(id, completed->step);
  }
  return found;
}

std::optional<Outcome> told_outcome(const std::vector<StreamEvent>& events) {
  WorkflowHistory history;
  for (const StreamEvent& event : events) history.add(event);
  return history.outcome();
}

std::string text_of(const json::value& value) {
  std::string text;
  append_json(text, value);
  return text;
}

void check_events(const std::vector<StreamEvent>& events) {
  EXPECT_THAT(faults(events), IsEmpty());
  TraceChecker checker;
  for (const StreamEvent& event : events) checker.add(event);
  EXPECT_THAT(checker.open_work(), IsEmpty());
  EXPECT_THAT(not_enclosed(events), IsEmpty());
  EXPECT_THAT(run_again(events), IsEmpty());
}

/// What the events and the result say must be the same, and true.
void check(const Play& play) {
  check_events(play.world.events);
  EXPECT_EQ(told_outcome(play.world.events), play.result.outcome);
  EXPECT_EQ(play.result.completed(), play.result.error.empty()) << play.result.error;
  EXPECT_EQ(play.result.completed(), play.result.error_code == ErrorCode::none);
}

void check_as_undisturbed(const Play& play, const WorkflowScenario& scenario) {
  EXPECT_FALSE(play.ec) << play.ec.message();
  EXPECT_EQ(play.result.outcome, scenario.outcome) << play.result.error;
  EXPECT_EQ(play.result.error_code, scenario.code) << play.result.error;
  if (scenario.outcome == Outcome::completed) {
    EXPECT_EQ(text_of(play.result.output), scenario.output);
  }
}

/// What the log says about how far the workflow has come.
std::optional<WorkflowCheckpoint> checkpoint_of(const std::vector<StreamEvent>& events) {
  WorkflowHistory history;
  for (const StreamEvent& event : events) history.add(event);
  return history.checkpoint();
}

class WorkflowSuspension : public ::testing::TestWithParam<WorkflowScenario> {
 protected:
  /// Under a sanitizer only some points are taken, others in each scenario.
  static std::size_t stride() { return test::sanitized ? 7 : 1; }

  void inject_everywhere(Injection injection) {
    Play undisturbed(GetParam());
    undisturbed.run(scenario_input());
    inject_at_all(injection, Place::step, undisturbed.steps);
    if (!HasFailure()) inject_at_all(injection, Place::event, undisturbed.events);
    RecordProperty("points", static_cast<int>(undisturbed.steps + undisturbed.events));
  }

  void inject_at_all(Injection injection, Place place, std::size_t points) {
    for (std::size_t at = 0; at < points; at += stride()) {
      SCOPED_TRACE(std::string(name_of(injection)) +
                   (place == Place::step ? " before step " : " at event ") + std::to_string(at) +
                   " of " + std::to_string(points));
      Play play(GetParam(), {.injection = injection, .place = place, .at = at});
      play.run(scenario_input());
      check(play);
      EXPECT_EQ(play.completions, 1);
      if (!play.result.completed() && !HasFailure()) go_on(play);
      if (HasFailure()) return;  // one place says enough
    }
  }

  /// In the same process, from the checkpoint of the result.
  static void go_on(Play& play) {
    SCOPED_TRACE("resumed");
    EXPECT_EQ(to_json(*checkpoint_of(play.world.events)), to_json(play.result.checkpoint));
    play.resume(play.result.checkpoint);
    check(play);
    check_as_undisturbed(play, GetParam());
  }
};

TEST_P(WorkflowSuspension, WithoutAnInjectionItEndsAsItShould) {
  Play play(GetParam());
  play.run(scenario_input());
  check(play);
  check_as_undisturbed(play, GetParam());
  EXPECT_EQ(play.completions, 1);
}

TEST_P(WorkflowSuspension, ACancelAtEveryPointEndsTruthfullyAndCanBeResumed) {
  inject_everywhere(Injection::cancel);
}

TEST_P(WorkflowSuspension, ACancelAfterTheTurnAtEveryPointEndsTruthfullyAndCanBeResumed) {
  inject_everywhere(Injection::after_turn);
}

TEST_P(WorkflowSuspension, TheCallersCancelAtEveryPointEndsTruthfullyAndCanBeResumed) {
  inject_everywhere(Injection::abort);
}

TEST_P(WorkflowSuspension, AFailureAtEveryPointEndsTruthfullyAndCanBeResumed) {
  inject_everywhere(Injection::fail);
}

TEST_P(WorkflowSuspension, AfterTheDeathOfTheProcessAtEveryEventItGoesOnFromTheLog) {
  Play undisturbed(GetParam());
  undisturbed.run(scenario_input());
  const std::vector<StreamEvent>& whole = undisturbed.world.events;
  for (std::size_t kept = 1; kept < whole.size(); kept += stride()) {
    SCOPED_TRACE("died behind event " + std::to_string(kept) + " of " +
                 std::to_string(whole.size()));
    const std::vector<StreamEvent> past(whole.begin(),
                                        whole.begin() + static_cast<std::ptrdiff_t>(kept));
    auto checkpoint = checkpoint_of(past);
    ASSERT_TRUE(checkpoint);
    Play again(GetParam());
    again.continue_after(past);
    again.resume(*std::move(checkpoint));
    check(again);
    check_as_undisturbed(again, GetParam());
    if (HasFailure()) return;
  }
}

TEST_P(WorkflowSuspension, AfterTheDeathOfTheProcessItGoesOnFromEveryCheckpoint) {
  Play undisturbed(GetParam());
  undisturbed.run(scenario_input());
  for (const std::string& kept : undisturbed.checkpoints) {
    SCOPED_TRACE(kept);
    Play again(GetParam());
    again.resume(parse_checkpoint(kept).value());
    check(again);
    check_as_undisturbed(again, GetParam());
    const auto finished = static_cast<std::size_t>(std::ranges::count_if(
        again.world.events, [](const StreamEvent& e) { return e.is<WorkflowStepCompleted>(); }));
    const auto all = undisturbed.checkpoints.size();
    const auto before = static_cast<std::size_t>(std::ranges::find(undisturbed.checkpoints, kept) -
                                                 undisturbed.checkpoints.begin() + 1);
    if (GetParam().outcome == Outcome::completed) {
      EXPECT_EQ(finished, all - before);
    }
    if (HasFailure()) return;
  }
}

std::string test_name(const ::testing::TestParamInfo<WorkflowScenario>& scenario) {
  std::string name = scenario.param.name;
  std::ranges::replace_if(
      name, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Scenarios, WorkflowSuspension, ::testing::ValuesIn(workflow_scenarios()),
                         test_name);

}  // namespace
}  // namespace strandbus::test

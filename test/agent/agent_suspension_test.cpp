// A cancel and a failure at every point at which something waits, in every scenario.
#include "agent_fixture.hpp"
#include "agent_world.hpp"
#include "injection.hpp"
#include "strandbus/tools/background_tools.hpp"
#include "support/sanitized.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <cctype>

namespace strandbus::test {
namespace {

using Answer = SteppingProvider::Answer;
using ::testing::IsEmpty;

struct Scenario {
  std::string name;
  std::function<void(AgentWorld&)> build;
};

void PrintTo(const Scenario& scenario, std::ostream* out) { *out << scenario.name; }

/// A run, step by step, with an injection at one of its points.
class Play {
 public:
  Play(const Scenario& scenario, Injection injection, Place place = Place::step, std::size_t at = 0)
      : injection_(injection), place_(place), at_(at) {
    scenario.build(world);
    world.on_any_event = [this] { reached(Place::event, events++); };
    start("go");
    while (!ended) step();
    settle();
  }

  /// Runs another message to its end, with a model that only answers.
  void recover() {
    world.recover();
    injection_ = Injection::none;
    ended = false;
    start("and now?");
    while (!ended) step();
    settle();
  }

  AgentWorld world;
  error_code ec;
  RunResult result;
  std::size_t steps = 0;
  std::size_t events = 0;
  bool ended = false;
  int completions = 0;

 private:
  void start(const std::string& text) {
    auto on_end = [this](error_code error, RunResult what) {
      ec = error;
      result = std::move(what);
      ended = true;
      ++completions;
    };
    world.agent->async_process_message(
        text, asio::bind_cancellation_slot(abort_.slot(), std::move(on_end)));
  }

  void step() {
    reached(Place::step, steps++);
    if (world.io.stopped()) world.io.restart();
    if (world.io.poll_one() != 0) return;
    if (world.on_idle && world.on_idle()) return;
    throw std::logic_error("nothing is left to do, and the run has not ended");
  }

  void settle() {
    if (world.io.stopped()) world.io.restart();
    world.io.poll();
  }

  void reached(Place place, std::size_t point) {
    if (place == place_ && point == at_) inject();
  }

  void inject() {
    switch (injection_) {
      case Injection::none: return;
      case Injection::cancel: return world.agent->control().cancel("injected");
      case Injection::after_turn:
        return world.agent->control().cancel("injected", CancelWhen::after_turn);
      case Injection::abort: return abort_.emit(asio::cancellation_type::terminal);
      case Injection::fail: return world.fail_next();
    }
  }

  asio::cancellation_signal abort_;
  Injection injection_;
  const Place place_;
  const std::size_t at_;
};

template <PayloadType T>
std::vector<T> all(const std::vector<StreamEvent>& events, const std::string& run_id) {
  std::vector<T> found;
  for (const StreamEvent& event : events) {
    if (event.run_id() != run_id) continue;
    if (const T* payload = event.get_if<T>()) found.push_back(*payload);
  }
  return found;
}

/// What the events, the result and the conversation say must be the same, and true.
void check(const Play& play, const std::string& where) {
  SCOPED_TRACE(where);
  const auto& events = play.world.events;
  EXPECT_THAT(faults(events), IsEmpty());
  EXPECT_TRUE(valid_for_providers(play.world.agent->messages()));
  const std::string& run = play.result.run_id;
  const auto completed = all<RunCompleted>(events, run);
  const auto failed = all<RunFailed>(events, run);
  const auto cancelled = all<RunCancelled>(events, run);
  ASSERT_EQ(completed.size() + failed.size() + cancelled.size(), 1u);
  const Outcome told = completed.size() == 1 ? Outcome::completed
                       : failed.size() == 1  ? Outcome::failed
                                             : Outcome::cancelled;
  EXPECT_EQ(play.result.outcome, told);
  Usage sum;
  for (const auto& request : all<ModelCompleted>(events, run)) sum += request.usage;
  EXPECT_GE(play.result.usage.total, sum.total);
  EXPECT_EQ(static_cast<std::size_t>(play.result.tool_calls),
            all<ToolCallStarted>(events, run).size());
  EXPECT_EQ(play.result.outcome == Outcome::completed, play.result.error.empty());
}

ToolCall call(std::string id, std::string tool) {
  return tool_call(std::move(id), std::move(tool));
}

void add_tool(AgentWorld& world, const std::string& name = "walk", int steps = 2) {
  world.tools.add(std::make_shared<SteppingTool>(world, name, steps));
}

/// An agent without limits in time.
AgentOptions without_clock() {
  AgentOptions options;
  options.tool_timeout = std::chrono::milliseconds(0);
  options.approval_timeout = std::chrono::milliseconds(0);
  return options;
}

void make(AgentWorld& world, std::vector<Answer> answers, AgentOptions options = without_clock()) {
  world.make_agent(std::make_shared<SteppingProvider>(world, std::move(answers)),
                   std::move(options));
}

asio::awaitable<void> steps_for(AgentWorld& world, std::chrono::milliseconds) {
  co_await world.pause();
  co_await world.pause();
}

void make_retrying(AgentWorld& world, std::vector<Answer> answers) {
  RetryOptions retry;
  retry.after_delta = RetryOptions::AfterDelta::retry;
  retry.wait = [&world](std::chrono::milliseconds delay) { return steps_for(world, delay); };
  auto inside = std::make_shared<SteppingProvider>(world, std::move(answers));
  world.make_agent(std::make_shared<RetryingProvider>(std::move(inside), std::move(retry)),
                   without_clock());
}

/// Answers the approvals that have been asked for when nothing else is left to do.
void answer_approvals(AgentWorld& world, bool approve) {
  auto asked = std::make_shared<std::vector<std::string>>();
  world.on_event = [asked](const StreamEvent& event) {
    if (const auto* request = event.get_if<ApprovalRequested>())
      asked->push_back(request->approval_id);
  };
  world.on_idle = [&world, asked, approve] {
    if (asked->empty()) return false;
    const RunControl control = world.agent->control();
    for (const std::string& id : std::exchange(*asked, {})) {
      if (approve) {
        control.approve(id, "ann");
      } else {
        control.deny(id, "no", "bob");
      }
    }
    return true;
  };
}

/// A hook and a guardrail that take a step everywhere.
class SteppingHook final : public Hook {
 public:
  explicit SteppingHook(AgentWorld& world) : world_(world) {}

  asio::awaitable<HookDecision> before_turn(const TurnInfo&) override { return step(); }
  asio::awaitable<HookDecision> after_turn(const TurnInfo&) override { return step(); }
  asio::awaitable<HookDecision> before_model(ModelRequest&, std::vector<Message>&) override {
    return step();
  }
  asio::awaitable<HookDecision> after_model(ModelResponse&) override { return step(); }
  asio::awaitable<HookDecision> before_tool(ToolCall&) override { return step(); }
  asio::awaitable<HookDecision> after_tool(const ToolCall&, ToolResult&) override { return step(); }

 private:
  asio::awaitable<HookDecision> step() {
    co_await world_.pause();
    co_return HookDecision::go_on();
  }

  AgentWorld& world_;
};

class SteppingGuardrail final : public Guardrail {
 public:
  SteppingGuardrail(AgentWorld& world, GuardrailDecision decision)
      : world_(world), decision_(std::move(decision)) {}

  std::string_view name() const noexcept override { return "stepping"; }
  asio::awaitable<GuardrailDecision> check_input(const std::string&) override { return step(); }
  asio::awaitable<GuardrailDecision> check_output(const std::string&) override { return step(); }
  asio::awaitable<GuardrailDecision> check_call(const ToolCall&) override { return step(); }
  asio::awaitable<GuardrailDecision> check_result(const ToolCall&, const ToolResult&) override {
    return step();
  }

 private:
  asio::awaitable<GuardrailDecision> step() {
    co_await world_.pause();
    co_return decision_;
  }

  AgentWorld& world_;
  const GuardrailDecision decision_;
};

asio::awaitable<Confirmation> decides(AgentWorld& world, bool approve) {
  co_await world.pause();
  co_return approve ? Confirmation::approve("ann") : Confirmation::deny("no", "bob");
}

AgentOptions asking(AgentWorld& world, bool approve) {
  AgentOptions options = without_clock();
  options.confirm = [&world, approve](const ApprovalRequested&) { return decides(world, approve); };
  return options;
}

std::vector<Message> long_conversation() {
  std::vector<Message> messages;
  for (int i = 0; i < 6; ++i) {
    Message message;
    message.id = make_message_id();
    message.role = i % 2 == 0 ? Role::user : Role::assistant;
    message.content = std::string(600, 'x');
    messages.push_back(std::move(message));
  }
  return messages;
}

AgentOptions small_window() {
  AgentOptions options = without_clock();
  options.compaction.context_window = 500;
  options.compaction.keep_turns = 1;
  return options;
}

void add_agent(AgentWorld& world, std::vector<Answer> answers, ToolRegistry tools) {
  AgentToolOptions options;
  options.name = "delegate";
  options.description = "Works";
  options.agent = without_clock();
  options.agent.name = "child";
  world.tools.add(make_agent_tool(std::make_shared<SteppingProvider>(world, std::move(answers)),
                                  std::move(tools), std::move(options)));
}

void add_tasks(AgentWorld& world, std::vector<Answer> answers, ToolRegistry tools,
               BackgroundTaskOptions options = {}) {
  std::vector<BackgroundAgent> agents(1);
  agents[0].provider = std::make_shared<SteppingProvider>(world, std::move(answers));
  agents[0].tools = std::move(tools);
  agents[0].options = without_clock();
  agents[0].options.name = "worker";
  options.timeout = std::chrono::milliseconds(0);
  add_background_tools(world.tools, std::make_shared<BackgroundTasks>(std::move(agents), options));
}

ToolCall task(std::string id) { return tool_call(std::move(id), "bg_start", {{"task", "do it"}}); }

BackgroundTaskOptions when_run_ends(WhenRunEnds when, std::size_t max_running) {
  BackgroundTaskOptions options;
  options.when_run_ends = when;
  options.max_running = max_running;
  return options;
}

void add_confirmed_tool(AgentWorld& world) {
  auto tool = std::make_shared<SteppingTool>(world, "walk", 1);
  tool->requires_confirmation();
  world.tools.add(std::move(tool));
}

ToolRegistry tools_with(AgentWorld& world, bool confirmed) {
  ToolRegistry tools(ToolRegistryOptions{.threads = 1, .executor = world.io.get_executor()});
  auto tool = std::make_shared<SteppingTool>(world, "walk", 1);
  if (confirmed) tool->requires_confirmation();
  tools.add(std::move(tool));
  return tools;
}

ToolCall delegation(std::string id) {
  return tool_call(std::move(id), "delegate", {{"task", "do it"}});
}

const Answer calls_walk{.tokens = {"I'll", " walk"}, .calls = {call("c1", "walk")}};
const Answer done{.tokens = {"all", " done"}};

std::vector<Scenario> scenarios() {
  return {
      {"an answer", [](AgentWorld& w) { make(w, {done}); }},
      {"a tool call",
       [](AgentWorld& w) {
         add_tool(w);
         make(w, {calls_walk, done});
       }},
      {"several tools at once",
       [](AgentWorld& w) {
         add_tool(w, "walk", 1);
         add_tool(w, "run", 3);
         make(w, {{.calls = {call("c1", "walk"), call("c2", "run"), call("c3", "walk")}}, done});
       }},
      {"more calls than may run at once",
       [](AgentWorld& w) {
         add_tool(w);
         AgentOptions options = without_clock();
         options.max_parallel_tools = 2;
         make(w,
              {{.calls = {call("c1", "walk"), call("c2", "walk"), call("c3", "walk"),
                          call("c4", "walk")}},
               done},
              std::move(options));
       }},
      {"a tool that fails",
       [](AgentWorld& w) {
         auto tool = std::make_shared<SteppingTool>(w, "walk", 1);
         tool->fails();
         w.tools.add(std::move(tool));
         make(w, {calls_walk, done});
       }},
      {"a plain function",
       [](AgentWorld& w) {
         w.tools.add<NoArgs>("walk", "Walks", [](NoArgs) { return std::string("walked"); });
         make(w, {calls_walk, done});
       }},
      {"an unknown tool",
       [](AgentWorld& w) {
         make(w, {{.calls = {call("c1", "fly")}}, done});
       }},
      {"wrong arguments",
       [](AgentWorld& w) {
         add_tool(w);
         make(w, {{.calls = {tool_call("c1", "walk", "no object")}}, done});
       }},
      {"a model that fails",
       [](AgentWorld& w) {
         make(w, {{.tokens = {"so", " far"}, .fails = ErrorCode::network}});
       }},
      {"a retry after text was shown",
       [](AgentWorld& w) {
         make_retrying(w, {{.tokens = {"so", " far"}, .fails = ErrorCode::server_error}, done});
       }},
      {"retries that are used up",
       [](AgentWorld& w) {
         make_retrying(w, {{.tokens = {"hm"}, .fails = ErrorCode::server_error}});
       }},
      {"an approval by the control",
       [](AgentWorld& w) {
         add_confirmed_tool(w);
         answer_approvals(w, true);
         make(w, {calls_walk, done});
       }},
      {"a denial by the control",
       [](AgentWorld& w) {
         add_confirmed_tool(w);
         answer_approvals(w, false);
         make(w, {calls_walk, done});
       }},
      {"an approval by the application",
       [](AgentWorld& w) {
         add_confirmed_tool(w);
         make(w, {calls_walk, done}, asking(w, true));
       }},
      {"denials by the application",
       [](AgentWorld& w) {
         add_confirmed_tool(w);
         make(w, {{.calls = {call("c1", "walk"), call("c2", "walk")}}, done}, asking(w, false));
       }},
      {"hooks everywhere",
       [](AgentWorld& w) {
         add_tool(w, "walk", 1);
         AgentOptions options = without_clock();
         options.hooks = {std::make_shared<SteppingHook>(w), std::make_shared<SteppingHook>(w)};
         make(w, {calls_walk, done}, std::move(options));
       }},
      {"guardrails that allow",
       [](AgentWorld& w) {
         add_tool(w, "walk", 1);
         AgentOptions options = without_clock();
         options.guardrails = {std::make_shared<SteppingGuardrail>(w, GuardrailDecision::allow())};
         make(w, {calls_walk, done}, std::move(options));
       }},
      {"guardrails that want an approval",
       [](AgentWorld& w) {
         add_tool(w, "walk", 1);
         AgentOptions options = asking(w, true);
         options.guardrails = {
             std::make_shared<SteppingGuardrail>(w, GuardrailDecision::require_approval("look"))};
         make(w, {calls_walk, done}, std::move(options));
       }},
      {"more input",
       [](AgentWorld& w) {
         add_tool(w);
         make(w, {calls_walk, done, done});
         w.on_event = [&w, sent = false](const StreamEvent& event) mutable {
           if (event.is<ToolCallStarted>() && !std::exchange(sent, true))
             w.agent->control().send("and this");
         };
       }},
      {"background tasks that are waited for by the model",
       [](AgentWorld& w) {
         add_tasks(w, {calls_walk, done}, tools_with(w, false));
         make(w, {{.calls = {task("c1"), task("c2")}}, {.calls = {call("w", "bg_wait")}}, done});
       }},
      {"background tasks that are waited for by the run",
       [](AgentWorld& w) {
         add_tasks(w, {done}, ToolRegistry(), when_run_ends(WhenRunEnds::wait, 1));
         make(w, {{.calls = {task("c1"), task("c2"), task("c3")}}, done});
       }},
      {"background tasks that are cancelled",
       [](AgentWorld& w) {
         add_tasks(w, {calls_walk, done}, tools_with(w, false),
                   when_run_ends(WhenRunEnds::cancel, 1));
         make(w, {{.calls = {task("c1"), task("c2")}}, done});
       }},
      {"background tasks that are detached",
       [](AgentWorld& w) {
         add_tasks(w, {calls_walk, done}, tools_with(w, false),
                   when_run_ends(WhenRunEnds::detach, 1));
         make(w, {{.calls = {task("c1"), task("c2")}}, done});
       }},
      {"background tasks with approvals",
       [](AgentWorld& w) {
         add_tasks(w, {calls_walk, done}, tools_with(w, true));
         answer_approvals(w, true);
         make(w, {{.calls = {task("c1"), task("c2")}}, done});
       }},
      {"a doom loop",
       [](AgentWorld& w) {
         add_tool(w, "walk", 1);
         make(w, {{.calls = {call("c1", "walk")}}});
       }},
      {"a budget of tokens",
       [](AgentWorld& w) {
         add_tool(w, "walk", 1);
         AgentOptions options = without_clock();
         options.max_run_tokens = 20;
         options.doom_loop.detection = DoomLoopDetection::off;
         make(w, {calls_walk}, std::move(options));
       }},
      {"a budget of calls",
       [](AgentWorld& w) {
         add_tool(w);
         AgentOptions options = without_clock();
         options.max_tool_calls = 2;
         make(w, {{.calls = {call("c1", "walk"), call("c2", "walk"), call("c3", "walk")}}},
              std::move(options));
       }},
      {"too many rounds",
       [](AgentWorld& w) {
         add_tool(w, "walk", 1);
         AgentOptions options = without_clock();
         options.max_rounds = 2;
         make(w, {calls_walk}, std::move(options));
       }},
      {"a compaction",
       [](AgentWorld& w) {
         make(w, {{.tokens = {"a", " summary"}}, done}, small_window());
         w.agent->restore(long_conversation());
       }},
      {"a compaction that the server demands",
       [](AgentWorld& w) {
         AgentOptions options = without_clock();
         options.compaction.keep_turns = 1;
         make(w, {{.fails = ErrorCode::context_length}, {.tokens = {"a", " summary"}}, done},
              std::move(options));
         w.agent->restore(long_conversation());
       }},
      {"a compaction that fails",
       [](AgentWorld& w) {
         make(w, {{.tokens = {"a"}, .fails = ErrorCode::network}, done}, small_window());
         w.agent->restore(long_conversation());
       }},
      {"an agent as a tool",
       [](AgentWorld& w) {
         add_agent(w, {calls_walk, done}, tools_with(w, false));
         make(w, {{.calls = {delegation("d1")}}, done});
       }},
      {"two agents at once",
       [](AgentWorld& w) {
         add_agent(
             w, {done},
             ToolRegistry(ToolRegistryOptions{.threads = 1, .executor = w.io.get_executor()}));
         make(w, {{.calls = {delegation("d1"), delegation("d2")}}, done});
       }},
      {"an agent below that is asked about",
       [](AgentWorld& w) {
         add_agent(w, {calls_walk, done}, tools_with(w, true));
         answer_approvals(w, true);
         make(w, {{.calls = {delegation("d1")}}, done});
       }},
  };
}

class AgentSuspension : public ::testing::TestWithParam<Scenario> {
 protected:
  /// Under a sanitizer only some points are taken, others in each scenario.
  static std::size_t stride() { return test::sanitized ? 5 : 1; }

  void inject_everywhere(Injection injection) {
    const Play undisturbed(GetParam(), Injection::none);
    inject_at_all(injection, Place::step, undisturbed.steps);
    if (!HasFailure()) inject_at_all(injection, Place::event, undisturbed.events);
    RecordProperty("points", static_cast<int>(undisturbed.steps + undisturbed.events));
  }

  void inject_at_all(Injection injection, Place place, std::size_t points) {
    for (std::size_t at = 0; at < points; at += stride()) {
      const std::string where = std::string(name_of(injection)) +
                                (place == Place::step ? " before step " : " at event ") +
                                std::to_string(at) + " of " + std::to_string(points);
      Play play(GetParam(), injection, place, at);
      check(play, where);
      EXPECT_EQ(play.completions, 1) << where;
      play.recover();
      check(play, where + ", and the next run");
      EXPECT_TRUE(play.result.completed()) << where << ": " << play.result.error;
      if (HasFailure()) return;  // one place says enough
    }
  }
};

TEST_P(AgentSuspension, WithoutAnInjectionTheTraceIsSound) {
  const Play play(GetParam(), Injection::none);
  check(play, "nothing injected");
  EXPECT_GT(play.steps, 3u);
}

TEST_P(AgentSuspension, ACancelAtEveryPointEndsTruthfully) { inject_everywhere(Injection::cancel); }

TEST_P(AgentSuspension, ACancelAfterTheTurnAtEveryPointEndsTruthfully) {
  inject_everywhere(Injection::after_turn);
}

TEST_P(AgentSuspension, TheCallersCancelAtEveryPointEndsTruthfully) {
  inject_everywhere(Injection::abort);
}

TEST_P(AgentSuspension, AFailureAtEveryPointEndsTruthfully) { inject_everywhere(Injection::fail); }

std::string test_name(const ::testing::TestParamInfo<Scenario>& scenario) {
  std::string name = scenario.param.name;
  std::ranges::replace_if(
      name, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Scenarios, AgentSuspension, ::testing::ValuesIn(scenarios()), test_name);

}  // namespace
}  // namespace strandbus::test

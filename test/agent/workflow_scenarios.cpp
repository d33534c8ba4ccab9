#include "agent/workflow_scenarios.hpp"

#include <chrono>
#include <memory>
#include <utility>

namespace strandbus::test {
namespace {

using namespace std::chrono_literals;
using Habits = TalkingProvider::Habits;

bool always(const WorkflowScope&) { return true; }
bool never(const WorkflowScope&) { return false; }

json::value upper(const WorkflowScope& scope) {
  std::string text(scope.previous().as_string());
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return json::value(text);
}

/// Work that takes some steps of the world.
WorkflowTask walks(WorkflowWorld& world, int steps) {
  return [&world, steps](const WorkflowScope& scope) -> asio::awaitable<json::value> {
    return [](WorkflowWorld& where, int count, json::value gives) -> asio::awaitable<json::value> {
      for (int i = 0; i < count; ++i) co_await where.pause();
      co_return gives;
    }(world, steps, scope.previous());
  };
}

/// Work that never ends.
asio::awaitable<json::value> hangs(const WorkflowScope&) {
  asio::steady_timer never_expires(co_await asio::this_coro::executor,
                                   asio::steady_timer::time_point::max());
  co_await never_expires.async_wait(asio::use_awaitable);
  co_return nullptr;
}

WorkflowStepOptions within(std::chrono::milliseconds timeout, std::int64_t retries = 0) {
  WorkflowStepOptions options;
  options.timeout = timeout;
  options.max_retries = retries;
  return options;
}

WorkflowStepOptions retrying(std::int64_t retries) { return within(0ms, retries); }

WorkflowSteps say(WorkflowWorld& w, const std::string& name, const std::string& prompt) {
  WorkflowSteps steps;
  steps.agent(name, talker(w), prompt);
  return steps;
}

Workflow made(const WorkflowSteps& steps) { return Workflow("made", steps); }

WorkflowScenario completes(std::string name, std::string output,
                           std::function<Workflow(WorkflowWorld&)> build) {
  return {std::move(name), Outcome::completed, ErrorCode::none, std::move(output),
          std::move(build)};
}

WorkflowScenario fails(std::string name, ErrorCode code,
                       std::function<Workflow(WorkflowWorld&)> build) {
  return {std::move(name), Outcome::failed, code, {}, std::move(build)};
}

/// An inner workflow of two agents.
Workflow inner(WorkflowWorld& w) {
  WorkflowSteps steps;
  steps.agent("first", talker(w), "a {{input}}").agent("second", talker(w), "b {{previous}}");
  return Workflow("inner", steps);
}

void add_plain(std::vector<WorkflowScenario>& all) {
  all.push_back(completes("one agent", R"("[hi tea]")", [](WorkflowWorld& w) {
    return made(say(w, "hi", "hi {{input.topic}}"));
  }));
  all.push_back(
      completes("agents one after the other", R"("[c [b [a tea]] [a tea]]")", [](WorkflowWorld& w) {
        WorkflowSteps steps;
        steps.agent("a", talker(w), "a {{input.topic}}")
            .agent("b", talker(w), "b {{previous}}")
            .agent("c", talker(w), "c {{previous}} {{steps.a.output}}");
        return made(steps);
      }));
  all.push_back(completes("a transform", R"("TEA")", [](WorkflowWorld&) {
    WorkflowSteps steps;
    steps.transform("pick", [](const WorkflowScope& scope) { return scope.at("input.topic"); })
        .transform("upper", upper);
    return made(steps);
  }));
  all.push_back(completes("work that waits", R"({"topic":"tea"})", [](WorkflowWorld& w) {
    WorkflowSteps steps;
    steps.task("walk", walks(w, 3)).task("run", walks(w, 1));
    return made(steps);
  }));
  all.push_back(completes("an agent with a tool", R"("[done]")", [](WorkflowWorld& w) {
    w.tools.add(std::make_shared<SteppingTool>(w, "walk", 2));
    WorkflowSteps steps;
    steps.agent("go", talker(w, "walker", Habits{.calls = "walk"}), "go");
    return made(steps);
  }));
  all.push_back(completes("an answer that is a value", R"("on 3 legs")", [](WorkflowWorld& w) {
    WorkflowAgent agent = talker(w, "counter", Habits{.says = R"({"legs": 3})"});
    agent.options.response_schema = {{"type", "object"}};
    WorkflowSteps steps;
    steps.agent("count", agent, "count").transform("say", [](const WorkflowScope& scope) {
      return json::value("on " + std::to_string(scope.at("previous.legs").as_int64()) + " legs");
    });
    return made(steps);
  }));
}

void add_branches(std::vector<WorkflowScenario>& all) {
  all.push_back(completes("a condition that holds", R"("[yes]")", [](WorkflowWorld& w) {
    WorkflowSteps steps;
    steps.conditional("ask", always, say(w, "yes", "yes"), say(w, "no", "no"));
    return made(steps);
  }));
  all.push_back(completes("a condition that does not hold", R"("[no]")", [](WorkflowWorld& w) {
    WorkflowSteps steps;
    steps.conditional("ask", never, say(w, "yes", "yes"), say(w, "no", "no"));
    return made(steps);
  }));
  all.push_back(
      completes("a condition without an else", R"("[after [before]]")", [](WorkflowWorld& w) {
        WorkflowSteps steps;
        steps.agent("before", talker(w), "before")
            .conditional("ask", never, say(w, "yes", "yes"))
            .agent("after", talker(w), "after {{previous}}");
        return made(steps);
      }));
  all.push_back(completes("conditions in conditions", R"("[deep]")", [](WorkflowWorld& w) {
    WorkflowSteps inside;
    inside.conditional("two", never, say(w, "no", "no"), say(w, "deep", "deep"));
    WorkflowSteps steps;
    steps.conditional("one", always, inside);
    return made(steps);
  }));
  all.push_back(
      completes("a workflow in a workflow", R"("[then [b [a [one]]]]")", [](WorkflowWorld& w) {
        WorkflowSteps steps;
        steps.agent("one", talker(w), "one")
            .subworkflow("two", inner(w))
            .agent("three", talker(w), "then {{steps.two.output}}");
        return made(steps);
      }));
  all.push_back(
      completes("three workflows inside each other", R"("[b [a x]]")", [](WorkflowWorld& w) {
        WorkflowSteps middle;
        middle.subworkflow("inside", inner(w));
        WorkflowSteps steps;
        steps.subworkflow("middle", Workflow("middle", middle),
                          [](const WorkflowScope&) { return json::value("x"); });
        return made(steps);
      }));
}

void add_groups(std::vector<WorkflowScenario>& all) {
  all.push_back(completes("two agents at once", R"({"a":"[1]","b":"[2]"})", [](WorkflowWorld& w) {
    WorkflowSteps both;
    both.agent("a", talker(w), "1").agent("b", talker(w), "2");
    WorkflowSteps steps;
    steps.parallel("both", both);
    return made(steps);
  }));
  all.push_back(completes(
      "sequences at once", R"("[2 [1 tea]] and {\"topic\":\"tea\"}")", [](WorkflowWorld& w) {
        WorkflowSteps one;
        one.agent("a", talker(w), "1 {{input.topic}}").agent("b", talker(w), "2 {{previous}}");
        WorkflowSteps both;
        both.sequence("left", one).task("right", walks(w, 9));
        WorkflowSteps steps;
        steps.parallel("both", both).transform("join", [](const WorkflowScope& scope) {
          std::string text(scope.at("steps.both.output.left").as_string());
          text += " and ";
          append_json(text, scope.at("previous.right"));
          return json::value(text);
        });
        return made(steps);
      }));
  all.push_back(completes("groups in groups", R"({"x":{"a":"[a]","b":"[b]"},"c":"[c]"})",
                          [](WorkflowWorld& w) {
                            WorkflowSteps low;
                            low.agent("a", talker(w), "a").agent("b", talker(w), "b");
                            WorkflowSteps high;
                            high.parallel("x", low).agent("c", talker(w), "c");
                            WorkflowSteps steps;
                            steps.parallel("y", high);
                            return made(steps);
                          }));
  all.push_back(completes("a workflow and a condition at once",
                          R"({"sub":"[b [a t]]","ask":"[yes]"})", [](WorkflowWorld& w) {
                            WorkflowSteps both;
                            both.subworkflow("sub", inner(w),
                                             [](const WorkflowScope&) { return json::value("t"); })
                                .conditional("ask", always, say(w, "yes", "yes"));
                            WorkflowSteps steps;
                            steps.parallel("both", both);
                            return made(steps);
                          }));
  all.push_back(
      completes("the same workflow twice at once", R"({"l":"[b [a t]]","r":"[b [a t]]"})",
                [](WorkflowWorld& w) {
                  const auto input = [](const WorkflowScope&) { return json::value("t"); };
                  WorkflowSteps both;
                  both.subworkflow("l", inner(w), input).subworkflow("r", inner(w), input);
                  WorkflowSteps steps;
                  steps.parallel("both", both);
                  return made(steps);
                }));
  all.push_back(completes("approvals in two agents at once", R"({"a":"[done]","b":"[done]"})",
                          [](WorkflowWorld& w) {
                            auto tool = std::make_shared<SteppingTool>(w, "walk", 1);
                            tool->requires_confirmation();
                            w.tools.add(std::move(tool));
                            WorkflowSteps both;
                            both.agent("a", talker(w, "one", Habits{.calls = "walk"}), "go")
                                .agent("b", talker(w, "two", Habits{.calls = "walk"}), "go");
                            WorkflowSteps steps;
                            steps.parallel("both", both);
                            return made(steps);
                          }));
}

const Habits broken{.failures = 1000};

void add_failures(std::vector<WorkflowScenario>& all) {
  all.push_back(fails("an agent that fails", ErrorCode::server_error, [](WorkflowWorld& w) {
    WorkflowSteps steps;
    steps.agent("a", talker(w), "a").agent("b", talker(w, "broken", broken), "b");
    return made(steps);
  }));
  all.push_back(fails("one of three that fails", ErrorCode::server_error, [](WorkflowWorld& w) {
    WorkflowSteps three;
    three.agent("good", talker(w), "1")
        .agent("bad", talker(w, "broken", broken), "2")
        .task("long", hangs);
    WorkflowSteps steps;
    steps.parallel("three", three).agent("unreached", talker(w), "3");
    return made(steps);
  }));
  all.push_back(fails(
      "a workflow inside that fails beside others", ErrorCode::server_error, [](WorkflowWorld& w) {
        WorkflowSteps inside;
        inside.agent("x", talker(w), "x").agent("y", talker(w, "broken", broken), "y");
        WorkflowSteps both;
        both.subworkflow("sub", Workflow("inner", inside))
            .subworkflow("other", inner(w))
            .task("long", hangs);
        WorkflowSteps steps;
        steps.parallel("both", both);
        return made(steps);
      }));
  all.push_back(fails("a failure in the branch of a condition", ErrorCode::server_error,
                      [](WorkflowWorld& w) {
                        WorkflowSteps inside;
                        inside.agent("x", talker(w, "broken", broken), "x");
                        WorkflowSteps steps;
                        steps.conditional("ask", always, inside);
                        return made(steps);
                      }));
  all.push_back(fails("a value that is missing", ErrorCode::E_VALIDATION, [](WorkflowWorld& w) {
    WorkflowSteps steps;
    steps.agent("a", talker(w), "{{input.nothing}}", retrying(3));
    return made(steps);
  }));
  all.push_back(fails("a transform that refuses", ErrorCode::E_UNSAFE, [](WorkflowWorld& w) {
    WorkflowSteps steps;
    steps.agent("a", talker(w), "a").transform("t", [](const WorkflowScope&) -> json::value {
      throw WorkflowError(ErrorCode::E_UNSAFE, "not this");
    });
    return made(steps);
  }));
  all.push_back(fails("a condition that throws", ErrorCode::interrupted, [](WorkflowWorld& w) {
    WorkflowSteps steps;
    steps.conditional(
        "ask", [](const WorkflowScope&) -> bool { throw std::logic_error("who knows"); },
        say(w, "a", "a"));
    return made(steps);
  }));
}

void add_retries(std::vector<WorkflowScenario>& all) {
  all.push_back(completes("an agent that fails twice", R"("[a]")", [](WorkflowWorld& w) {
    WorkflowSteps steps;
    steps.agent("a", talker(w, "shaky", Habits{.failures = 2}), "a", retrying(2));
    return made(steps);
  }));
  all.push_back(fails("retries that are used up", ErrorCode::network, [](WorkflowWorld& w) {
    WorkflowSteps steps;
    steps.agent("a",
                talker(w, "broken", Habits{.failures = 1000, .fails_with = ErrorCode::network}),
                "a", retrying(2));
    return made(steps);
  }));
  all.push_back(
      fails("a failure that no retry helps", ErrorCode::authentication, [](WorkflowWorld& w) {
        WorkflowSteps steps;
        steps.agent(
            "a",
            talker(w, "broken", Habits{.failures = 1000, .fails_with = ErrorCode::authentication}),
            "a", retrying(5));
        return made(steps);
      }));
  all.push_back(completes("a workflow that is tried again", R"("[y [x]]")", [](WorkflowWorld& w) {
    WorkflowSteps inside;
    inside.agent("x", talker(w), "x")
        .agent("y", talker(w, "shaky", Habits{.failures = 1}), "y {{previous}}");
    WorkflowSteps steps;
    steps.subworkflow("sub", Workflow("inner", inside), {}, retrying(1));
    return made(steps);
  }));
  all.push_back(
      completes("a group that is tried again", R"({"a":"[a]","b":"[b]"})", [](WorkflowWorld& w) {
        WorkflowSteps both;
        both.agent("a", talker(w), "a").agent("b", talker(w, "shaky", Habits{.failures = 1}), "b");
        WorkflowSteps inside;
        inside.parallel("both", both);
        WorkflowSteps steps;
        steps.conditional("ask", always, inside, {}, retrying(1));
        return made(steps);
      }));
}

const Habits stuck{.hangs = 1000};

void add_timeouts(std::vector<WorkflowScenario>& all) {
  all.push_back(fails("an agent that takes too long", ErrorCode::E_TIMEOUT, [](WorkflowWorld& w) {
    WorkflowSteps steps;
    steps.agent("a", talker(w, "stuck", stuck), "a", within(1s));
    return made(steps);
  }));
  all.push_back(completes("an agent that is stuck once", R"("[a]")", [](WorkflowWorld& w) {
    WorkflowSteps steps;
    steps.agent("a", talker(w, "stuck", Habits{.hangs = 1}), "a", within(1s, 1));
    return made(steps);
  }));
  all.push_back(fails("work that takes too long", ErrorCode::E_TIMEOUT, [](WorkflowWorld& w) {
    WorkflowSteps steps;
    steps.agent("a", talker(w), "a").task("t", hangs, within(1s));
    return made(steps);
  }));
  all.push_back(
      fails("a condition whose branch takes too long", ErrorCode::E_TIMEOUT, [](WorkflowWorld& w) {
        WorkflowSteps inside;
        inside.agent("x", talker(w, "stuck", stuck), "x");
        WorkflowSteps steps;
        steps.conditional("ask", always, inside, {}, within(1s));
        return made(steps);
      }));
  all.push_back(fails("a workflow that takes too long", ErrorCode::E_TIMEOUT, [](WorkflowWorld& w) {
    WorkflowSteps both;
    both.agent("x", talker(w, "stuck", stuck), "x").task("y", hangs);
    WorkflowSteps inside;
    inside.parallel("both", both);
    WorkflowSteps steps;
    steps.subworkflow("sub", Workflow("inner", inside), {}, within(1s));
    return made(steps);
  }));
  all.push_back(fails("one of two that takes too long", ErrorCode::E_TIMEOUT, [](WorkflowWorld& w) {
    WorkflowSteps both;
    both.agent("a", talker(w, "stuck", stuck), "a", within(2s)).task("b", hangs, within(3s));
    WorkflowSteps steps;
    steps.parallel("both", both);
    return made(steps);
  }));
}

}  // namespace

void PrintTo(const WorkflowScenario& scenario, std::ostream* out) { *out << scenario.name; }

json::value scenario_input() { return {{"topic", "tea"}}; }

std::vector<WorkflowScenario> workflow_scenarios() {
  std::vector<WorkflowScenario> all;
  add_plain(all);
  add_branches(all);
  add_groups(all);
  add_failures(all);
  add_retries(all);
  add_timeouts(all);
  return all;
}

}  // namespace strandbus::test

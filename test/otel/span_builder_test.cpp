#include "otel/span_builder.hpp"

#include "bus/session_script.hpp"
#include "event/trace_parent.hpp"
#include "otel/genai_names.hpp"
#include "otel/span_facts.hpp"
#include "wire/event_list.hpp"

#include <gmock/gmock.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

namespace strandbus::test {
namespace {

using namespace std::chrono_literals;
using detail::Span;
using detail::SpanStatus;
using strandbus::testing::EventList;
using strandbus::testing::golden_run;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

namespace genai = detail::genai;

constexpr std::uint64_t sessions = 100;

RunContext run_of(const std::string& run_id, const std::string& parent = "") {
  RunContext context = EventList::run_context();
  context.run_id = run_id;
  context.parent_run_id = parent;
  context.agent = run_id;
  context.depth = parent.empty() ? 0 : 1;
  return context;
}

std::vector<std::string> names_of(const std::vector<Span>& spans) {
  std::vector<std::string> names;
  for (const Span& span : spans) names.push_back(span.name);
  return names;
}

std::vector<StreamEvent> timed_session(std::uint64_t seed, std::mt19937_64& random) {
  std::vector<StreamEvent> events = SessionScript(seed).session();
  Timestamp now(std::chrono::seconds(1'800'000'000));
  for (std::size_t i = 0; i < events.size(); ++i) {
    now += std::chrono::nanoseconds(random() % 5'000'000);
    events[i].set_stamp(i + 1, {}, now);
  }
  return events;
}

/// Some events fewer, some twice, some elsewhere, some at any time.
std::vector<StreamEvent> spoilt(std::vector<StreamEvent> events, std::mt19937_64& random) {
  std::vector<StreamEvent> left;
  for (StreamEvent& event : events) {
    if (random() % 10 == 0)
      event.set_stamp(event.seq(), {}, event.ts() + std::chrono::seconds(random() % 100) - 50s);
    if (random() % 5 != 0) left.push_back(event);
    if (random() % 10 == 0 && !left.empty()) std::swap(left.back(), left[random() % left.size()]);
  }
  return left;
}

TEST(SpanBuilder, GivesTheGoldenRunASpanForTheRunEachRequestAndTheTool) {
  const auto spans = spans_of(golden_run().events());
  EXPECT_THAT(faults_of(spans), IsEmpty());
  EXPECT_THAT(names_of(spans), ElementsAre("chat gpt-4o", "execute_tool calculator", "chat gpt-4o",
                                           "invoke_agent agent"));
  const Span& run = spans.back();
  for (const Span& span : spans) EXPECT_EQ(span.parent, &span == &run ? 0 : run.id);
  EXPECT_EQ(attribute(run.attributes, genai::input_tokens), "150");
  EXPECT_EQ(attribute(run.attributes, genai::conversation_id), "session");
  EXPECT_EQ(attribute(spans[0].attributes, genai::finish_reasons), "tool_calls");
  EXPECT_EQ(attribute(spans[0].attributes, genai::time_to_first_chunk), "0.050000");
  EXPECT_EQ(attribute(spans[1].attributes, genai::tool_call_id), "tc1");
  EXPECT_EQ(spans[0].kind, detail::SpanKind::client);
}

TEST(SpanBuilder, MakesATreeOfEachSessionWhoseParentsExistAndEncloseTheirChildren) {
  for (std::uint64_t seed = 1; seed <= sessions && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const auto events = timed_session(seed, random);
    const auto spans = spans_of(events);
    EXPECT_THAT(faults_of(spans), IsEmpty());
    std::size_t runs = 0;
    std::size_t chats = 0;
    std::size_t calls = 0;
    for (const StreamEvent& event : events) {
      runs += event.is<RunStarted>() ? 1U : 0U;
      chats += event.is<ModelStarted>() ? 1U : 0U;
      calls += event.is<ToolCallStarted>() || event.is<ToolCallDenied>() ? 1U : 0U;
    }
    const auto count = [&](std::string_view beginning) {
      return std::ranges::count_if(
          spans, [&](const Span& one) { return one.name.starts_with(beginning); });
    };
    EXPECT_EQ(count("invoke_agent"), runs);
    EXPECT_EQ(count("chat"), chats);
    EXPECT_EQ(count("execute_tool"), calls);
    for (const Span& span : spans) {
      EXPECT_EQ(attribute(span.attributes, genai::unfinished), "") << span.name;
      const bool may_be_root =
          span.name.starts_with("invoke_agent") || span.name.starts_with("invoke_workflow");
      EXPECT_TRUE(may_be_root || span.parent != 0) << span.name << " is below nothing";
    }
  }
}

TEST(SpanBuilder, MakesATreeWhateverIsLostRepeatedOrInDisorder) {
  for (std::uint64_t seed = 1; seed <= sessions && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const auto events = spoilt(timed_session(seed, random), random);
    EXPECT_THAT(faults_of(spans_of(events)), IsEmpty());
    EXPECT_THAT(faults_of(spans_of(events, {.max_open = 3})), IsEmpty());
  }
}

TEST(SpanBuilder, FindsFaultsInATreeThatHasSome) {
  auto spans = spans_of(golden_run().events());
  spans.back().end -= 1s;
  EXPECT_THAT(faults_of(spans), Not(IsEmpty()));
  spans.pop_back();
  EXPECT_THAT(faults_of(spans), SizeIs(3));
}

TEST(SpanBuilder, PutsTheRunOfASubAgentBelowTheCallThatBeganIt) {
  EventList list;
  list.in(run_of("r")).add(RunStarted{});
  list.add(ToolCallStarted{.tool_name = "scout", .call_id = "c"});
  list.add(SubagentStarted{.agent = "scout", .child_run_id = "child", .call_id = "c"});
  list.in(run_of("child", "r")).add(RunStarted{}).add(RunCompleted{});
  list.in(run_of("r")).add(SubagentFinished{.child_run_id = "child"});
  list.add(ToolCallCompleted{.tool_name = "scout", .call_id = "c", .success = true});
  list.add(RunCompleted{});
  const auto spans = spans_of(list.events());
  ASSERT_THAT(names_of(spans),
              ElementsAre("invoke_agent child", "execute_tool scout", "invoke_agent r"));
  EXPECT_EQ(spans[0].parent, spans[1].id);
  EXPECT_EQ(spans[1].parent, spans[2].id);
}

TEST(SpanBuilder, TakesTheSpansOfTheEventsWhereTheyHaveSome) {
  EventList list;
  list.add(RunStarted{}).add(TurnStarted{}).add(ModelStarted{.model = "m"}).add(ModelCompleted{});
  list.add(RunCompleted{});
  auto events = list.events();
  events[0].set_span(7, 0);
  events[1].set_span(8, 7);
  events[2].set_span(9, 8);
  events[3].set_span(9, 8);
  events[4].set_span(7, 0);
  const auto spans = spans_of(events);
  ASSERT_THAT(names_of(spans), ElementsAre("chat m", "invoke_agent agent"));
  EXPECT_EQ(spans[0].id, 9u);
  EXPECT_EQ(spans[0].parent, 7u);  // the turn has no span
}

TEST(SpanBuilder, LetsATaskThatOutlivesItsParentGoOnAsALinkedRoot) {
  EventList list;
  list.in(run_of("r")).add(RunStarted{});
  list.add(BackgroundTaskStarted{.task_id = "t", .name = "n", .child_run_id = "child"});
  list.in(run_of("child", "r")).add(RunStarted{});
  list.in(run_of("r")).after(1ms).add(RunCompleted{});
  list.in(run_of("child", "r")).after(1ms).add(RunCompleted{});
  const auto spans = spans_of(list.events());
  ASSERT_THAT(names_of(spans), ElementsAre("invoke_agent r", "invoke_agent child"));
  EXPECT_EQ(spans[1].parent, 0u);
  EXPECT_EQ(spans[1].linked_span, spans[0].id);
  EXPECT_EQ(spans[1].trace, spans[0].trace);
  EXPECT_THAT(faults_of(spans), IsEmpty());
}

TEST(SpanBuilder, EndsWhatIsOpenWithACancelledRun) {
  EventList list;
  list.add(RunStarted{}).add(ModelStarted{.model = "m"});
  list.after(3ms).add(RunCancelled{.reason = "enough"});
  const auto spans = spans_of(list.events());
  ASSERT_THAT(names_of(spans), ElementsAre("chat m", "invoke_agent agent"));
  EXPECT_EQ(spans[0].status, SpanStatus::error);
  EXPECT_EQ(attribute(spans[0].attributes, genai::unfinished), "true");
  EXPECT_EQ(spans[0].end, spans[1].end);
  EXPECT_EQ(spans[1].status, SpanStatus::error);
  EXPECT_EQ(spans[1].status_message, "enough");
  EXPECT_EQ(attribute(spans[1].attributes, genai::error_type), "cancelled");
}

TEST(SpanBuilder, SaysHowRequestsCallsAndRunsFailed) {
  EventList list;
  list.add(RunStarted{}).add(ModelStarted{.model = "m"});
  list.add(ModelFailed{.error = "too much", .error_code = ErrorCode::rate_limit});
  list.add(Retry{.attempt = 2, .error_code = ErrorCode::rate_limit});
  list.add(ToolCallStarted{.tool_name = "bash", .call_id = "1"});
  list.add(ToolCallCompleted{
      .call_id = "1", .error = "secret words", .error_code = ErrorCode::E_TIMEOUT});
  list.add(
      ToolCallDenied{.tool_name = "rm", .call_id = "2", .error_code = ErrorCode::E_CONFIRMED_DENY});
  list.add(RunFailed{.error = "gave up", .error_code = ErrorCode::network});
  const auto spans = spans_of(list.events());
  ASSERT_THAT(names_of(spans),
              ElementsAre("chat m", "execute_tool bash", "execute_tool rm", "invoke_agent agent"));
  EXPECT_EQ(attribute(spans[0].attributes, genai::error_type), "rate_limit");
  EXPECT_EQ(spans[0].status_message, "too much");
  EXPECT_EQ(spans[1].status_message, "E_TIMEOUT");  // the text may be what was said
  EXPECT_EQ(attribute(spans[2].attributes, genai::error_type), "E_CONFIRMED_DENY");
  EXPECT_EQ(attribute(spans[3].attributes, genai::error_type), "network");
  ASSERT_THAT(spans[3].moments, SizeIs(1));
  EXPECT_EQ(spans[3].moments[0].name, "retry");
}

TEST(SpanBuilder, EndsAtItsEndWhatNobodyHasEnded) {
  EventList list;
  list.add(RunStarted{}).add(ToolCallStarted{.tool_name = "bash", .call_id = "1"});
  const auto spans = spans_of(list.events());
  ASSERT_THAT(spans, SizeIs(2));
  for (const Span& span : spans) EXPECT_EQ(span.status_message, "unfinished");
}

TEST(SpanBuilder, BeginsARunWhoseStartIsMissingWithWhatIsSeenOfItFirst) {
  EventList list;
  list.add(ModelStarted{.model = "m"}).add(ModelCompleted{}).add(RunCompleted{});
  const auto spans = spans_of(list.events());
  ASSERT_THAT(names_of(spans), ElementsAre("chat m", "invoke_agent agent"));
  EXPECT_EQ(attribute(spans[1].attributes, genai::start_missing), "true");
  EXPECT_EQ(spans[0].parent, spans[1].id);
}

TEST(SpanBuilder, PutsStepsBelowTheirWorkflowAndRunsBelowTheirStep) {
  RunContext context;
  context.session_id = "session";
  context.workflow_id = "w";
  RunContext run = run_of("r");
  run.workflow_id = "w";
  EventList list(context);
  list.add(WorkflowStarted{.workflow = "build"});
  list.add(WorkflowStepStarted{.workflow = "build", .step = 0, .step_name = "ask"});
  list.in(run).add(RunStarted{}).add(RunCompleted{});
  list.in(context).add(WorkflowStepCompleted{.workflow = "build", .step = 0});
  list.add(WorkflowFailed{.workflow = "build", .error = "no", .error_code = ErrorCode::budget});
  auto events = list.events();
  events[1].set_span(5, 0);
  events[2].set_span(6, 5);
  const auto spans = spans_of(events);
  ASSERT_THAT(names_of(spans),
              ElementsAre("invoke_agent r", "workflow_step ask", "invoke_workflow build"));
  EXPECT_EQ(spans[0].parent, 5u);
  EXPECT_EQ(spans[1].parent, spans[2].id);
  EXPECT_EQ(attribute(spans[2].attributes, genai::error_type), "budget");
}

TEST(SpanBuilder, TakesTheTraceFromTheIdOfTheRootRun) {
  const std::string id = "run_0192f3a4b5c67d8e9f00112233445566";
  EXPECT_EQ(detail::trace_of(id), (detail::TraceId{0x0192f3a4b5c67d8e, 0x9f00112233445566}));
  EXPECT_EQ(detail::trace_of("other"), detail::trace_of("other"));
  EXPECT_FALSE(detail::trace_of("other") == detail::trace_of("another"));
}

TEST(SpanBuilder, GoesOnWithTheTraceOfWhoeverAsked) {
  RunContext context = run_of("r");
  context.attributes["traceparent"] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  EventList list;
  list.in(context).add(RunStarted{}).add(RunCompleted{});
  const auto spans = spans_of(list.events());
  ASSERT_THAT(spans, SizeIs(1));
  EXPECT_EQ(spans[0].trace, (detail::TraceId{0x4bf92f3577b34da6, 0xa3ce929d0e0e4736}));
  EXPECT_EQ(spans[0].parent, 0x00f067aa0ba902b7u);
}

TEST(SpanBuilder, ShowsNothingOfATraceThatNobodyWantsToSeeButCountsIt) {
  RunContext context = run_of("r");
  context.attributes["traceparent"] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
  EventList list;
  list.in(context).add(RunStarted{}).add(ModelStarted{.model = "m"}).add(ModelCompleted{});
  list.add(RunCompleted{});
  detail::SpanBuilder builder({});
  std::vector<Span> spans;
  for (const StreamEvent& event : list.events()) builder.add(event, spans);
  EXPECT_THAT(spans, IsEmpty());
  EXPECT_FALSE(builder.metrics().empty());
}

TEST(SpanBuilder, HoldsNothingOfWhatWasSaidUnlessAsked) {
  const json::object arguments{{"text", "WORDS"}};
  EventList list;
  list.add(RunStarted{}).add(UserMessage{.content = "WORDS"});
  list.add(ModelStarted{.messages = {{.role = Role::system, .content = "WORDS"},
                                     {.role = Role::user, .content = "WORDS"}}});
  list.add(ModelCompleted{.content = "WORDS", .reasoning = "WORDS"});
  list.add(ToolCallStarted{.tool_name = "t", .call_id = "1", .arguments = arguments});
  list.add(ToolCallCompleted{.call_id = "1", .output = "WORDS", .error = "WORDS"});
  list.add(RunCompleted{.output = "WORDS"});
  const auto count = [](const std::vector<Span>& spans) {
    std::size_t found = 0;
    for (const Span& span : spans) {
      found += span.status_message.find("WORDS") != std::string::npos ? 1U : 0U;
      for (const auto& one : span.attributes)
        found += attribute(span.attributes, one.key).find("WORDS") != std::string::npos ? 1U : 0U;
    }
    return found;
  };
  EXPECT_EQ(count(spans_of(list.events())), 0u);
  EXPECT_EQ(count(spans_of(list.events(), {.content = OtlpContent::on})), 6u);
}

TEST(SpanBuilder, LeavesOutAndCountsWhatIsOpenBeyondItsLimit) {
  detail::SpanBuilder builder({.max_open = 2});
  std::vector<Span> spans;
  EventList list;
  for (int i = 0; i < 5; ++i) list.in(run_of("r" + std::to_string(i))).add(RunStarted{});
  for (const StreamEvent& event : list.events()) builder.add(event, spans);
  EXPECT_EQ(builder.open(), 2u);
  EXPECT_EQ(builder.left_out(), 3u);
}

}  // namespace
}  // namespace strandbus::test

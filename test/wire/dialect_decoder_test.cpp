#include "strandbus/wire/dialect_decoder.hpp"

#include "event/sample.hpp"
#include "strandbus/bus/trace_checker.hpp"
#include "strandbus/event/json_codec.hpp"
#include "wire/ag_ui_random.hpp"
#include "wire/dialect_lines.hpp"
#include "wire/dialect_sessions.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <string>
#include <vector>

namespace strandbus::testing {
namespace {

DialectError error_of(std::string_view dialect, std::string_view trace) {
  const DialectEvents events = decode(dialect, trace);
  return events ? DialectError{} : events.error();
}

std::vector<std::string> types_of(const std::vector<StreamEvent>& events) {
  std::vector<std::string> types;
  for (const StreamEvent& event : events) types.emplace_back(event.wire_type());
  return types;
}

using Types = std::vector<std::string>;

TEST(DialectDecoder, IsFoundByEachOfItsNamesAndByNoOther) {
  for (const std::string_view name : decodable_dialect_names()) {
    EXPECT_NE(make_dialect_decoder(name), nullptr) << name;
    EXPECT_NE(make_dialect(name), nullptr) << name;
  }
  EXPECT_EQ(make_dialect_decoder("rollouts"), nullptr);
  EXPECT_EQ(make_dialect_decoder(""), nullptr);
}

TEST(DialectDecoder, SkipsEmptyLinesAndAByteOrderMark) {
  const std::string trace = "\xEF\xBB\xBF\n \n" + encode("agent-event", golden_run().events());
  EXPECT_TRUE(decode("agent-event", trace).has_value());
}

TEST(DialectDecoder, NamesLineAndByteOfALineThatIsNoJson) {
  for (const std::string_view name : decodable_dialect_names()) {
    const DialectError error = error_of(name, "\n{\"type\":");
    EXPECT_EQ(error.code, make_error_code(Errc::malformed_json)) << name;
    EXPECT_EQ(error.line, 2U) << name;
    EXPECT_EQ(error.message.substr(0, 8), "line 2: ") << error.message;
  }
}

TEST(DialectDecoder, NamesTheMemberThatIsMissingOrOfAWrongKind) {
  EXPECT_EQ(
      error_of("agent-event", R"({"RunStarted":{"timestamp":"2026-11-20T15:04:05Z"}})").message,
      "line 1: /RunStarted/run_id: expected a text, found nothing");
  EXPECT_EQ(
      error_of("agent-event", R"({"TextDelta":{"run_id":"r","delta":7,"timestamp":"x"}})").message,
      "line 1: /TextDelta/timestamp: expected an RFC 3339 time");
  EXPECT_EQ(error_of("agent-event", R"({"a":1,"b":2})").message,
            "line 1: expected one variant of AgentEvent, as in {\"RunStarted\":{…}}");
  EXPECT_EQ(error_of("agent-runner", R"({"type":7})").message,
            "line 1: /type: expected a text, found a number");
  EXPECT_EQ(error_of("trace-event", R"({"run_id":"","kind":"final"})").message,
            "line 1: /run_id: expected the id of a run, found a text");
  EXPECT_EQ(error_of("lifecycle", R"({"scope":"tool","type":"started"})").message,
            "line 1: /component_id: expected a text, found nothing");
  EXPECT_EQ(
      error_of("ag-ui", R"({"type":"TEXT_MESSAGE_CONTENT","messageId":"m","delta":"x"})").message,
      "line 1: it stands outside of a run; RUN_STARTED must come first");
  EXPECT_EQ(error_of("lifecycle", "[]").message, "line 1: expected a JSON object in each line");
}

TEST(DialectDecoder, NamesTheMemberOfAPayloadThatIsWrong) {
  const std::string line =
      R"({"type":"file_created","data":{"path":7},"model_id":"m","ts":"2026-11-20T15:04:05Z"})";
  const DialectError error = error_of("agent-runner", line);
  EXPECT_EQ(error.code, make_error_code(Errc::invalid_event));
  EXPECT_NE(error.message.find("/data/path"), std::string::npos) << error.message;
}

TEST(DialectDecoder, ReadsNothingBehindAnError) {
  const auto decoder = make_dialect_decoder("agent-event");
  EXPECT_FALSE(decoder->read("[]").has_value());
  EXPECT_EQ(decoder->read("{}").error().line, 1U);
  EXPECT_EQ(decoder->finish().error().line, 1U);
}

TEST(DialectDecoder, RefusesALineThatIsTooLong) {
  DialectDecoderOptions options;
  options.limits.max_bytes = 100;
  for (const std::string_view name : decodable_dialect_names()) {
    const auto decoder = make_dialect_decoder(name, options);
    const DialectEvents events = decoder->read(std::string(101, ' ') + "{}");
    ASSERT_FALSE(events.has_value()) << name;
    EXPECT_EQ(events.error().code, make_error_code(Errc::limit_exceeded)) << name;
  }
}

TEST(DialectDecoder, RefusesWhatComesAfterTheEndOfItsRun) {
  for (const std::string_view name : {"agent-event", "lifecycle", "trace-event"}) {
    const std::string trace = encode(name, golden_run().events());
    const std::string again = trace + split_lines(trace).back() + '\n';
    const DialectError error = error_of(name, again);
    EXPECT_EQ(error.line, split_lines(again).size()) << name;
    EXPECT_NE(error.message.find("which has ended before"), std::string::npos) << error.message;
  }
}

TEST(DialectDecoder, RefusesATraceOfTwoSessions) {
  const std::string_view first =
      R"({"RunStarted":{"run_id":"a","session_id":"s","timestamp":"2026-11-20T15:04:05Z"}})";
  const std::string_view second =
      R"({"RunStarted":{"run_id":"b","session_id":"t","timestamp":"2026-11-20T15:04:05Z"}})";
  const DialectError error =
      error_of("agent-event", std::string(first) + '\n' + std::string(second));
  EXPECT_EQ(error.line, 2U);
  EXPECT_NE(error.message.find("a trace is of one session"), std::string::npos) << error.message;
}

TEST(DialectDecoder, RefusesRunsThatAreNestedTooDeeply) {
  std::string trace;
  for (int depth = 0; depth < 200; ++depth)
    trace += R"({"RunStarted":{"run_id":")" + std::to_string(depth) +
             R"(","timestamp":"2026-11-20T15:04:05Z"}})" + '\n';
  EXPECT_NE(error_of("agent-event", trace).message.find("nested deeper than 100"),
            std::string::npos);
}

TEST(DialectDecoder, RefusesMoreThanAnAgentWouldLeaveOpen) {
  const auto refused = [](std::string_view dialect, const auto& line_of) {
    const auto decoder = make_dialect_decoder(dialect);
    for (int number = 0; number < 10'000; ++number) {
      const DialectEvents events = decoder->read(line_of(std::to_string(number)));
      if (!events) return events.error().message;
    }
    return std::string("nothing");
  };
  const std::string runs = refused("lifecycle", [](const std::string& number) {
    return R"({"timestamp":"2026-11-20T15:04:05Z","scope":"agent","type":"started",)"
           R"("component_id":"a","workflow_id":")" +
           number + "\"}";
  });
  EXPECT_EQ(runs, "line 4097: more than 4096 runs are open");
  const std::string calls = refused("agent-event", [](const std::string& number) {
    return R"({"ToolExecutionStarted":{"run_id":"r","tool_name":"t",)"
           R"("timestamp":"2026-11-20T15:04:05Z","call_id":")" +
           number + "\"}}";
  });
  EXPECT_EQ(calls, "line 4097: more than 4096 things have no end in the run r");
}

TEST(DialectDecoder, PutsInWhatTheRunRuleNeeds) {
  const std::string trace =
      R"({"TextDelta":{"run_id":"r","delta":"Hi","timestamp":"2026-11-20T15:04:05Z"}})"
      "\n"
      R"({"RunCancelled":{"run_id":"r","timestamp":"2026-11-20T15:04:06Z"}})";
  const auto events = decode("agent-event", trace).value();
  EXPECT_EQ(types_of(events), (Types{"run_started", "turn_started", "model_started", "token_delta",
                                     "model_failed", "turn_ended", "run_cancelled"}));
  EXPECT_TRUE(check_trace(events).empty());
  EXPECT_EQ(events.back().get_if<RunCancelled>()->llm_calls, 1);
}

TEST(DialectDecoder, MeasuresHowLongThingsTookWhereTheSystemDoesNotSayIt) {
  for (const std::string_view dialect : {"agent-runner", "agent-event", "ag-ui"}) {
    const auto events = decode(dialect, encode(dialect, golden_run().events()));
    ASSERT_TRUE(events) << events.error().message;
    const auto* const run = events->back().get_if<RunCompleted>();
    ASSERT_NE(run, nullptr) << dialect;
    const auto first = events->front().ts();
    EXPECT_GE(run->duration_ms, 300) << dialect;
    EXPECT_EQ(std::chrono::milliseconds(run->duration_ms), events->back().ts() - first) << dialect;
  }
}

TEST(DialectDecoder, FindsAFaultOfTheTraceAndDoesNotHideIt) {
  std::string trace = encode("lifecycle", golden_run().events());
  const std::size_t at = trace.find(R"("response":"The answer is 4")");
  trace.replace(at, 28, R"("response":"The answer is 5")");
  const auto findings = check_trace(decode("lifecycle", trace).value());
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].rule, TraceRule::text);
}

TEST(AgentRunnerDecoder, TellsARunFromTheNextByWhatTheUserSays) {
  const std::string once = encode("agent-runner", golden_run().events());
  std::string twice = once + once;
  std::size_t runs = 0;
  for (const StreamEvent& event : decode("agent-runner", twice).value())
    runs += event.is<RunCompleted>() ? 1U : 0U;
  EXPECT_EQ(runs, 2U);
}

TEST(AgentRunnerDecoder, SaysThatItDoesNotKnowHowARunEnded) {
  const std::string first = split_lines(encode("agent-runner", golden_run().events())).front();
  const auto events = decode("agent-runner", first).value();
  const auto* const failed = events.back().get_if<RunFailed>();
  ASSERT_NE(failed, nullptr);
  EXPECT_EQ(failed->error, "the trace does not say how the run ended");
}

TEST(AgentRunnerDecoder, TakesWhatItsSystemWritesBesides) {
  const std::string trace =
      R"({"type":"user_message","data":{"message_id":"a","id":"a","content":"x","role":"user"},"model_id":"m","ts":"2026-11-20T15:04:05+00:00","id":"1d6b3c86-4a3e-4c55-9f0b-0d2c7f7f7a01"})"
      "\n"
      R"({"type":"status_update","data":{"status":"executing_tools","detail":""},"model_id":"m","ts":"2026-11-20T15:04:05.1+00:00","id":"x"})"
      "\n"
      R"({"type":"error","data":{"error":"boom","error_type":"ToolError","details":{"a":1},"error_code":"E_OTHER"},"model_id":"m","ts":"2026-11-20T15:04:06+00:00","id":"x"})"
      "\n"
      R"({"type":"preview_multi","data":{},"model_id":"m","ts":"2026-11-20T15:04:06+00:00","id":"x"})";
  const auto events = decode("agent-runner", trace).value();
  EXPECT_EQ(types_of(events), (Types{"run_started", "user_message", "error", "run_failed"}));
  EXPECT_EQ(events[2].get_if<Error>()->detail, R"({"a":1})");
}

TEST(LifecycleDecoder, TakesWhatItsSystemWrites) {
  const auto line = [](std::string_view rest) {
    return R"({"id":"evt_1d6b3c86-4a3e-4c55-9f0b-0d2c7f7f7a01","offset":0,"timestamp":"2026-02-16T10:00:00Z","workflow_id":"pipeline",)" +
           std::string(rest) + "}\n";
  };
  const std::string trace =
      line(
          R"("scope":"workflow","type":"started","component_id":"pipeline","status":"running","data":{"input":"a"})") +
      line(
          R"("scope":"workflow_step","type":"started","component_id":"pipeline:step:0","status":"running","data":{"step_name":"load","step_type":"agent"})") +
      line(
          R"("scope":"agent","type":"started","component_id":"researcher","status":"running","data":{"input":"go"})") +
      line(
          R"("scope":"llm_request","type":"started","component_id":"researcher:llm:0","status":"running","data":{"messages":[],"model":"gpt-4","stream":true})") +
      line(
          R"("scope":"llm_request","type":"progress","component_id":"researcher:llm:0","status":"running","data":{"chunk":"Q4"})") +
      line(
          R"("scope":"llm_request","type":"completed","component_id":"researcher:llm:0","status":"completed","data":{"response":"Q4","usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3},"finish_reason":"stop","tool_calls":[]})") +
      line(
          R"("scope":"tool","type":"started","component_id":"calculator","status":"running","data":{"tool_name":"calculator","arguments":{"a":1}})") +
      line(
          R"("scope":"tool","type":"progress","component_id":"calculator","status":"running","message":"half","data":{"percent":50})") +
      line(
          R"("scope":"tool","type":"completed","component_id":"calculator","status":"completed","data":{"tool_name":"calculator","result":5754,"duration_ms":12})") +
      line(
          R"("scope":"system","type":"progress","component_id":"system:rate_limiter","status":"running","message":"near","data":{"requests_used":900})") +
      line(
          R"("scope":"agent","type":"completed","component_id":"researcher","status":"completed","data":{"output":"Q4","llm_calls":1,"tool_calls":1,"total_tokens":3})") +
      line(
          R"("scope":"workflow_step","type":"completed","component_id":"pipeline:step:0","status":"completed","data":{"step_name":"load","output":1,"duration_ms":5})") +
      line(
          R"("scope":"workflow","type":"failed","component_id":"pipeline","status":"failed","message":"timeout","data":{"error_code":"DB_TIMEOUT"})");
  const DialectEvents events = decode("lifecycle", trace);
  ASSERT_TRUE(events.has_value()) << events.error().message;
  EXPECT_EQ(types_of(*events),
            (Types{"workflow_started", "workflow_step_started", "run_started", "turn_started",
                   "model_started", "token_delta", "model_completed", "tool_call_started",
                   "tool_output", "tool_call_completed", "system_notice", "turn_ended",
                   "run_completed", "workflow_step_completed", "workflow_failed"}));
  for (const TraceFinding& finding : check_trace(*events)) ADD_FAILURE() << to_string(finding);
  EXPECT_EQ((*events)[9].get_if<ToolCallCompleted>()->output, "5754");
  EXPECT_EQ(events->back().get_if<WorkflowFailed>()->error, "timeout");
}

TEST(AgUiDecoder, ReadsAStreamWithoutUsageStepsOrOutcome) {
  const std::string trace =
      R"({"type":"RUN_STARTED","threadId":"t","runId":"r"})"
      "\n"
      R"({"type":"TEXT_MESSAGE_START","messageId":"u","role":"user"})"
      "\n"
      R"({"type":"TEXT_MESSAGE_CONTENT","messageId":"u","delta":"hello"})"
      "\n"
      R"({"type":"TEXT_MESSAGE_END","messageId":"u"})"
      "\n"
      R"({"type":"TEXT_MESSAGE_START","messageId":"m","role":"assistant"})"
      "\n"
      R"({"type":"TEXT_MESSAGE_CONTENT","messageId":"m","delta":"Hi"})"
      "\n"
      R"({"type":"TEXT_MESSAGE_END","messageId":"m"})"
      "\n"
      R"({"type":"STATE_SNAPSHOT","snapshot":{}})"
      "\n"
      R"({"type":"STEP_STARTED","stepName":"planning"})"
      "\n"
      R"({"type":"STEP_FINISHED","stepName":"planning"})"
      "\n"
      R"({"type":"RUN_FINISHED","threadId":"t","runId":"r","result":{"a":1}})";
  const DialectEvents events = decode("ag-ui", trace);
  ASSERT_TRUE(events.has_value()) << events.error().message;
  for (const TraceFinding& finding : check_trace(*events)) ADD_FAILURE() << to_string(finding);
  EXPECT_EQ(
      types_of(*events),
      (Types{"run_started", "user_message", "turn_started", "model_started", "token_delta",
             "model_completed", "workflow_started", "workflow_step_started",
             "workflow_step_completed", "workflow_completed", "turn_ended", "run_completed"}));
  EXPECT_EQ(events->back().get_if<RunCompleted>()->output, R"({"a":1})");
}

TEST(AgUiDecoder, ReadsAWorkflowAsStepsOfARunThatEndWithIt) {
  const auto events = decode("ag-ui", encode("ag-ui", workflow_of_several_runs().events()));
  ASSERT_TRUE(events) << events.error().message;
  for (const TraceFinding& finding : check_trace(*events)) ADD_FAILURE() << to_string(finding);
  Types ends;
  for (const StreamEvent& event : *events) {
    const Scope scope = scope_of(event.type());
    if (scope != Scope::workflow && scope != Scope::workflow_step) continue;
    if (stage_of(event.type()) == Stage::started) continue;
    ends.emplace_back(event.wire_type());
  }
  EXPECT_EQ(ends, (Types{"workflow_step_completed", "workflow_step_failed",
                         "workflow_step_progress", "workflow_step_cancelled",
                         "workflow_step_completed", "workflow_completed", "workflow_completed"}));
}

TEST(AgUiDecoder, TellsAnAnswerThatBrokeOffByTheEndOfItsRun) {
  EventList list;
  list.add(RunStarted{.provider = "scripted", .model = "gpt-4o"});
  list.turn(1).add(TurnStarted{.turn = 1, .max_turns = 9});
  list.add(ModelStarted{.provider = "scripted", .model = "gpt-4o"});
  list.add(TokenDelta{.text = "The", .message_id = "m"});
  list.add(ModelFailed{.error = "lost", .error_code = ErrorCode::network});
  list.add(TurnEnded{.turn = 1, .stop_reason = FinishReason::error});
  EventList cancelled = list;
  list.turn(0).add(RunFailed{.error = "lost", .error_code = ErrorCode::network});
  cancelled.turn(0).add(RunCancelled{});
  for (const EventList& run : {list, cancelled}) {
    const std::string once = encode("ag-ui", run.events());
    const auto events = decode("ag-ui", once).value();
    EXPECT_EQ(encode("ag-ui", events), once);
    EXPECT_EQ(std::ranges::count(events, EventType::model_failed, &StreamEvent::type), 1);
  }
}

TEST(AgUiDecoder, GoesOnWithoutTheUsageOfARunThatIsTooLongToHold) {
  DialectDecoderOptions options;
  options.max_held_bytes = 2'000;
  const auto decoder = make_dialect_decoder("ag-ui", options);
  std::vector<StreamEvent> all;
  for (const std::string& line : split_lines(encode("ag-ui", eventful_run().events()))) {
    DialectEvents events = decoder->read(line);
    ASSERT_TRUE(events.has_value()) << events.error().message;
    all.insert(all.end(), events->begin(), events->end());
  }
  EXPECT_TRUE(check_trace(all).empty());
  EXPECT_EQ(all.back().get_if<RunCompleted>()->usage.total, 0);
}

/// What a trace may contradict itself in; everything else must be right, whatever comes.
bool is_of_content(TraceRule rule) {
  return rule == TraceRule::text || rule == TraceRule::call || rule == TraceRule::conversation ||
         rule == TraceRule::totals;
}

void expect_order(std::string_view dialect, const std::string& trace) {
  const auto decoder = make_dialect_decoder(dialect);
  TraceChecker checker({.max_findings = 100'000});
  for (const std::string& line : split_lines(trace)) {
    const DialectEvents events = decoder->read(line);
    if (!events) {
      EXPECT_FALSE(events.error().message.empty());
      EXPECT_GT(events.error().line, 0U);
      break;
    }
    for (const StreamEvent& event : *events) checker.add(event);
  }
  if (const DialectEvents events = decoder->finish()) {
    for (const StreamEvent& event : *events) checker.add(event);
  }
  for (const TraceFinding& finding : checker.findings()) {
    ASSERT_TRUE(is_of_content(finding.rule))
        << dialect << ": " << to_string(finding) << "\nseed " << test_seed() << '\n'
        << trace;
  }
}

const std::vector<std::string_view> foreign = {"agent-runner", "ag-ui", "agent-event", "lifecycle",
                                               "trace-event"};

/// Lines in any order, lost and repeated.
TEST(DialectDecoder, KeepsTheRunRuleWhateverIsLostOrRepeated) {
  std::mt19937_64 random(test_seed());
  for (const std::string_view dialect : foreign) {
    for (const DialectSession& session : dialect_sessions()) {
      const auto lines = split_lines(encode(dialect, session.events));
      for (int round = 0; round < 60; ++round) {
        std::string trace = dialect == "ag-ui" ? lines[0] + '\n' : "";
        for (std::size_t at = 0; at < lines.size(); ++at) {
          const auto chance = random() % 10;
          if (chance == 0) continue;
          const std::size_t other = chance == 1 ? random() % lines.size() : at;
          trace += lines[other] + '\n';
        }
        ASSERT_NO_FATAL_FAILURE(expect_order(dialect, trace));
      }
    }
  }
}

/// Streams of events that no agent would write.
TEST(DialectDecoder, KeepsTheRunRuleForAnyEvents) {
  std::mt19937_64 random(test_seed());
  for (int round = 0; round < 40; ++round) {
    const EventList list = random_events(random, 60);
    const EventList workflow = random_workflow_events(random, 120);
    for (const std::string_view dialect : foreign) {
      ASSERT_NO_FATAL_FAILURE(expect_order(dialect, encode(dialect, list.events())));
      ASSERT_NO_FATAL_FAILURE(expect_order(dialect, encode(dialect, workflow.events())));
    }
  }
}

/// Bytes that are changed anywhere.
TEST(DialectDecoder, NeverFailsOtherThanWithAnErrorWhateverTheBytes) {
  std::mt19937_64 random(test_seed());
  constexpr std::string_view spice = "{}[]\",:0-9eE.\\u null true \xff\x80";
  for (const std::string_view dialect : foreign) {
    const auto lines = split_lines(encode(dialect, eventful_run().events()));
    for (int round = 0; round < 400; ++round) {
      std::string line = lines[random() % lines.size()];
      for (auto changes = 1 + random() % 4; changes > 0; --changes) {
        const std::size_t at = random() % line.size();
        switch (random() % 3) {
          case 0: line[at] = spice[random() % spice.size()]; break;
          case 1: line.erase(at, 1 + random() % 20); break;
          default: line.insert(at, 1, spice[random() % spice.size()]); break;
        }
        if (line.empty()) break;
      }
      std::erase(line, '\n');
      ASSERT_NO_FATAL_FAILURE(expect_order(dialect, lines[0] + '\n' + line));
    }
  }
}

}  // namespace
}  // namespace strandbus::testing

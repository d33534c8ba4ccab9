#include "strandbus/event/json_codec.hpp"
#include "strandbus/wire/dialect.hpp"
#include "wire/ag_ui_encoder.hpp"
#include "wire/ag_ui_random.hpp"
#include "wire/ag_ui_runs.hpp"

#include <boost/json/object.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace strandbus::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string encode(const std::vector<StreamEvent>& events, std::size_t from = 0) {
  const auto encoder = make_dialect("ag-ui");
  std::string out;
  for (std::size_t i = from; i < events.size(); ++i) encoder->append(out, events[i]);
  return out;
}

std::vector<json::object> lines_of(const std::string& text) {
  std::vector<json::object> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    lines.push_back(parse_json(text.substr(begin, end - begin)).value().as_object());
    begin = end + 1;
  }
  return lines;
}

std::string text_of(const json::object& line, std::string_view key) {
  const json::value* value = line.if_contains(key);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

/// "TYPE id" of each line, with "@owner" where there is one.
std::vector<std::string> shape_of(const std::string& text) {
  std::vector<std::string> shape;
  for (const json::object& line : lines_of(text)) {
    std::string entry = text_of(line, "type");
    for (const char* key : {"messageId", "toolCallId", "stepName", "name"}) {
      const std::string id = text_of(line, key);
      if (!id.empty()) entry += ' ' + id;
    }
    const std::string owner = text_of(line, "subagentRunId");
    if (!owner.empty()) entry += '@' + owner;
    shape.push_back(std::move(entry));
  }
  return shape;
}

/// What the client of AG-UI 1.0 refuses in an order of events; "" when it takes it.
class OrderCheck {
 public:
  static std::string of(const std::string& text) {
    OrderCheck check;
    for (const json::object& line : lines_of(text)) {
      check.take(line);
      if (!check.problem_.empty()) return check.problem_ + " in\n" + text;
    }
    return {};
  }

 private:
  void take(const json::object& line) {
    const std::string type = text_of(line, "type");
    const std::string owner = text_of(line, "subagentRunId");
    const std::string id = text_of(line, "messageId") + text_of(line, "toolCallId") +
                           text_of(line, "stepName") + '@' + (type.find("STEP") == 0 ? owner : "");
    if (type == "RUN_STARTED") return require(!std::exchange(running_, true), type);
    require(running_, type);
    if (type == "RUN_ERROR") return clear();
    if (type == "RUN_FINISHED") {
      require(open_.empty(), type);
      return clear();
    }
    if (type == "SUBAGENT_STARTED") {
      require(used_.insert(owner).second, type + owner);
      open_.insert("SUBAGENT " + owner);
    } else if (type == "SUBAGENT_FINISHED" || type == "SUBAGENT_ERROR") {
      require(open_.erase("SUBAGENT " + owner) == 1, type + owner);
    } else {
      take_part(type, id);
    }
  }

  void take_part(const std::string& type, const std::string& id) {
    const std::size_t cut = type.rfind('_');
    const std::string what = type.substr(0, cut) + ' ' + id;
    const std::string stage = type.substr(cut + 1);
    if (stage == "START" || stage == "STARTED") require(open_.insert(what).second, type + id);
    if (stage == "CONTENT" || stage == "ARGS") require(open_.contains(what), type + id);
    if (stage == "END" || stage == "FINISHED") require(open_.erase(what) == 1, type + id);
  }

  void require(bool valid, const std::string& what) {
    if (!valid && problem_.empty()) problem_ = what;
  }
  void clear() {
    open_.clear();
    used_.clear();
    running_ = false;
  }

  std::set<std::string> open_;
  std::set<std::string> used_;
  bool running_ = false;
  std::string problem_;
};

std::string line(std::string_view type, std::string_view members, std::string_view millis) {
  std::string text = R"({"type":")";
  text.append(type).append("\",").append(members);
  return text.append(R"(,"timestamp":17951870)").append(millis).append("}\n");
}

std::string content(std::string_view id, std::string_view delta, std::string_view millis) {
  std::string members = R"("messageId":")";
  members.append(id).append(R"(","delta":")").append(delta).append("\"");
  return line("TEXT_MESSAGE_CONTENT", members, millis);
}

TEST(AgUiDialect, WritesTheGoldenRun) {
  const std::string run = R"("threadId":"session","runId":"run")";
  const std::string call = R"("toolCallId":"tc1")";
  const std::string expected =
      line("RUN_STARTED", run + R"(,"protocolVersion":"1.0")", "45000") +
      line("STEP_STARTED", R"("stepName":"turn 1")", "45005") +
      line("TEXT_MESSAGE_START", R"("messageId":"m2","role":"assistant")", "45055") +
      content("m2", "I'll", "45055") + content("m2", " use", "45105") +
      content("m2", " the", "45155") + content("m2", " calculator", "45205") +
      line("TEXT_MESSAGE_END", R"("messageId":"m2")", "45225") +
      line("TOOL_CALL_START", call + R"(,"toolCallName":"calculator","parentMessageId":"m2")",
           "45225") +
      line("TOOL_CALL_ARGS", call + R"(,"delta":"{\"expr\":")", "45225") +
      line("TOOL_CALL_ARGS", call + R"(,"delta":"\"2+2\"}")", "45225") +
      line("TOOL_CALL_END", call, "45225") +
      line("TOOL_CALL_RESULT",
           R"("messageId":"tc1-result",)" + call + R"(,"content":"4","role":"tool")", "45240") +
      line("STEP_FINISHED", R"("stepName":"turn 1")", "45240") +
      line("STEP_STARTED", R"("stepName":"turn 2")", "45245") +
      line("TEXT_MESSAGE_START", R"("messageId":"m4","role":"assistant")", "45295") +
      content("m4", "The", "45295") + content("m4", " answer", "45345") +
      content("m4", " is", "45395") + content("m4", " 4", "45445") +
      line("TEXT_MESSAGE_END", R"("messageId":"m4")", "45445") +
      line("STEP_FINISHED", R"("stepName":"turn 2")", "45445") +
      line("RUN_FINISHED",
           run + R"(,"result":"The answer is 4","outcome":{"type":"success"},"usage":[{"provider":)"
                 R"("scripted","model":"gpt-4o","inputTokens":150,"outputTokens":25,)"
                 R"("totalTokens":175}])",
           "45445");
  EXPECT_EQ(encode(golden_run().events()), expected);
}

TEST(AgUiDialect, KeepsTheOrderThatItsClientDemandsWhereverItJoins) {
  for (const EventList& list : {golden_run(), retried_run(), run_with_approvals_and_subagent(),
                                cancelled_run(), failed_run(), workflow_of_several_runs()}) {
    for (std::size_t from = 0; from < list.events().size(); ++from) {
      EXPECT_EQ(OrderCheck::of(encode(list.events(), from)), "") << "from " << from;
    }
  }
}

TEST(AgUiDialect, ShowsTextThatIsVoidAndTheNextAnswerAsTwoMessages) {
  EXPECT_THAT(
      shape_of(encode(retried_run().events())),
      ElementsAre("RUN_STARTED", "STEP_STARTED turn 1", "REASONING_START reasoning-m2",
                  "REASONING_MESSAGE_START reasoning-m2", "REASONING_MESSAGE_CONTENT reasoning-m2",
                  "REASONING_MESSAGE_END reasoning-m2", "REASONING_END reasoning-m2",
                  "TEXT_MESSAGE_START m2", "TEXT_MESSAGE_CONTENT m2", "TEXT_MESSAGE_END m2",
                  "TOOL_CALL_START c1", "TOOL_CALL_ARGS c1", "TOOL_CALL_END c1",
                  "TOOL_CALL_RESULT c1-result c1", "CUSTOM message_discarded", "CUSTOM retry",
                  "TEXT_MESSAGE_START m2.2", "TEXT_MESSAGE_CONTENT m2.2", "TEXT_MESSAGE_END m2.2",
                  "STEP_FINISHED turn 1", "RUN_FINISHED"));
}

TEST(AgUiDialect, SaysWhatEachModelUsed) {
  EXPECT_THAT(encode(retried_run().events()),
              HasSubstr(R"("usage":[{"provider":"scripted","model":"gpt-4o","inputTokens":10,)"
                        R"("outputTokens":2,"totalTokens":12,"reasoningTokens":1,)"
                        R"("cachedInputTokens":4}])"));
}

TEST(AgUiDialect, ShowsNestedRunsAsSubagents) {
  const auto shape = shape_of(encode(run_with_approvals_and_subagent().events()));
  const std::vector<std::string> wanted{"SUBAGENT_STARTED researcher@child",
                                        "STEP_STARTED turn 1@child",
                                        "TEXT_MESSAGE_START child.n1@child",
                                        "TEXT_MESSAGE_CONTENT child.n1@child",
                                        "TEXT_MESSAGE_END child.n1@child",
                                        "TOOL_CALL_START child.c1@child",
                                        "TOOL_CALL_ARGS child.c1@child",
                                        "TOOL_CALL_END child.c1@child",
                                        "TOOL_CALL_RESULT child.c1-result child.c1@child",
                                        "STEP_FINISHED turn 1@child",
                                        "SUBAGENT_FINISHED@child"};
  const auto begin = std::find(shape.begin(), shape.end(), wanted.front());
  ASSERT_GE(shape.end() - begin, static_cast<std::ptrdiff_t>(wanted.size()));
  EXPECT_EQ(std::vector<std::string>(begin, begin + static_cast<std::ptrdiff_t>(wanted.size())),
            wanted);
}

TEST(AgUiDialect, SaysWhyACallDidNotRun) {
  const std::string text = encode(run_with_approvals_and_subagent().events());
  EXPECT_THAT(text, HasSubstr(R"("toolCallId":"c2","content":"E_CONFIRMED_DENY: no")"));
  EXPECT_THAT(text, HasSubstr(R"("toolCallId":"child.c1","content":"no such file")"));
}

TEST(AgUiDialect, ClosesEverythingBeforeACancelledRunEnds) {
  const std::string text = encode(cancelled_run().events());
  EXPECT_THAT(shape_of(text),
              ElementsAre("RUN_STARTED", "STEP_STARTED turn 1", "TEXT_MESSAGE_START m2",
                          "TEXT_MESSAGE_CONTENT m2", "TEXT_MESSAGE_END m2", "TOOL_CALL_START c1",
                          "SUBAGENT_STARTED researcher@child", "TOOL_CALL_END c1",
                          "STEP_FINISHED turn 1", "SUBAGENT_FINISHED@child", "RUN_FINISHED"));
  EXPECT_THAT(text, HasSubstr(R"("outcome":{"type":"cancelled"})"));
}

TEST(AgUiDialect, EndsAFailedRunWithItsErrorAlone) {
  const std::string text = encode(failed_run().events());
  EXPECT_THAT(shape_of(text),
              ElementsAre("RUN_STARTED", "STEP_STARTED turn 1", "TEXT_MESSAGE_START m2",
                          "TEXT_MESSAGE_CONTENT m2", "RUN_ERROR"));
  EXPECT_THAT(text, HasSubstr(R"("message":"no network","code":"network")"));
}

TEST(AgUiDialect, WritesOneRunAfterTheOther) {
  auto encoder = make_dialect("ag-ui");
  std::string out;
  for (const char* id : {"one", "two"}) {
    RunContext context = EventList::run_context();
    context.run_id = id;
    EventList list(context);
    list.add(RunStarted{}).add(RunCompleted{});
    list.add(TokenDelta{.text = "late", .message_id = "m"});  // of a run that has ended
    for (const StreamEvent& event : list.events()) encoder->append(out, event);
  }
  EXPECT_THAT(shape_of(out),
              ElementsAre("RUN_STARTED", "RUN_FINISHED", "RUN_STARTED", "RUN_FINISHED"));
}

TEST(AgUiDialect, ShowsAWorkflowAsOneRunWithTheRunsOfItsStepsAsSubagents) {
  const std::string text = encode(workflow_of_several_runs().events());
  EXPECT_THAT(
      shape_of(text),
      ElementsAre("RUN_STARTED", "STEP_STARTED release:0 notes", "STEP_STARTED release:1 docs",
                  "SUBAGENT_STARTED writer@a", "STEP_STARTED turn 1@a", "TEXT_MESSAGE_START a.m@a",
                  "TEXT_MESSAGE_CONTENT a.m@a", "SUBAGENT_STARTED writer@b",
                  "STEP_STARTED turn 1@b", "TEXT_MESSAGE_START b.m@b", "TEXT_MESSAGE_CONTENT b.m@b",
                  "TEXT_MESSAGE_END b.m@b", "TOOL_CALL_START b.c@b", "TOOL_CALL_ARGS b.c@b",
                  "TOOL_CALL_END b.c@b", "SUBAGENT_STARTED reader@child", "SUBAGENT_FINISHED@child",
                  "TOOL_CALL_RESULT b.c-result b.c@b", "TEXT_MESSAGE_END a.m@a",
                  "STEP_FINISHED turn 1@a", "SUBAGENT_FINISHED@a", "STEP_FINISHED turn 1@b",
                  "SUBAGENT_ERROR@b", "STEP_FINISHED release:0 notes",
                  "CUSTOM workflow_step_failed", "STEP_FINISHED release:1 docs",
                  "STEP_STARTED release:2 inner", "STEP_STARTED inner:0 wait",
                  "CUSTOM workflow_step_progress", "SUBAGENT_STARTED writer@d", "SUBAGENT_ERROR@d",
                  "CUSTOM workflow_step_cancelled", "STEP_FINISHED inner:0 wait",
                  "STEP_FINISHED release:2 inner", "RUN_FINISHED"));
  const auto lines = lines_of(text);
  EXPECT_EQ(text_of(lines.front(), "runId"), "release");
  EXPECT_EQ(text_of(lines.back(), "runId"), "release");
  EXPECT_THAT(text, HasSubstr(R"("result":{"days":6},"outcome":{"type":"success"},"usage":)"
                              R"([{"provider":"scripted","model":"gpt-4o","inputTokens":15)"));
}

TEST(AgUiDialect, EndsAWorkflowAsItEnded) {
  const auto shape = [](const auto& end) {
    EventList list(workflow_context());
    list.add(WorkflowStarted{.workflow = "release"});
    list.add(WorkflowStepStarted{.workflow = "release", .step_name = "notes"});
    return encode(list.add(end).events());
  };
  const std::string cancelled = shape(WorkflowCancelled{.workflow = "release"});
  EXPECT_THAT(shape_of(cancelled), ElementsAre("RUN_STARTED", "STEP_STARTED release:0 notes",
                                               "STEP_FINISHED release:0 notes", "RUN_FINISHED"));
  EXPECT_THAT(cancelled, HasSubstr(R"("outcome":{"type":"cancelled"})"));
  const std::string failed = shape(
      WorkflowFailed{.workflow = "release", .error = "no step", .error_code = ErrorCode::network});
  EXPECT_THAT(shape_of(failed),
              ElementsAre("RUN_STARTED", "STEP_STARTED release:0 notes", "RUN_ERROR"));
  EXPECT_THAT(failed, HasSubstr(R"("message":"no step","code":"network")"));
}

TEST(AgUiDialect, ShowsAWorkflowThatGoesOnAsAnotherRun) {
  EventList list(workflow_context());
  for (int attempt = 0; attempt < 2; ++attempt) {
    list.add(WorkflowStarted{.workflow = "release"}).add(WorkflowFailed{.workflow = "release"});
    list.add(WorkflowProgress{.workflow = "release", .message = "late"});
  }
  EXPECT_THAT(shape_of(encode(list.events())),
              ElementsAre("RUN_STARTED", "RUN_ERROR", "RUN_STARTED", "RUN_ERROR"));
}

TEST(AgUiDialect, ShowsAWorkflowThatARunStartsWithinTheRun) {
  EventList list;
  list.add(RunStarted{});
  list.in(workflow_context()).add(WorkflowStarted{.workflow = "release"});
  list.add(WorkflowStepStarted{.workflow = "release", .step_name = "notes"});
  list.in(step_context("a")).add(RunStarted{}).add(RunCompleted{});
  list.in(workflow_context());
  list.add(WorkflowStepCompleted{.workflow = "release", .step_name = "notes"});
  list.add(WorkflowCompleted{.workflow = "release"});
  list.in(EventList::run_context()).add(RunCompleted{});
  EXPECT_THAT(
      shape_of(encode(list.events())),
      ElementsAre("RUN_STARTED", "STEP_STARTED release:0 notes", "SUBAGENT_STARTED writer@a",
                  "SUBAGENT_FINISHED@a", "STEP_FINISHED release:0 notes", "RUN_FINISHED"));
}

TEST(AgUiDialect, EndsARunThatWasLeftOpenBeforeTheNextOne) {
  EventList list;
  list.add(RunStarted{});
  RunContext other = EventList::run_context();
  other.run_id = "other";
  list.in(other).add(RunStarted{}).add(RunCompleted{});
  EXPECT_THAT(shape_of(encode(list.events())),
              ElementsAre("RUN_STARTED", "RUN_ERROR", "RUN_STARTED", "RUN_FINISHED"));
}

TEST(AgUiDialect, WritesNothingOutsideOfRuns) {
  EventList list{RunContext{}};
  list.add(SessionCreated{}).add(WorkspaceUpdated{.root = "w"}).add(Error{.error = "e"});
  list.in(EventList::nested_context("child", "researcher")).add(TokenDelta{.text = "x"});
  EXPECT_THAT(encode(list.events()), IsEmpty());
}

TEST(AgUiDialect, ShowsAMessageWhosePiecesNobodySaw) {
  EventList list;
  list.add(RunStarted{});
  list.add(MessageCommitted{.message = {"m", Role::assistant, "whole"}});
  list.add(RunCompleted{});
  const std::string text = encode(list.events());
  EXPECT_THAT(shape_of(text),
              ElementsAre("RUN_STARTED", "TEXT_MESSAGE_START m", "TEXT_MESSAGE_CONTENT m",
                          "TEXT_MESSAGE_END m", "RUN_FINISHED"));
  EXPECT_THAT(text, HasSubstr(R"("delta":"whole")"));
}

TEST(AgUiDialect, GivesOurDataForWhatHasNoCounterpart) {
  EventList list;
  list.add(RunStarted{}).add(PlanUpdated{.items = {{"title", "open"}}});
  list.add(Custom{.name = "mine", .data = {{"a", 1}}});
  list.add(StatusUpdate{.status = AgentStatus::thinking});
  list.add(StatusUpdate{.status = AgentStatus::compacting});
  const std::string text = encode(list.events());
  EXPECT_THAT(shape_of(text), ElementsAre("RUN_STARTED", "CUSTOM plan_updated", "CUSTOM mine",
                                          "CUSTOM status_update"));
  EXPECT_THAT(text, HasSubstr(R"("value":{"items":[{"title":"title","status":"open"}]})"));
  EXPECT_THAT(text, HasSubstr(R"("value":{"a":1})"));
}

TEST(AgUiDialect, KeepsTheOrderThatItsClientDemandsWhateverComes) {
  std::mt19937_64 random(test_seed());
  for (int round = 0; round < 200; ++round) {
    const EventList list = random_events(random, 100);
    ASSERT_EQ(OrderCheck::of(encode(list.events())), "") << "seed " << test_seed();
    const EventList workflow = random_workflow_events(random, 200);
    ASSERT_EQ(OrderCheck::of(encode(workflow.events())), "") << "seed " << test_seed();
  }
}

// What the service adds: a part of a run as a run of its own.

Timestamp some_time() { return Timestamp(std::chrono::milliseconds(5)); }

TEST(AgUiEncoder, ShowsAPartOfARunAsARunOfTheClient) {
  detail::AgUiOptions options;
  options.thread_id = "thread";
  options.run_id = "window";
  detail::AgUiEncoder encoder(options);
  std::string out;
  encoder.begin(out, some_time());
  EventList list;
  begin_ag_ui_run(list);
  list.add(ToolCallReady{.call_id = "c1", .tool_name = "ask"});
  for (const StreamEvent& event : list.events()) encoder.append(out, event);
  const std::vector<std::string> waiting{"c1"};
  encoder.wait_for_calls(out, some_time(), waiting);
  EXPECT_FALSE(encoder.running());
  EXPECT_EQ(OrderCheck::of(out), "");
  const auto lines = lines_of(out);
  EXPECT_EQ(text_of(lines.front(), "runId"), "window");
  EXPECT_EQ(text_of(lines.back(), "threadId"), "thread");
  EXPECT_THAT(out, HasSubstr(R"("outcome":{"type":"success","pendingToolCallIds":["c1"]})"));
}

TEST(AgUiEncoder, SuspendsSubagentsThatWaitForAnAnswer) {
  detail::AgUiEncoder encoder;
  std::string out;
  EventList list;
  begin_ag_ui_run(list);
  list.in(EventList::nested_context("child", "researcher")).add(TokenDelta{.text = "a"});
  for (const StreamEvent& event : list.events()) encoder.append(out, event);
  detail::AgUiInterrupt interrupt;
  interrupt.id = "a1";
  interrupt.owner = "child";
  interrupt.call_id = "c1";
  interrupt.tool_name = "bash";
  interrupt.arguments = json::object{{"x", 1}};
  encoder.interrupt(out, some_time(), {&interrupt, 1});
  EXPECT_EQ(OrderCheck::of(out), "");
  EXPECT_THAT(out, HasSubstr(R"("outcome":{"type":"suspended","interruptIds":["a1"]})"));
  EXPECT_THAT(out, HasSubstr(R"("outcome":{"type":"interrupt","interrupts":[{"id":"a1",)"
                             R"("reason":"tool_call","toolCallId":"child.c1")"));
}

TEST(AgUiEncoder, DoesNotRepeatAResultThatTheClientHasGiven) {
  detail::AgUiEncoder encoder;
  encoder.leave_out_result("c1");
  std::string out;
  EventList list;
  list.add(ToolCallCompleted{.tool_name = "ask", .call_id = "c1", .success = true});
  list.add(ToolCallCompleted{.tool_name = "bash", .call_id = "c2", .success = true});
  for (const StreamEvent& event : list.events()) encoder.append(out, event);
  EXPECT_THAT(shape_of(out), ElementsAre("RUN_STARTED", "TOOL_CALL_RESULT c2-result c2"));
}

}  // namespace
}  // namespace strandbus::testing

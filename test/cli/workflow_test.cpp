// `strandbus run --workflow FILE`.

#include "cli/program.hpp"
#include "cli/trace.hpp"
#include "sink/chrome_form.hpp"
#include "strandbus/event/workflow_payloads.hpp"
#include "strandbus/store/session_reader.hpp"
#include "support/temporary_directory.hpp"

#include <boost/json/parse.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace strandbus::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// A workflow of six agents: one, two at once, two in a workflow inside, and one.
constexpr std::string_view six_agents = R"({
  "name": "six", "input": {"who": "you"}, "steps": [
    {"name": "a", "type": "agent", "prompt": "do a"},
    {"name": "both", "type": "parallel", "steps": [
      {"name": "b", "type": "agent", "prompt": "do b"},
      {"name": "c", "type": "agent", "prompt": "do c"}]},
    {"name": "sub", "type": "subworkflow", "workflow": "inner", "steps": [
      {"name": "d", "type": "agent", "prompt": "do d"},
      {"name": "e", "type": "agent", "prompt": "do e"}]},
    {"name": "f", "type": "agent",
     "prompt": "do f for {{input.who}} with {{steps.both.output.b}} and {{previous}}"}]})";

/// A script for it, in which the answers to some prompts never come.
std::string script_without(const std::vector<std::string>& unanswered) {
  std::string text = R"({"schema": 1, "model": "m", "responses": [)";
  for (const char name : std::string("abcdef")) {
    const std::string step(1, name);
    const bool hangs = std::ranges::find(unanswered, step) != unanswered.end();
    if (name != 'a') text += ",";
    text += R"({"match": {"user": {"contains": "do )" + step + R"("}}, "text": "did )" + step + '"';
    if (hangs) text += R"(, "delay_ms": 600000)";
    text += "}";
  }
  return text + "]}";
}

class WorkflowProgram : public ::testing::Test {
 protected:
  Finished run(std::vector<std::string> more) {
    std::vector<std::string> words{"run", "--workflow", workflow_, "--script", script_};
    words.insert(words.end(), more.begin(), more.end());
    return run_program(words);
  }

  /// Runs the workflow up to where an answer never comes, and kills the program there.
  void kill_at(const std::vector<std::string>& unanswered) {
    const std::string script = directory_.write("hang.json", script_without(unanswered));
    Program program(
        {"run", "--workflow", workflow_, "--script", script, "--json", "--session", session_});
    for (const std::string& name : unanswered) {
      const std::string prompt = "\"content\":\"do " + name;
      program.read_until(prompt);
    }
    for (const std::string& name : before(unanswered))
      program.read_until("\"step_name\":\"" + name + "\",\"output\"");
    program.send_signal(SIGKILL);
    const Finished killed = program.wait();
    EXPECT_EQ(killed.signal, SIGKILL);
    // What was seen on standard output has happened: it is in the session.
    const auto seen = events_of(killed.out.substr(0, killed.out.rfind('\n') + 1));
    EXPECT_LE(seen.back().seq(), recorded().back().seq());
  }

  /// The steps that have finished when these hang.
  static std::vector<std::string> before(const std::vector<std::string>& unanswered) {
    std::vector<std::string> names;
    for (const char name : std::string("abcdef")) {
      const std::string step(1, name);
      if (std::ranges::find(unanswered, step) != unanswered.end()) {
        if (step == "b") continue;  // c may have finished beside it
        break;
      }
      if (step == "d" && std::ranges::find(unanswered, "b") != unanswered.end()) break;
      names.push_back(step);
    }
    return names;
  }

  std::vector<StreamEvent> recorded() const { return load_session(session_).value().events; }

  TemporaryDirectory directory_;
  std::string workflow_ = directory_.write("six.json", six_agents);
  std::string script_ = directory_.write("script.json", script_without({}));
  std::string session_ = directory_.path("s.jsonl");
};

const std::string whole_output = "did f";

/// How often each step of each workflow has finished.
std::map<std::string, int> finished_steps(const std::vector<StreamEvent>& events) {
  std::map<std::string, int> counts;
  for (const StreamEvent& event : events) {
    if (const auto* step = event.get_if<WorkflowStepCompleted>()) ++counts[step->step_name];
  }
  return counts;
}

TEST_F(WorkflowProgram, GivesItsOutputAndNothingElse) {
  const Finished finished = run({"--session", session_});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_EQ(finished.out, whole_output + "\n");
  EXPECT_THAT(finished.err, AllOf(HasSubstr("workflow six"), HasSubstr("step 1 a"),
                                  HasSubstr("workflow inner"), HasSubstr("step 2 e")));
  EXPECT_THAT(finished_steps(recorded()), SizeIs(7));
}

TEST_F(WorkflowProgram, GoesOnAfterItWasKilledAtEveryCheckpoint) {
  const std::vector<std::vector<std::string>> points{{"a"}, {"b", "c"}, {"b"}, {"c"},
                                                     {"d"}, {"e"},      {"f"}};
  for (const auto& point : points) {
    SCOPED_TRACE(::testing::PrintToString(point));
    session_ = directory_.path("at_" + point.front() + std::to_string(point.size()) + ".jsonl");
    kill_at(point);
    const std::vector<StreamEvent> past = recorded();
    const auto finished_before = finished_steps(past);
    const Finished again = run({"--continue", session_});
    EXPECT_EQ(again.exit_code, 0) << again.err;
    EXPECT_EQ(again.out, whole_output + "\n");

    const std::vector<StreamEvent> events = recorded();
    expect_good_trace(events);
    EXPECT_THAT(unbalanced(events), IsEmpty());
    const auto finished = finished_steps(events);
    EXPECT_THAT(finished, SizeIs(7));
    for (const auto& [name, times] : finished) EXPECT_EQ(times, 1) << name;
    // Nothing of what had finished before has begun again.
    for (std::size_t i = past.size(); i < events.size(); ++i) {
      if (const auto* step = events[i].get_if<WorkflowStepStarted>()) {
        EXPECT_FALSE(finished_before.contains(step->step_name)) << step->step_name;
      }
      if (events[i].is<WorkflowStarted>() && events[i].context().parent_workflow_id.empty()) {
        EXPECT_EQ(events[i].context().workflow_id, past.front().context().workflow_id);
      }
    }
    EXPECT_EQ(run_program({"check", session_}).exit_code, 0);
  }
}

TEST_F(WorkflowProgram, GoesOnWithTheStepThatFailed) {
  const std::string broken = directory_.write(
      "broken.json",
      R"({"schema": 1, "model": "m", "responses": [{"match": {"user": {"contains": "do a"}},
          "text": "did a"}]})");
  const Finished failed =
      run_program({"run", "--workflow", workflow_, "--script", broken, "--session", session_});
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_THAT(failed.err, HasSubstr("workflow six"));
  const Finished again = run({"--continue", session_});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.err, HasSubstr("goes on with " + session_ + ": 1 step has finished"));
  EXPECT_EQ(finished_steps(recorded()).at("a"), 1);
}

TEST_F(WorkflowProgram, DoesNotGoOnWithWhatHasCompletedOrIsAnother) {
  EXPECT_EQ(run({"--session", session_}).exit_code, 0);
  const Finished again = run({"--continue", session_});
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_THAT(again.err, HasSubstr("cannot go on: it has completed"));

  session_ = directory_.path("killed.jsonl");
  kill_at({"d"});
  const Finished with_input = run({"--continue", session_, "other"});
  EXPECT_EQ(with_input.exit_code, 2);
  EXPECT_THAT(with_input.err, HasSubstr("it has its input already"));
  workflow_ = directory_.write("other.json",
                               R"({"name": "other", "steps": [{"name": "t", "type": "transform",
                                   "pick": "input"}]})");
  const Finished other = run({"--continue", session_});
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err, HasSubstr("of the workflow \"six\", not of \"other\""));

  const std::string talk = directory_.path("talk.jsonl");
  EXPECT_EQ(run_program({"run", "Calculate 2+2", "--session", talk}).exit_code, 0);
  const Finished none = run({"--continue", talk});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.err, HasSubstr("the session has none"));
}

TEST_F(WorkflowProgram, TakesItsInputAsJsonOrAsText) {
  workflow_ = directory_.write("echo.json",
                               R"({"name": "echo", "input": "default", "steps": [
                                   {"name": "t", "type": "transform", "pick": "input"}]})");
  EXPECT_EQ(run({}).out, "default\n");
  EXPECT_EQ(run({R"({"a": [1, 2.5]})"}).out, "{\"a\":[1,2.5]}\n");
  EXPECT_EQ(run({"just words"}).out, "just words\n");
  Program::Options typed;
  typed.input = "{\"b\": true}\n";
  EXPECT_EQ(run_program({"run", "--workflow", workflow_, "-"}, typed).out, "{\"b\":true}\n");
}

TEST_F(WorkflowProgram, CtrlCEndsItTruthfullyAndItCanGoOn) {
  const std::string script = directory_.write("hang.json", script_without({"c"}));
  Program program(
      {"run", "--workflow", workflow_, "--script", script, "--json", "--session", session_});
  program.read_until("\"content\":\"do c");
  program.read_until("\"step_name\":\"b\",\"output\"");
  program.send_signal(SIGINT);
  const Finished finished = program.wait();
  EXPECT_EQ(finished.exit_code, 3);
  const auto events = events_of(finished.out);
  EXPECT_EQ(events.back().wire_type(), "workflow_cancelled");
  EXPECT_THAT(unbalanced(events), IsEmpty());
  EXPECT_EQ(run({"--continue", session_}).out, whole_output + "\n");
}

TEST_F(WorkflowProgram, SaysWhatIsWrongWithAFile) {
  workflow_ = directory_.write("bad.json", "{\n  \"name\": \"w\",\n  \"step\": []\n}\n");
  const Finished finished = run({});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err,
              HasSubstr("bad.json:3:3: /step: unknown field \"step\", did you mean \"steps\"?"));
  workflow_ = directory_.path("none.json");
  EXPECT_THAT(run({}).err, HasSubstr("cannot read the workflow " + workflow_));
  EXPECT_EQ(run({"--fork", session_}).exit_code, 2);
}

TEST_F(WorkflowProgram, IsShownAgainCountedAndExported) {
  EXPECT_EQ(run({"--session", session_}).exit_code, 0);
  const Finished shown = run_program({"replay", session_});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_EQ(shown.out, whole_output + "\n");
  EXPECT_EQ(run_program({"stats", session_}).exit_code, 0);
  EXPECT_EQ(run_program({"check", session_}).exit_code, 0);
}

TEST_F(WorkflowProgram, OnATerminalStepsAreBelowTheirWorkflow) {
  Program::Options options;
  options.terminal = true;
  const Finished finished =
      run_program({"run", "--workflow", workflow_, "--script", script_}, options);
  EXPECT_EQ(finished.exit_code, 0);
  for (const char* line : {"▸\x1b[0m workflow six", "workflow inner", "did e", "did f"})
    EXPECT_THAT(finished.out, HasSubstr(line));
}

class ShippedWorkflow : public WorkflowProgram {
 protected:
  ShippedWorkflow() {
    workflow_ = source_file("examples/workflows/release.json");
    script_ = source_file("examples/workflows/release.script.json");
  }
};

TEST_F(ShippedWorkflow, RunsOffline) {
  const Finished finished = run({"--session", session_});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_EQ(finished.out,
            R"({"subject":"strandbus 1.2","body":"strandbus 1.2 runs whole workflows, and it is )"
            R"(here in six days."})"
            "\n");
  EXPECT_EQ(run_program({"check", session_}).exit_code, 0);
  EXPECT_THAT(finished_steps(recorded()), SizeIs(7));
}

TEST_F(ShippedWorkflow, ItsTraceOpensInPerfetto) {
  ASSERT_EQ(run({"--session", session_}).exit_code, 0);
  const Finished trace = run_program({"export", session_, "--format", "chrome"});
  EXPECT_EQ(trace.exit_code, 0) << trace.err;
  EXPECT_THAT(faults_of_chrome_trace(trace.out), IsEmpty());
  EXPECT_THAT(chrome_events(trace.out, "b", "workflow"), SizeIs(2));
}

TEST_F(ShippedWorkflow, ItsTraceIsATreeOfSpans) {
  ASSERT_EQ(run({"--session", session_}).exit_code, 0);
  const Finished lines = run_program({"export", session_, "--format", "otlp"});
  EXPECT_EQ(lines.exit_code, 0) << lines.err;
  std::map<std::string, std::pair<std::string, std::string>> spans;  // id, then name and parent
  std::istringstream text(lines.out);
  for (std::string line; std::getline(text, line);) {
    const json::value request = json::parse(line);
    const auto* const resources = request.as_object().if_contains("resourceSpans");
    if (!resources) continue;
    for (const json::value& span : resources->at(0).at("scopeSpans").at(0).at("spans").as_array()) {
      const auto* const parent = span.as_object().if_contains("parentSpanId");
      spans[std::string(span.at("spanId").as_string())] = {
          std::string(span.at("name").as_string()),
          parent ? std::string(parent->as_string()) : std::string()};
    }
  }
  // Each span with everything around it, from the inside.
  std::vector<std::string> paths;
  for (const auto& [id, span] : spans) {
    std::string path = span.first;
    for (std::string above = span.second; !above.empty(); above = spans.at(above).second)
      path += " < " + spans.at(above).first;
    paths.push_back(path);
  }
  EXPECT_THAT(paths,
              ::testing::IsSupersetOf(std::vector<std::string>{
                  "invoke_workflow release", "workflow_step plan < invoke_workflow release",
                  "invoke_agent plan < workflow_step plan < invoke_workflow release",
                  "execute_tool calculator < invoke_agent plan < workflow_step plan < "
                  "invoke_workflow release",
                  "chat gpt-4o < invoke_agent docs < workflow_step docs < invoke_workflow release",
                  "invoke_agent draft < workflow_step draft < invoke_workflow announcement < "
                  "workflow_step announce < "
                  "workflow_step gate < invoke_workflow release"}));
  for (const std::string& path : paths)
    EXPECT_THAT(path, ::testing::EndsWith("invoke_workflow release"));
}

TEST(WorkflowFailure, IsToldAsAWhole) {
  const Finished run =
      run_program({"run", "--workflow", source_file("examples/workflows/release.json")});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, HasSubstr("\nerror: the step \"plan\" failed: the script calculator.json "));
  EXPECT_THAT(run.err, HasSubstr("Calculate 2+2"));
}

TEST(WorkflowRecording, IsNoScript) {
  const TemporaryDirectory directory;
  const std::string workflow = source_file("examples/workflows/release.json");
  const std::string session = directory.path("s.jsonl");
  const std::string script = source_file("examples/workflows/release.script.json");
  EXPECT_EQ(run_program({"run", "--workflow", workflow, "--script", script, "--session", session})
                .exit_code,
            0);
  for (const Program::Arguments& more : {Program::Arguments{}, {"--workflow", workflow}}) {
    Program::Arguments arguments{"run", "--script", session};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Finished again = run_program(arguments);
    EXPECT_EQ(again.exit_code, 2);
    EXPECT_THAT(again.err, HasSubstr("is the recording of a workflow, which cannot be run again"));
    EXPECT_THAT(again.err, HasSubstr("strandbus replay"));
  }
}

}  // namespace
}  // namespace strandbus::testing

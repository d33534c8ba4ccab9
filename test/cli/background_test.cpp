// `strandbus run --background`.

#include "cli/program.hpp"
#include "cli/trace.hpp"
#include "strandbus/event/agent_payloads.hpp"
#include "strandbus/store/session_reader.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>

#include <csignal>
#include <string>
#include <vector>

namespace strandbus::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class BackgroundProgram : public ::testing::Test {
 protected:
  Finished run(std::vector<std::string> more) {
    std::vector<std::string> words{"run", "--script", script_};
    words.insert(words.end(), more.begin(), more.end());
    words.emplace_back("Compare Oslo and Rome");
    return run_program(words);
  }

  template <class T>
  static std::vector<T> all(const std::vector<StreamEvent>& events) {
    std::vector<T> found;
    for (const StreamEvent& event : events) {
      if (const T* payload = event.get_if<T>()) found.push_back(*payload);
    }
    return found;
  }

  TemporaryDirectory directory_;
  std::string script_ = source_file("examples/scripts/background.json");
  std::string session_ = directory_.path("s.jsonl");
};

TEST_F(BackgroundProgram, AgentsWorkBesideTheOneThatAnswers) {
  const Finished finished = run({"--background", "wait", "--session", session_});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_EQ(finished.out, "Rome is warmer than Oslo, by 16 degrees.\n");
  EXPECT_THAT(finished.err,
              AllOf(HasSubstr("task Oslo started"), HasSubstr("task Rome completed")));
  const auto events = load_session(session_).value().events;
  expect_good_trace(events);
  EXPECT_THAT(unbalanced(events), IsEmpty());
  EXPECT_THAT(all<BackgroundTaskFinished>(events), SizeIs(2));
  ASSERT_THAT(all<ExecutionSummary>(events), SizeIs(1));
  EXPECT_THAT(all<ExecutionSummary>(events)[0].agents, SizeIs(3));
  EXPECT_EQ(run_program({"check", session_}).exit_code, 0);
}

TEST_F(BackgroundProgram, WhatTheyUseIsCountedWithTheRun) {
  const Finished finished = run({"--background", "wait", "--session", session_});
  EXPECT_THAT(finished.err,
              HasSubstr("✓ 7 turns · 5 tools · 760 tokens in · 108 out · $0.002384 · "));
  EXPECT_THAT(finished.err, HasSubstr("with 2 runs below it\n"));
  const Finished stats = run_program({"stats", session_});
  EXPECT_THAT(stats.out, HasSubstr("tokens      760 in, 108 out, 868 total\n"));
  EXPECT_THAT(stats.out, HasSubstr("cost        $0.002384\n"));
}

TEST_F(BackgroundProgram, ARecordingIsRunAgain) {
  EXPECT_EQ(run({"--background", "wait", "--session", session_}).exit_code, 0);
  const Finished again = run_program({"run", "--script", session_});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(again.out, "Rome is warmer than Oslo, by 16 degrees.\n");
}

TEST_F(BackgroundProgram, CtrlCEndsThemToo) {
  script_ = directory_.write("hang.json", R"({"schema": 1, "model": "m", "responses": [
    {"match": {"user": {"contains": "Compare"}},
     "tool_calls": [{"call_id": "c1", "name": "bg_start", "arguments": {"task": "never"}}]},
    {"match": {"tool_result": {"call_id": "c1"}}, "text": "It is begun."},
    {"match": {"user": "never"}, "text": "never", "delay_ms": 600000}]})");
  Program program(
      {"run", "--script", script_, "--background", "wait", "--json", "Compare Oslo and Rome"});
  program.read_until("\"type\":\"usage_update\"");
  program.send_signal(SIGINT);
  const Finished finished = program.wait();
  const auto events = events_of(finished.out);
  EXPECT_THAT(unbalanced(events), IsEmpty());
  EXPECT_THAT(all<BackgroundTaskCancelled>(events), SizeIs(1));
  EXPECT_EQ(finished.exit_code, 0) << finished.err;  // the answer was there
}

TEST_F(BackgroundProgram, AnAnswerMayCancelThem) {
  script_ = directory_.write("hang.json", R"({"schema": 1, "model": "m", "responses": [
    {"match": {"user": {"contains": "Compare"}},
     "tool_calls": [{"call_id": "c1", "name": "bg_start", "arguments": {"task": "never"}}]},
    {"match": {"tool_result": {"call_id": "c1"}}, "text": "I need it no more."},
    {"match": {"user": "never"}, "text": "never", "delay_ms": 600000}]})");
  const Finished finished = run({"--background", "cancel"});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("task background cancelled: the run that has started it"));
}

TEST_F(BackgroundProgram, SaysWhatItMayBe) {
  const Finished finished = run({"--background", "later"});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, HasSubstr("--background"));
}

}  // namespace
}  // namespace strandbus::testing

// golden/chrome_trace.json holds the trace of the golden run. With STRANDBUS_UPDATE_GOLDEN=1 it is
// written instead of compared; read the difference before committing.

#include "strandbus/sink/chrome_trace.hpp"

#include "bus/session_script.hpp"
#include "sink/chrome_form.hpp"
#include "wire/event_list.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>

namespace strandbus::testing {
namespace {

using namespace std::chrono_literals;
using test::SessionScript;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr std::uint64_t sessions = 60;

std::string trace_of(const std::vector<StreamEvent>& events, ChromeTraceOptions options = {}) {
  std::string text;
  ChromeTrace trace(std::move(options));
  for (const StreamEvent& event : events) trace.add(text, event);
  trace.finish(text);
  return text;
}

RunContext run_of(const std::string& run_id, const std::string& agent) {
  RunContext context;
  context.run_id = run_id;
  context.agent = agent;
  return context;
}

std::size_t count_of(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

/// Events as a script makes them up, each some time behind the one before it.
std::vector<StreamEvent> timed_session(std::uint64_t seed, std::mt19937_64& random) {
  std::vector<StreamEvent> events = SessionScript(seed).session();
  Timestamp now{};
  for (std::size_t i = 0; i < events.size(); ++i) {
    now += std::chrono::nanoseconds(random() % 5'000'000);
    events[i].set_stamp(i + 1, {}, now);
  }
  return events;
}

/// Some events fewer, some twice, some elsewhere, at any time.
std::vector<StreamEvent> spoilt(std::vector<StreamEvent> events, std::mt19937_64& random) {
  std::vector<StreamEvent> left;
  for (StreamEvent& event : events) {
    if (random() % 10 == 0) event.set_stamp(1, {}, Timestamp(std::chrono::nanoseconds(random())));
    if (random() % 5 != 0) left.push_back(event);
    if (random() % 10 == 0) left.push_back(event);
    if (random() % 10 == 0 && !left.empty()) std::swap(left.back(), left[random() % left.size()]);
  }
  return left;
}

TEST(ChromeTrace, OfTheGoldenRunIsTheGoldenFile) {
  const auto path =
      std::filesystem::path(STRANDBUS_SOURCE_DIR) / "test/sink/golden/chrome_trace.json";
  const std::string text = trace_of(golden_run().events(), {.session_id = "session"});
  EXPECT_THAT(faults_of_chrome_trace(text), IsEmpty());
  if (std::getenv("STRANDBUS_UPDATE_GOLDEN") != nullptr)
    std::ofstream(path, std::ios::binary) << text;
  std::ostringstream golden;
  golden << std::ifstream(path, std::ios::binary).rdbuf();
  EXPECT_EQ(text, golden.str()) << "If this is meant: STRANDBUS_UPDATE_GOLDEN=1";
}

TEST(ChromeTrace, OfNoEventIsATraceToo) {
  const std::string text = trace_of({});
  EXPECT_THAT(faults_of_chrome_trace(text), IsEmpty());
  EXPECT_THAT(text, HasSubstr(R"("events":0)"));
}

TEST(ChromeTrace, ClosesEverythingOfAWholeSessionWhereItEnds) {
  for (std::uint64_t seed = 1; seed <= sessions && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    const auto events = timed_session(seed, random);
    const std::string text = trace_of(events);
    EXPECT_THAT(faults_of_chrome_trace(text), IsEmpty());
    EXPECT_THAT(text, AllOf(Not(HasSubstr("unfinished")), Not(HasSubstr("start_missing"))));
    std::size_t runs = 0;
    for (const StreamEvent& event : events) runs += event.is<RunStarted>() ? 1U : 0U;
    EXPECT_THAT(chrome_events(text, "B", "run"), SizeIs(runs));
  }
}

TEST(ChromeTrace, IsWellFormedWhateverIsLostRepeatedOrInDisorder) {
  for (std::uint64_t seed = 1; seed <= sessions && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    const auto events = spoilt(timed_session(seed, random), random);
    EXPECT_THAT(faults_of_chrome_trace(trace_of(events)), IsEmpty());
    EXPECT_THAT(faults_of_chrome_trace(trace_of(events, {.max_text_bytes = 3, .max_open = 5})),
                IsEmpty());
  }
}

TEST(ChromeTrace, ClosesWhatNeverEndedAtTheLastTimeAndMarksIt) {
  EventList list;
  list.add(RunStarted{}).after(5ms).add(TurnStarted{.turn = 1}).add(ModelStarted{});
  list.add(ToolCallStarted{.tool_name = "bash", .call_id = "c"}).after(1ms);
  list.add(StatusUpdate{});
  const std::string text = trace_of(list.events());
  EXPECT_THAT(faults_of_chrome_trace(text), IsEmpty());
  const auto ends = chrome_events(text, "E", "tool");
  ASSERT_THAT(ends, SizeIs(1));
  EXPECT_EQ(ends[0].at("ts").to_number<double>(), 6000);
  EXPECT_EQ(count_of(text, R"("unfinished":true)"), 4u);
}

TEST(ChromeTrace, KeepsParallelCallsApartAndWithinTheirRun) {
  EventList list;
  list.add(RunStarted{});
  list.add(ToolCallStarted{.tool_name = "a", .call_id = "1"}).after(1ms);
  list.add(ToolCallStarted{.tool_name = "b", .call_id = "2"}).after(1ms);
  list.add(ToolCallCompleted{.tool_name = "a", .call_id = "1", .success = true}).after(1ms);
  list.add(RunCompleted{});
  list.add(ToolCallCompleted{.tool_name = "b", .call_id = "2", .success = true});
  const std::string text = trace_of(list.events());
  EXPECT_THAT(faults_of_chrome_trace(text), IsEmpty());
  const auto ends = chrome_events(text, "E", "tool");
  ASSERT_THAT(ends, SizeIs(2));
  EXPECT_EQ(ends[0].at("name").as_string(), "a");
  EXPECT_TRUE(ends[1].at("args").as_object().contains("unfinished"));
}

TEST(ChromeTrace, DrawsAnArrowFromARequestToEachCallThatItAskedFor) {
  EventList list;
  list.add(RunStarted{}).add(TurnStarted{.turn = 1}).add(ModelStarted{.model = "m"});
  list.add(ModelCompleted{.tool_calls = {{"1", "a"}, {"2", "b"}, {"3", "c"}, {"4", "d"}}});
  list.after(1ms).add(ToolCallStarted{.tool_name = "b", .call_id = "2"});
  list.add(ToolCallStarted{.tool_name = "a", .call_id = "1"}).after(1ms);
  list.add(ToolCallDenied{.tool_name = "c", .call_id = "3"});
  list.add(ToolCallCompleted{.tool_name = "a", .call_id = "1", .success = true});
  list.add(ToolCallCompleted{.tool_name = "b", .call_id = "2", .success = true});
  list.add(TurnEnded{.turn = 1}).add(RunCancelled{});
  const std::string text = trace_of(list.events());
  EXPECT_THAT(faults_of_chrome_trace(text), IsEmpty());
  const auto begins = chrome_events(text, "s", "call");
  const auto ends = chrome_events(text, "f", "call");
  const auto calls = chrome_events(text, "B", "tool");
  const auto requests = chrome_events(text, "B", "model");
  ASSERT_THAT(begins, SizeIs(4));
  ASSERT_THAT(ends, SizeIs(4));
  ASSERT_THAT(calls, SizeIs(2));
  for (const auto& begin : begins) EXPECT_EQ(begin.at("tid"), requests[0].at("tid"));
  EXPECT_EQ(ends[0].at("id"), begins[1].at("id"));
  EXPECT_EQ(ends[0].at("tid"), calls[0].at("tid"));  // of b
  EXPECT_EQ(ends[1].at("id"), begins[0].at("id"));
  EXPECT_EQ(ends[1].at("tid"), calls[1].at("tid"));  // of a, beside it
  EXPECT_NE(calls[0].at("tid"), calls[1].at("tid"));
  EXPECT_EQ(ends[2].at("id"), begins[2].at("id"));  // it was refused
  EXPECT_EQ(ends[3].at("id"), begins[3].at("id"));  // nobody has begun it
}

TEST(ChromeTrace, GivesRunsOfOneAgentAThreadEachOnlyWhileTheyOverlap) {
  EventList list;
  list.in(run_of("r1", "scout")).add(RunStarted{});
  list.in(run_of("r2", "scout")).add(RunStarted{}).add(RunCompleted{});
  list.in(run_of("r1", "scout")).add(RunCompleted{});
  list.in(run_of("r3", "scout")).add(RunStarted{}).add(RunCompleted{});
  const auto runs = chrome_events(trace_of(list.events()), "B", "run");
  ASSERT_THAT(runs, SizeIs(3));
  EXPECT_NE(runs[0].at("tid"), runs[1].at("tid"));
  EXPECT_EQ(runs[0].at("tid"), runs[2].at("tid"));
  EXPECT_EQ(count_of(trace_of(list.events()), R"("name":"scout 2")"), 1u);
}

TEST(ChromeTrace, BeginsARunWhoseStartIsMissingWithItsFirstTurn) {
  EventList list;
  list.add(StatusUpdate{}).after(2ms).add(TurnStarted{.turn = 4}).add(TurnEnded{.turn = 4});
  list.add(RunCompleted{});
  const std::string text = trace_of(list.events());
  EXPECT_THAT(faults_of_chrome_trace(text), IsEmpty());
  const auto runs = chrome_events(text, "B", "run");
  ASSERT_THAT(runs, SizeIs(1));
  EXPECT_EQ(runs[0].at("ts").to_number<double>(), 2000);
  EXPECT_THAT(text, AllOf(HasSubstr("start_missing"), Not(HasSubstr("unfinished"))));
}

TEST(ChromeTrace, CountsTheTokensOfAllRequests) {
  EventList list;
  list.add(ModelCompleted{.usage = {10, 1, 11}}).add(ModelCompleted{.usage = {20, 2, 22}});
  EXPECT_THAT(trace_of(list.events()), HasSubstr(R"("args":{"prompt":30,"completion":3}})"));
}

TEST(ChromeTrace, SaysErrorsRetriesAndDenialsAsMoments) {
  EventList list;
  list.add(RunStarted{}).add(Error{.error = "oops"}).add(Retry{.reason = "again"});
  list.add(ToolCallDenied{.tool_name = "bash", .call_id = "c", .reason = "no"});
  list.add(RunFailed{.error = "dead", .error_code = ErrorCode::network});
  const std::string text = trace_of(list.events());
  EXPECT_THAT(chrome_events(text, "i", "error"), SizeIs(2));
  EXPECT_THAT(text, AllOf(HasSubstr(R"("name":"retry")"), HasSubstr(R"("name":"denied: bash")"),
                          HasSubstr(R"("error_code":"network")")));
}

TEST(ChromeTrace, CutsTextsWithoutBreakingThem) {
  std::string smileys;
  for (int i = 0; i < 1000; ++i) smileys += "😀";
  EventList list;
  list.add(UserMessage{.content = "x" + smileys});
  list.add(RunStarted{.model = "\xff\xfe\"\n"});
  json::object arguments{{"text", smileys}};
  list.add(ToolCallStarted{.tool_name = smileys, .call_id = "1", .arguments = arguments});
  list.add(ToolCallStarted{.tool_name = "t", .call_id = "2", .arguments = json::object{{"a", 1}}});
  const std::string text = trace_of(list.events(), {.max_text_bytes = 100});
  EXPECT_THAT(faults_of_chrome_trace(text), IsEmpty());
  EXPECT_THAT(
      text, AllOf(HasSubstr("😀…"), HasSubstr("\xEF\xBF\xBD"), HasSubstr(R"("arguments":{"a":1})")));
  EXPECT_LT(text.size(), 2500u);
}

TEST(ChromeTrace, LeavesOutWhatIsOpenBeyondItsLimit) {
  EventList list;
  for (int i = 0; i < 10; ++i)
    list.in(run_of("r" + std::to_string(i), "a" + std::to_string(i))).add(RunStarted{});
  const std::string text = trace_of(list.events(), {.max_open = 4});
  EXPECT_THAT(faults_of_chrome_trace(text), IsEmpty());
  EXPECT_THAT(chrome_events(text, "B", "run"), SizeIs(4));
  EXPECT_THAT(text, HasSubstr(R"("left_out":6)"));
}

TEST(ChromeTrace, IsFoundFaultyWhereverALineIsMissing) {
  const std::string text = trace_of(golden_run().events());
  std::istringstream lines(text);
  std::size_t begin = 0;
  for (std::string line; std::getline(lines, line); begin += line.size() + 1) {
    const bool pairs = line.find(R"({"ph":"B")") == 0 || line.find(R"({"ph":"e")") == 0 ||
                       line.find(R"({"ph":"s")") == 0 || line.find(R"({"ph":"f")") == 0 ||
                       line.find(R"({"ph":"E")") == 0 || line.find(R"({"ph":"b")") == 0;
    if (!pairs) continue;
    std::string shorter = text;
    shorter.erase(begin, line.size() + 1);
    EXPECT_THAT(faults_of_chrome_trace(shorter), Not(IsEmpty())) << line;
  }
}

TEST(ChromeTrace, CanBeWrittenPieceByPiece) {
  const auto list = golden_run();
  std::string whole;
  std::string piece;
  ChromeTrace trace;
  for (const StreamEvent& event : list.events()) {
    piece.clear();
    trace.add(piece, event);
    whole += piece;
  }
  piece.clear();
  trace.finish(piece);
  EXPECT_EQ(whole + piece, trace_of(list.events()));
}

}  // namespace
}  // namespace strandbus::testing

// What a writer that was killed has left open is ended, wherever it was stopped.
#include "store/interrupted_runs.hpp"

#include "bus/trace_events.hpp"

#include <gmock/gmock.h>

namespace strandbus::test {
namespace {

using detail::InterruptedRuns;

/// The first `kept` events of a session, and what ends them.
Trace ended(const Trace& whole, std::size_t kept) {
  Trace trace(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(kept));
  InterruptedRuns interrupted;
  for (const StreamEvent& event : trace) interrupted.add(event);
  const Timestamp now = whole.back().ts();
  for (StreamEvent& end : interrupted.ends(now)) trace.push_back(std::move(end));
  return restamped(std::move(trace));
}

TEST(InterruptedRuns, EndsWhatIsOpenWhereverTheTraceWasCut) {
  const Trace whole = full_trace();
  for (std::size_t kept = 0; kept <= whole.size(); ++kept) {
    TraceChecker checker;
    for (const StreamEvent& event : ended(whole, kept)) checker.add(event);
    for (const TraceFinding& finding : checker.findings())
      ADD_FAILURE() << "cut after " << kept << ": " << to_string(finding);
    EXPECT_TRUE(checker.open_runs().empty()) << kept;
    EXPECT_THAT(checker.open_work(), ::testing::IsEmpty()) << kept;
  }
}

TEST(InterruptedRuns, AddsNothingToWhatHasEnded) {
  const Trace whole = full_trace();
  InterruptedRuns interrupted;
  EXPECT_TRUE(interrupted.empty());
  for (const StreamEvent& event : whole) interrupted.add(event);
  EXPECT_TRUE(interrupted.empty());
  EXPECT_TRUE(interrupted.ends(whole.back().ts()).empty());
}

TEST(InterruptedRuns, FailsEachRunThatWasOpenWithWhatItHasUsed) {
  const Trace whole = full_trace();
  const std::size_t answered = place_of<ModelCompleted>(whole);
  const Trace trace = ended(whole, answered + 1);
  const auto* failed = trace.back().get_if<RunFailed>();
  const std::size_t last = trace.size() - 1;
  for (std::size_t i = last; !failed && i > answered; --i) failed = trace[i].get_if<RunFailed>();
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->error_code, ErrorCode::interrupted);
  EXPECT_EQ(failed->usage, whole[answered].get_if<ModelCompleted>()->usage);
  EXPECT_GT(failed->duration_ms, 0);
}

TEST(InterruptedRuns, HasNothingToDoBehindARestore) {
  InterruptedRuns interrupted;
  const Trace whole = full_trace();
  for (std::size_t i = 0; i < whole.size() / 2; ++i) interrupted.add(whole[i]);
  EXPECT_FALSE(interrupted.empty());
  interrupted.add(StreamEvent(SessionRestored{}));
  EXPECT_TRUE(interrupted.empty());
}

}  // namespace
}  // namespace strandbus::test

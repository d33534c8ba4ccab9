// The spans of tasks in the background, of agents that really run.
#include "agent/background_fixture.hpp"
#include "otel/genai_names.hpp"
#include "otel/span_facts.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace strandbus::test {
namespace {

using detail::Span;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class BackgroundSpans : public BackgroundTest {
 protected:
  std::vector<Span> spans(WhenRunEnds when, std::vector<PlayedProvider::Answer> answers) {
    BackgroundTaskOptions options;
    options.when_run_ends = when;
    options.max_running = 2;
    add_tasks(options);
    start(std::move(answers));
    process("go");
    return spans_of(events_);
  }

  static std::vector<Span> of_agent(const std::vector<Span>& spans, const std::string& name) {
    std::vector<Span> found;
    std::ranges::copy_if(spans, std::back_inserter(found),
                         [&](const Span& span) { return span.name == "invoke_agent " + name; });
    return found;
  }
};

TEST_F(BackgroundSpans, LieInsideTheRunThatHasStartedThem) {
  const auto all =
      spans(WhenRunEnds::wait,
            {calls({starts("c1", "a"), starts("c2", "b"), starts("c3", "c"), starts("c4", "fail")}),
             says("begun")});
  EXPECT_THAT(faults_of(all), IsEmpty());
  const auto root = of_agent(all, "agent");
  ASSERT_THAT(root, SizeIs(1));
  ASSERT_THAT(of_agent(all, "worker"), SizeIs(4));
  for (const Span& task : of_agent(all, "worker")) EXPECT_EQ(task.parent, root[0].id);
}

TEST_F(BackgroundSpans, EndWithTheRunThatIsCancelled) {
  const auto all =
      spans(WhenRunEnds::wait, {calls({starts("c1", "hang"), starts("c2", "hang")}),
                                hangs_after("hm", [this] { agent_->control().cancel("stop"); })});
  EXPECT_THAT(faults_of(all), IsEmpty());
  ASSERT_THAT(of_agent(all, "worker"), SizeIs(2));
  for (const Span& task : of_agent(all, "worker"))
    EXPECT_EQ(attribute(task.attributes, detail::genai::outcome), "cancelled");
}

TEST_F(BackgroundSpans, OfWhatWasDetachedLieInTheSameTrace) {
  const auto all =
      spans(WhenRunEnds::detach,
            {calls({starts("c1", "a"), starts("c2", "b"), starts("c3", "c")}), says("begun")});
  EXPECT_THAT(faults_of(all), IsEmpty());
  const auto root = of_agent(all, "agent");
  ASSERT_THAT(root, SizeIs(1));
  ASSERT_THAT(of_agent(all, "worker"), SizeIs(3));
  for (const Span& task : of_agent(all, "worker")) EXPECT_EQ(task.trace, root[0].trace);
}

}  // namespace
}  // namespace strandbus::test

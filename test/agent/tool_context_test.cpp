#include "strandbus/agent/tool_context.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <limits>
#include <thread>
#include <vector>

namespace strandbus {
namespace {

struct ToolContextTest : testing::Test {
  ToolOutput output(std::size_t index) const { return *events.at(index).get_if<ToolOutput>(); }

  std::vector<StreamEvent> events;
  ToolContext context{
      Publisher(RunContext{}, [this](const StreamEvent& event) { events.push_back(event); }), "tc1",
      "builder"};
};

TEST_F(ToolContextTest, PublishesProgressWithinItsLimits) {
  context.progress("half", 0.5, {{"file", "a.cpp"}});
  context.progress("more", 7.0);
  context.progress("odd", std::numeric_limits<double>::quiet_NaN());
  context.progress("\xFF");
  EXPECT_EQ(output(0).call_id, "tc1");
  EXPECT_EQ(output(0).tool_name, "builder");
  EXPECT_EQ(output(0).stream, OutputStream::progress);
  EXPECT_EQ(output(0).text, "half");
  EXPECT_EQ(output(0).progress, 0.5);
  EXPECT_EQ(output(0).data, json::value({{"file", "a.cpp"}}));
  EXPECT_EQ(output(1).progress, 1.0);
  EXPECT_EQ(output(2).progress, std::nullopt);
  EXPECT_EQ(output(3).text, "\uFFFD");
  EXPECT_EQ(output(3).progress, std::nullopt);
}

TEST_F(ToolContextTest, PublishesOutput) {
  context.output(OutputStream::stderr_, "oops");
  EXPECT_EQ(output(0).stream, OutputStream::stderr_);
  EXPECT_EQ(output(0).text, "oops");
}

TEST_F(ToolContextTest, PublishesNothingAfterItsCallHasEnded) {
  const ToolContext copy = context;
  EXPECT_TRUE(context.close());
  copy.output(OutputStream::stdout_, "late");
  EXPECT_EQ(copy.publish(FileCreated{}).error(), Errc::closed);
  EXPECT_TRUE(events.empty());
}

TEST_F(ToolContextTest, ACopyMadeForAnotherCallIsAnotherMatter) {
  const ToolContext other(context.publisher, "tc2", "builder");
  EXPECT_TRUE(context.close());
  other.output(OutputStream::stdout_, "still open");
  EXPECT_EQ(output(0).call_id, "tc2");
}

TEST(ToolContextThreads, CloseTellsWhenTheLastEventHasArrived) {
  std::latch inside(1);
  std::latch go_on(1);
  const ToolContext context(Publisher(RunContext{},
                                      [&](const StreamEvent&) {
                                        inside.count_down();
                                        go_on.wait();
                                      }),
                            "tc1", "slow");
  std::jthread publisher([&] { context.output(OutputStream::stdout_, "on its way"); });
  inside.wait();
  std::atomic<int> idle{0};
  EXPECT_FALSE(context.close([&] { ++idle; }));
  EXPECT_EQ(idle, 0);
  go_on.count_down();
  publisher.join();
  EXPECT_EQ(idle, 1);
  EXPECT_TRUE(context.close([&] { ++idle; }));
  EXPECT_EQ(idle, 1) << "close() itself said that nothing is on its way";
}

TEST(ToolContextThreads, NoEventFollowsTheEnd) {
  for (int round = 0; round < 50; ++round) {
    std::atomic<bool> ended{false};
    std::atomic<int> late{0};
    const ToolContext context(Publisher(RunContext{},
                                        [&](const StreamEvent&) {
                                          if (ended) ++late;
                                        }),
                              "tc1", "busy");
    std::latch started(2);
    std::vector<std::jthread> threads;
    for (int i = 0; i < 2; ++i) {
      threads.emplace_back([&] {
        started.count_down();
        while (context.publish(FileCreated{}).has_value()) {
        }
      });
    }
    started.wait();
    std::latch idle(1);
    if (context.close([&] { idle.count_down(); })) idle.count_down();
    idle.wait();
    ended = true;
    threads.clear();
    EXPECT_EQ(late, 0);
  }
}

TEST(ToolContextDefault, BelongsToNoCallAndMayStillBeUsed) {
  const ToolContext context;
  context.progress("nobody listens");
  EXPECT_FALSE(context.cancelled());
  EXPECT_TRUE(context.publish(FileCreated{}).has_value());
}

}  // namespace
}  // namespace strandbus

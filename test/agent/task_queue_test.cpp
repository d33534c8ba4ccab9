// Who may run and who waits.
#include "agent/task_queue.hpp"

#include "printed_seed.hpp"

#include <gmock/gmock.h>

#include <map>
#include <set>

namespace strandbus::detail {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Place = TaskQueue::Place;

TEST(TaskQueueTest, LetsAsManyRunAsMay) {
  TaskQueue queue({.running = 2, .running_per_agent = 2, .waiting = 1});
  EXPECT_EQ(queue.add("1", "a"), Place::runs);
  EXPECT_EQ(queue.add("2", "a"), Place::runs);
  EXPECT_EQ(queue.add("3", "b"), Place::waits);
  EXPECT_EQ(queue.add("4", "b"), Place::refused);
  EXPECT_THAT(queue.remove("1"), ElementsAre("3"));
  EXPECT_EQ(queue.running(), 2U);
  EXPECT_EQ(queue.waiting(), 0U);
}

TEST(TaskQueueTest, OneAgentDoesNotHoldUpAnother) {
  TaskQueue queue({.running = 3, .running_per_agent = 1, .waiting = 9});
  EXPECT_EQ(queue.add("1", "a"), Place::runs);
  EXPECT_EQ(queue.add("2", "a"), Place::waits);
  EXPECT_EQ(queue.add("3", "b"), Place::runs);
  EXPECT_THAT(queue.remove("3"), IsEmpty());
  EXPECT_THAT(queue.remove("1"), ElementsAre("2"));
}

TEST(TaskQueueTest, WhoIsTakenBackWaitsNoMore) {
  TaskQueue queue({.running = 1, .running_per_agent = 1, .waiting = 9});
  queue.add("1", "a");
  queue.add("2", "a");
  queue.add("3", "a");
  EXPECT_THAT(queue.remove("2"), IsEmpty());
  EXPECT_THAT(queue.remove("1"), ElementsAre("3"));
  EXPECT_THAT(queue.remove("unknown"), IsEmpty());
}

/// Beside a model that keeps everything in one list.
TEST(TaskQueueTest, KeepsItsLimitsAndItsOrderWhateverHappens) {
  std::mt19937_64 random(test::printed_seed());
  for (int round = 0; round < 200; ++round) {
    const auto below = [&](std::size_t most) {
      return std::uniform_int_distribution<std::size_t>(0, most - 1)(random);
    };
    const TaskQueue::Limits limits{
        .running = 1 + below(5), .running_per_agent = 1 + below(3), .waiting = below(20)};
    TaskQueue queue(limits);
    std::map<std::string, std::string> agents;
    std::set<std::string> running;
    std::vector<std::string> waiting;
    const auto begin = [&](const std::string& id) {
      running.insert(id);
      std::erase(waiting, id);
    };
    for (int step = 0; step < 100; ++step) {
      if (below(2) == 0) {
        const std::string id = std::to_string(step);
        agents[id] = std::string(1, static_cast<char>('a' + below(3)));
        const Place place = queue.add(id, agents[id]);
        if (place == Place::runs) begin(id);
        if (place == Place::waits) waiting.push_back(id);
        if (place == Place::refused) {
          EXPECT_EQ(waiting.size(), limits.waiting);
        }
      } else {
        std::vector<std::string> all(running.begin(), running.end());
        all.insert(all.end(), waiting.begin(), waiting.end());
        if (all.empty()) continue;
        const std::string id = all[below(all.size())];
        running.erase(id);
        std::erase(waiting, id);
        for (const std::string& next : queue.remove(id)) {
          for (const std::string& before : waiting) {  // nobody of the same agent came earlier
            if (before == next) break;
            EXPECT_NE(agents[before], agents[next]);
          }
          begin(next);
        }
      }
      std::map<std::string, std::size_t> counts;
      for (const std::string& id : running) ++counts[agents[id]];
      ASSERT_LE(running.size(), limits.running);
      for (const auto& [agent, count] : counts) ASSERT_LE(count, limits.running_per_agent);
      ASSERT_EQ(queue.running(), running.size());
      ASSERT_EQ(queue.waiting(), waiting.size());
      for (const std::string& id : waiting)  // nobody waits who could run
        ASSERT_TRUE(running.size() == limits.running ||
                    counts[agents[id]] == limits.running_per_agent);
    }
  }
}

}  // namespace
}  // namespace strandbus::detail

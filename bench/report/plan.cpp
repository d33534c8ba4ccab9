#include "report/plan.hpp"

#include "report/scenarios.hpp"

#include <algorithm>
#include <numeric>

namespace strandbus::bench {

std::vector<Heat> make_plan(std::vector<Task> tasks, const Options& options) {
  std::erase_if(tasks, [&](const Task& task) { return !wants(options, task.scenario); });
  std::stable_sort(tasks.begin(), tasks.end(), [](const Task& a, const Task& b) {
    return rank_of(a.scenario) < rank_of(b.scenario);
  });
  std::vector<Heat> plan;
  for (Task& task : tasks) {
    auto heat = std::find_if(plan.begin(), plan.end(),
                             [&](const Heat& known) { return known.scenario == task.scenario; });
    if (heat == plan.end())
      heat = plan.insert(plan.end(), {.scenario = task.scenario, .tasks = {}});
    heat->tasks.push_back(std::move(task));
  }
  return plan;
}

std::vector<std::size_t> order_in_round(std::size_t count, std::size_t round) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (round % 2 == 1) std::reverse(order.begin(), order.end());
  return order;
}

}  // namespace strandbus::bench

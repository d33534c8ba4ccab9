#include "report/plan.hpp"

#include "report/scenarios.hpp"

#include <algorithm>
#include <numeric>

namespace strandbus::bench {

std::vector<Heat> make_plan(std::vector<Task> tasks, const Options& options) {
  std::vector<Heat> plan;
  for (const Scenario& scenario : scenarios()) {
    if (wants(options, scenario.name)) plan.push_back({.scenario = std::string(scenario.name)});
  }
  for (Task& task : tasks) {
    if (!wants(options, task.scenario)) continue;
    auto heat = std::find_if(plan.begin(), plan.end(),
                             [&](const Heat& known) { return known.scenario == task.scenario; });
    if (heat == plan.end()) heat = plan.insert(plan.end(), {.scenario = task.scenario});
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

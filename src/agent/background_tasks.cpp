#include "strandbus/agent/background_tasks.hpp"

#include "agent_below.hpp"
#include "task_pool.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace strandbus {
namespace {

using detail::AgentCore;
using detail::BackgroundTask;
using detail::TaskQueue;

void require(bool valid, const char* field, const std::string& value, const char* allowed) {
  if (valid) return;
  throw std::invalid_argument(std::string(field) + " is " + value + "; allowed is " + allowed);
}

std::vector<BackgroundAgent> checked(std::vector<BackgroundAgent> agents) {
  require(!agents.empty(), "BackgroundTasks: the list of agents", "empty", "at least one agent");
  for (std::size_t i = 0; i < agents.size(); ++i) {
    const std::string& name = agents[i].options.name;
    require(is_component_name(name), "BackgroundAgent::options.name", "\"" + name + "\"",
            "text of 1 to 128 bytes without ':' and control characters");
    require(agents[i].provider != nullptr, "BackgroundAgent::provider", "null",
            "a provider that answers");
    for (std::size_t k = 0; k < i; ++k)
      require(agents[k].options.name != name, "BackgroundAgent::options.name", "\"" + name + "\"",
              "another name than those before it");
  }
  return agents;
}

BackgroundTaskOptions checked(BackgroundTaskOptions options) {
  require(options.max_running >= 1, "BackgroundTaskOptions::max_running",
          std::to_string(options.max_running), "at least 1");
  require(options.max_running_per_agent >= 1, "BackgroundTaskOptions::max_running_per_agent",
          std::to_string(options.max_running_per_agent), "at least 1");
  require(options.timeout.count() >= 0, "BackgroundTaskOptions::timeout",
          std::to_string(options.timeout.count()) + " ms", "0 ms (no limit) or more");
  return options;
}

TaskQueue::Limits limits_of(const BackgroundTaskOptions& options) {
  return {.running = options.max_running,
          .running_per_agent = options.max_running_per_agent,
          .waiting = options.when_full == WhenFull::wait ? options.max_waiting : 0};
}

/// The shorter one of two limits, of which zero is none.
std::chrono::milliseconds shorter(std::chrono::milliseconds a, std::chrono::milliseconds b) {
  if (a.count() == 0) return b;
  if (b.count() == 0) return a;
  return std::min(a, b);
}

error_code generic(boost::system::errc::errc_t value) {
  return boost::system::errc::make_error_code(value);
}

}  // namespace

BackgroundTasks::BackgroundTasks(std::vector<BackgroundAgent> agents, BackgroundTaskOptions options)
    : agents_(checked(std::move(agents))),
      options_(checked(options)),
      pool_(std::make_shared<detail::TaskPool>(limits_of(options_))) {}

BackgroundTasks::~BackgroundTasks() { cancel_all("the background tasks were given up"); }

Result<BackgroundTaskInfo> BackgroundTasks::start(const ToolContext& context,
                                                  BackgroundTaskRequest request) {
  const auto caller = context.agent.lock();
  if (!caller || context.publisher.context().run_id.empty()) return error_code(Errc::run_not_open);
  if (caller->in_background()) return generic(boost::system::errc::operation_not_permitted);
  auto agent = agents_.begin();
  if (!request.agent.empty()) {
    agent = std::ranges::find_if(
        agents_, [&](const BackgroundAgent& known) { return known.options.name == request.agent; });
  }
  if (agent == agents_.end()) return generic(boost::system::errc::invalid_argument);

  AgentOptions options = agent->options;
  options.timeout = shorter(options.timeout, options_.timeout);
  BackgroundTask::Parts parts;
  parts.caller = caller;
  parts.pool = pool_;
  parts.publisher = context.publisher.span(Publisher::new_span());
  parts.prompt = std::move(request.task);
  parts.when_run_ends = request.when_run_ends.value_or(options_.when_run_ends);
  parts.info.task_id = make_unique_id("task");
  parts.info.name = request.name.empty() ? agent->options.name : std::move(request.name);
  parts.info.agent = agent->options.name;
  parts.info.child_run_id = make_unique_id("run");
  parts.core = detail::make_agent_below(caller->strand(), agent->provider, agent->tools,
                                        std::move(options), parts.publisher, context, caller.get());
  parts.core->set_in_background();
  const auto task = std::make_shared<BackgroundTask>(std::move(parts));

  const TaskQueue::Place place = pool_->admit(task);
  if (place == TaskQueue::Place::refused) return error_code(Errc::limit_exceeded);
  const auto published = task->publish_start();
  if (!published) {
    pool_->release(task->id());
    return published.error();
  }
  caller->tasks().add(task);
  if (place == TaskQueue::Place::runs) task->begin();
  return task->info();
}

std::vector<BackgroundTaskInfo> BackgroundTasks::list(const ToolContext& context) const {
  std::vector<BackgroundTaskInfo> infos;
  const auto caller = context.agent.lock();
  if (!caller) return infos;
  for (const auto& task : caller->tasks().list()) infos.push_back(task->info());
  return infos;
}

asio::awaitable<std::vector<BackgroundTaskInfo>> BackgroundTasks::wait(
    const ToolContext& context, std::vector<std::string> task_ids,
    std::optional<std::chrono::milliseconds> longest) const {
  using Clock = detail::TaskBook::Clock;
  std::vector<BackgroundTaskInfo> infos;
  const auto caller = context.agent.lock();
  if (!caller) co_return infos;
  std::vector<std::shared_ptr<BackgroundTask>> tasks;
  for (const auto& task : caller->tasks().list()) {
    const bool named = std::ranges::find(task_ids, task->id()) != task_ids.end();
    if (task_ids.empty() ? !task->ended() : named) tasks.push_back(task);
  }
  constexpr std::chrono::hours for_ever(24 * 365 * 100);  // more does not fit behind now
  const bool limited = longest && *longest < for_ever;
  const auto latest = limited ? Clock::now() + *longest : Clock::time_point::max();
  const auto open = [](const auto& task) { return !task->ended(); };
  while (std::ranges::any_of(tasks, open) && Clock::now() < latest) {
    co_await caller->tasks().async_change(caller->strand(), latest);
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
      throw system_error(asio::error::operation_aborted);
  }
  for (const auto& task : tasks) infos.push_back(task->info());
  co_return infos;
}

bool BackgroundTasks::cancel(const ToolContext& context, const std::string& task_id,
                             std::string reason) {
  const auto caller = context.agent.lock();
  const auto task = caller ? caller->tasks().find(task_id) : nullptr;
  return task && task->cancel(reason);
}

void BackgroundTasks::cancel_all(const std::string& reason) { pool_->cancel_all(reason); }

std::size_t BackgroundTasks::running() const { return pool_->running(); }

std::size_t BackgroundTasks::waiting() const { return pool_->waiting(); }

}  // namespace strandbus

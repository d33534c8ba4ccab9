#include "strandbus/tools/background_tools.hpp"

#include "strandbus/agent/tool_arguments.hpp"

#include <boost/describe/enum_to_string.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strandbus {
namespace {

struct StartArguments {
  std::string task{};
  std::optional<std::string> name{};
  std::optional<std::string> agent{};
};
BOOST_DESCRIBE_STRUCT(StartArguments, (), (task, name, agent))

struct ListArguments {};
BOOST_DESCRIBE_STRUCT(ListArguments, (), ())

struct CheckArguments {
  std::string task_id{};
};
BOOST_DESCRIBE_STRUCT(CheckArguments, (), (task_id))

struct WaitArguments {
  std::optional<std::vector<std::string>> task_ids{};
  std::optional<double> seconds{};
};
BOOST_DESCRIBE_STRUCT(WaitArguments, (), (task_ids, seconds))

struct CancelArguments {
  std::string task_id{};
  std::optional<std::string> reason{};
};
BOOST_DESCRIBE_STRUCT(CancelArguments, (), (task_id, reason))

constexpr double most_seconds = 24 * 3600;

// What the model reads.

std::string seconds_of(std::chrono::milliseconds time) {
  const auto tenths = (time.count() + 50) / 100;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

/// "task_01… (weather) completed after 3.2 s".
std::string line_of(const BackgroundTaskInfo& task) {
  std::string line = task.task_id + " (" + task.name + ") ";
  switch (task.state) {
    case TaskState::waiting: return line + "waits for its turn";
    case TaskState::running: line += "has been running for "; break;
    case TaskState::completed: line += "completed after "; break;
    case TaskState::failed: line += "failed after "; break;
    case TaskState::cancelled: line += "was cancelled after "; break;
  }
  line += seconds_of(task.running_time);
  if (!task.ended() && task.detached) line += ", since before this run";
  if (!task.error.empty()) line += ": " + task.error;
  return line;
}

json::object data_of(const BackgroundTaskInfo& task) {
  return {{"task_id", task.task_id},
          {"name", task.name},
          {"agent", task.agent},
          {"run_id", task.child_run_id},
          {"state", boost::describe::enum_to_string(task.state, "")},
          {"running_ms", task.running_time.count()}};
}

ToolResult lines_of(const std::vector<BackgroundTaskInfo>& tasks, bool with_outputs) {
  if (tasks.empty()) return ToolResult::ok("there are no tasks").with_data(json::array());
  std::string text;
  json::array data;
  for (const BackgroundTaskInfo& task : tasks) {
    if (!text.empty()) text += with_outputs ? "\n\n" : "\n";
    text += line_of(task);
    if (with_outputs && !task.output.empty()) text += "\n" + task.output;
    data.push_back(data_of(task));
  }
  return ToolResult::ok(std::move(text)).with_data(std::move(data));
}

ToolResult unknown_task(const std::string& task_id) {
  return ToolResult::failure(ErrorCode::E_NOT_FOUND,
                             "there is no task " + task_id + "; bg_list tells which there are");
}

std::string why_not_started(const error_code& ec) {
  if (ec == Errc::limit_exceeded)
    return "as many tasks as may are under way: wait for one with bg_wait, then try again";
  if (ec == boost::system::errc::operation_not_permitted)
    return "a task in the background starts no others";
  if (ec == Errc::run_not_open) return "background tasks belong to the run of an agent";
  return "the task did not start: " + ec.message();
}

// The schemas.

json::object& property(ToolDefinition& definition, const char* name) {
  return definition.parameters.at("properties").at(name).as_object();
}

ToolDefinition start_definition(const BackgroundTasks& tasks) {
  ToolDefinition definition;
  definition.name = "bg_start";
  definition.description =
      "Starts a task in the background, where another agent works on it, and returns at once with "
      "the id of the task. For work that takes long, or of which several pieces can be done at the "
      "same time. Get its answer with bg_wait.";
  definition.parameters = arguments_schema<StartArguments>();
  json::object& task = property(definition, "task");
  task["description"] = "All that the agent has to know: it sees nothing else";
  task["minLength"] = 1;
  json::object& name = property(definition, "name");
  name["description"] = "What people see, in a few words";
  name["maxLength"] = 100;
  if (tasks.agents().size() == 1) {
    definition.parameters.at("properties").as_object().erase("agent");
    definition.description += " " + tasks.agents().front().description;
    return definition;
  }
  json::array names;
  std::string description = "Who works on it; without it the first of these.";
  for (const BackgroundAgent& agent : tasks.agents()) {
    names.push_back(json::string(agent.options.name));
    description += " " + agent.options.name + ": " + agent.description;
  }
  json::object& agent = property(definition, "agent");
  agent["enum"] = std::move(names);
  agent["description"] = std::move(description);
  return definition;
}

ToolDefinition list_definition() {
  ToolDefinition definition;
  definition.name = "bg_list";
  definition.description =
      "Lists the tasks in the background: which run, which wait, how they ended.";
  definition.parameters = arguments_schema<ListArguments>();
  return definition;
}

ToolDefinition check_definition() {
  ToolDefinition definition;
  definition.name = "bg_check";
  definition.description =
      "Tells how a task in the background is, and its answer if it is over. To wait for it, use "
      "bg_wait instead of asking again and again.";
  definition.parameters = arguments_schema<CheckArguments>();
  property(definition, "task_id")["description"] = "As bg_start gave it";
  return definition;
}

ToolDefinition wait_definition() {
  ToolDefinition definition;
  definition.name = "bg_wait";
  definition.description =
      "Waits until tasks in the background are over, and tells their answers. When the time is "
      "over first, tells how they are; they go on.";
  definition.parameters = arguments_schema<WaitArguments>();
  property(definition, "task_ids")["description"] = "Which; without it all that are not over";
  json::object& seconds = property(definition, "seconds");
  seconds["description"] = "How long at most; without it until they are over";
  seconds["minimum"] = 0;
  seconds["maximum"] = most_seconds;
  definition.no_time_limit = true;
  return definition;
}

ToolDefinition cancel_definition() {
  ToolDefinition definition;
  definition.name = "bg_cancel";
  definition.description = "Cancels a task in the background.";
  definition.parameters = arguments_schema<CancelArguments>();
  property(definition, "task_id")["description"] = "As bg_start gave it";
  property(definition, "reason")["description"] = "Why, for people";
  return definition;
}

/// One of the tools: a definition, and what it does. Arguments were checked by the agent.
class BackgroundTool final : public Tool {
 public:
  using Function = asio::awaitable<ToolResult> (*)(BackgroundTasks&, json::object, ToolContext&);

  BackgroundTool(std::shared_ptr<BackgroundTasks> tasks, ToolDefinition definition,
                 Function function)
      : tasks_(std::move(tasks)), definition_(std::move(definition)), function_(function) {}

  const ToolDefinition& definition() const override { return definition_; }

  asio::awaitable<ToolResult> async_run(json::object arguments, ToolContext& context) override {
    return function_(*tasks_, std::move(arguments), context);
  }

 private:
  const std::shared_ptr<BackgroundTasks> tasks_;
  const ToolDefinition definition_;
  const Function function_;
};

asio::awaitable<ToolResult> start(BackgroundTasks& tasks, json::object arguments,
                                  ToolContext& context) {
  auto wanted = decode_arguments<StartArguments>(arguments);
  if (!wanted) co_return detail::invalid_arguments(wanted.error());
  BackgroundTaskRequest request;
  request.task = std::move(wanted->task);
  request.name = wanted->name.value_or("");
  request.agent = wanted->agent.value_or("");
  const auto task = tasks.start(context, std::move(request));
  if (!task) co_return ToolResult::failure(why_not_started(task.error()));
  std::string text = task->state == TaskState::waiting
                         ? "accepted; it begins when another task has ended: "
                         : "started: ";
  text += task->task_id;
  co_return ToolResult::ok(std::move(text)).with_data(data_of(*task));
}

asio::awaitable<ToolResult> list(BackgroundTasks& tasks, json::object, ToolContext& context) {
  co_return lines_of(tasks.list(context), false);
}

asio::awaitable<ToolResult> check(BackgroundTasks& tasks, json::object arguments,
                                  ToolContext& context) {
  const auto wanted = decode_arguments<CheckArguments>(arguments);
  if (!wanted) co_return detail::invalid_arguments(wanted.error());
  const auto all = tasks.list(context);
  const auto task = std::ranges::find(all, wanted->task_id, &BackgroundTaskInfo::task_id);
  if (task == all.end()) co_return unknown_task(wanted->task_id);
  const std::vector<BackgroundTaskInfo> one{*task};
  co_return lines_of(one, true);
}

asio::awaitable<ToolResult> wait(BackgroundTasks& tasks, json::object arguments,
                                 ToolContext& context) {
  const auto wanted = decode_arguments<WaitArguments>(arguments);
  if (!wanted) co_return detail::invalid_arguments(wanted.error());
  const auto all = tasks.list(context);
  const std::vector<std::string> ids = wanted->task_ids.value_or(std::vector<std::string>());
  for (const std::string& id : ids) {
    if (std::ranges::find(all, id, &BackgroundTaskInfo::task_id) == all.end())
      co_return unknown_task(id);
  }
  std::optional<std::chrono::milliseconds> longest;
  if (wanted->seconds)
    longest = std::chrono::milliseconds(
        static_cast<std::int64_t>(std::clamp(*wanted->seconds, 0.0, most_seconds) * 1000));
  const auto ended = co_await tasks.wait(context, ids, longest);
  co_return lines_of(ended, true);
}

asio::awaitable<ToolResult> cancel(BackgroundTasks& tasks, json::object arguments,
                                   ToolContext& context) {
  const auto wanted = decode_arguments<CancelArguments>(arguments);
  if (!wanted) co_return detail::invalid_arguments(wanted.error());
  const auto all = tasks.list(context);
  const auto task = std::ranges::find(all, wanted->task_id, &BackgroundTaskInfo::task_id);
  if (task == all.end()) co_return unknown_task(wanted->task_id);
  const std::string reason = wanted->reason.value_or("the agent that has started it cancelled it");
  if (!tasks.cancel(context, wanted->task_id, reason))
    co_return ToolResult::failure("it is over already: " + line_of(*task));
  const std::vector<std::string> ids{wanted->task_id};
  const auto ended = co_await tasks.wait(context, ids, std::nullopt);
  co_return lines_of(ended, true);
}

}  // namespace

void add_background_tools(ToolRegistry& registry, std::shared_ptr<BackgroundTasks> tasks) {
  const auto add = [&](ToolDefinition definition, BackgroundTool::Function function) {
    registry.add(std::make_shared<BackgroundTool>(tasks, std::move(definition), function));
  };
  add(start_definition(*tasks), start);
  add(list_definition(), list);
  add(check_definition(), check);
  add(wait_definition(), wait);
  add(cancel_definition(), cancel);
}

}  // namespace strandbus

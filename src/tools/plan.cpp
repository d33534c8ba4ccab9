#include "strandbus/tools/plan.hpp"

#include "strandbus/agent/tool_registry.hpp"
#include "strandbus/event/agent_payloads.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strandbus {
namespace {

enum class PlanStatus { pending, in_progress, completed };
BOOST_DESCRIBE_ENUM(PlanStatus, pending, in_progress, completed)

struct PlannedItem {
  std::string title{};
  PlanStatus status{};
};
BOOST_DESCRIBE_STRUCT(PlannedItem, (), (title, status))

struct PlanArguments {
  std::vector<PlannedItem> items{};
};
BOOST_DESCRIBE_STRUCT(PlanArguments, (), (items))

std::string_view name_of(PlanStatus status) {
  switch (status) {
    case PlanStatus::pending: return "pending";
    case PlanStatus::in_progress: return "in_progress";
    case PlanStatus::completed: return "completed";
  }
  return "pending";
}

std::string_view mark_of(PlanStatus status) {
  switch (status) {
    case PlanStatus::pending: return "[ ] ";
    case PlanStatus::in_progress: return "[>] ";
    case PlanStatus::completed: return "[x] ";
  }
  return "[ ] ";
}

PlanOptions checked(PlanOptions options) {
  if (options.max_items == 0)
    throw std::invalid_argument("PlanOptions::max_items is 0; it must be at least 1");
  if (options.max_title_bytes == 0)
    throw std::invalid_argument("PlanOptions::max_title_bytes is 0; it must be at least 1");
  return options;
}

ToolDefinition plan_definition(const PlanOptions& options) {
  ToolDefinition definition;
  definition.name = "plan";
  definition.description =
      "Keeps the plan of your work, which the user sees. Use it for work of several steps: write "
      "the steps down before you begin, and call it again whenever a step begins or ends. Give "
      "the whole plan each time, with at most one step in progress.";
  definition.parameters = arguments_schema<PlanArguments>();
  json::object& items = definition.parameters.at("properties").at("items").as_object();
  items["description"] = "The steps, in the order in which they are to be done";
  items["maxItems"] = options.max_items;
  json::object& title = items.at("items").at("properties").at("title").as_object();
  title["description"] = "What is to be done, in one line";
  title["minLength"] = 1;
  return definition;
}

/// What is wrong with a title; empty if nothing.
std::string problem_of(std::string_view title, const PlanOptions& options) {
  if (title.find_first_not_of(" \t\r\n") == std::string_view::npos)
    return "is empty; say what is to be done";
  if (title.find_first_of("\r\n") != std::string_view::npos) return "has several lines; write one";
  if (title.size() > options.max_title_bytes)
    return "has " + std::to_string(title.size()) + " bytes; at most " +
           std::to_string(options.max_title_bytes) + " are allowed";
  return {};
}

/// What is wrong with a plan; empty if nothing.
std::string problem_of(const PlanArguments& plan, const PlanOptions& options) {
  if (plan.items.size() > options.max_items)
    return "the plan has " + std::to_string(plan.items.size()) + " items; at most " +
           std::to_string(options.max_items) + " are allowed: put some together";
  std::optional<std::size_t> in_progress;
  for (std::size_t i = 0; i < plan.items.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    if (const std::string problem = problem_of(plan.items[i].title, options); !problem.empty())
      return "the title of item " + number + ' ' + problem;
    if (plan.items[i].status != PlanStatus::in_progress) continue;
    if (in_progress)
      return "the items " + std::to_string(*in_progress + 1) + " and " + number +
             " are both in progress; at most one may be";
    in_progress = i;
  }
  return {};
}

PlanUpdated event_of(const PlanArguments& plan) {
  PlanUpdated event;
  for (const PlannedItem& item : plan.items)
    event.items.push_back({item.title, std::string(name_of(item.status))});
  return event;
}

ToolResult result_of(const PlanArguments& plan) {
  const auto completed =
      std::ranges::count(plan.items, PlanStatus::completed, &PlannedItem::status);
  json::object data{{"completed", completed}, {"total", plan.items.size()}};
  if (plan.items.empty()) return ToolResult::ok("there is no plan").with_data(std::move(data));
  std::string text =
      std::to_string(completed) + " of " + std::to_string(plan.items.size()) + " completed";
  for (const PlannedItem& item : plan.items) {
    text += '\n';
    text += mark_of(item.status);
    text += item.title;
  }
  return ToolResult::ok(std::move(text)).with_data(std::move(data));
}

class Plan final : public Tool {
 public:
  explicit Plan(PlanOptions options)
      : options_(checked(options)), definition_(plan_definition(options_)) {}

  const ToolDefinition& definition() const override { return definition_; }

  asio::awaitable<ToolResult> async_run(json::object arguments, ToolContext& context) override {
    co_return update(arguments, context);
  }

 private:
  ToolResult update(const json::object& arguments, const ToolContext& context) const {
    const auto plan = decode_arguments<PlanArguments>(arguments);
    if (!plan) return detail::invalid_arguments(plan.error());
    if (std::string problem = problem_of(*plan, options_); !problem.empty())
      return ToolResult::failure(ErrorCode::E_VALIDATION, std::move(problem));
    static_cast<void>(context.publish(event_of(*plan)));
    return result_of(*plan);
  }

  const PlanOptions options_;
  const ToolDefinition definition_;
};

}  // namespace

std::shared_ptr<Tool> make_plan(PlanOptions options) { return std::make_shared<Plan>(options); }

}  // namespace strandbus

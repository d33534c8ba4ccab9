#include "workflow_reader.hpp"

#include "strandbus/agent/json_schema.hpp"
#include "strandbus/event/stream_event.hpp"
#include "workflow_operations.hpp"
#include "workflow_plan.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace strandbus::detail {
namespace {

using std::chrono::milliseconds;

constexpr std::int64_t longest_ms = 7 * 24 * 3600 * 1000LL;
constexpr std::int64_t most_retries = 100;

// The members of each type; those of the first line have all of them.
#define STRANDBUS_STEP_MEMBERS "name", "type", "comment"
#define STRANDBUS_WORK_MEMBERS STRANDBUS_STEP_MEMBERS, "timeout_ms", "retry"

class Reader {
 public:
  explicit Reader(const WorkflowAgent& agent) noexcept : agent_(agent) {}

  WorkflowSteps read_steps(const JsonField& field) const {
    WorkflowSteps steps;
    for (std::size_t i = 0; i < field.list().size(); ++i)
      WorkflowPlan::add(steps, read_node(field.element(i)));
    if (steps.empty()) field.fail("an empty list; add a step");
    return steps;
  }

 private:
  WorkflowNode read_node(const JsonField& field) const {
    static constexpr std::array<std::string_view, 6> types{
        "agent", "transform", "conditional", "subworkflow", "sequence", "parallel"};
    if (!field.object().contains("type")) {
      field.fail(
          "the step has no type: add agent, transform, conditional, subworkflow, sequence or "
          "parallel");
    }
    WorkflowNode node;
    node.place = field.pointer;
    switch (field.member("type").one_of(types)) {
      case 0: return read_agent(field, std::move(node));
      case 1: return read_transform_step(field, std::move(node));
      case 2: return read_conditional(field, std::move(node));
      case 3: return read_subworkflow(field, std::move(node));
      case 4: return read_sequence(field, std::move(node));
      default: return read_parallel(field, std::move(node));
    }
  }

  static void read_work(const JsonObjectReader& object, WorkflowNode& node) {
    node.name = object.require("name").name();
    WorkflowStepOptions& options = node.options;
    options.timeout = milliseconds(object.integer("timeout_ms", 0, longest_ms).value_or(0));
    const auto field = object.find("retry");
    if (!field) return;
    const JsonObjectReader retry(*field, {"count", "delay_ms", "max_delay_ms"});
    options.max_retries = retry.require("count").integer(0, most_retries);
    const auto first = retry.integer("delay_ms", 0, longest_ms);
    if (first) options.first_delay = milliseconds(*first);
    const std::int64_t least = options.first_delay.count();
    const auto longest = retry.integer("max_delay_ms", least, longest_ms);
    options.max_delay =
        longest ? milliseconds(*longest) : std::max(options.max_delay, options.first_delay);
  }

  WorkflowNode read_agent(const JsonField& field, WorkflowNode node) const {
    const JsonObjectReader object(field, {STRANDBUS_WORK_MEMBERS, "prompt", "system", "model",
                                          "tools", "max_rounds", "max_tokens", "answer"});
    read_work(object, node);
    AgentWork work{.agent = agent_};
    const std::string prompt = read_template(object.require("prompt"), node.refers);
    work.prompt = TextTemplate::parse(prompt).value();
    AgentOptions& options = work.agent.options;
    if (const auto system = object.find("system")) options.system_prompt = system->text();
    if (const auto model = object.find("model")) options.model = model->name();
    if (const auto rounds = object.integer("max_rounds", 1, 1'000'000))
      options.max_rounds = *rounds;
    if (const auto tokens = object.integer("max_tokens", 1, 1'000'000'000))
      options.max_tokens = *tokens;
    if (const auto tools = object.find("tools")) work.agent.tools = select(*tools);
    if (const auto answer = object.find("answer")) options.response_schema = read_schema(*answer);
    node.work = std::move(work);
    return node;
  }

  ToolRegistry select(const JsonField& field) const {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < field.list().size(); ++i) names.push_back(field.element(i).name());
    try {
      return agent_.tools.select(names);
    } catch (const std::invalid_argument& error) {
      field.fail(error.what());
    }
  }

  static json::value read_schema(const JsonField& field) {
    const auto compiled = JsonSchema::compile(field.value);
    if (!compiled) field.fail("no schema that can be used: " + compiled.error().to_string());
    return field.value;
  }

  static WorkflowNode read_transform_step(const JsonField& field, WorkflowNode node) {
    const JsonObjectReader object(field,
                                  {STRANDBUS_WORK_MEMBERS, "pick", "template", "merge", "parse"});
    read_work(object, node);
    node.work = TransformWork{read_transform(object, node.refers)};
    return node;
  }

  WorkflowNode read_conditional(const JsonField& field, WorkflowNode node) const {
    const JsonObjectReader object(field, {STRANDBUS_WORK_MEMBERS, "if", "then", "else"});
    read_work(object, node);
    ConditionalWork work{.condition = read_condition(object.require("if"), node.refers)};
    if (const auto then = object.find("then")) work.then = WorkflowPlan::take(read_steps(*then));
    if (const auto otherwise = object.find("else"))
      work.otherwise = WorkflowPlan::take(read_steps(*otherwise));
    node.work = std::move(work);
    return node;
  }

  WorkflowNode read_subworkflow(const JsonField& field, WorkflowNode node) const {
    const JsonObjectReader object(field, {STRANDBUS_WORK_MEMBERS, "workflow", "input", "steps"});
    read_work(object, node);
    std::string name = node.name;
    if (const auto given = object.find("workflow")) name = read_workflow_name(*given);
    SubworkflowWork work{.workflow =
                             Workflow(std::move(name), read_steps(object.require("steps")))};
    if (const auto input = object.find("input")) work.input = read_value(*input, node.refers);
    node.work = std::move(work);
    return node;
  }

  WorkflowNode read_sequence(const JsonField& field, WorkflowNode node) const {
    const JsonObjectReader object(field, {STRANDBUS_STEP_MEMBERS, "steps"});
    node.name = object.require("name").name();
    node.work = SequenceGroup{WorkflowPlan::take(read_steps(object.require("steps")))};
    return node;
  }

  WorkflowNode read_parallel(const JsonField& field, WorkflowNode node) const {
    const JsonObjectReader object(field, {STRANDBUS_STEP_MEMBERS, "steps"});
    node.name = object.require("name").name();
    node.work = ParallelGroup{WorkflowPlan::take(read_steps(object.require("steps")))};
    return node;
  }

 public:
  static std::string read_workflow_name(const JsonField& field) {
    std::string name = field.name();
    if (!is_component_name(name))
      field.fail_expected("a name of 1 to 128 bytes without ':' and control characters");
    return name;
  }

 private:
  const WorkflowAgent& agent_;
};

#undef STRANDBUS_WORK_MEMBERS
#undef STRANDBUS_STEP_MEMBERS

}  // namespace

WorkflowFile read_workflow_file(const JsonField& document, const WorkflowAgent& agent) {
  const JsonObjectReader object(document,
                                {"$schema", "schema", "comment", "name", "input", "steps"});
  static_cast<void>(object.integer("schema", 1, 1));
  std::string name = Reader::read_workflow_name(object.require("name"));
  const Reader reader(agent);
  WorkflowFile file{.workflow =
                        Workflow(std::move(name), reader.read_steps(object.require("steps")))};
  if (const auto input = object.find("input")) file.input = input->value;
  return file;
}

}  // namespace strandbus::detail

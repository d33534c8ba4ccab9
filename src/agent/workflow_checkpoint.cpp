#include "strandbus/agent/workflow_checkpoint.hpp"

#include "llm/json_field.hpp"

#include <algorithm>
#include <utility>

namespace strandbus {
namespace {

using detail::JsonField;
using detail::JsonObjectReader;

constexpr std::size_t max_bytes = 64 * 1024 * 1024;
constexpr std::size_t max_depth = 128;
constexpr std::int64_t max_step = 1'000'000;

json::object to_object(const WorkflowCheckpoint& checkpoint) {
  json::array steps;
  for (const WorkflowStepOutput& finished : checkpoint.steps) {
    steps.push_back(
        {{"step", finished.step}, {"name", finished.name}, {"output", finished.output}});
  }
  json::object object{{"schema", 1},
                      {"workflow", checkpoint.workflow},
                      {"workflow_id", checkpoint.workflow_id},
                      {"input", checkpoint.input},
                      {"steps", std::move(steps)}};
  if (checkpoint.nested.empty()) return object;
  json::array nested;
  for (const WorkflowCheckpoint& inside : checkpoint.nested) {
    json::object one = to_object(inside);
    one["parent_step"] = inside.parent_step;
    nested.push_back(std::move(one));
  }
  object["nested"] = std::move(nested);
  return object;
}

WorkflowStepOutput read_step(const JsonField& field) {
  const JsonObjectReader reader(field, {"step", "name", "output"});
  return {.step = reader.require("step").integer(0, max_step),
          .name = reader.require("name").name(),
          .output = reader.require("output").value};
}

WorkflowCheckpoint read_checkpoint(const JsonField& field) {
  const JsonObjectReader reader(
      field, {"schema", "workflow", "workflow_id", "input", "steps", "nested", "parent_step"});
  static_cast<void>(reader.require("schema").integer(1, 1));
  WorkflowCheckpoint checkpoint;
  checkpoint.workflow = reader.require("workflow").name();
  checkpoint.workflow_id = reader.require("workflow_id").name();
  checkpoint.input = reader.require("input").value;
  checkpoint.parent_step = reader.integer("parent_step", 0, max_step).value_or(0);
  const JsonField steps = reader.require("steps");
  for (std::size_t i = 0; i < steps.list().size(); ++i)
    checkpoint.steps.push_back(read_step(steps.element(i)));
  if (const auto nested = reader.find("nested")) {
    for (std::size_t i = 0; i < nested->list().size(); ++i)
      checkpoint.nested.push_back(read_checkpoint(nested->element(i)));
  }
  return checkpoint;
}

}  // namespace

const WorkflowStepOutput* WorkflowCheckpoint::find(std::int64_t step) const noexcept {
  const auto found = std::ranges::find(steps, step, &WorkflowStepOutput::step);
  return found == steps.end() ? nullptr : &*found;
}

std::string to_json(const WorkflowCheckpoint& checkpoint) {
  std::string text;
  append_json(text, json::value(to_object(checkpoint)));
  return text;
}

boost::system::result<WorkflowCheckpoint, DecodeError> parse_checkpoint(std::string_view text) {
  const auto document = parse_json(text, {.max_bytes = max_bytes, .max_depth = max_depth});
  if (!document) return document.error();
  try {
    return read_checkpoint(JsonField{*document, {}});
  } catch (const detail::JsonProblem& problem) {
    DecodeError error;
    error.code = Errc::invalid_file;
    error.pointer = problem.pointer;
    error.message = (problem.pointer.empty() ? std::string("the checkpoint") : problem.pointer) +
                    ": " + problem.message;
    return error;
  }
}

}  // namespace strandbus

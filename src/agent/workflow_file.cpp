#include "strandbus/agent/workflow_file.hpp"

#include "llm/json_file.hpp"
#include "workflow_plan.hpp"
#include "workflow_reader.hpp"

namespace strandbus {
namespace {

constexpr detail::JsonFileKind workflow_kind{.name = "workflow",
                                             .max_bytes = max_workflow_file_bytes,
                                             .max_depth = 100,
                                             .if_larger = "split it"};

}  // namespace

WorkflowFileResult parse_workflow(std::string_view text, std::string_view name,
                                  const WorkflowAgent& agent) {
  const auto document = detail::parse_json_file(text, name, workflow_kind);
  if (!document) return document.error();
  try {
    return detail::read_workflow_file(detail::JsonField{*document, {}}, agent);
  } catch (const detail::JsonProblem& problem) {
    return detail::json_file_error(text, name, problem);
  } catch (const detail::WorkflowProblem& problem) {
    return detail::json_file_error(text, name,
                                   {problem.place(), detail::JsonPart::value, problem.what()});
  }
}

WorkflowFileResult load_workflow(const std::string& path, const WorkflowAgent& agent) {
  const auto text = detail::read_json_file(path, workflow_kind);
  if (!text) return text.error();
  return parse_workflow(*text, path, agent);
}

}  // namespace strandbus

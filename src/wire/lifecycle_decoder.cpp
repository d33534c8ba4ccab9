#include "wire/dialect_decoders.hpp"
#include "wire/json_line_decoder.hpp"
#include "wire/lifecycle_form.hpp"
#include "wire/line_members.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace strandbus::detail {
namespace {

/// Inside of a workflow runs are told apart by the name of their agent; outside of one each run is
/// a workflow of its own.
class LifecycleDecoder final : public JsonLineDecoder {
 public:
  explicit LifecycleDecoder(DialectDecoderOptions options) : JsonLineDecoder(std::move(options)) {}

 private:
  struct OpenRun {
    std::string id;
    std::string workflow_id;
    std::string agent;
  };

  void read_object(const json::object& object) override {
    const LineMembers line(object);
    const LineMembers data = line.object("data");
    const LifecycleLine said{line.needed_text("scope"), line.needed_text("type"),
                             line.needed_text("component_id"), line.text("message"), data.all()};
    const Timestamp time = line.needed_time("timestamp");
    auto decoded = event_of_lifecycle(said);
    if (!decoded) return;
    StreamEvent event = data.checked(*std::move(decoded));
    event.set_context(context_of(line, said, event));
    trace().at(time, event_id(line.text("id")));
    const bool ends = event.is_terminal();
    const std::string run_id = event.run_id();
    trace().add(std::move(event));
    if (ends) std::erase_if(open_, [&](const OpenRun& open) { return open.id == run_id; });
  }

  static EventId event_id(std::string_view text) {
    constexpr std::string_view prefix = "evt_";
    if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
    return parse_event_id(text).value_or(EventId());
  }

  std::shared_ptr<const RunContext> context_of(const LineMembers& line, const LifecycleLine& said,
                                               const StreamEvent& event) {
    RunContext context;
    context.session_id = session_id();
    const std::string workflow_id(line.text("workflow_id"));
    const std::string parent(line.text("parent_workflow_id"));
    const Scope scope = event.scope();
    if (scope == Scope::workflow || scope == Scope::workflow_step) {
      workflows_.insert(workflow_id);
      context.workflow_id = workflow_id;
      context.parent_workflow_id = parent;
      return std::make_shared<const RunContext>(std::move(context));
    }
    const bool in_workflow = workflows_.contains(workflow_id);
    if (in_workflow) {
      context.workflow_id = workflow_id;
      context.parent_workflow_id = parent;
    }
    // The runtime may speak outside of runs, but not of what a guardrail has kept back.
    const bool speaks_of_run = said.scope != "system" || event.is<GuardrailTriggered>();
    const std::string* const run = run_of(workflow_id, said, event, in_workflow, speaks_of_run);
    if (run) {
      context.run_id = *run;
      const auto open = std::ranges::find(open_, *run, &OpenRun::id);
      if (open != open_.end()) context.agent = open->agent;
      if (!in_workflow) context.parent_run_id = parent;
    }
    if (const auto* const p = event.get_if<RunStarted>()) context.model_id = p->model;
    if (const auto* const p = event.get_if<ModelStarted>()) context.model_id = p->model;
    return std::make_shared<const RunContext>(std::move(context));
  }

  /// Null: it belongs to none.
  const std::string* run_of(const std::string& workflow_id, const LifecycleLine& said,
                            const StreamEvent& event, bool in_workflow, bool speaks_of_run) {
    const std::string agent(said.component_id.substr(0, said.component_id.find(':')));
    const bool names_agent = said.scope == "agent" || said.scope == "llm_request";
    if (event.is<RunStarted>()) {
      std::string id = workflow_id.empty() ? "run" : workflow_id;
      const bool used = trace().is_open(id) || trace().has_ended(id);
      if (in_workflow || used) id += ' ' + agent + ' ' + std::to_string(++runs_);
      open_.push_back({id, workflow_id, agent});
      return &open_.back().id;
    }
    const auto newest = [&](const auto& wanted) -> const std::string* {
      const auto open = std::find_if(open_.rbegin(), open_.rend(), [&](const OpenRun& other) {
        return other.workflow_id == workflow_id && wanted(other);
      });
      return open == open_.rend() ? nullptr : &open->id;
    };
    if (in_workflow && names_agent) {
      if (const auto* run = newest([&](const OpenRun& o) { return o.agent == agent; })) return run;
    }
    if (const auto* const run = newest([](const OpenRun&) { return true; })) return run;
    if (!speaks_of_run) return nullptr;
    std::string id = workflow_id.empty() ? "run" : workflow_id;
    if (in_workflow) id += ' ' + std::to_string(++runs_);
    open_.push_back({id, workflow_id, names_agent ? agent : std::string()});
    return &open_.back().id;
  }

  std::vector<OpenRun> open_;
  std::set<std::string, std::less<>> workflows_;
  std::uint64_t runs_ = 0;
};

}  // namespace

std::unique_ptr<DialectDecoder> make_lifecycle_decoder(DialectDecoderOptions options) {
  return std::make_unique<LifecycleDecoder>(std::move(options));
}

}  // namespace strandbus::detail

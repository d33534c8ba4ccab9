#include "wire/dialects.hpp"
#include "wire/foreign_id.hpp"
#include "wire/json_members.hpp"
#include "wire/lifecycle_form.hpp"

#include <boost/json/object.hpp>

namespace strandbus::detail {
namespace {

/// The status as it is called there.
std::string_view status_name(Status status) noexcept {
  return status == Status::cancelled ? "canceled" : to_string(status);
}

/// A run outside of a workflow is a workflow of its own, inside of that of the run around it: so
/// readers can tell runs apart.
std::string_view workflow_of(const RunContext& context) noexcept {
  return context.workflow_id.empty() ? context.run_id : context.workflow_id;
}
std::string_view parent_workflow_of(const RunContext& context) noexcept {
  return context.workflow_id.empty() ? context.parent_run_id : context.parent_workflow_id;
}

class LifecycleDialect final : public Dialect {
 public:
  void append(std::string& out, const StreamEvent& event) override {
    const auto form = lifecycle_form(event);
    if (!form) return;
    append_json_object(out, [&](JsonMembers& line) {
      line.text("id", "evt_" + to_string(event.id()))
          .number("offset", offset_++)
          .text("timestamp", shortest_rfc3339(event.ts()))
          .text("scope", form->scope)
          .text("type", form->type)
          .text("component_id", lifecycle_component(event))
          .text("status", status_name(event.status()))
          .text("workflow_id", workflow_of(event.context()))
          .text_if("parent_workflow_id", parent_workflow_of(event.context()))
          .text_if("message", event.message())
          .value("data", lifecycle_data(event, *form));
    });
    out += '\n';
  }

 private:
  std::int64_t offset_ = 0;  // counts what was appended, from 0
};

}  // namespace

std::unique_ptr<Dialect> make_lifecycle_dialect() { return std::make_unique<LifecycleDialect>(); }

}  // namespace strandbus::detail

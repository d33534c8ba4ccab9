#include "cli/recorded_script.hpp"

#include "cli/console.hpp"
#include "cli/usage_error.hpp"
#include "strandbus/event/workflow_payloads.hpp"
#include "strandbus/store/session_reader.hpp"

#include <utility>
#include <variant>
#include <vector>

namespace strandbus::cli {
namespace {

/// The recording decides what these options would say.
void check_options(const RunArguments& arguments) {
  const std::pair<bool, const char*> options[] = {{!arguments.workflow.empty(), "--workflow"},
                                                  {!arguments.continued.empty(), "--continue"},
                                                  {!arguments.fork.empty(), "--fork"},
                                                  {!arguments.model.empty(), "--model"},
                                                  {arguments.tools.has_value(), "--tools"},
                                                  {arguments.approve.has_value(), "--approve"},
                                                  {arguments.sandbox, "--sandbox"}};
  for (const auto& [given, name] : options) {
    if (given)
      throw UsageError("--script " + arguments.script +
                       " is a recorded session, which says everything itself: leave out " + name);
  }
}

[[noreturn]] void refuse_workflow(const std::string& file) {
  throw UsageError("--script " + file +
                   " is the recording of a workflow, which cannot be run again: look at it with "
                   "strandbus replay, or go on with it with --continue and its --workflow; to run "
                   "the workflow anew give a script of words (docs/scripts.md)");
}

}  // namespace

std::optional<RecordedScript> read_recorded_script(const RunArguments& arguments) {
  if (arguments.script.empty()) return std::nullopt;
  auto reader = SessionReader::open(arguments.script);
  if (!reader) return std::nullopt;
  std::vector<StreamEvent> events;
  std::vector<Message> before;
  for (;;) {
    auto record = reader->next();
    if (!record) throw UsageError(record.error().message);
    if (!*record) break;
    if (auto* const event = std::get_if<StreamEvent>(&**record)) {
      if (event->is<WorkflowStarted>()) refuse_workflow(arguments.script);
      events.push_back(std::move(*event));
    } else if (events.empty()) {
      before.push_back(std::get<StoredMessage>(std::move(**record)).message);
    }
  }
  check_options(arguments);
  if (reader->torn()) say(reader->torn()->message);
  RecordedScript script{.metadata = reader->metadata(),
                        .recording = std::make_shared<Recording>(events, std::move(before))};
  if (script.recording->prompts().empty())
    throw UsageError("--script " + arguments.script +
                     ": the session has no run that could be replayed");
  return script;
}

}  // namespace strandbus::cli

#include "cli/workflow_choice.hpp"

#include "cli/prompt_text.hpp"
#include "cli/usage_error.hpp"
#include "strandbus/event/json_codec.hpp"
#include "strandbus/store/interrupted_work.hpp"
#include "strandbus/store/session_reader.hpp"

#include <chrono>
#include <utility>
#include <variant>

namespace strandbus::cli {
namespace {

template <class T>
T checked(SessionResult<T> result) {
  if (!result) throw UsageError(result.error().message);
  return *std::move(result);
}

json::value read_input(const std::string& argument) {
  const std::string text = read_prompt(argument);
  auto value = parse_json(text);
  return value ? *std::move(value) : json::value(text);
}

Timestamp now() {
  using std::chrono::nanoseconds, std::chrono::system_clock;
  return std::chrono::time_point_cast<nanoseconds>(system_clock::now());
}

/// A bus can only go on with events that have no gap.
void check_seq(const std::string& path, const std::vector<StreamEvent>& events) {
  for (std::size_t i = 1; i < events.size(); ++i) {
    if (events[i].seq() == events[i - 1].seq() + 1) continue;
    throw UsageError(path + " cannot be continued: seq " + std::to_string(events[i].seq()) +
                     " follows seq " + std::to_string(events[i - 1].seq()));
  }
}

}  // namespace

ContinuedWorkflow continue_workflow(const std::string& path, JsonlStoreOptions options) {
  // The store first: from then on nobody else writes.
  JsonlStore store = checked(JsonlStore::append(path, std::move(options)));
  SessionReader reader = checked(SessionReader::open(path));
  ContinuedWorkflow session{.metadata = reader.metadata(), .store = std::move(store)};
  while (auto record = checked(reader.next())) {
    auto* const event = std::get_if<StreamEvent>(&*record);
    if (!event) continue;
    session.history.add(*event);
    session.events.push_back(std::move(*event));
  }
  check_seq(path, session.events);
  return session;
}

WorkflowFile read_workflow(const std::string& path, const WorkflowAgent& agent) {
  auto file = load_workflow(path, agent);
  if (!file) throw UsageError(file.error().message);
  return *std::move(file);
}

WorkflowTask begin_workflow(WorkflowFile file, const std::optional<std::string>& input) {
  WorkflowTask task{.workflow = std::move(file.workflow)};
  task.from.input = input ? read_input(*input) : std::move(file.input);
  return task;
}

WorkflowTask resume_workflow(WorkflowFile file, ContinuedWorkflow& session,
                             const std::optional<std::string>& input) {
  const auto fail = [&](const std::string& why) {
    throw UsageError("the workflow of the session " + session.metadata.session_id +
                     " cannot go on: " + why);
  };
  auto checkpoint = session.history.checkpoint();
  if (!checkpoint) fail("the session has none; leave out --workflow to talk on");
  if (session.history.outcome() == Outcome::completed)
    fail("it has completed; leave out --continue to run it again");
  const std::string why = file.workflow.why_not(*checkpoint);
  if (!why.empty()) fail(why);
  const bool redacted = session.history.input_is_redacted();
  if (input && !redacted) fail("it has its input already; leave out the new one");
  if (!input && redacted) fail("its input was redacted in the session; give it again, as it was");
  if (input) checkpoint->input = read_input(*input);
  WorkflowTask task{.workflow = std::move(file.workflow), .from = *std::move(checkpoint)};
  task.ends = ends_of_interrupted(session.events, now());
  task.before = std::move(session.events);
  return task;
}

}  // namespace strandbus::cli

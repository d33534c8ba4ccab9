#include "session_reducer.hpp"

#include <utility>

// Work that is larger than a run: workflows, their steps, sub-agents and background tasks.

namespace strandbus::detail {

void SessionReducer::operator()(const WorkflowStarted& p) {
  const RunContext& context = event_.context();
  end_workflow(context.workflow_id, p.workflow);
  add(state_.workflows, RunningWorkflow{.run_id = run_id(),
                                        .workflow_id = context.workflow_id,
                                        .workflow = p.workflow,
                                        .started = event_.ts(),
                                        .parent_workflow_id = context.parent_workflow_id});
}

void SessionReducer::operator()(const WorkflowProgress& p) {
  RunningWorkflow* running = newest(state_.workflows, [&](const RunningWorkflow& open) {
    return open.workflow == p.workflow && open.workflow_id == event_.context().workflow_id;
  });
  if (running) running->message = p.message;
}

void SessionReducer::operator()(const WorkflowCompleted& p) {
  end_workflow(event_.context().workflow_id, p.workflow);
}

void SessionReducer::operator()(const WorkflowFailed& p) {
  note_error(p.error, p.error_code);
  end_workflow(event_.context().workflow_id, p.workflow);
}

void SessionReducer::operator()(const WorkflowCancelled& p) {
  end_workflow(event_.context().workflow_id, p.workflow);
}

/// Ends a workflow, its steps and the workflows inside it.
void SessionReducer::end_workflow(std::string workflow_id, std::string workflow) {
  const auto of_workflow = [&](const auto& entry) {
    return entry.workflow == workflow && entry.workflow_id == workflow_id;
  };
  std::erase_if(state_.workflows, of_workflow);
  std::erase_if(state_.workflow_steps, of_workflow);
  if (workflow_id.empty()) return;
  const auto inside = [&](const RunningWorkflow& open) {
    return open.parent_workflow_id == workflow_id && open.workflow_id != workflow_id;
  };
  while (const RunningWorkflow* child = newest(state_.workflows, inside))
    end_workflow(child->workflow_id, child->workflow);
}

void SessionReducer::operator()(const WorkflowStepStarted& p) {
  end_step(p);
  add(state_.workflow_steps, RunningWorkflowStep{.run_id = run_id(),
                                                 .workflow_id = event_.context().workflow_id,
                                                 .workflow = p.workflow,
                                                 .step = p.step,
                                                 .step_name = p.step_name,
                                                 .step_type = p.step_type,
                                                 .started = event_.ts()});
}

void SessionReducer::operator()(const WorkflowStepProgress& p) {
  RunningWorkflowStep* running =
      newest(state_.workflow_steps, [&](const RunningWorkflowStep& open) {
        return open.step == p.step && open.workflow == p.workflow &&
               open.workflow_id == event_.context().workflow_id;
      });
  if (running) running->message = p.message;
}

void SessionReducer::operator()(const WorkflowStepCompleted& p) { end_step(p); }

void SessionReducer::operator()(const WorkflowStepFailed& p) {
  note_error(p.error, p.error_code);
  end_step(p);
}

void SessionReducer::operator()(const WorkflowStepCancelled& p) { end_step(p); }

template <class Step>
void SessionReducer::end_step(const Step& ended) {
  std::erase_if(state_.workflow_steps, [&](const RunningWorkflowStep& open) {
    return open.step == ended.step && open.workflow == ended.workflow &&
           open.workflow_id == event_.context().workflow_id;
  });
}

void SessionReducer::operator()(const SubagentStarted& p) {
  add(state_.subagents, RunningSubagent{.run_id = run_id(),
                                        .agent = p.agent,
                                        .child_run_id = p.child_run_id,
                                        .started = event_.ts(),
                                        .call_id = p.call_id});
}

void SessionReducer::operator()(const SubagentFinished& p) {
  std::erase_if(state_.subagents, [&](const RunningSubagent& subagent) {
    return subagent.child_run_id == p.child_run_id;
  });
}

void SessionReducer::operator()(const BackgroundTaskStarted& p) {
  end_background_task(p.task_id);
  add(state_.background_tasks, RunningBackgroundTask{.run_id = run_id(),
                                                     .task_id = p.task_id,
                                                     .name = p.name,
                                                     .child_run_id = p.child_run_id,
                                                     .started = event_.ts()});
}

void SessionReducer::operator()(const BackgroundTaskFinished& p) { end_background_task(p.task_id); }

void SessionReducer::operator()(const BackgroundTaskCancelled& p) {
  end_background_task(p.task_id);
}

void SessionReducer::end_background_task(const std::string& task_id) {
  std::erase_if(state_.background_tasks,
                [&](const RunningBackgroundTask& task) { return task.task_id == task_id; });
}

}  // namespace strandbus::detail

#include "session_reducer.hpp"

#include <algorithm>
#include <utility>

// The session, its runs and their turns.

namespace strandbus::detail {

void SessionReducer::reduce() {
  if (!run_id().empty()) {
    run_ = newest(state_.runs, [&](const RunState& run) { return run.run_id == run_id(); });
    if (!run_ && run_has_ended() && !event_.is<RunStarted>()) return;
    if (!run_) run_ = &add_run();
  }
  event_.visit(*this);
}

bool SessionReducer::run_has_ended() const noexcept {
  return std::any_of(state_.ended_runs.begin(), state_.ended_runs.end(),
                     [&](const RunState& run) { return run.run_id == run_id(); });
}

RunState& SessionReducer::add_run() {
  const RunContext& context = event_.context();
  RunState run;
  run.run_id = context.run_id;
  run.agent = context.agent;
  run.model = context.model_id;
  run.depth = context.depth;
  run.turn = event_.turn();
  run.parent_run_id = context.parent_run_id;
  run.workflow_id = context.workflow_id;
  return add(state_.runs, std::move(run));
}

void SessionReducer::operator()(const SessionCreated& p) {
  state_.created = event_.ts();
  state_.workspace = p.workspace;
  state_.title = p.title;
  state_.client = p.client;
  state_.closed.reset();
  state_.close_reason.clear();
}

void SessionReducer::operator()(const SessionRestored& p) {
  state_.restored = p;
  state_.closed.reset();
  state_.close_reason.clear();
  interrupt_runs();
}

void SessionReducer::operator()(const SessionClosed& p) {
  state_.closed = event_.ts();
  state_.close_reason = p.reason;
}

void SessionReducer::operator()(const WorkspaceUpdated& p) { state_.workspace = p.root; }

/// The process that ran whatever is open is gone, so none of it will end by itself.
void SessionReducer::interrupt_runs() {
  while (!state_.runs.empty()) {
    RunState run = state_.runs.front();
    run.state = Status::failed;
    run.error = "the session was restored before the run had ended";
    run.error_code = ErrorCode::interrupted;
    end_run(std::move(run));
  }
  run_ = nullptr;
  state_.model_requests.clear();
  state_.open_messages.clear();
  state_.open_calls.clear();
  state_.running_tools.clear();
  state_.pending_approvals.clear();
  state_.retries.clear();
  state_.workflows.clear();
  state_.workflow_steps.clear();
  state_.subagents.clear();
  state_.background_tasks.clear();
}

void SessionReducer::operator()(const RunStarted& p) {
  if (!run_) return;
  run_->provider = p.provider;
  run_->model = p.model;
  run_->max_turns = p.max_rounds;
  run_->started = event_.ts();
}

void SessionReducer::operator()(const TurnStarted& p) {
  close_turn(run_id());
  if (!run_) return;
  run_->turn = p.turn;
  run_->max_turns = p.max_turns;
  run_->iterations = p.turn;
  run_->settled_usage = run_->usage;
}

void SessionReducer::operator()(const TurnEnded& p) {
  close_turn(run_id());
  if (!run_) return;
  run_->settled_usage += p.usage;
  run_->usage = run_->settled_usage;
  count_usage();
}

void SessionReducer::operator()(const StatusUpdate& p) {
  if (!run_) return;
  run_->status = p.status;
  run_->detail = p.detail;
}

void SessionReducer::operator()(const PlanUpdated& p) {
  (run_ ? run_->plan : state_.plan) = p.items;
}

void SessionReducer::operator()(const UsageUpdate& p) {
  if (!run_) return;
  run_->usage = p.usage;
  run_->settled_usage = p.usage;
  run_->cost = p.cost;
  count_usage();
}

void SessionReducer::operator()(const Error& p) { note_error(p.error, p.error_code); }

void SessionReducer::operator()(const AgentError& p) { note_error(p.error, p.error_code); }

void SessionReducer::note_error(const std::string& error, ErrorCode code) {
  state_.last_error =
      LastError{.run_id = run_id(), .ts = event_.ts(), .error = error, .error_code = code};
}

void SessionReducer::operator()(const RunCompleted& p) {
  if (run_) run_->finish_reason = p.finish_reason;
  finish_run(Status::completed, p);
}

void SessionReducer::operator()(const RunFailed& p) {
  note_error(p.error, p.error_code);
  if (run_) {
    run_->error = p.error;
    run_->error_code = p.error_code;
  }
  finish_run(Status::failed, p);
}

void SessionReducer::operator()(const RunCancelled& p) {
  if (run_) run_->reason = p.reason;
  finish_run(Status::cancelled, p);
}

template <class Terminal>
void SessionReducer::finish_run(Status state, const Terminal& terminal) {
  if (!run_) return;
  RunState run = *run_;
  run.state = state;
  run.iterations = terminal.iterations;
  run.usage = terminal.usage;
  run.cost = terminal.cost;
  end_run(std::move(run));
}

void SessionReducer::end_run(RunState run) {
  std::erase_if(state_.runs, [&](const RunState& open) { return open.run_id == run.run_id; });
  run_ = nullptr;
  close_run(run.run_id);
  run.ended = event_.ts();
  run.status.reset();
  run.detail.clear();
  run.settled_usage = run.usage;
  state_.settled_usage += run.usage;
  if (run.cost) {
    state_.settled_cost += *run.cost;
  } else if (run.usage.total > 0) {
    ++state_.unpriced_runs;
  }
  count_usage();
  if (state_.ended_runs.size() >= SessionState::max_ended_runs) {
    state_.ended_runs.erase(state_.ended_runs.begin());
    ++state_.ended_runs_dropped;
  }
  state_.ended_runs.push_back(std::move(run));
}

/// Ends what belongs to one iteration of a run.
void SessionReducer::close_turn(const std::string& run_id) {
  const auto of_run = [&](const auto& entry) { return entry.run_id == run_id; };
  std::erase_if(state_.model_requests, of_run);
  std::erase_if(state_.open_messages, of_run);
  std::erase_if(state_.open_calls, of_run);
  std::erase_if(state_.running_tools, of_run);
  std::erase_if(state_.pending_approvals, of_run);
  std::erase_if(state_.retries, of_run);
}

/// Ends what belongs to a run that is no longer among the open ones.
void SessionReducer::close_run(const std::string& run_id) {
  close_turn(run_id);
  const auto of_run = [&](const auto& entry) { return entry.run_id == run_id; };
  std::erase_if(state_.workflows, of_run);
  std::erase_if(state_.workflow_steps, of_run);
  std::erase_if(state_.subagents, [&](const RunningSubagent& subagent) {
    return subagent.run_id == run_id || subagent.child_run_id == run_id;
  });
  // A background task may outlive the run that started it, as long as its own run lasts.
  std::erase_if(state_.background_tasks, [&](const RunningBackgroundTask& task) {
    if (task.child_run_id == run_id) return true;
    return task.run_id == run_id && !newest(state_.runs, [&](const RunState& run) {
             return run.run_id == task.child_run_id;
           });
  });
}

/// The session's usage is the sum over its runs.
void SessionReducer::count_usage() {
  state_.usage = state_.settled_usage;
  state_.cost = state_.settled_cost;
  for (const RunState& run : state_.runs) {
    state_.usage += run.usage;
    if (run.cost) state_.cost += *run.cost;
  }
}

}  // namespace strandbus::detail

#include "workflow_run.hpp"

#include "strandbus/event/agent_payloads.hpp"
#include "workflow_scope.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace strandbus::detail {
namespace {

using Clock = std::chrono::steady_clock;

/// The events of a workflow belong to no run, and are below what is around it.
Publisher publisher_of(const WorkflowCore& core, const WorkflowCheckpoint& state,
                       const Publisher& around) {
  RunContext context;
  context.session_id = core.publisher().context().session_id;
  if (context.session_id.empty()) context.session_id = "session";
  context.attributes = core.publisher().context().attributes;
  context.workflow_id = state.workflow_id;
  context.parent_workflow_id = around.context().workflow_id;
  return around.run(std::move(context)).span(Publisher::new_span(), around.current_span());
}

std::chrono::milliseconds retry_delay(const WorkflowStepOptions& options, std::int64_t attempt) {
  std::chrono::milliseconds delay = options.first_delay;
  for (std::int64_t i = 1; i < attempt && delay < options.max_delay; ++i) delay *= 2;
  return std::min(delay, options.max_delay);
}

/// Stops what takes too long.
asio::awaitable<void> expire(std::shared_ptr<WorkflowCore> core, WorkflowStop stop,
                             std::chrono::milliseconds limit, std::string reason,
                             std::shared_ptr<bool> expired) {
  co_await core->wait(limit);
  if (!stop.requested_now()) *expired = true;
  stop.stop(reason, CancelWhen::now);
}

/// What an exception says about the work that threw it.
WorkEnd end_of(const std::exception_ptr& failure, const WorkflowStop& stop) {
  try {
    std::rethrow_exception(failure);
  } catch (const WorkflowError& error) {
    return WorkEnd::failed(error.code(), error.what());
  } catch (const system_error& error) {
    if (stop.requested() && error.code() == asio::error::operation_aborted)
      return WorkEnd::cancelled(stop.reason());
    return WorkEnd::failed(ErrorCode::interrupted, error.what());
  } catch (const std::exception& error) {
    return WorkEnd::failed(ErrorCode::interrupted, error.what());
  } catch (...) {
    return WorkEnd::failed(ErrorCode::interrupted,
                           "something that is no std::exception was thrown");
  }
}

WorkEnd checked(WorkEnd end) {
  if (end.outcome != Outcome::completed) return end;
  const std::string why = why_too_large(end.output);
  return why.empty() ? end : WorkEnd::failed(ErrorCode::E_VALIDATION, why);
}

}  // namespace

WorkEnd WorkEnd::completed(json::value output) {
  WorkEnd end;
  end.outcome = Outcome::completed;
  end.output = std::move(output);
  return end;
}

WorkEnd WorkEnd::failed(ErrorCode code, std::string error) {
  WorkEnd end;
  end.problem = std::move(error);
  end.code = code;
  return end;
}

WorkEnd WorkEnd::cancelled(std::string reason) {
  WorkEnd end;
  end.outcome = Outcome::cancelled;
  end.problem = std::move(reason);
  end.code = ErrorCode::cancelled;
  return end;
}

std::string WorkEnd::text() const {
  if (step.empty() || outcome != Outcome::failed) return problem;
  return "the step \"" + step + "\" failed: " + problem;
}

/// The branches of a parallel group while they run.
struct WorkflowRun::Group {
  Group(const asio::any_io_executor& strand, std::size_t branches, WorkflowStop told)
      : stop(std::move(told)),
        ends(branches),
        open(branches),
        wake(strand, asio::steady_timer::time_point::max()) {}

  /// The first branch that does not complete ends the others; a failure says more than a cancel.
  void note(WorkEnd& end) {
    const bool is_worse = first_problem && first_problem->outcome == Outcome::cancelled &&
                          end.outcome == Outcome::failed;
    if (!first_problem || is_worse) first_problem = &end;
    const std::string what = end.step.empty() ? "a step was " : "the step \"" + end.step + "\" ";
    stop.stop(what + std::string(wire_name(end.outcome)), CancelWhen::now);
  }

  WorkflowStop stop;
  std::vector<WorkEnd> ends;
  std::size_t open;
  WorkEnd* first_problem = nullptr;
  asio::steady_timer wake;
};

WorkflowRun::WorkflowRun(std::shared_ptr<WorkflowCore> core, Workflow workflow,
                         WorkflowCheckpoint& state, const Publisher& around)
    : core_(std::move(core)),
      workflow_(std::move(workflow)),
      state_(state),
      publisher_(publisher_of(*core_, state, around)) {}

asio::awaitable<WorkEnd> WorkflowRun::run(WorkflowStop stop, BeforeEnd before_end) {
  const auto started = Clock::now();
  const auto published =
      publisher_.publish(WorkflowStarted{.workflow = name(), .input = state_.input});
  if (!published) {
    error_ = published.error();
    co_return WorkEnd::failed(ErrorCode::interrupted,
                              "the workflow could not start: " + error_.message());
  }
  publish_resumed();
  WorkEnd end = co_await run_nodes(workflow_.plan().nodes(), Entry(state_.input, stop, publisher_));
  const std::int64_t duration_ms = milliseconds_since(started);
  if (before_end) before_end(publisher_, duration_ms);
  publish_workflow_end(end, duration_ms);
  co_return end;
}

void WorkflowRun::publish_resumed() const {
  if (state_.steps.empty()) return;
  const auto finished = static_cast<std::int64_t>(state_.steps.size());
  const auto steps = static_cast<std::int64_t>(workflow_.steps());
  publisher_.publish(WorkflowProgress{
      .workflow = name(),
      .message = "goes on: " + std::to_string(finished) + " of " + std::to_string(steps) +
                 (steps == 1 ? " step has" : " steps have") + " finished before",
      .data = json::object{{"finished", finished}, {"steps", steps}}});
}

void WorkflowRun::publish_workflow_end(const WorkEnd& end, std::int64_t duration_ms) const {
  switch (end.outcome) {
    case Outcome::completed:
      publisher_.publish(
          WorkflowCompleted{.workflow = name(), .output = end.output, .duration_ms = duration_ms});
      break;
    case Outcome::failed:
      publisher_.publish(WorkflowFailed{.workflow = name(),
                                        .error = end.text(),
                                        .error_code = end.code,
                                        .duration_ms = duration_ms});
      break;
    case Outcome::cancelled:
      publisher_.publish(
          WorkflowCancelled{.workflow = name(), .reason = end.problem, .duration_ms = duration_ms});
      break;
  }
}

asio::awaitable<WorkEnd> WorkflowRun::run_nodes(const WorkflowNodes& nodes, Entry entry) {
  for (const auto& node : nodes) {
    WorkEnd end = co_await run_node(*node, entry);
    if (end.outcome != Outcome::completed) co_return end;
    entry.previous = std::move(end.output);
  }
  co_return WorkEnd::completed(std::move(entry.previous));
}

asio::awaitable<WorkEnd> WorkflowRun::run_node(const WorkflowNode& node, Entry entry) {
  WorkEnd end;
  if (const auto* const sequence = std::get_if<SequenceGroup>(&node.work)) {
    end = co_await run_nodes(sequence->nodes, std::move(entry));
  } else if (const auto* const parallel = std::get_if<ParallelGroup>(&node.work)) {
    end = co_await run_parallel(*parallel, std::move(entry));
    end = checked(std::move(end));
    if (end.outcome == Outcome::failed && end.step.empty()) end.step = node.name;
  } else {
    end = co_await run_step(node, std::move(entry));
  }
  if (end.outcome == Outcome::completed) outputs_.insert_or_assign(node.name, end.output);
  co_return end;
}

asio::awaitable<WorkEnd> WorkflowRun::run_parallel(const ParallelGroup& group, Entry entry) {
  entry.stop = entry.stop.below();
  const auto running = std::make_shared<Group>(core_->strand(), group.branches.size(), entry.stop);
  for (std::size_t i = 0; i < group.branches.size(); ++i) {
    auto ended = [running, i](const std::exception_ptr& failure) {
      if (failure) running->note(running->ends[i] = end_of(failure, running->stop));
      if (--running->open == 0) running->wake.cancel();
    };
    asio::co_spawn(core_->strand(),
                   run_branch(shared_from_this(), *group.branches[i], entry, running, i),
                   std::move(ended));
  }
  while (running->open > 0) co_await running->wake.async_wait(asio::as_tuple(asio::use_awaitable));
  if (running->first_problem) co_return std::move(*running->first_problem);
  json::object outputs;
  for (std::size_t i = 0; i < group.branches.size(); ++i)
    outputs[group.branches[i]->name] = std::move(running->ends[i].output);
  co_return WorkEnd::completed(json::value(std::move(outputs)));
}

asio::awaitable<void> WorkflowRun::run_branch(std::shared_ptr<WorkflowRun> self,
                                              const WorkflowNode& node, Entry entry,
                                              std::shared_ptr<Group> group, std::size_t index) {
  WorkEnd& end = group->ends[index];
  end = co_await self->run_node(node, std::move(entry));
  if (end.outcome != Outcome::completed) group->note(end);
}

asio::awaitable<WorkEnd> WorkflowRun::run_step(const WorkflowNode& node, Entry entry) {
  if (const auto* const finished = state_.find(number(node)))
    co_return WorkEnd::completed(finished->output);
  if (entry.stop.requested()) co_return WorkEnd::cancelled(entry.stop.reason());
  entry.publisher = entry.publisher.span(Publisher::new_span());
  const Publisher publisher = entry.publisher;
  publish_start(node, entry);
  const auto started = Clock::now();
  WorkEnd end = co_await run_attempts(node, std::move(entry));
  publish_end(node, publisher, end, milliseconds_since(started));
  if (end.outcome == Outcome::completed) {
    state_.steps.push_back({.step = number(node), .name = node.name, .output = end.output});
    state_.nested.remove_if([step = number(node)](const WorkflowCheckpoint& nested) {
      return nested.parent_step == step;
    });
    core_->note_step(publisher);
  } else if (end.outcome == Outcome::failed && end.step.empty()) {
    end.step = node.name;
  }
  co_return end;
}

asio::awaitable<WorkEnd> WorkflowRun::run_attempts(const WorkflowNode& node, Entry entry) {
  for (std::int64_t attempt = 1;; ++attempt) {
    WorkEnd end = co_await run_attempt(node, entry);
    const bool again = end.outcome == Outcome::failed && is_retryable_step(end.code) &&
                       attempt <= node.options.max_retries && !entry.stop.requested();
    if (!again) co_return end;
    const auto delay = retry_delay(node.options, attempt);
    publish_retry(node, entry.publisher, end, attempt, delay);
    static_cast<void>(
        co_await core_->attend(core_->wait(delay), entry.stop, WorkflowCore::Ends::when_stopped));
    if (entry.stop.requested()) co_return WorkEnd::cancelled(entry.stop.reason());
  }
}

asio::awaitable<WorkEnd> WorkflowRun::run_attempt(const WorkflowNode& node, Entry entry) {
  entry.stop = entry.stop.below();
  const WorkflowStop stop = entry.stop;
  const auto limit = node.options.timeout;
  const auto expired = std::make_shared<bool>(false);
  const std::string too_long = "it took longer than " + std::to_string(limit.count()) + " ms";
  std::shared_ptr<WorkflowChild> deadline;
  if (limit.count() > 0) {
    deadline = core_->spawn(
        expire(core_, stop, limit, "the step \"" + node.name + "\" took too long", expired));
  }
  WorkEnd end;
  std::exception_ptr failure;
  try {
    end = co_await start_work(node, std::move(entry));
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) end = end_of(failure, stop);
  if (deadline) {
    if (!deadline->done) deadline->signal.emit(asio::cancellation_type::terminal);
    co_await async_done(deadline);
  }
  if (*expired && end.outcome != Outcome::completed)
    end = WorkEnd::failed(ErrorCode::E_TIMEOUT, too_long);
  co_return checked(std::move(end));
}

void WorkflowRun::publish_start(const WorkflowNode& node, const Entry& entry) const {
  entry.publisher.publish(WorkflowStepStarted{.workflow = name(),
                                              .step = number(node),
                                              .step_name = node.name,
                                              .step_type = *step_type(node),
                                              .input = entry.previous});
}

void WorkflowRun::publish_end(const WorkflowNode& node, const Publisher& publisher,
                              const WorkEnd& end, std::int64_t duration_ms) const {
  const auto fill = [&](auto payload) {
    payload.workflow = name();
    payload.step = number(node);
    payload.step_name = node.name;
    payload.duration_ms = duration_ms;
    publisher.publish(std::move(payload));
  };
  switch (end.outcome) {
    case Outcome::completed: return fill(WorkflowStepCompleted{.output = end.output});
    case Outcome::failed:
      return fill(WorkflowStepFailed{.error = end.text(), .error_code = end.code});
    case Outcome::cancelled: return fill(WorkflowStepCancelled{.reason = end.problem});
  }
}

void WorkflowRun::publish_retry(const WorkflowNode& node, const Publisher& publisher,
                                const WorkEnd& end, std::int64_t attempt,
                                std::chrono::milliseconds delay) const {
  if (const auto* const work = std::get_if<AgentWork>(&node.work)) {
    publisher.publish(
        AgentError{.agent = agent_name(node, *work), .error = end.problem, .error_code = end.code});
  }
  const std::int64_t attempts = node.options.max_retries + 1;
  publish_progress(node, publisher,
                   "attempt " + std::to_string(attempt) + " of " + std::to_string(attempts) +
                       " failed: " + end.text() + "; again in " + std::to_string(delay.count()) +
                       " ms",
                   json::object{{"attempt", attempt},
                                {"max_attempts", attempts},
                                {"error_code", to_string(end.code)},
                                {"delay_ms", delay.count()}});
}

void WorkflowRun::publish_progress(const WorkflowNode& node, const Publisher& publisher,
                                   std::string message, json::value data) const {
  publisher.publish(WorkflowStepProgress{.workflow = name(),
                                         .step = number(node),
                                         .step_name = node.name,
                                         .message = std::move(message),
                                         .data = std::move(data)});
}

}  // namespace strandbus::detail

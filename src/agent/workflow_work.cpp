#include "agent_core.hpp"
#include "run.hpp"
#include "strandbus/event/event_id.hpp"
#include "strandbus/event/json_codec.hpp"
#include "workflow_scope.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

// What the steps of a workflow do, one attempt of each.

namespace strandbus::detail {
namespace {

template <class Token>
auto async_start(std::shared_ptr<AgentCore> agent, std::string prompt, Token&& token) {
  return asio::async_initiate<Token, void(error_code, RunResult)>(
      [](auto handler, const std::shared_ptr<AgentCore>& core, std::string text) {
        AgentCore::Pending pending(RunHandler(std::move(handler)), core->strand(),
                                   KeepsRunning::yes);
        static_cast<void>(core->reserve());
        RunInput input;
        input.text = std::move(text);
        core->start(make_unique_id("run"), std::move(input), std::move(pending));
      },
      token, std::move(agent), std::move(prompt));
}

WorkEnd end_of(const RunResult& run, bool structured) {
  if (run.outcome == Outcome::cancelled) return WorkEnd::cancelled(run.error);
  if (run.outcome == Outcome::failed) return WorkEnd::failed(run.error_code, run.error);
  if (!structured) return WorkEnd::completed(json::value(run.output));
  auto value = parse_json(run.output);
  if (!value) {
    return WorkEnd::failed(ErrorCode::invalid_response,
                           "the answer is no JSON: " + value.error().message);
  }
  return WorkEnd::completed(*std::move(value));
}

asio::awaitable<void> run_task(const WorkflowTask& task, const WorkflowScope& scope,
                               json::value& output) {
  auto work = task(scope);
  output = co_await std::move(work);
}

}  // namespace

std::string WorkflowRun::agent_name(const WorkflowNode& node, const AgentWork& work) {
  static const std::string unnamed = AgentOptions().name;
  const std::string& name = work.agent.options.name;
  return name == unnamed ? node.name : name;
}

asio::awaitable<WorkEnd> WorkflowRun::start_work(const WorkflowNode& node, Entry entry) {
  return std::visit(
      [&](const auto& what) -> asio::awaitable<WorkEnd> {
        using Work = std::decay_t<decltype(what)>;
        if constexpr (std::is_same_v<Work, SequenceGroup> || std::is_same_v<Work, ParallelGroup>) {
          return run_node(node, std::move(entry));  // groups are no steps: never here
        } else {
          return work(node, what, std::move(entry));
        }
      },
      node.work);
}

asio::awaitable<WorkEnd> WorkflowRun::work(const WorkflowNode& node, const AgentWork& work,
                                           Entry entry) {
  std::string prompt = work.prompt.render(Scope(*this, node, entry.previous));
  AgentOptions options = work.agent.options;
  options.name = agent_name(node, work);
  const bool structured = !options.response_schema.is_null();
  const auto agent = std::make_shared<AgentCore>(core_->strand(), work.agent.provider,
                                                 work.agent.tools, entry.publisher, options);
  core_->add_agent(agent);
  agent->set_above([weak = std::weak_ptr(core_)](const std::shared_ptr<AgentCore>& child) {
    if (const auto workflow = weak.lock()) workflow->add_below(child);
  });
  const auto listening =
      entry.stop.listen([weak = std::weak_ptr(agent)](const std::string& reason, CancelWhen when) {
        if (const auto running = weak.lock()) running->cancel(reason, when);
      });
  auto ended = co_await async_start(agent, std::move(prompt), asio::as_tuple(asio::use_awaitable));
  const auto& [ec, run] = ended;
  if (ec) {
    co_return WorkEnd::failed(ErrorCode::interrupted, "the agent did not start: " + ec.message());
  }
  core_->note_run(options.name, run);
  co_return end_of(run, structured);
}

asio::awaitable<WorkEnd> WorkflowRun::work(const WorkflowNode& node, const TransformWork& work,
                                           Entry entry) {
  co_return WorkEnd::completed(work.transform(Scope(*this, node, entry.previous)));
}

asio::awaitable<WorkEnd> WorkflowRun::work(const WorkflowNode& node, const TaskWork& work,
                                           Entry entry) {
  const Scope scope(*this, node, entry.previous);
  json::value output;
  const std::exception_ptr failure = co_await core_->attend(
      run_task(work.task, scope, output), entry.stop, WorkflowCore::Ends::when_stopped_now);
  if (failure) std::rethrow_exception(failure);
  co_return WorkEnd::completed(std::move(output));
}

asio::awaitable<WorkEnd> WorkflowRun::work(const WorkflowNode& node, const ConditionalWork& work,
                                           Entry entry) {
  const bool holds = work.condition(Scope(*this, node, entry.previous));
  publish_progress(node, entry.publisher, holds ? "the condition holds" : "it does not hold",
                   json::object{{"condition", holds}});
  co_return co_await run_nodes(holds ? work.then : work.otherwise, std::move(entry));
}

asio::awaitable<WorkEnd> WorkflowRun::work(const WorkflowNode& node, const SubworkflowWork& work,
                                           Entry entry) {
  WorkflowCheckpoint& state = nested_state(node, work, entry.previous);
  const auto inside = std::make_shared<WorkflowRun>(core_, work.workflow, state, entry.publisher);
  co_return co_await inside->run(entry.stop, BeforeEnd());
}

/// Of a workflow that goes on, how far it had come; of a new one its beginning.
WorkflowCheckpoint& WorkflowRun::nested_state(const WorkflowNode& node, const SubworkflowWork& work,
                                              const json::value& previous) {
  for (WorkflowCheckpoint& known : state_.nested) {
    if (known.parent_step == number(node)) return known;
  }
  WorkflowCheckpoint begun;
  begun.workflow = work.workflow.name();
  begun.workflow_id = make_unique_id("workflow");
  begun.input = work.input ? work.input(Scope(*this, node, previous)) : previous;
  begun.parent_step = number(node);
  const std::string why = why_too_large(begun.input);
  if (!why.empty()) throw WorkflowError(ErrorCode::E_VALIDATION, "its input: " + why);
  return state_.nested.emplace_back(std::move(begun));
}

}  // namespace strandbus::detail

#include "strandbus/agent/workflow_engine.hpp"

#include "workflow_core.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace strandbus {
namespace detail {

void start_workflow(const std::shared_ptr<WorkflowCore>& core, WorkflowCheckpoint from,
                    WorkflowHandler handler) {
  WorkflowCore::Pending pending(std::move(handler), core->strand(), KeepsRunning::yes);
  if (!core->reserve())
    return std::move(pending).post(make_error_code(Errc::busy), WorkflowResult());
  core->start(std::move(from), std::move(pending));
}

WorkflowCheckpoint new_workflow(const WorkflowCore& core, json::value input) {
  WorkflowCheckpoint checkpoint;
  checkpoint.workflow = core.workflow().name();
  checkpoint.workflow_id = make_unique_id("workflow");
  checkpoint.input = std::move(input);
  return checkpoint;
}

}  // namespace detail

WorkflowEngine::WorkflowEngine(asio::any_io_executor executor, Workflow workflow,
                               Publisher publisher, WorkflowOptions options)
    : core_(std::make_shared<detail::WorkflowCore>(std::move(executor), std::move(workflow),
                                                   std::move(publisher), std::move(options))) {}

WorkflowEngine::~WorkflowEngine() {
  core_->cancel("the workflow engine was destroyed", CancelWhen::now);
}

asio::awaitable<WorkflowResult> WorkflowEngine::run(json::value input) {
  return resume(detail::new_workflow(*core_, std::move(input)));
}

asio::awaitable<WorkflowResult> WorkflowEngine::resume(WorkflowCheckpoint checkpoint) {
  auto ended = co_await async_resume(std::move(checkpoint), asio::as_tuple(asio::use_awaitable));
  auto& [ec, result] = ended;
  if (ec) throw system_error(ec, "WorkflowEngine");
  co_return std::move(result);
}

RunControl WorkflowEngine::control() const noexcept { return RunControl(core_); }

}  // namespace strandbus

#include "workflow_core.hpp"

#include "agent_core.hpp"
#include "strandbus/event/system_payloads.hpp"
#include "workflow_reference.hpp"
#include "workflow_run.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace strandbus::detail {
namespace {

Publisher redacted(const Publisher& publisher, const RedactionOptions& options) {
  const bool as_it_is = publisher.redactor() || options.mode == Redaction::off;
  return as_it_is ? publisher : publisher.redacted(Redactor(options));
}

error_code invalid_argument() {
  return boost::system::errc::make_error_code(boost::system::errc::invalid_argument);
}

}  // namespace

std::int64_t milliseconds_since(std::chrono::steady_clock::time_point start) {
  const auto time = std::chrono::steady_clock::now() - start;
  return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

asio::awaitable<void> async_done(std::shared_ptr<WorkflowChild> child) {
  while (!child->done) co_await child->wake.async_wait(asio::as_tuple(asio::use_awaitable));
}

WorkflowCore::WorkflowCore(asio::any_io_executor executor, Workflow workflow, Publisher publisher,
                           WorkflowOptions options)
    : strand_(asio::make_strand(std::move(executor))),
      workflow_(std::move(workflow)),
      publisher_(redacted(publisher, options.redaction)),
      options_(std::move(options)) {}

void WorkflowCore::start(WorkflowCheckpoint from, Pending pending) {
  if (pending.slot().is_connected()) {
    pending.slot().assign([weak = weak_from_this()](asio::cancellation_type type) {
      const auto core = weak.lock();
      if (core && type != asio::cancellation_type::none) core->abort();
    });
  }
  asio::post(strand_, [self = shared_from_this(), begun = std::move(from),
                       waiting = std::move(pending)]() mutable {
    self->begin(std::move(begun), std::move(waiting));
  });
}

void WorkflowCore::begin(WorkflowCheckpoint from, Pending pending) {
  error_code wrong;
  if (!workflow_.why_not(from).empty()) wrong = invalid_argument();
  if (!wrong && !why_too_large(from.input).empty()) wrong = Errc::limit_exceeded;
  if (wrong) {
    reserved_.store(false, std::memory_order_release);
    return std::move(pending).dispatch(wrong, WorkflowResult());
  }
  state_ = std::move(from);
  stop_ = WorkflowStop();
  runs_.clear();
  agents_.clear();
  error_ = error_code();
  running_ = true;
  auto ended = [self = shared_from_this(), waiting = std::move(pending)](
                   const std::exception_ptr& failure, WorkflowResult result) mutable {
    error_code ec = self->error_;
    if (failure) ec = boost::system::errc::make_error_code(boost::system::errc::not_enough_memory);
    self->running_ = false;
    self->reserved_.store(false, std::memory_order_release);
    std::move(waiting).dispatch(ec, std::move(result));
  };
  asio::co_spawn(strand_, execute(), std::move(ended));
}

asio::awaitable<WorkflowResult> WorkflowCore::execute() {
  const auto started = std::chrono::steady_clock::now();
  const auto run = std::make_shared<WorkflowRun>(shared_from_this(), workflow_, state_, publisher_);
  const WorkflowRun::BeforeEnd summary = [this](const Publisher& publisher,
                                                std::int64_t duration_ms) {
    publish_summary(publisher, duration_ms);
  };
  WorkEnd end = co_await run->run(stop_, summary);
  if (run->error()) error_ = run->error();
  WorkflowResult result;
  result.outcome = end.outcome;
  result.error = end.text();
  result.error_code = end.code;
  result.output = std::move(end.output);
  for (const AgentSummary& agent : runs_) result.usage += agent.usage;
  result.runs = static_cast<std::int64_t>(runs_.size());
  result.duration_ms = milliseconds_since(started);
  result.checkpoint = std::move(state_);
  co_return result;
}

void WorkflowCore::publish_summary(const Publisher& publisher, std::int64_t duration_ms) {
  if (runs_.size() < 2) return;
  ExecutionSummary summary;
  summary.agents = runs_;
  summary.duration_ms = duration_ms;
  publisher.publish(std::move(summary));
}

void WorkflowCore::add_agent(const std::shared_ptr<Controlled>& agent) {
  std::erase_if(agents_, [](const auto& known) { return known.expired(); });
  agents_.push_back(agent);
}

void WorkflowCore::add_below(const std::shared_ptr<Controlled>& agent) {
  std::erase_if(below_, [](const auto& known) { return known.expired(); });
  below_.push_back(agent);
}

void WorkflowCore::note_run(const std::string& agent, const RunResult& run) {
  runs_.push_back(
      {.agent = agent, .run_id = run.run_id, .outcome = run.outcome, .usage = run.usage});
  runs_.insert(runs_.end(), run.below.begin(), run.below.end());
}

void WorkflowCore::note_step(const Publisher& publisher) {
  if (!options_.on_checkpoint) return;
  std::string problem;
  try {
    return options_.on_checkpoint(state_);
  } catch (const std::exception& failure) {
    problem = failure.what();
  } catch (...) {
    problem = "something that is no std::exception was thrown";
  }
  publisher.publish(
      SystemNotice{.subsystem = "workflow", .message = "the checkpoint was not kept: " + problem});
}

std::shared_ptr<WorkflowChild> WorkflowCore::spawn(asio::awaitable<void> body) {
  auto child = std::make_shared<WorkflowChild>(strand_);
  auto ended = [child](std::exception_ptr failure) {
    child->failure = std::move(failure);
    child->done = true;
    child->wake.cancel();
  };
  asio::co_spawn(strand_, std::move(body),
                 asio::bind_cancellation_slot(child->signal.slot(), std::move(ended)));
  return child;
}

asio::awaitable<std::exception_ptr> WorkflowCore::attend(asio::awaitable<void> body,
                                                         WorkflowStop stop, Ends ends) {
  if (ends == Ends::when_stopped ? stop.requested() : stop.requested_now()) co_return nullptr;
  const auto child = spawn(std::move(body));
  const auto listening = stop.listen([child, ends](const std::string&, CancelWhen when) {
    if (ends == Ends::when_stopped_now && when == CancelWhen::after_turn) return;
    if (!child->done) child->signal.emit(asio::cancellation_type::terminal);
  });
  co_await async_done(child);
  co_return child->failure;
}

asio::awaitable<void> WorkflowCore::wait(std::chrono::milliseconds delay) const {
  if (options_.wait) return options_.wait(delay);
  return [](asio::any_io_executor strand, std::chrono::milliseconds time) -> asio::awaitable<void> {
    asio::steady_timer timer(strand, time);
    co_await timer.async_wait(asio::use_awaitable);
  }(strand_, delay);
}

template <class F>
void WorkflowCore::post(F command) {
  asio::post(strand_, [weak = weak_from_this(), call = std::move(command)]() mutable {
    const auto self = weak.lock();
    if (self && self->running_) call(*self);
  });
}

void WorkflowCore::cancel(std::string reason, CancelWhen when) {
  post([why = std::move(reason), when](WorkflowCore& self) { self.stop_.stop(why, when); });
}

void WorkflowCore::abort() {
  post([](WorkflowCore& self) {
    self.error_ = asio::error::operation_aborted;
    self.stop_.stop("the caller cancelled the operation", CancelWhen::now);
  });
}

void WorkflowCore::add_input(std::string text) {
  post([input = std::move(text)](WorkflowCore& self) {
    for (const auto& weak : self.agents_) {
      if (const auto agent = weak.lock()) agent->add_input(input);
    }
  });
}

void WorkflowCore::resolve_approval(std::string approval_id, ApprovalAnswer answer) {
  asio::post(strand_,
             [core = weak_from_this(), id = std::move(approval_id), resolved = std::move(answer)] {
               const auto self = core.lock();
               if (!self) return;
               for (const auto* list : {&self->agents_, &self->below_}) {
                 for (const auto& weak : *list) {
                   if (const auto agent = weak.lock()) agent->resolve_approval(id, resolved);
                 }
               }
             });
}

}  // namespace strandbus::detail

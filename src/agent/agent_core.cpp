#include "agent_core.hpp"

#include "compaction_plan.hpp"
#include "run.hpp"
#include "unanswered_calls.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace strandbus::detail {
namespace {

void require(bool valid, const char* field, const std::string& value, const char* allowed) {
  if (valid) return;
  throw std::invalid_argument("AgentOptions::" + std::string(field) + " is " + value +
                              "; allowed is " + allowed);
}

AgentOptions checked(AgentOptions options, const Redactor* redactor) {
  require(is_component_name(options.name), "name", "\"" + options.name + "\"",
          "text of 1 to 128 bytes without ':' and control characters");
  require(options.max_rounds >= 1, "max_rounds", std::to_string(options.max_rounds), "at least 1");
  require(options.max_parallel_tools >= 1, "max_parallel_tools",
          std::to_string(options.max_parallel_tools), "at least 1");
  require(options.timeout.count() >= 0, "timeout", std::to_string(options.timeout.count()) + " ms",
          "0 ms (no limit) or more");
  require(options.max_run_tokens >= 0, "max_run_tokens", std::to_string(options.max_run_tokens),
          "0 (no limit) or more");
  require(options.max_cost.value >= 0, "max_cost", to_string(options.max_cost) + " US dollars",
          "0 (no limit) or more");
  require(options.max_tool_calls >= 0, "max_tool_calls", std::to_string(options.max_tool_calls),
          "0 (no limit) or more");
  require_valid(options.compaction);
  for (const auto& hook : options.hooks) require(hook != nullptr, "hooks", "null", "a hook");
  for (const auto& guardrail : options.guardrails)
    require(guardrail != nullptr, "guardrails", "null", "a guardrail");
  if (options.workspace.empty()) options.workspace = std::filesystem::current_path();
  options.workspace = std::filesystem::absolute(options.workspace);
  if (redactor) options.logger = redacting_logger(options.logger, *redactor);
  return options;
}

std::optional<JsonSchema> compiled(const json::value& schema) {
  if (schema.is_null()) return std::nullopt;
  auto result = JsonSchema::compile(schema);
  if (result) return *std::move(result);
  throw std::invalid_argument("AgentOptions::response_schema: " + result.error().to_string());
}

/// A strand of an executor whose type is known fits into an any_io_executor. One of an
/// any_io_executor does not: it is allocated, and again for every property that Asio asks for.
asio::any_io_executor strand_on(asio::any_io_executor executor) {
  if (const auto* known = executor.target<asio::io_context::executor_type>())
    return asio::make_strand(*known);
  if (const auto* known = executor.target<asio::thread_pool::executor_type>())
    return asio::make_strand(*known);
  return asio::make_strand(std::move(executor));
}

/// stream() needs a destination that can be read.
Publisher readable(Publisher publisher) {
  if (!publisher.drops()) return publisher;
  return Publisher(publisher.context(), [](const StreamEvent&) {});
}

Publisher redacted(const Publisher& publisher, const RedactionOptions& options) {
  const bool as_it_is = publisher.redactor() || options.mode == Redaction::off;
  return as_it_is ? publisher : publisher.redacted(Redactor(options));
}

}  // namespace

void Conversation::append(Message message) {
  std::lock_guard lock(mutex_);
  messages_.push_back(std::move(message));
}

void Conversation::replace(std::vector<Message> messages) {
  std::lock_guard lock(mutex_);
  messages_ = std::move(messages);
  sent_ = messages_.size();
}

void Conversation::compact(std::vector<Message> messages) {
  std::lock_guard lock(mutex_);
  messages_ = std::move(messages);
  sent_ = 0;
}

std::vector<Message> Conversation::last(std::size_t most) const {
  std::lock_guard lock(mutex_);
  const auto count = static_cast<std::ptrdiff_t>(std::min(most, messages_.size()));
  return {messages_.end() - count, messages_.end()};
}

std::vector<Message> Conversation::copy() const {
  std::lock_guard lock(mutex_);
  return messages_;
}

AgentCore::AgentCore(asio::any_io_executor executor, std::shared_ptr<Provider> provider,
                     ToolRegistry tools, Publisher publisher, AgentOptions options)
    : strand_(strand_on(std::move(executor))),
      provider_(std::move(provider)),
      tools_(std::move(tools)),
      publisher_(redacted(readable(std::move(publisher)), options.redaction)),
      options_(checked(std::move(options), publisher_.redactor())),
      response_schema_(compiled(options_.response_schema)),
      compaction_breaker_(options_.compaction.max_failures) {
  if (!provider_) throw std::invalid_argument("Agent: the provider is null; give one that answers");
}

void AgentCore::start(std::string run_id, RunInput input, Pending pending) {
  if (pending.slot().is_connected()) {
    pending.slot().assign([weak = weak_from_this()](asio::cancellation_type type) {
      const auto core = weak.lock();
      if (core && type != asio::cancellation_type::none) core->abort();
    });
  }
  asio::post(strand_, [self = shared_from_this(), id = std::move(run_id), begun = std::move(input),
                       waiting = std::move(pending)]() mutable {
    self->begin(std::move(id), std::move(begun), std::move(waiting));
  });
}

void AgentCore::begin(std::string run_id, RunInput input, Pending pending) {
  if (!take_back_answers(input)) {
    free();
    const auto wrong = boost::system::errc::make_error_code(boost::system::errc::invalid_argument);
    return std::move(pending).dispatch(wrong, RunResult());
  }
  run_ = std::make_shared<Run>(*this, std::move(run_id), budget_);
  tasks_.on_change = [run = run_.get()] { run->note_change(); };
  for (std::string& unread : std::exchange(unread_inputs_, {})) run_->add_input(std::move(unread));
  auto ended = [self = shared_from_this(), waiting = std::move(pending)](std::exception_ptr failure,
                                                                         RunResult result) mutable {
    error_code ec = self->run_->error();
    if (failure) ec = boost::system::errc::make_error_code(boost::system::errc::not_enough_memory);
    self->unread_inputs_ = self->run_->take_unread_inputs();
    self->tasks_.on_change = nullptr;
    self->run_.reset();
    self->free();
    std::move(waiting).dispatch(ec, std::move(result));
  };
  asio::co_spawn(strand_, execute(run_, std::move(input)), std::move(ended));
}

/// Calls that are taken up again lose the answers that said that they were interrupted; false if
/// they are not those of the last message.
bool AgentCore::take_back_answers(const RunInput& input) {
  if (input.pending.empty()) return true;
  std::vector<std::string> ids;
  for (const ApprovalRequested& request : input.pending) ids.push_back(request.call_id);
  auto open = without_answers(conversation_.messages(), ids);
  if (!open) return false;
  conversation_.replace(*std::move(open));
  return true;
}

template <class F>
void AgentCore::with_run(F command) {
  asio::post(strand_, [weak = weak_from_this(), call = std::move(command)]() mutable {
    const auto self = weak.lock();
    const auto run = self ? self->run_ : nullptr;
    if (run) call(*run);
  });
}

void AgentCore::cancel(std::string reason, CancelWhen when) {
  with_run([why = std::move(reason), when](Run& run) { run.cancel(why, when); });
}

void AgentCore::abort() {
  with_run([](Run& run) { run.abort(); });
}

void AgentCore::add_input(std::string text) {
  with_run([input = std::move(text)](Run& run) mutable { run.add_input(std::move(input)); });
}

/// A run below may go on after this agent's own: a task that was detached.
void AgentCore::resolve_approval(std::string approval_id, ApprovalAnswer answer) {
  asio::post(strand_, [weak = weak_from_this(), id = std::move(approval_id),
                       resolved = std::move(answer)]() mutable {
    const auto self = weak.lock();
    if (!self) return;
    for (const auto& child : self->children_) {
      if (const auto core = child.lock()) core->resolve_approval(id, resolved);
    }
    if (const auto run = self->run_) run->resolve_approval(id, std::move(resolved));
  });
}

void AgentCore::set_caller(AgentCore& caller) {
  budget_ = caller.run_budget();
  in_background_ = caller.in_background_;
  set_above([weak = caller.weak_from_this()](const std::shared_ptr<AgentCore>& child) {
    if (const auto above = weak.lock()) above->add_child(child);
  });
}

std::shared_ptr<BudgetLedger> AgentCore::run_budget() const {
  return run_ ? run_->budget() : nullptr;
}

void AgentCore::note_below(const std::string& agent, const RunResult& run) {
  if (run_) run_->note_below(agent, run);
}

void AgentCore::add_child(const std::shared_ptr<AgentCore>& child) {
  std::erase_if(children_, [](const auto& known) { return known.expired(); });
  children_.push_back(child);
  if (above_hears_) above_hears_(child);
}

}  // namespace strandbus::detail

#include "agent_core.hpp"

#include "run.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

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
  if (options.workspace.empty()) options.workspace = std::filesystem::current_path();
  options.workspace = std::filesystem::absolute(options.workspace);
  if (redactor) options.logger = redacting_logger(options.logger, *redactor);
  return options;
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
      options_(checked(std::move(options), publisher_.redactor())) {
  if (!provider_) throw std::invalid_argument("Agent: the provider is null; give one that answers");
}

void AgentCore::start(std::string run_id, std::string text, Pending pending) {
  if (pending.slot().is_connected()) {
    pending.slot().assign([weak = weak_from_this()](asio::cancellation_type type) {
      const auto core = weak.lock();
      if (core && type != asio::cancellation_type::none) core->abort();
    });
  }
  asio::post(strand_, [self = shared_from_this(), id = std::move(run_id), message = std::move(text),
                       waiting = std::move(pending)]() mutable {
    self->begin(std::move(id), std::move(message), std::move(waiting));
  });
}

void AgentCore::begin(std::string run_id, std::string text, Pending pending) {
  run_ = std::make_shared<Run>(*this, std::move(run_id));
  auto ended = [self = shared_from_this(), waiting = std::move(pending)](std::exception_ptr failure,
                                                                         RunResult result) mutable {
    error_code ec = self->run_->error();
    if (failure) ec = boost::system::errc::make_error_code(boost::system::errc::not_enough_memory);
    self->run_.reset();
    self->reserved_.store(false, std::memory_order_release);
    std::move(waiting).dispatch(ec, std::move(result));
  };
  asio::co_spawn(strand_, execute(run_, std::move(text)), std::move(ended));
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

void AgentCore::resolve_approval(std::string approval_id, ApprovalResolved answer) {
  with_run([id = std::move(approval_id), resolved = std::move(answer)](Run& run) {
    run.resolve_approval(id, resolved);
  });
}

}  // namespace strandbus::detail

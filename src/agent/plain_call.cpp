#include "agent/plain_call.hpp"

#include "agent/function_tool.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace strandbus::detail {

PlainCall::PlainCall(std::shared_ptr<PlainFunction> function, json::object arguments,
                     const ToolContext& context, std::stop_token registry_stopping)
    : function_(std::move(function)),
      arguments_(std::move(arguments)),
      registry_stopping_(std::move(registry_stopping)),
      context_(context) {
  context_.cancellation = stop_.get_token();
}

void PlainCall::attach(asio::steady_timer& wake) {
  const std::lock_guard lock(mutex_);
  wake_ = &wake;
}

void PlainCall::detach() {
  {
    const std::lock_guard lock(mutex_);
    wake_ = nullptr;
  }
  abandon();
}

ToolResult PlainCall::invoke() {
  const std::stop_callback link(registry_stopping_, [this] { stop_.request_stop(); });
  try {
    return (*function_)(arguments_, context_);
  } catch (...) {
    return failure_of(std::current_exception());
  }
}

void PlainCall::run() {
  {
    const std::lock_guard lock(mutex_);
    if (abandoned_) return;
  }
  finish(invoke());
}

void PlainCall::finish(ToolResult result) {
  {
    const std::lock_guard lock(mutex_);
    if (abandoned_) return;
    result_.emplace(std::move(result));
  }
  const bool idle = context_.close([self = shared_from_this()] { self->settle(); });
  if (idle) settle();
}

void PlainCall::abandon() {
  {
    const std::lock_guard lock(mutex_);
    if (abandoned_ || result_) return;
    abandoned_ = true;
  }
  const bool idle = context_.close([self = shared_from_this()] { self->settle(); });
  stop_.request_stop();
  if (idle) settle();
}

void PlainCall::settle() {
  const std::lock_guard lock(mutex_);
  settled_ = true;
  if (!wake_) return;
  // While wake_ is set, the coroutine waits, so its executor is alive.
  asio::post(wake_->get_executor(), [self = shared_from_this()] {
    if (self->wake_) self->wake_->cancel();
  });
}

bool PlainCall::settled() const {
  const std::lock_guard lock(mutex_);
  return settled_;
}

std::optional<ToolResult> PlainCall::take_result() {
  const std::lock_guard lock(mutex_);
  return std::exchange(result_, std::nullopt);
}

}  // namespace strandbus::detail

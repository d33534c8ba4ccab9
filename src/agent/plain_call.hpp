#pragma once

#include "strandbus/agent/tool_registry.hpp"

#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>

namespace strandbus::detail {

/// One call of a plain function: shared by the coroutine that waits for it and the thread that runs
/// it, because either may be done first.
///
/// Threads: run() on a tool thread; the rest on the strand of the coroutine.
class PlainCall : public std::enable_shared_from_this<PlainCall> {
 public:
  PlainCall(std::shared_ptr<PlainFunction> function, json::object arguments,
            const ToolContext& context, std::stop_token registry_stopping);

  /// From now on the timer's waits are ended whenever settled() may have changed.
  void attach(asio::steady_timer& wake);
  /// The coroutine is gone, or about to be: touches nothing of it any more.
  void detach();

  /// Runs the function, unless its result is not wanted any more.
  void run();

  /// The result is not wanted any more: asks the function to stop and keeps it from publishing.
  void abandon();

  /// Whether there is a result, or the call was abandoned and no event of it is on its way.
  bool settled() const;
  /// The result, unless the call was abandoned before there was one.
  std::optional<ToolResult> take_result();

 private:
  ToolResult invoke();
  void finish(ToolResult result);
  void settle();

  const std::shared_ptr<PlainFunction> function_;
  const json::object arguments_;
  const std::stop_token registry_stopping_;
  std::stop_source stop_;
  ToolContext context_;

  mutable std::mutex mutex_;
  asio::steady_timer* wake_ = nullptr;  ///< of the waiting coroutine; touched on its strand only
  bool abandoned_ = false;
  bool settled_ = false;
  std::optional<ToolResult> result_;
};

}  // namespace strandbus::detail

#pragma once

#include "strandbus/agent/tool_registry.hpp"

#include <exception>
#include <memory>
#include <string_view>

namespace strandbus::detail {

/// A tool made of a function by ToolRegistry::add.
class FunctionTool : public Tool {
 public:
  explicit FunctionTool(ToolDefinition definition) : definition_(std::move(definition)) {}

  const ToolDefinition& definition() const override { return definition_; }
  ToolDefinition& edit() noexcept { return definition_; }

  /// Sets the description of an argument; false if there is no such argument.
  bool describe(std::string_view argument, std::string_view description);

 private:
  ToolDefinition definition_;
};

/// Runs a plain function on other threads.
class PlainTool final : public FunctionTool {
 public:
  PlainTool(ToolDefinition definition, PlainFunction function, std::shared_ptr<ToolThreads> threads)
      : FunctionTool(std::move(definition)),
        function_(std::make_shared<PlainFunction>(std::move(function))),
        threads_(std::move(threads)) {}

  asio::awaitable<ToolResult> async_run(json::object arguments, ToolContext& context) override;

 private:
  std::shared_ptr<PlainFunction> function_;
  std::shared_ptr<ToolThreads> threads_;
};

/// Awaits a coroutine.
class CoroutineTool final : public FunctionTool {
 public:
  CoroutineTool(ToolDefinition definition, CoroutineFunction function)
      : FunctionTool(std::move(definition)), function_(std::move(function)) {}

  asio::awaitable<ToolResult> async_run(json::object arguments, ToolContext& context) override;

 private:
  CoroutineFunction function_;
};

/// What the model is told about an exception of a tool.
ToolResult failure_of(const std::exception_ptr& exception);

}  // namespace strandbus::detail

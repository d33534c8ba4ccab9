#pragma once

#include "strandbus/agent/json_schema.hpp"
#include "strandbus/agent/tool.hpp"
#include "strandbus/agent/tool_arguments.hpp"
#include "strandbus/llm/provider.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace strandbus {
namespace detail {

class FunctionTool;
class ToolThreads;

using PlainFunction = std::function<ToolResult(const json::object&, ToolContext&)>;
using CoroutineFunction = std::function<asio::awaitable<ToolResult>(json::object, ToolContext&)>;

template <class T>
inline constexpr bool is_awaitable = false;
template <class T, class Executor>
inline constexpr bool is_awaitable<asio::awaitable<T, Executor>> = true;

template <class F, class Args>
inline constexpr bool wants_context = std::is_invocable_v<F&, Args, ToolContext&>;

/// f(args, context) or f(args), whichever there is.
template <class F, class Args>
decltype(auto) call_tool_function(F& f, Args&& args, [[maybe_unused]] ToolContext& context) {
  if constexpr (wants_context<F, Args>) {
    return f(std::forward<Args>(args), context);
  } else {
    static_assert(std::is_invocable_v<F&, Args>,
                  "a tool function is called as f(Args) or f(Args, ToolContext&)");
    return f(std::forward<Args>(args));
  }
}

inline ToolResult to_tool_result(ToolResult result) { return result; }
inline ToolResult to_tool_result(std::string output) { return ToolResult::ok(std::move(output)); }

ToolResult invalid_arguments(const SchemaError& error);

}  // namespace detail

/// What add() gives back to complete a tool that was made of a function.
///
/// Lifetime: use it before the registry is used; may be dropped at once.
class ToolRegistration {
 public:
  /// Tells models what an argument means. Members of nested structs are reached with dots
  /// ("address.city"), through lists and optionals alike.
  ///
  /// Errors: throws std::invalid_argument naming the tool when it has no such argument.
  ToolRegistration& describe(std::string_view argument, std::string_view description);
  /// Somebody has to approve each call.
  ToolRegistration& requires_confirmation();
  /// The tool changes the file that its argument `path` names, which the model must have read
  /// before; see ToolDefinition.
  ToolRegistration& requires_read_first();

 private:
  friend class ToolRegistry;
  explicit ToolRegistration(std::shared_ptr<detail::FunctionTool> tool) noexcept;

  std::shared_ptr<detail::FunctionTool> tool_;
};

struct ToolRegistryOptions {
  /// Threads that run plain functions; they start with the first call. At least 1.
  std::size_t threads = 4;
  /// Runs plain functions instead of threads of our own. Must not be the executor of an agent, and
  /// must outlive the functions that run on it.
  asio::any_io_executor executor{};
};

/// The tools that an agent may offer to a model.
///
/// Fill it before the agent starts. A copy, and what select() gives, shares the tools and the
/// threads. The last owner of the threads asks functions that still run to stop, and waits for
/// them.
///
/// Threads: distinct objects; the const functions from any thread.
class ToolRegistry {
 public:
  /// Errors: throws std::invalid_argument for options that cannot be.
  explicit ToolRegistry(ToolRegistryOptions options = {});

  /// Adds a tool.
  ///
  /// Errors: throws std::invalid_argument naming the tool and what is wrong with it: its name does
  ///         not match ^[a-zA-Z0-9_-]{1,64}$, is taken, or its parameters are no schema of an
  ///         object or use a keyword that JsonSchema refuses.
  void add(std::shared_ptr<Tool> tool);

  /// Makes a tool of a function; its schema and the reading of its arguments follow from the
  /// described struct `Args`: `registry.add<WeatherArgs>("weather", "Tells the weather", f)`.
  ///
  /// `f(Args)` or `f(Args, ToolContext&)` returns a ToolResult, something that converts to
  /// std::string (a success), or asio::awaitable<ToolResult>.
  /// A plain function runs on the registry's threads, several calls at a time; what it throws
  /// becomes a failed result. When its call is cancelled, the agent goes on at once, the function
  /// sees context.cancelled(), and its result is dropped. It works on a copy of the call's context,
  /// which is valid until it returns. A coroutine runs on the agent's executor and must not block.
  ///
  /// Errors: as add(tool).
  template <DescribedStruct Args, class F>
  ToolRegistration add(std::string name, std::string description, F f) {
    ToolDefinition definition;
    definition.name = std::move(name);
    definition.description = std::move(description);
    definition.parameters = arguments_schema<Args>();
    using Result = decltype(detail::call_tool_function(f, Args{}, std::declval<ToolContext&>()));
    return add_function<Args, Result>(std::move(definition), std::move(f));
  }

  /// The tool of this name; null if there is none.
  std::shared_ptr<Tool> find(std::string_view name) const noexcept;
  /// The schema of the tool's arguments; null if there is no such tool.
  const JsonSchema* schema(std::string_view name) const noexcept;

  /// In the order in which they were added, as everywhere here.
  std::vector<std::string> names() const;
  std::vector<ToolDefinition> definitions() const;
  /// The tools as a model request wants them.
  std::vector<ToolSpec> specs() const;

  std::size_t size() const noexcept { return entries_.size(); }
  bool empty() const noexcept { return entries_.empty(); }

  /// A registry of only these tools, in this order.
  ///
  /// Errors: throws std::invalid_argument for a name that is unknown, listing the known ones, or
  ///         that comes twice.
  ToolRegistry select(std::span<const std::string> names) const;
  ToolRegistry select(std::initializer_list<std::string> names) const;

 private:
  struct Entry {
    std::string name;
    std::shared_ptr<Tool> tool;
    JsonSchema schema;
  };

  template <class Args, class R, class F>
  ToolRegistration add_function(ToolDefinition definition, F f) {
    // Shared, so that the function may be something that can only be moved.
    auto shared = std::make_shared<F>(std::move(f));
    if constexpr (detail::is_awaitable<R>) {
      return add_coroutine(std::move(definition),
                           [shared](json::object arguments, ToolContext& context) {
                             return run_coroutine<Args>(*shared, std::move(arguments), context);
                           });
    } else {
      return add_plain(std::move(definition),
                       [shared](const json::object& arguments, ToolContext& context) {
                         auto args = decode_arguments<Args>(arguments);
                         if (!args) return detail::invalid_arguments(args.error());
                         return detail::to_tool_result(
                             detail::call_tool_function(*shared, std::move(*args), context));
                       });
    }
  }

  template <class Args, class F>
  static asio::awaitable<ToolResult> run_coroutine(F& f, json::object arguments,
                                                   ToolContext& context) {
    auto args = decode_arguments<Args>(arguments);
    if (!args) co_return detail::invalid_arguments(args.error());
    auto operation = detail::call_tool_function(f, std::move(*args), context);
    co_return co_await std::move(operation);
  }

  ToolRegistration add_plain(ToolDefinition definition, detail::PlainFunction function);
  ToolRegistration add_coroutine(ToolDefinition definition, detail::CoroutineFunction function);
  const Entry* find_entry(std::string_view name) const noexcept;

  std::vector<Entry> entries_;
  std::shared_ptr<detail::ToolThreads> threads_;
};

/// Why a call cannot run.
struct CallDenial {
  CallDenial() = default;
  CallDenial(ErrorCode why, std::string text) : code(why), reason(std::move(text)) {}

  ErrorCode code{};  ///< E_TOOL_UNKNOWN or E_VALIDATION
  std::string reason;
};

/// A call that may run as far as its name and its arguments are concerned.
struct ReadyCall {
  ReadyCall() = default;
  ReadyCall(std::shared_ptr<Tool> what, json::object with)
      : tool(std::move(what)), arguments(std::move(with)) {}

  std::shared_ptr<Tool> tool;
  json::object arguments;
};

using PreparedCall = boost::system::result<ReadyCall, CallDenial>;

/// How deep the arguments of a call may be nested.
inline constexpr std::size_t max_argument_depth = 32;

/// Checks a call that a model asked for, in the order: the tool is known (else E_TOOL_UNKNOWN, the
/// reason lists the tools), the arguments are an object, not nested deeper than max_argument_depth,
/// and follow the tool's schema (else E_VALIDATION, the reason names the argument by JSON pointer).
PreparedCall prepare_call(const ToolRegistry& registry, std::string_view tool_name,
                          const json::value& arguments);

}  // namespace strandbus

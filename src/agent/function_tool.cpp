#include "agent/function_tool.hpp"

#include "agent/plain_call.hpp"
#include "agent/settle.hpp"
#include "agent/tool_threads.hpp"
#include "strandbus/event/json_codec.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <string>
#include <utility>

namespace strandbus::detail {
namespace {

/// The schema below `schema` that a member's own schema hides behind lists and maps.
json::object* innermost(json::object* schema) {
  for (const std::string_view key : {"items", "additionalProperties"}) {
    json::value* inner = schema->if_contains(key);
    if (inner && inner->is_object()) return innermost(&inner->get_object());
  }
  return schema;
}

json::object* find_property(json::object& schema, std::string_view name) {
  json::value* properties = innermost(&schema)->if_contains("properties");
  if (!properties) return nullptr;
  json::value* property = properties->get_object().if_contains(name);
  return property ? &property->get_object() : nullptr;
}

/// Keeps a call attached to the timer of the coroutine for as long as its frame lives.
class Attachment {
 public:
  Attachment(PlainCall& call, asio::steady_timer& wake) : call_(call) { call_.attach(wake); }
  Attachment(const Attachment&) = delete;
  Attachment& operator=(const Attachment&) = delete;
  ~Attachment() { call_.detach(); }

 private:
  PlainCall& call_;
};

}  // namespace

bool FunctionTool::describe(std::string_view argument, std::string_view description) {
  json::object* schema = &definition_.parameters;
  while (schema && !argument.empty()) {
    const std::size_t dot = argument.find('.');
    schema = find_property(*schema, argument.substr(0, dot));
    argument = dot == std::string_view::npos ? std::string_view() : argument.substr(dot + 1);
  }
  if (!schema || schema == &definition_.parameters) return false;
  (*schema)["description"] = description;
  return true;
}

asio::awaitable<ToolResult> PlainTool::async_run(json::object arguments, ToolContext& context) {
  const auto call =
      std::make_shared<PlainCall>(function_, std::move(arguments), context, threads_->stopping());
  asio::steady_timer wake(co_await asio::this_coro::executor,
                          asio::steady_timer::time_point::max());
  const Attachment attachment(*call, wake);
  if (is_cancelled(co_await asio::this_coro::cancellation_state)) {
    throw system_error(asio::error::operation_aborted);
  }

  asio::post(threads_->executor(), [call] { call->run(); });
  const auto settled = [&] { return call->settled(); };
  const auto stop = [&] { call->abandon(); };
  co_await async_settle(wake, settled, stop);

  auto result = call->take_result();
  if (!result) throw system_error(asio::error::operation_aborted);
  co_return std::move(*result);
}

asio::awaitable<ToolResult> CoroutineTool::async_run(json::object arguments, ToolContext& context) {
  std::exception_ptr failure;
  try {
    auto operation = function_(std::move(arguments), context);
    co_return co_await std::move(operation);
  } catch (...) {
    failure = std::current_exception();
  }
  if (is_cancelled(co_await asio::this_coro::cancellation_state)) {
    throw system_error(asio::error::operation_aborted);
  }
  co_return failure_of(failure);
}

ToolResult failure_of(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& error) {
    return ToolResult::failure(repair_utf8(error.what()));
  } catch (...) {
    return ToolResult::failure("the tool threw something that is no std::exception");
  }
}

}  // namespace strandbus::detail

#include "agent/replay_wait.hpp"

#include "strandbus/event/json_codec.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace strandbus::detail {

asio::awaitable<void> async_cancel_replay(const CancelReplay& cancel, std::string reason) {
  asio::steady_timer never(co_await asio::this_coro::executor,
                           asio::steady_timer::time_point::max());
  cancel(reason);
  co_await never.async_wait(asio::use_awaitable);
}

bool is_redacted(const Recording& recording, const RecordedRequest& request) {
  constexpr std::string_view marker = "[redacted-";
  const auto has_marker = [&](const std::string& text) {
    return text.find(marker) != std::string::npos;
  };
  return std::ranges::any_of(recording.messages(request), [&](const Message& message) {
    if (has_marker(message.content)) return true;
    return std::ranges::any_of(message.tool_calls, [&](const ToolCall& call) {
      std::string text;
      append_json(text, call.arguments);
      return has_marker(text);
    });
  });
}

}  // namespace strandbus::detail

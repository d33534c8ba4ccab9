#include "strandbus/agent/tool_context.hpp"

#include "strandbus/event/json_codec.hpp"

#include <algorithm>
#include <cmath>

namespace strandbus {
namespace detail {

bool ToolGate::enter() {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  ++inside_;
  return true;
}

void ToolGate::leave() {
  std::function<void()> idle;
  {
    const std::lock_guard lock(mutex_);
    --inside_;
    if (inside_ == 0 && closed_) idle.swap(on_idle_);
  }
  if (idle) idle();
}

bool ToolGate::close(std::function<void()> on_idle) {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  if (inside_ == 0) return true;
  on_idle_.swap(on_idle);
  return false;
}

}  // namespace detail

ToolContext::ToolContext() : gate_(std::make_shared<detail::ToolGate>()) {}

ToolContext::ToolContext(Publisher call_publisher, std::string call, std::string tool)
    : publisher(std::move(call_publisher)),
      call_id(std::move(call)),
      tool_name(std::move(tool)),
      gate_(std::make_shared<detail::ToolGate>()) {}

void ToolContext::progress(std::string_view text, std::optional<double> fraction,
                           json::value data) const {
  ToolOutput payload;
  payload.call_id = call_id;
  payload.tool_name = tool_name;
  payload.stream = OutputStream::progress;
  payload.text = repair_utf8(text);
  if (fraction && !std::isnan(*fraction)) payload.progress = std::clamp(*fraction, 0.0, 1.0);
  payload.data = std::move(data);
  static_cast<void>(publish(std::move(payload)));
}

void ToolContext::output(OutputStream stream, std::string_view text) const {
  ToolOutput payload;
  payload.call_id = call_id;
  payload.tool_name = tool_name;
  payload.stream = stream;
  payload.text = repair_utf8(text);
  static_cast<void>(publish(std::move(payload)));
}

}  // namespace strandbus

#include "trace_request.hpp"

#include "strandbus/event/json_codec.hpp"

#include <algorithm>

namespace strandbus::detail {
namespace {

constexpr std::size_t excerpt_bytes = 40;

/// A text in quotes, cut where it is long.
std::string excerpt(std::string_view text) {
  std::string quoted;
  append_json_string(quoted, text.substr(0, excerpt_bytes));
  return text.size() > excerpt_bytes ? quoted + "…" : quoted;
}

/// Where two texts part, for people.
std::string difference(std::string_view pieces, std::string_view whole) {
  const auto [at, other] = std::ranges::mismatch(pieces, whole);
  const auto same = static_cast<std::size_t>(at - pieces.begin());
  return std::to_string(pieces.size()) + " bytes that differ from byte " + std::to_string(same) +
         " on: " + excerpt(pieces.substr(same));
}

void compare_text(std::string_view what, std::string_view pieces, std::string_view whole,
                  TraceFindings& findings) {
  // Who does not stream shows the whole only.
  if (pieces.empty() || pieces == whole) return;
  const auto [at, other] = std::ranges::mismatch(pieces, whole);
  const auto same = static_cast<std::size_t>(at - pieces.begin());
  findings.add(TraceRule::text,
               "the pieces of the " + std::string(what) + " make " + difference(pieces, whole),
               "the " + std::to_string(whole.size()) +
                   " bytes of the whole, there: " + excerpt(whole.substr(same)));
}

/// Whether the arguments are what their text says: its JSON value, or the text itself where it is
/// none.
bool says(const std::string& text, const json::value& arguments) {
  if (text.empty()) return true;  // who does not stream them
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) return arguments == json::object();
  if (arguments.is_string() && arguments.get_string() == text) return true;
  if (const auto parsed = parse_json(text)) return *parsed == arguments;
  return text.find("\\u") != std::string::npos;  // half a surrogate pair is repaired
}

std::string json_text(const json::value& value) {
  std::string text;
  append_json(text, value);
  return text;
}

}  // namespace

void TraceRequest::note_message(std::string_view message_id, TraceFindings& findings) {
  if (message_id_.empty()) message_id_ = message_id;
  if (message_id_ == message_id) return;
  findings.add(TraceRule::place, "a piece of the message " + std::string(message_id),
               "one of " + message_id_ + ", which this request writes");
}

void TraceRequest::add_text(std::string_view message_id, std::string_view text,
                            TraceFindings& findings) {
  note_message(message_id, findings);
  content_ += text;
}

void TraceRequest::add_reasoning(std::string_view message_id, std::string_view text,
                                 TraceFindings& findings) {
  note_message(message_id, findings);
  reasoning_ += text;
}

TraceRequest::Call* TraceRequest::find(std::string_view call_id) noexcept {
  const auto call = std::ranges::find(calls_, call_id, &Call::call_id);
  return call == calls_.end() ? nullptr : &*call;
}

void TraceRequest::begin_call(const ToolCallBegin& begin, TraceFindings& findings) {
  if (find(begin.call_id)) {
    findings.add(TraceRule::call, "the call " + begin.call_id + " begins a second time",
                 "another call_id for another call");
    return;
  }
  const auto index = static_cast<std::int64_t>(calls_.size());
  if (begin.index != index) {
    findings.add(TraceRule::call,
                 "the call " + begin.call_id + " has the index " + std::to_string(begin.index),
                 std::to_string(index) + ", for calls are counted from 0");
  }
  calls_.push_back({.call_id = begin.call_id,
                    .tool_name = begin.tool_name,
                    .text = {},
                    .arguments = {},
                    .ready = false});
}

void TraceRequest::add_arguments(const ToolCallDelta& delta, TraceFindings& findings) {
  Call* const call = find(delta.call_id);
  if (call && !call->ready) {
    call->text += delta.delta;
    return;
  }
  findings.add(TraceRule::call,
               "a piece of the call " + delta.call_id +
                   (call ? ", which is ready" : ", which has not begun"),
               "it between tool_call_begin and tool_call_ready");
}

void TraceRequest::end_call(const ToolCallReady& ready, TraceFindings& findings) {
  Call* const call = find(ready.call_id);
  if (!call || call->ready) {
    findings.add(TraceRule::call,
                 "the call " + ready.call_id +
                     (call ? " is ready a second time" : " is ready and has not begun"),
                 "one tool_call_begin and one tool_call_ready for each call");
    return;
  }
  call->ready = true;
  call->arguments = ready.arguments;
  if (call->tool_name != ready.tool_name) {
    findings.add(TraceRule::call, "the call " + ready.call_id + " is ready for " + ready.tool_name,
                 call->tool_name + ", with which it began");
  }
  if (!says(call->text, ready.arguments)) {
    findings.add(
        TraceRule::call,
        "the call " + ready.call_id + " is ready with " + excerpt(json_text(ready.arguments)),
        "what its pieces make: " + excerpt(call->text));
  }
}

void TraceRequest::complete(const ModelCompleted& completed, TraceFindings& findings) const {
  compare_text("answer", content_, completed.content, findings);
  compare_text("reasoning", reasoning_, completed.reasoning, findings);
  compare_calls(completed, findings);
}

void TraceRequest::compare_calls(const ModelCompleted& completed, TraceFindings& findings) const {
  if (calls_.empty()) return;  // who does not stream shows the whole only
  for (const Call& call : calls_) {
    const auto whole = std::ranges::find(completed.tool_calls, call.call_id, &ToolCall::call_id);
    if (!call.ready) {
      findings.add(TraceRule::call, "the call " + call.call_id + " was never ready",
                   "tool_call_ready before this");
    } else if (whole == completed.tool_calls.end()) {
      findings.add(TraceRule::call, "the call " + call.call_id + " is not in the answer",
                   "every call that was ready in tool_calls");
    } else if (whole->tool_name != call.tool_name || whole->arguments != call.arguments) {
      findings.add(
          TraceRule::call,
          "the call " + call.call_id + " is " + whole->tool_name + " with " +
              excerpt(json_text(whole->arguments)) + " in the answer",
          "as it was ready: " + call.tool_name + " with " + excerpt(json_text(call.arguments)));
    }
  }
  if (completed.tool_calls.size() > calls_.size()) {
    findings.add(TraceRule::call,
                 "the answer has " + std::to_string(completed.tool_calls.size()) + " calls",
                 "the " + std::to_string(calls_.size()) + " that were streamed");
  }
}

}  // namespace strandbus::detail

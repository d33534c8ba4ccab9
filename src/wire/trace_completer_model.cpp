#include "strandbus/event/json_codec.hpp"
#include "wire/completer_step.hpp"
#include "wire/line_fault.hpp"

#include <boost/json/object.hpp>

#include <algorithm>
#include <type_traits>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::size_t max_calls = 4096;  // of one request, so that looking for one stays cheap

/// The arguments that a text says: its JSON value, or the text itself where it is none.
json::value arguments_of(const std::string& text) {
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) return json::object();
  auto value = parse_json(text);
  return value ? *std::move(value) : json::value(text);
}

}  // namespace

void TraceCompleter::Step::operator()(const ModelStarted& p) const {
  const bool again = p.attempt > 1;
  self.fail_request(*run);
  const bool other = run->turn && !run->turn->said && run->turn->iteration != p.iteration;
  if (!run->turn || (other && !again)) self.start_turn(*run, p.iteration);
  if (again && !run->discardable.empty()) {
    self.put(*run,
             MessageDiscarded{.message_id = run->discardable,
                              .attempt = p.attempt - 1,
                              .reason = "the request was made again"},
             self.place_in(*run));
  }
  Request request;
  request.place = self.fresh_place(*run, &event);
  request.attempt = p.attempt;
  run->request = request;
  run->asked.clear();
  run->discardable.clear();
  ++run->llm_calls;
  say(p, request.place);
}

/// The open request if it writes this message; otherwise one that begins here.
TraceCompleter::Request& TraceCompleter::Step::request_for(std::string_view message_id) const {
  if (run->request && !message_id.empty() && !run->request->message_id.empty() &&
      run->request->message_id != message_id)
    self.complete_request(*run);
  if (!run->request) self.start_request(*run);
  Request& request = *run->request;
  if (request.message_id.empty() && !message_id.empty()) request.message_id = message_id;
  return request;
}

template <class T>
void TraceCompleter::Step::piece(T payload, std::string Request::*text) const {
  Request& request = request_for(payload.message_id);
  if (request.message_id.empty())
    request.message_id = "message_" + std::to_string(++self.messages_made_);
  payload.message_id = request.message_id;
  request.*text += payload.text;
  say(std::move(payload), request.place);
}

void TraceCompleter::Step::operator()(const TokenDelta& p) const { piece(p, &Request::content); }
void TraceCompleter::Step::operator()(const AssistantDelta& p) const {
  piece(p, &Request::content);
}
void TraceCompleter::Step::operator()(const StructuredDelta& p) const {
  piece(p, &Request::content);
}
void TraceCompleter::Step::operator()(const ReasoningDelta& p) const {
  piece(p, &Request::reasoning);
}

void TraceCompleter::Step::operator()(const ToolCallBegin& p) const {
  Request& request = request_for({});
  if (request.calls.size() >= max_calls)
    fail_line("a request has more than " + std::to_string(max_calls) + " calls");
  ToolCallBegin begin = p;
  begin.index = static_cast<std::int64_t>(request.calls.size());
  request.calls.push_back({.call_id = p.call_id, .tool_name = p.tool_name});
  say(std::move(begin), request.place);
}

void TraceCompleter::Step::operator()(const ToolCallDelta& p) const {
  Request& request = request_for({});
  const auto call = std::ranges::find(request.calls, p.call_id, &StreamedCall::call_id);
  if (call != request.calls.end()) call->text += p.delta;
  say(p, request.place);
}

void TraceCompleter::Step::operator()(const ToolCallReady& p) const {
  Request& request = request_for({});
  auto call = std::ranges::find(request.calls, p.call_id, &StreamedCall::call_id);
  if (call == request.calls.end()) {
    self.put(*run,
             ToolCallBegin{.call_id = p.call_id,
                           .tool_name = p.tool_name,
                           .index = static_cast<std::int64_t>(request.calls.size())},
             request.place);
    request.calls.push_back({.call_id = p.call_id, .tool_name = p.tool_name});
    call = std::prev(request.calls.end());
  }
  ToolCallReady ready = p;
  if (ready.tool_name.empty()) ready.tool_name = call->tool_name;
  if (ready.arguments.is_null() && !call->text.empty()) ready.arguments = arguments_of(call->text);
  call->arguments = ready.arguments;
  call->ready = true;
  say(std::move(ready), request.place);
}

void TraceCompleter::Step::finish_request(ModelCompleted completed, bool said) const {
  Request& request = *run->request;
  for (StreamedCall& call : request.calls) {
    if (call.ready) continue;
    call.ready = true;
    call.arguments = arguments_of(call.text);
    self.put(*run,
             ToolCallReady{
                 .call_id = call.call_id, .tool_name = call.tool_name, .arguments = call.arguments},
             request.place);
  }
  if (completed.content.empty()) completed.content = request.content;
  if (completed.reasoning.empty()) completed.reasoning = request.reasoning;
  if (completed.tool_calls.empty()) {
    for (const StreamedCall& call : request.calls)
      completed.tool_calls.push_back({call.call_id, call.tool_name, call.arguments});
  }
  run->asked = completed.tool_calls;
  run->usage += completed.usage;
  if (run->turn) run->turn->usage += completed.usage;
  StreamEvent changed = event;
  set_payload(changed, std::move(completed));
  self.emit(std::move(changed), run->context, request.place, said);
  run->request.reset();
}

void TraceCompleter::Step::operator()(const ModelCompleted& p) const {
  if (!run->request) self.start_request(*run);
  finish_request(p, true);
}

void TraceCompleter::Step::operator()(const ModelFailed& p) const {
  if (!run->request) self.start_request(*run);
  const Request request = *std::exchange(run->request, std::nullopt);
  if (!request.content.empty()) run->discardable = request.message_id;
  say(p, request.place);
}

void TraceCompleter::Step::operator()(const MessageDiscarded& p) const {
  self.fail_request(*run);
  run->discardable.clear();
  say(p, self.place_in(*run));
}

}  // namespace strandbus::detail

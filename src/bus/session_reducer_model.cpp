#include "session_reducer.hpp"

#include <algorithm>
#include <utility>

// What a model writes: its requests, messages and tool calls.

namespace strandbus::detail {

void SessionReducer::operator()(const ModelStarted& p) {
  const auto of_run = [&](const auto& entry) { return entry.run_id == run_id(); };
  std::erase_if(state_.model_requests, of_run);
  std::erase_if(state_.open_messages, of_run);
  std::erase_if(state_.open_calls, of_run);
  std::erase_if(state_.retries, of_run);
  add(state_.model_requests, OpenModelRequest{.run_id = run_id(),
                                              .provider = p.provider,
                                              .model = p.model,
                                              .iteration = p.iteration,
                                              .attempt = p.attempt,
                                              .started = event_.ts()});
  if (!run_) return;
  run_->provider = p.provider;
  run_->model = p.model;
}

void SessionReducer::operator()(const TokenDelta& p) {
  append(MessageKind::text, p.message_id, p.text);
}

void SessionReducer::operator()(const AssistantDelta& p) {
  append(MessageKind::text, p.message_id, p.text);
}

void SessionReducer::operator()(const ReasoningDelta& p) {
  append(MessageKind::reasoning, p.message_id, p.text);
}

void SessionReducer::operator()(const StructuredDelta& p) {
  append(MessageKind::structured, p.message_id, p.text);
}

void SessionReducer::append(MessageKind kind, const std::string& message_id,
                            std::string_view text) {
  OpenMessage* message = newest(state_.open_messages, [&](const OpenMessage& open) {
    return open.kind == kind && open.message_id == message_id && open.run_id == run_id();
  });
  if (!message) {
    message = &add(state_.open_messages,
                   OpenMessage{.run_id = run_id(), .message_id = message_id, .kind = kind});
    message->content.complete = nothing_missed_since_request();
  }
  append_bounded(message->content, text, SessionState::max_text_bytes);
}

bool SessionReducer::nothing_missed_since_request() noexcept {
  const OpenModelRequest* request = open_request();
  return request ? request->complete : state_.missed == 0;
}

OpenModelRequest* SessionReducer::open_request() noexcept {
  return newest(state_.model_requests,
                [&](const OpenModelRequest& open) { return open.run_id == run_id(); });
}

void SessionReducer::operator()(const ToolCallBegin& p) {
  call(p.call_id, p.tool_name).index = p.index;
}

void SessionReducer::operator()(const ToolCallDelta& p) {
  append_bounded(call(p.call_id, {}).arguments_text, p.delta, SessionState::max_text_bytes);
}

void SessionReducer::operator()(const ToolCallReady& p) {
  OpenToolCall& ready = call(p.call_id, p.tool_name);
  ready.ready = true;
  ready.arguments_text = TextSoFar();
  ready.arguments = p.arguments;
}

/// The call that is being written; an unknown one is added.
OpenToolCall& SessionReducer::call(const std::string& call_id, const std::string& tool_name) {
  OpenToolCall* call = newest(state_.open_calls, [&](const OpenToolCall& open) {
    return open.call_id == call_id && open.run_id == run_id();
  });
  if (!call) {
    call = &add(state_.open_calls, OpenToolCall{.run_id = run_id(), .call_id = call_id});
    call->arguments_text.complete = event_.is<ToolCallBegin>() || nothing_missed_since_request();
  }
  if (!tool_name.empty()) call->tool_name = tool_name;
  return *call;
}

void SessionReducer::operator()(const Retry& p) {
  std::erase_if(state_.retries, [&](const PendingRetry& old) { return old.run_id == run_id(); });
  add(state_.retries, PendingRetry{.run_id = run_id(),
                                   .attempt = p.attempt,
                                   .max_attempts = p.max_attempts,
                                   .delay_ms = p.delay_ms,
                                   .reason = p.reason,
                                   .error_code = p.error_code,
                                   .provider = p.provider,
                                   .announced = event_.ts(),
                                   .fallback_to = p.fallback_to});
}

void SessionReducer::operator()(const ModelCompleted& p) {
  const auto of_run = [&](const auto& entry) { return entry.run_id == run_id(); };
  finish_messages(p);
  finish_calls(p.tool_calls);
  std::erase_if(state_.model_requests, of_run);
  std::erase_if(state_.retries, of_run);
  if (run_) {
    if (!event_.model_id().empty()) run_->model = event_.model_id();
    run_->usage += p.usage;
  } else {
    state_.settled_usage += p.usage;
  }
  count_usage();
}

/// Nothing will be added to the messages of this request. The event holds the whole text but does
/// not say of which message, so it repairs a message only where that is certain.
void SessionReducer::finish_messages(const ModelCompleted& completed) {
  // Of a former request whose commit was missed.
  std::erase_if(state_.open_messages,
                [&](const OpenMessage& open) { return open.finished && open.run_id == run_id(); });
  if (ends_known_request()) {
    repair_message(completed.content,
                   [](MessageKind kind) { return kind != MessageKind::reasoning; });
    if (!completed.reasoning.empty())
      repair_message(completed.reasoning,
                     [](MessageKind kind) { return kind == MessageKind::reasoning; });
  }
  for (OpenMessage& open : state_.open_messages) {
    if (open.run_id == run_id()) open.finished = true;
  }
}

/// Whether the event is the end of the request whose start was seen. After a gap it may be that of
/// a later one; a run makes one request per turn.
bool SessionReducer::ends_known_request() noexcept {
  const OpenModelRequest* request = open_request();
  return request &&
         (request->complete || (event_.turn() != 0 && event_.turn() == request->iteration));
}

template <class Belongs>
void SessionReducer::repair_message(const std::string& whole, Belongs belongs) {
  const auto fits = [&](const OpenMessage& open) {
    return open.run_id == run_id() && belongs(open.kind);
  };
  if (std::count_if(state_.open_messages.begin(), state_.open_messages.end(), fits) != 1) return;
  assign_bounded(newest(state_.open_messages, fits)->content, whole, SessionState::max_text_bytes);
}

/// All calls of the request are known now; what was begun and is not among them will not run.
void SessionReducer::finish_calls(const std::vector<ToolCall>& calls) {
  std::erase_if(state_.open_calls, [&](const OpenToolCall& open) {
    return open.run_id == run_id() && !open.ready &&
           std::none_of(calls.begin(), calls.end(),
                        [&](const ToolCall& made) { return made.call_id == open.call_id; });
  });
  for (std::size_t index = 0; index < calls.size(); ++index) {
    OpenToolCall& ready = call(calls[index].call_id, calls[index].tool_name);
    ready.index = static_cast<std::int64_t>(index);
    ready.ready = true;
    ready.arguments_text = TextSoFar();
    ready.arguments = calls[index].arguments;
  }
}

void SessionReducer::operator()(const ModelFailed&) {
  const auto of_run = [&](const auto& entry) { return entry.run_id == run_id(); };
  std::erase_if(state_.model_requests, of_run);
  std::erase_if(state_.open_messages, of_run);
  std::erase_if(state_.open_calls, of_run);
  std::erase_if(state_.retries, of_run);
}

void SessionReducer::operator()(const MessageDiscarded& p) { close_message(p.message_id); }

void SessionReducer::operator()(const AssistantMessage& p) {
  close_message(p.message_id);
  if (run_ && p.metadata.cost) {
    run_->cost = p.metadata.cost;
    count_usage();
  }
}

void SessionReducer::operator()(const MessageCommitted& p) {
  ++state_.committed_messages;
  close_message(p.message.id);
}

void SessionReducer::close_message(const std::string& message_id) {
  std::erase_if(state_.open_messages, [&](const OpenMessage& open) {
    return open.message_id == message_id && open.run_id == run_id();
  });
}

}  // namespace strandbus::detail

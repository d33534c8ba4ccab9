#include "strandbus/agent/recording.hpp"

#include "agent/unanswered_calls.hpp"

#include <algorithm>
#include <type_traits>
#include <unordered_map>
#include <utility>

namespace strandbus {

/// Reads the events of a session into a Recording.
class Recording::Builder {
 public:
  Builder(Recording& recording, std::vector<Message> before) : recording_(recording) {
    recording_.conversations_.push_back(std::move(before));
  }

  void add(const StreamEvent& event) {
    event_ = &event;
    event.visit(*this);
    const auto call = calls_.find(event.span_id());
    if (call == calls_.end() || event.run_id().empty()) return;
    if (event.is<ToolCallStarted>()) return;
    recording_.calls_[call->second].events.push_back(event);
  }

  template <class T>
  void operator()(const T&) {
    if constexpr (std::is_same_v<T, TokenDelta> || std::is_same_v<T, ReasoningDelta> ||
                  std::is_same_v<T, StructuredDelta> || std::is_same_v<T, ToolCallBegin> ||
                  std::is_same_v<T, ToolCallDelta> || std::is_same_v<T, ToolCallReady>) {
      if (RecordedRequest* request = open_request())
        request->attempts.back().pieces.push_back(*event_);
    }
  }

  void operator()(const RunStarted& p) {
    if (is_root()) {
      if (recording_.started_.model.empty()) recording_.started_ = p;
      // Who went on with an interrupted session has answered the calls that had no answer.
      auto& messages = recording_.conversations_.front();
      messages = detail::with_all_answers(std::move(messages));
    } else {
      recording_.conversations_.emplace_back();
      nested_[event_->run_id()] = recording_.conversations_.size() - 1;
    }
  }
  void operator()(const UserMessage& p) {
    if (is_root()) recording_.prompts_.push_back({.run_id = event_->run_id(), .text = p.content});
  }
  void operator()(const RunCompleted& p) {
    end_run({.outcome = Outcome::completed, .text = p.output}, p.cost);
  }
  void operator()(const RunFailed& p) {
    end_run({.outcome = Outcome::failed, .text = p.error, .code = p.error_code}, p.cost);
  }
  void operator()(const RunCancelled& p) {
    end_run({.outcome = Outcome::cancelled, .text = p.reason, .code = ErrorCode::cancelled},
            p.cost);
  }

  void operator()(const MessageCommitted& p) {
    recording_.conversations_[conversation()].push_back(p.message);
    RecordedRequest* request = last_request();
    if (request && p.message.role == Role::assistant)
      request->provider_data = p.message.provider_data;
  }
  void operator()(const AssistantMessage& p) {
    if (RecordedRequest* request = last_request()) request->refusal = p.refusal;
  }

  void operator()(const ModelStarted& p) {
    if (p.attempt <= 1 || !goes_on_with_request()) {
      RecordedRequest& request = recording_.requests_.emplace_back();
      request.seq = event_->seq();
      request.run_id = event_->run_id();
      request.digest = p.request_digest;
      request.model = p.model;
      request.tools = p.tools;
      request.parameters = p.parameters;
      request.conversation = conversation();
      request.message_count = recording_.conversations_[request.conversation].size();
      requests_[event_->span_id()] = recording_.requests_.size() - 1;
      last_[event_->run_id()] = recording_.requests_.size() - 1;
    }
    RecordedAttempt& attempt = open_request()->attempts.emplace_back();
    attempt.provider = p.provider;
    attempt.model = p.model;
  }
  void operator()(const ModelCompleted& p) {
    RecordedRequest* const request = open_request();
    if (!request) return;
    request->attempts.back().end = p;
    request->answering_model = event_->model_id();
    requests_.erase(event_->span_id());
  }
  void operator()(const ModelFailed& p) {
    if (RecordedRequest* request = open_request()) request->attempts.back().end = p;
  }
  void operator()(const Retry& p) {
    if (RecordedRequest* request = open_request()) request->attempts.back().retry = p;
  }

  void operator()(const ToolCallStarted& p) {
    recording_.calls_.push_back(
        {.call_id = p.call_id, .tool_name = p.tool_name, .events = {}, .end = {}});
    calls_[event_->span_id()] = recording_.calls_.size() - 1;
  }
  void operator()(const ToolCallCompleted& p) { end_call(p); }
  void operator()(const ToolCallCancelled& p) { end_call(p); }
  void operator()(const ToolCallDenied& p) {
    const bool asked = recording_.approval_ == ApprovalMode::ask;
    if (!asked && p.error_code == ErrorCode::E_CONFIRMED_DENY)
      recording_.approval_ = ApprovalMode::deny;
  }
  void operator()(const ApprovalRequested&) { recording_.approval_ = ApprovalMode::ask; }
  void operator()(const ApprovalResolved& p) { recording_.approvals_.push_back(p); }

 private:
  bool is_root() const noexcept { return event_->context().depth <= 0; }

  std::size_t conversation() const {
    const auto nested = nested_.find(event_->run_id());
    return nested == nested_.end() ? 0 : nested->second;
  }

  /// The request of the event's span.
  RecordedRequest* open_request() {
    const auto open = requests_.find(event_->span_id());
    return open == requests_.end() ? nullptr : &recording_.requests_[open->second];
  }

  /// Whether a further attempt belongs to a request. It has a span of its own; in older recordings
  /// that of the attempt before.
  bool goes_on_with_request() {
    if (open_request()) return true;
    const RecordedRequest* const request = last_request();
    if (!request || !std::holds_alternative<ModelFailed>(request->attempts.back().end))
      return false;
    requests_[event_->span_id()] = last_[event_->run_id()];
    return true;
  }

  /// The last request of the event's run.
  RecordedRequest* last_request() {
    const auto last = last_.find(event_->run_id());
    return last == last_.end() ? nullptr : &recording_.requests_[last->second];
  }

  template <class End>
  void end_call(const End& end) {
    const auto call = calls_.find(event_->span_id());
    if (call == calls_.end()) return;
    recording_.calls_[call->second].end = end;
    calls_.erase(call);
  }

  void end_run(RecordedEnd end, const std::optional<NanoUsd>& cost) {
    recording_.ends_[event_->run_id()] = std::move(end);
    if (!cost) return;
    for (RecordedRequest& request : recording_.requests_) {
      if (request.run_id == event_->run_id()) request.cost = NanoUsd{};
    }
    if (RecordedRequest* request = last_request()) request->cost = cost;
  }

  Recording& recording_;
  const StreamEvent* event_ = nullptr;
  std::unordered_map<SpanId, std::size_t> requests_;  // that are open
  std::unordered_map<SpanId, std::size_t> calls_;     // that are open
  std::unordered_map<std::string, std::size_t> last_;
  std::unordered_map<std::string, std::size_t> nested_;  // runs, and their conversations
};

Recording::Recording(std::span<const StreamEvent> events, std::vector<Message> before)
    : before_(std::move(before)) {
  Builder builder(*this, before_);
  for (const StreamEvent& event : events) builder.add(event);
}

std::span<const Message> Recording::messages(const RecordedRequest& request) const noexcept {
  return std::span(conversations_[request.conversation]).first(request.message_count);
}

std::optional<RecordedEnd> Recording::end_of(const std::string& run_id) const {
  const auto end = ends_.find(run_id);
  return end == ends_.end() ? std::nullopt : std::optional(end->second);
}

}  // namespace strandbus

#include "strandbus/agent/replay_provider.hpp"

#include "agent/replay_wait.hpp"
#include "agent/request_digest.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

namespace strandbus {
namespace {

constexpr const char* cut_off = "the recording ends here";

/// Hands one recorded piece to the sink.
struct Piece {
  DeltaSink& sink;

  template <class T>
  void operator()(const T&) const {}
  void operator()(const TokenDelta& p) const { sink.on_text(p.text); }
  void operator()(const ReasoningDelta& p) const { sink.on_reasoning(p.text); }
  void operator()(const StructuredDelta& p) const { sink.on_structured(p.text); }
  void operator()(const ToolCallBegin& p) const {
    sink.on_tool_call_begin(p.call_id, p.tool_name, p.index);
  }
  void operator()(const ToolCallDelta& p) const { sink.on_tool_call_delta(p.call_id, p.delta); }
  void operator()(const ToolCallReady& p) const {
    ToolCall call;
    call.call_id = p.call_id;
    call.tool_name = p.tool_name;
    call.arguments = p.arguments;
    sink.on_tool_call_ready(call);
  }
};

ProviderError error_of(const ModelFailed& failed) {
  ProviderError::Details details;
  details.http_status = failed.http_status;
  if (failed.retry_after_ms)
    details.retry_after = std::chrono::milliseconds(*failed.retry_after_ms);
  // A file may say what no provider says.
  const bool of_a_model =
      failed.error_code >= ErrorCode::network && failed.error_code != ErrorCode::cancelled;
  return {of_a_model ? failed.error_code : ErrorCode::interrupted, failed.error, details};
}

ModelResponse response_of(const RecordedRequest& recorded, const ModelCompleted& completed) {
  ModelResponse response;
  response.content = completed.content;
  response.reasoning = completed.reasoning;
  response.refusal = recorded.refusal;
  response.tool_calls = completed.tool_calls;
  response.finish_reason = completed.finish_reason;
  response.usage = completed.usage;
  response.response_id = completed.response_id;
  response.model = recorded.answering_model;
  response.provider_data = recorded.provider_data;
  response.cost = recorded.cost;
  return response;
}

}  // namespace

ReplayProvider::ReplayProvider(std::shared_ptr<const Recording> recording, CancelReplay cancel)
    : recording_(std::move(recording)), cancel_(std::move(cancel)) {
  if (!recording_) throw std::invalid_argument("ReplayProvider: the recording is null; give one");
  used_.resize(recording_->requests().size());
}

asio::awaitable<ModelResponse> ReplayProvider::async_complete(const ModelRequest& request,
                                                              DeltaSink& sink) {
  const RecordedRequest* const recorded = take_request(request);
  if (!recorded) {  // the run was stopped before it came so far
    co_await stop(last_run());
    throw ProviderError(ErrorCode::interrupted, cut_off);
  }
  const auto executor = co_await asio::this_coro::executor;
  for (std::size_t i = 0; i < recorded->attempts.size(); ++i) {
    const RecordedAttempt& attempt = recorded->attempts[i];
    if (i > 0) sink.on_attempt_started(attempt.provider, attempt.model);
    for (const StreamEvent& piece : attempt.pieces) {
      co_await asio::post(executor, asio::use_awaitable);  // others run between two pieces
      co_await sink.async_ready();
      piece.visit(Piece{sink});
    }
    if (const auto* completed = std::get_if<ModelCompleted>(&attempt.end))
      co_return response_of(*recorded, *completed);
    const auto* const failed = std::get_if<ModelFailed>(&attempt.end);
    if (!failed || failed->error_code == ErrorCode::cancelled) co_await stop(recorded->run_id);
    if (!failed) break;
    const ProviderError error = error_of(*failed);
    if (i + 1 == recorded->attempts.size()) throw error;
    sink.on_attempt_failed(error);
    if (attempt.retry) sink.on_retry(*attempt.retry);
  }
  throw ProviderError(ErrorCode::interrupted, cut_off);
}

/// Ends a run that was stopped from outside, as it ended.
asio::awaitable<void> ReplayProvider::stop(std::string run_id) {
  const auto end = recording_->end_of(run_id);
  if (end && end->outcome == Outcome::failed) {
    const bool of_a_model = end->code >= ErrorCode::network && end->code != ErrorCode::cancelled;
    throw ProviderError(of_a_model ? end->code : ErrorCode::interrupted, end->text);
  }
  const std::string reason = end ? end->text : std::string(cut_off);
  if (cancel_) co_await detail::async_cancel_replay(cancel_, reason);
}

std::string ReplayProvider::last_run() {
  const std::lock_guard lock(mutex_);
  return last_run_;
}

/// The recorded request that this one is; marks it as used. Null if the run was stopped before its
/// next request.
const RecordedRequest* ReplayProvider::take_request(const ModelRequest& request) {
  const std::string digest = detail::RequestDigest().of(request);
  const std::lock_guard lock(mutex_);
  const RecordedRequest* found =
      take([&](const RecordedRequest& recorded) { return recorded.digest == digest; });
  if (found) return found;
  // The digest of a redacted recording is of what it shows.
  found = take([&](const RecordedRequest& recorded) {
    const bool may_differ = recorded.digest.empty() || detail::is_redacted(*recording_, recorded);
    return may_differ && difference(*recording_, recorded, request).empty();
  });
  if (found) return found;
  const auto& requests = recording_->requests();
  const std::size_t next = next_request();
  const bool run_is_over = next == used_.size() || requests[next].run_id != last_run_;
  const auto end = recording_->end_of(last_run_);
  const bool was_stopped = !end || end->outcome == Outcome::cancelled;
  const bool goes_on = !request.messages.empty() && request.messages.back().role == Role::tool;
  if (run_is_over && was_stopped && goes_on && !last_run_.empty()) return nullptr;
  throw ProviderError(ErrorCode::invalid_request, why_unknown(next, request));
}

/// The first recorded request of a root run that was not used; the number of all if there is none.
std::size_t ReplayProvider::next_request() const {
  const auto& requests = recording_->requests();
  std::size_t next = 0;
  while (next < requests.size() && (used_[next] || requests[next].conversation != 0)) ++next;
  return next;
}

template <class Fits>
const RecordedRequest* ReplayProvider::take(const Fits& fits) {
  const auto& requests = recording_->requests();
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (used_[i] || !fits(requests[i])) continue;
    used_[i] = true;
    last_run_ = requests[i].run_id;
    return &requests[i];
  }
  return nullptr;
}

/// Why a request is not the next one that was recorded.
std::string ReplayProvider::why_unknown(std::size_t next, const ModelRequest& request) const {
  const auto& requests = recording_->requests();
  if (next == requests.size()) {
    const auto used = std::ranges::count(used_, true);
    return "the recording has no further request: its " + std::to_string(used) + " are answered";
  }
  std::string what = difference(*recording_, requests[next], request);
  if (what.empty()) {
    what =
        "its messages and the names of its tools are the same; so it is what the recording does "
        "not show: the system prompt, a limit, or the description or schema of a tool";
  }
  return "the request differs from the recorded one of seq " + std::to_string(requests[next].seq) +
         ": " + what;
}

}  // namespace strandbus

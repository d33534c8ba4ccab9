#include "strandbus/llm/scripted_provider.hpp"

#include "llm/script_playback.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <stdexcept>
#include <utility>

namespace strandbus {
namespace {

/// Waits for a pause of the script; for none it lets others run. Cancellation: terminal.
asio::awaitable<void> async_pause(asio::steady_timer& timer, std::chrono::milliseconds delay) {
  if (delay.count() == 0) {
    co_await asio::post(timer.get_executor(), asio::use_awaitable);
    co_return;
  }
  timer.expires_after(delay);
  co_await timer.async_wait(asio::use_awaitable);
}

/// Like a real model: what the prompt costs is known first.
void report_prompt_usage(const Usage& usage, const std::optional<Price>& price, DeltaSink& sink) {
  Usage known = usage;
  known.completion = 0;
  known.reasoning.reset();
  known.total = known.prompt;
  if (known.total == 0) return;
  sink.on_usage(known, price ? std::optional(cost_of(known, *price)) : std::nullopt);
}

[[noreturn]] void throw_scripted(const ScriptedError& error) {
  ProviderError::Details details;
  details.http_status = error.http_status;
  details.retry_after = error.retry_after;
  throw ProviderError(error.code, error.message, details);
}

}  // namespace

ScriptedProvider::ScriptedProvider(Script script, ScriptedOptions options)
    : script_(std::move(script)), options_(options) {
  if (options.max_sessions == 0) {
    throw std::invalid_argument("ScriptedOptions::max_sessions is 0; at least 1 is needed");
  }
}

asio::awaitable<ModelResponse> ScriptedProvider::async_complete(const ModelRequest& request,
                                                                DeltaSink& sink) {
  const std::size_t index = take_response(request);
  const ScriptedResponse& scripted = script_.responses[index];
  const bool waits = options_.delays == ScriptedOptions::Delays::as_written;
  const std::chrono::milliseconds none{0};

  ModelResponse answer = detail::make_answer(script_, index, request);
  const std::vector<detail::PlaybackStep> steps = detail::plan_playback(scripted);
  asio::steady_timer timer(co_await asio::this_coro::executor);

  report_prompt_usage(scripted.usage, script_.price, sink);
  co_await async_pause(timer, waits ? scripted.delay : none);
  for (const detail::PlaybackStep& step : steps) {
    // The end of a call arrives together with its last piece.
    const bool at_once = step.kind == detail::PlaybackStep::Kind::tool_call_ready;
    co_await async_pause(timer, waits && !at_once ? scripted.token_delay : none);
    co_await sink.async_ready();
    detail::emit_step(step, answer, request, sink);
  }

  if (!scripted.error) co_return answer;
  if (answer.usage.total != 0) sink.on_usage(answer.usage, answer.cost);
  throw_scripted(*scripted.error);
}

std::size_t ScriptedProvider::take_response(const ModelRequest& request) {
  const std::lock_guard lock(mutex_);
  const auto known = used_.find(request.session_id);
  const std::vector<bool> used = known == used_.end() ? std::vector<bool>() : known->second;
  const std::optional<std::size_t> index = find_response(script_, request, used);
  if (!index)
    throw ProviderError(ErrorCode::invalid_request, why_no_response(script_, request, used));
  if (!script_.responses[*index].repeat) mark_used(request.session_id, *index);
  return *index;
}

void ScriptedProvider::mark_used(const std::string& session_id, std::size_t index) {
  if (!used_.contains(session_id)) {
    if (sessions_.size() == options_.max_sessions) {
      used_.erase(sessions_.front());
      sessions_.pop_front();
    }
    sessions_.push_back(session_id);
  }
  std::vector<bool>& used = used_[session_id];
  used.resize(script_.responses.size());
  used[index] = true;
}

}  // namespace strandbus

#include "agent_core.hpp"
#include "compaction_text.hpp"
#include "run.hpp"

#include <utility>

namespace strandbus::detail {
namespace {

/// The request of a summary is told, its pieces are not: nobody but the agent reads them.
class QuietStream final : public ModelStream {
 public:
  using ModelStream::ModelStream;

  void on_text(std::string_view) override { note_first_token(); }
  void on_reasoning(std::string_view) override { note_first_token(); }
};

std::int64_t milliseconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               start)
      .count();
}

Message summary_request(std::string text) {
  Message message;
  message.id = make_message_id();
  message.content = std::move(text);
  return message;
}

}  // namespace

/// About as many tokens as the next request will have: what the last one had, as the server
/// counted, and what has come since.
std::int64_t Run::context_tokens() const {
  const auto& messages = core_.conversation().messages();
  if (counted_tokens_ == 0 || counted_messages_ > messages.size())
    return estimate_tokens(messages, core_.options().system_prompt);
  return counted_tokens_ + estimate_tokens(std::span(messages).subspan(counted_messages_), {});
}

bool Run::wants_compaction() const {
  return !core_.compaction_breaker().open() &&
         compaction_due(context_tokens(), core_.options().compaction);
}

/// Puts a summary in the place of what was said long ago. Returns whether the conversation has
/// become shorter; if not, it is as it was.
asio::awaitable<bool> Run::compact() {
  const auto plan = plan_compaction(core_.conversation().messages(), core_.options().compaction);
  if (!plan) co_return false;
  turn_.publisher.publish(StatusUpdate{.status = AgentStatus::compacting, .detail = ""});
  const auto started = Clock::now();
  std::string error;
  const std::string summary = co_await summarise(*plan, error);
  if (stopping()) co_return false;
  if (!error.empty()) {
    note_compaction_failure(std::move(error));
    co_return false;
  }
  const auto& messages = core_.conversation().messages();
  Compaction done;
  done.strategy = "summary";
  done.messages_before = static_cast<std::int64_t>(messages.size());
  auto shorter = compacted(messages, *plan, summary);
  done.messages_after = static_cast<std::int64_t>(shorter.size());
  done.tokens_saved = plan->tokens_before - estimate_tokens(shorter, core_.options().system_prompt);
  committed_ = std::min(committed_, shorter.size() - 1);
  core_.conversation().compact(std::move(shorter));
  core_.compaction_breaker().record_success();
  digest_ = RequestDigest(publisher_.redactor());
  counted_tokens_ = 0;
  done.duration_ms = milliseconds_since(started);
  turn_.publisher.publish(std::move(done));
  co_return true;
}

/// Asks the model for a summary; `error` says why there is none.
asio::awaitable<std::string> Run::summarise(const CompactionPlan& plan, std::string& error) {
  const CompactionOptions& options = core_.options().compaction;
  const std::vector<Message> messages{
      summary_request(text_to_summarise(core_.conversation().messages(), plan, options))};
  ModelRequest request;
  request.model = publisher_.context().model_id;
  request.system = options.prompt;
  request.messages = messages;
  request.iteration = rounds_;
  request.session_id = publisher_.context().session_id;

  ModelStarted started = model_started(request);
  started.stream = false;
  started.messages = core_.options().capture == Capture::none ? std::vector<Message>() : messages;
  started.request_digest = RequestDigest(publisher_.redactor()).of(request);
  QuietStream stream(turn_.publisher, messages.front().id, std::move(started), trace_);
  ModelCall call = co_await call_model(request, stream);
  const auto failure = settle_model_call(stream, call);
  if (failure) {
    error = failure->text;
    co_return std::string();
  }
  if (call.response->content.empty()) error = "the model's summary is empty";
  co_return std::move(call.response->content);
}

void Run::note_compaction_failure(std::string error) {
  CompactionBreaker& breaker = core_.compaction_breaker();
  const bool opens = breaker.record_failure();
  turn_.publisher.publish(CompactionFailed{.error = std::move(error),
                                           .consecutive_failures = breaker.consecutive_failures()});
  if (opens) {
    turn_.publisher.publish(
        CompactionCircuitOpened{.consecutive_failures = breaker.consecutive_failures()});
  }
}

}  // namespace strandbus::detail

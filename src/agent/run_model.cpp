#include "agent_core.hpp"
#include "run.hpp"

#include <boost/asio/error.hpp>

#include <utility>

namespace strandbus::detail {
namespace {

std::vector<Message> captured(Capture capture, const Conversation& conversation) {
  switch (capture) {
    case Capture::none: break;
    case Capture::new_messages: {
      const auto unsent = conversation.unsent();
      return {unsent.begin(), unsent.end()};
    }
    case Capture::full: return conversation.messages();
  }
  return {};
}

}  // namespace

/// Asks the model once. No value: `response` holds what it said; otherwise how the run ends.
asio::awaitable<std::optional<Run::Ending>> Run::ask_model(const std::string& message_id,
                                                           ModelResponse& response,
                                                           std::int64_t& attempt) {
  ModelRequest request = make_request(specs_);
  std::vector<Message> rewritten;
  if (has_hooks()) {
    rewritten = core_.conversation().messages();
    co_await attend(hooks_before_model(request, rewritten));
    if (!may_go_on()) co_return why_not_on();
    request.messages = rewritten;
    digest_ = RequestDigest(publisher_.redactor());  // nobody knows what was rewritten
  }
  ModelStarted started = model_started(request);
  started.messages = captured(core_.options().capture, core_.conversation());
  started.tools = core_.tools().names();
  started.request_digest = digest_.of(request);
  core_.conversation().mark_sent();

  const std::size_t sent = core_.conversation().messages().size();
  ModelStream stream(turn_.publisher, message_id, std::move(started), trace_);
  ModelCall call = co_await call_model(request, stream);
  attempt = stream.attempts();
  auto ending = settle_model_call(stream, call);
  if (ending) co_return ending;
  counted_messages_ = sent;
  counted_tokens_ = call.response->usage.prompt;
  response = std::move(*call.response);
  if (has_hooks() && may_go_on()) co_await attend(hooks_after_model(response));
  // What was paid for is kept: an answer that came before a hook has stopped the run is committed.
  co_return std::nullopt;
}

ModelStarted Run::model_started(const ModelRequest& request) const {
  ModelStarted started;
  started.provider = core_.provider().name();
  started.model = request.model;
  started.iteration = rounds_;
  started.message_count = static_cast<std::int64_t>(request.messages.size());
  if (!request.parameters.empty()) started.parameters = request.parameters;
  return started;
}

/// Asks, and waits for the end.
asio::awaitable<ModelCall> Run::call_model(const ModelRequest& request, ModelStream& stream) {
  ModelCall call;
  ++llm_calls_;
  const auto child = spawn(complete(request, stream, call), Cancellable::yes);
  while (!child->done) co_await changed();
  llm_calls_ += stream.attempts() - 1;
  co_return call;
}

asio::awaitable<void> Run::complete(const ModelRequest& request, ModelStream& stream,
                                    ModelCall& call) {
  try {
    call.response = co_await core_.provider().async_complete(request, stream);
  } catch (const ProviderError& error) {
    call.error = error;
  } catch (const system_error& error) {
    if (error.code() != asio::error::operation_aborted)
      call.error = ProviderError(ErrorCode::network, error.what());
  } catch (const std::exception& error) {
    call.error = ProviderError(ErrorCode::interrupted, error.what());
  }
}

ModelRequest Run::make_request(std::span<const ToolSpec> tools) const {
  const AgentOptions& options = core_.options();
  ModelRequest request;
  request.model = publisher_.context().model_id;
  request.system = options.system_prompt;
  request.messages = core_.conversation().messages();
  request.tools = tools;
  request.max_tokens = options.max_tokens;
  request.temperature = options.temperature;
  request.response_schema = options.response_schema;
  request.parameters = options.parameters;
  request.iteration = rounds_;
  request.session_id = publisher_.context().session_id;
  return request;
}

/// Publishes the end of a request and takes account of it.
std::optional<Run::Ending> Run::settle_model_call(const ModelStream& stream, ModelCall& call) {
  for (const ModelStream::Used& used : stream.wasted()) add_usage(used.usage, used.cost);
  if (call.response) {
    const ModelResponse& response = *call.response;
    add_usage(response.usage, response.cost);
    if (!response.cost) cost_.reset();  // also when the server told no usage
    Publisher publisher = stream.publisher();
    if (!response.model.empty() && response.model != publisher.context().model_id) {
      publisher = publisher.model(response.model);
      answering_ = answering_.model(response.model);
      turn_.publisher = turn_.publisher.model(response.model);
    }
    ModelCompleted completed;
    completed.finish_reason = response.finish_reason;
    completed.content = response.content;
    completed.reasoning = response.reasoning;
    completed.tool_calls = response.tool_calls;
    completed.usage = response.usage;
    completed.response_id = response.response_id;
    completed.time_to_first_token_ms = stream.time_to_first_token_ms();
    completed.duration_ms = stream.duration_ms();
    publisher.publish(std::move(completed));
    return std::nullopt;
  }
  add_usage(stream.used().usage, stream.used().cost);
  if (call.error) {
    if (stream.attempt_open()) stream.publisher().publish(stream.failure(*call.error));
    return Ending(Outcome::failed, call.error->what(), call.error->code());
  }
  const std::string reason = stopping() ? stop_reason_ : "the provider gave up the request";
  if (stream.attempt_open())
    stream.publisher().publish(stream.failure(reason, ErrorCode::cancelled));
  if (!stopping()) return Ending(Outcome::failed, reason, ErrorCode::interrupted);
  return stopped();
}

void Run::add_usage(const Usage& usage, std::optional<NanoUsd> cost) {
  usage_ += usage;
  turn_.usage += usage;
  budget_->add(usage, cost, answering_.context().model_id);
  if (!cost && usage.total == 0) return;  // nothing was used
  if (cost && cost_) {
    *cost_ += *cost;
  } else {
    cost_.reset();  // a sum with an unknown part is a guess
  }
}

}  // namespace strandbus::detail

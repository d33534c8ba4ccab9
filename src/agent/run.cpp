#include "run.hpp"

#include "agent_core.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace strandbus::detail {
namespace {

Publisher publisher_of_run(const AgentCore& core, std::string run_id) {
  RunContext context = core.publisher().context();
  context.run_id = std::move(run_id);
  if (context.session_id.empty()) context.session_id = "session";
  context.agent = core.options().name;
  context.model_id = core.options().model.empty() ? core.provider().model() : core.options().model;
  return core.publisher()
      .run(std::move(context))
      .span(Publisher::new_span(), core.publisher().current_span());
}

std::int64_t milliseconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               start)
      .count();
}

/// About four bytes of English text make a token; good enough to show, not to bill.
std::int64_t estimate_tokens(std::span<const Message> messages, const std::string& system) {
  std::size_t bytes = system.size();
  for (const Message& message : messages) bytes += message.content.size();
  return static_cast<std::int64_t>((bytes + 3) / 4);
}

double seconds(std::chrono::milliseconds duration) {
  return static_cast<double>(duration.count()) / 1000.0;
}

}  // namespace

Run::Run(AgentCore& core, std::string run_id)
    : core_(core),
      publisher_(publisher_of_run(core, std::move(run_id))),
      specs_(core.tools().specs()),
      started_(Clock::now()),
      digest_(publisher_.redactor()),
      answering_(publisher_),
      changes_(core.strand(), Clock::time_point::max()),
      wall_time_(core.strand()) {}

asio::awaitable<RunResult> execute(std::shared_ptr<Run> run, std::string text) {
  co_return co_await run->run(std::move(text));
}

asio::awaitable<RunResult> Run::run(std::string text) {
  RunStarted started;
  started.provider = core_.provider().name();
  started.model = publisher_.context().model_id;
  started.max_rounds = core_.options().max_rounds;
  started.tools = core_.tools().names();
  if (const auto published = publisher_.publish(std::move(started)); !published) {
    error_ = published.error();
    co_return RunResult();
  }
  watch_wall_time();
  Ending ending;
  try {
    ending = co_await loop(std::move(text));
  } catch (const std::exception& failure) {
    ending = Ending(Outcome::failed, failure.what(), ErrorCode::interrupted);
  }
  wall_time_.cancel();
  co_return finish(ending);
}

asio::awaitable<Run::Ending> Run::loop(std::string text) {
  Message message;
  message.id = make_message_id();
  message.content = std::move(text);
  publisher_.publish(UserMessage{.message_id = message.id, .content = message.content});
  commit(std::move(message));
  const std::int64_t max_rounds = core_.options().max_rounds;
  for (;;) {
    if (stop_ != Stop::no) co_return stopped();
    if (rounds_ == max_rounds) {
      co_return budget_spent(
          BudgetKind::rounds, static_cast<double>(max_rounds), static_cast<double>(rounds_),
          "the model did not answer within " + std::to_string(max_rounds) + " rounds");
    }
    const auto ending = co_await take_turn();
    if (ending) co_return *ending;
  }
}

asio::awaitable<std::optional<Run::Ending>> Run::take_turn() {
  begin_turn();
  const std::string message_id = make_message_id();
  ModelResponse response;
  auto failure = co_await ask_model(message_id, response);
  if (failure) {
    end_turn(failure->outcome == Outcome::failed ? FinishReason::error : FinishReason::cancelled);
    co_return failure;
  }
  Message message;
  message.id = message_id;
  message.role = Role::assistant;
  message.content = response.content;
  message.tool_calls = response.tool_calls;
  message.provider_data = std::move(response.provider_data);
  commit(std::move(message));
  if (response.tool_calls.empty() && !stopping()) co_return answer(message_id, response);
  co_await run_tools(std::move(response.tool_calls));
  end_turn(stopping() ? FinishReason::cancelled : FinishReason::tool_calls);
  co_return std::nullopt;
}

void Run::begin_turn() {
  ++rounds_;
  turn_.number = rounds_;
  turn_.started = Clock::now();
  turn_.usage = Usage{};
  turn_.publisher = answering_.turn(static_cast<std::int32_t>(rounds_)).span(Publisher::new_span());
  const auto& messages = core_.conversation().messages();
  turn_.publisher.publish(TurnStarted{.turn = rounds_, .max_turns = core_.options().max_rounds});
  turn_.publisher.publish(
      ContextBuilt{.message_count = static_cast<std::int64_t>(messages.size()),
                   .estimated_tokens = estimate_tokens(messages, core_.options().system_prompt),
                   .tools_count = static_cast<std::int64_t>(specs_.size())});
  turn_.publisher.publish(
      StatusUpdate{.status = AgentStatus::thinking, .detail = "Waiting for LLM response"});
}

void Run::end_turn(FinishReason reason) {
  turn_.publisher.publish(TurnEnded{.turn = turn_.number,
                                    .stop_reason = reason,
                                    .usage = turn_.usage,
                                    .duration_ms = milliseconds_since(turn_.started)});
}

Run::Ending Run::answer(const std::string& message_id, const ModelResponse& response) {
  AnswerMetadata metadata;
  metadata.rounds = rounds_;
  metadata.input_tokens = usage_.prompt;
  metadata.output_tokens = usage_.completion;
  metadata.total_tokens = usage_.total;
  metadata.cost = cost_;
  turn_.publisher.publish(AssistantMessage{.message_id = message_id,
                                           .content = response.content,
                                           .refusal = response.refusal,
                                           .metadata = metadata});
  end_turn(response.finish_reason);
  answering_.publish(StatusUpdate{.status = AgentStatus::idle, .detail = "Completed"});
  answering_.publish(UsageUpdate{.usage = usage_, .cost = cost_});
  Ending ending;
  ending.text = response.content;
  ending.finish = response.finish_reason;
  return ending;
}

Run::Ending Run::budget_spent(BudgetKind kind, double limit, double used, std::string text) {
  answering_.publish(BudgetExceeded{.budget = kind, .limit = limit, .used = used});
  return Ending(Outcome::failed, std::move(text), ErrorCode::budget);
}

Run::Ending Run::stopped() {
  if (stop_ != Stop::timeout) return Ending(Outcome::cancelled, stop_reason_, ErrorCode::cancelled);
  const double used = static_cast<double>(milliseconds_since(started_)) / 1000.0;
  return budget_spent(BudgetKind::wall_time, seconds(core_.options().timeout), used, stop_reason_);
}

RunResult Run::finish(const Ending& ending) {
  RunResult result;
  result.outcome = ending.outcome;
  result.run_id = publisher_.context().run_id;
  result.error_code = ending.code;
  result.usage = usage_;
  if (llm_calls_ > 0) result.cost = cost_;
  result.rounds = rounds_;
  result.llm_calls = llm_calls_;
  result.tool_calls = tool_calls_;
  result.duration_ms = milliseconds_since(started_);
  const auto fill = [&](auto terminal) {
    terminal.iterations = result.rounds;
    terminal.usage = result.usage;
    terminal.cost = result.cost;
    terminal.llm_calls = result.llm_calls;
    terminal.tool_calls = result.tool_calls;
    terminal.duration_ms = result.duration_ms;
    answering_.publish(std::move(terminal));
  };
  switch (ending.outcome) {
    case Outcome::completed:
      result.output = ending.text;
      result.finish_reason = ending.finish;
      fill(RunCompleted{.finish_reason = ending.finish, .output = ending.text});
      break;
    case Outcome::failed:
      result.error = ending.text;
      fill(RunFailed{.error = ending.text, .error_code = ending.code});
      break;
    case Outcome::cancelled:
      result.error = ending.text;
      result.finish_reason = FinishReason::cancelled;
      fill(RunCancelled{.reason = ending.text});
      break;
  }
  return result;
}

void Run::cancel(const std::string& reason, CancelWhen when) {
  stop(when == CancelWhen::now ? Stop::cancelled : Stop::after_turn, reason);
}

void Run::abort() {
  error_ = asio::error::operation_aborted;
  stop(Stop::cancelled, "the caller cancelled the operation");
}

void Run::stop(Stop how, std::string reason) {
  if (stopping() || how <= stop_) return;
  stop_ = how;
  stop_reason_ = std::move(reason);
  if (!stopping()) return;
  const auto children = children_;  // ending one may change the list
  for (const auto& child : children) {
    if (!child->done) child->signal.emit(asio::cancellation_type::terminal);
  }
  notify();
}

void Run::watch_wall_time() {
  const auto limit = core_.options().timeout;
  if (limit.count() == 0) return;
  wall_time_.expires_after(limit);
  wall_time_.async_wait([weak = weak_from_this(), limit](error_code ec) {
    const auto self = weak.lock();
    if (ec || !self) return;
    self->stop(Stop::timeout, "the run took longer than " + std::to_string(limit.count()) + " ms");
  });
}

std::shared_ptr<Child> Run::spawn(asio::awaitable<void> body, Cancellable cancellable) {
  auto child = std::make_shared<Child>();
  if (cancellable == Cancellable::yes) children_.push_back(child);
  auto ended = [self = shared_from_this(), child](const std::exception_ptr&) {
    child->done = true;  // bodies report their exceptions themselves
    std::erase(self->children_, child);
    self->notify();
  };
  asio::co_spawn(core_.strand(), std::move(body),
                 asio::bind_cancellation_slot(child->signal.slot(), std::move(ended)));
  return child;
}

asio::awaitable<std::tuple<error_code>> Run::changed() {
  return changes_.async_wait(asio::as_tuple(asio::use_awaitable));
}

asio::awaitable<void> Run::end_child(std::shared_ptr<Child> child) {
  if (!child->done) child->signal.emit(asio::cancellation_type::terminal);
  while (!child->done) co_await changed();
}

void Run::commit(Message message) {
  core_.conversation().append(message);
  const Publisher& publisher = rounds_ == 0 ? publisher_ : turn_.publisher;
  publisher.publish(MessageCommitted{.message = std::move(message)});
}

}  // namespace strandbus::detail

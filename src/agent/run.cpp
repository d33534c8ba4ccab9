#include "run.hpp"

#include "agent_core.hpp"
#include "background_task.hpp"
#include "event/trace_parent.hpp"
#include "strandbus/agent/structured_answer.hpp"

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
  if (!core.trace_parent().empty()) context.attributes[trace_parent_key] = core.trace_parent();
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

/// As it goes into the conversation.
Message to_message(const std::string& message_id, ModelResponse& response) {
  Message message;
  message.id = message_id;
  message.role = Role::assistant;
  message.content = response.content;
  message.tool_calls = response.tool_calls;
  message.provider_data = std::move(response.provider_data);
  return message;
}

/// The trace that requests name, which is the one that the spans of this run are in.
std::optional<TraceParent> trace_of_requests(TracePropagation wanted, const Publisher& publisher) {
  const RunContext& root = publisher.root_context();
  switch (wanted) {
    case TracePropagation::never: break;
    case TracePropagation::continued: return outer_trace(root);
    case TracePropagation::always: return root_trace(root);
  }
  return std::nullopt;
}

double seconds(std::chrono::milliseconds duration) {
  return static_cast<double>(duration.count()) / 1000.0;
}

BudgetLimits limits_of(const AgentOptions& options) {
  return {.tokens = options.max_run_tokens,
          .cost = options.max_cost,
          .tool_calls = options.max_tool_calls};
}

}  // namespace

Run::Run(AgentCore& core, std::string run_id, std::shared_ptr<BudgetLedger> budget)
    : core_(core),
      publisher_(publisher_of_run(core, std::move(run_id))),
      trace_(trace_of_requests(core.options().trace_propagation, publisher_)),
      specs_(core.tools().specs()),
      started_(Clock::now()),
      digest_(publisher_.redactor()),
      answering_(publisher_),
      loops_(core.options().doom_loop),
      budget_(std::make_shared<BudgetLedger>(limits_of(core.options()), std::move(budget))),
      changes_(core.strand(), Clock::time_point::max()),
      wall_time_(core.strand()) {}

asio::awaitable<RunResult> execute(std::shared_ptr<Run> run, RunInput input) {
  co_return co_await run->run(std::move(input));
}

asio::awaitable<RunResult> Run::run(RunInput input) {
  RunStarted started;
  started.provider = core_.provider().name();
  started.model = publisher_.context().model_id;
  started.max_rounds = core_.options().max_rounds;
  started.tools = core_.tools().names();
  const auto published = publisher_.publish(std::move(started));
  if (!published) {
    error_ = published.error();
    co_return RunResult();
  }
  first_seq_ = *published;
  watch_wall_time();
  Ending ending;
  try {
    ending = co_await loop(std::move(input));
  } catch (const std::exception& failure) {
    if (turn_open_) end_turn(FinishReason::error);
    ending = Ending(Outcome::failed, failure.what(), ErrorCode::interrupted);
  }
  co_await end_tasks(ending);
  wall_time_.cancel();
  co_return finish(ending);
}

asio::awaitable<Run::Ending> Run::loop(RunInput input) {
  if (input.pending.empty()) {
    inputs_.push_back(std::move(input.text));
  } else {
    co_await take_up(std::move(input.pending));
  }
  for (;;) {
    co_await take_inputs();
    if (auto ending = why_not_on()) co_return std::move(*ending);
    auto ending = co_await take_turn();
    if (ending) co_return std::move(*ending);
  }
}

/// A turn without a request: its calls are those that a run before this one has left.
asio::awaitable<void> Run::take_up(std::vector<ApprovalRequested> pending) {
  std::vector<ToolCall> calls;
  for (ApprovalRequested& request : pending) {
    ToolCall call;
    call.call_id = request.call_id;
    call.tool_name = std::move(request.tool_name);
    call.arguments = std::move(request.arguments);
    calls.push_back(std::move(call));
    taken_up_.emplace(std::move(request.call_id), std::move(request.approval_id));
  }
  open_turn();
  co_await run_tools(std::move(calls));
  end_turn(stopping() ? FinishReason::cancelled : FinishReason::tool_calls);
}

/// Why the loop ends between two turns.
std::optional<Run::Ending> Run::why_not_on() {
  if (decided_) return decided_;
  if (stop_ != Stop::no) return stopped();
  const std::int64_t max_rounds = core_.options().max_rounds;
  if (rounds_ == max_rounds) {
    return budget_spent({.kind = BudgetKind::rounds,
                         .limit = static_cast<double>(max_rounds),
                         .used = static_cast<double>(rounds_),
                         .text = "the model did not answer within " + std::to_string(max_rounds) +
                                 (max_rounds == 1 ? " round" : " rounds")});
  }
  if (const auto spent = budget_->spent()) return budget_spent(*spent);
  return std::nullopt;
}

/// What the user has said since the last request.
asio::awaitable<void> Run::take_inputs() {
  while (!inputs_.empty() && may_go_on()) {
    std::string text = std::move(inputs_.front());
    inputs_.pop_front();
    co_await take_input(std::move(text));
  }
}

asio::awaitable<void> Run::take_input(std::string text) {
  Message message;
  message.id = make_message_id();
  message.content = std::move(text);
  if (has_guardrails()) {
    Guarded guarded;
    co_await guard_text(GuardrailTarget::input, message.id, message.content, guarded);
    if (!may_go_on()) co_return inputs_.push_front(std::move(message.content));
    if (guarded.blocked)
      co_return decide(Ending(Outcome::failed, *guarded.blocked, ErrorCode::E_UNSAFE));
  }
  current_publisher().publish(UserMessage{.message_id = message.id, .content = message.content});
  commit(std::move(message));
}

asio::awaitable<std::optional<Run::Ending>> Run::take_turn() {
  begin_turn();
  if (has_hooks()) co_await attend(hooks_before_turn());
  if (may_go_on() && wants_compaction()) co_await compact();
  const std::string message_id = make_message_id();
  ModelResponse response;
  std::int64_t attempt = 1;
  std::optional<Ending> failure;
  if (may_go_on()) {
    failure = co_await ask_model(message_id, response, attempt);
  } else {
    failure = why_not_on();
  }
  if (failure && failure->code == ErrorCode::context_length && may_go_on()) {
    const bool shorter = co_await compact();
    if (shorter) failure = co_await ask_model(message_id, response, attempt);
  }
  if (failure) {
    end_turn(failure->outcome == Outcome::failed ? FinishReason::error : FinishReason::cancelled);
    co_return failure;
  }
  if (response.tool_calls.empty() && !stopping())
    co_return co_await answer(message_id, std::move(response), attempt);
  commit(to_message(message_id, response));
  co_await run_tools(std::move(response.tool_calls));
  if (has_hooks() && may_go_on()) co_await attend(hooks_after_turn());
  end_turn(stopping() ? FinishReason::cancelled : FinishReason::tool_calls);
  co_return std::nullopt;
}

void Run::open_turn() {
  ++rounds_;
  turn_open_ = true;
  turn_.number = rounds_;
  turn_.started = Clock::now();
  turn_.usage = Usage{};
  turn_.publisher = answering_.turn(static_cast<std::int32_t>(rounds_)).span(Publisher::new_span());
  turn_.publisher.publish(TurnStarted{.turn = rounds_, .max_turns = core_.options().max_rounds});
}

void Run::begin_turn() {
  open_turn();
  const auto& messages = core_.conversation().messages();
  turn_.publisher.publish(
      ContextBuilt{.message_count = static_cast<std::int64_t>(messages.size()),
                   .estimated_tokens = estimate_tokens(messages, core_.options().system_prompt),
                   .tools_count = static_cast<std::int64_t>(specs_.size())});
  turn_.publisher.publish(
      StatusUpdate{.status = AgentStatus::thinking, .detail = "Waiting for LLM response"});
}

void Run::end_turn(FinishReason reason) {
  turn_open_ = false;
  turn_.publisher.publish(TurnEnded{.turn = turn_.number,
                                    .stop_reason = reason,
                                    .usage = turn_.usage,
                                    .duration_ms = milliseconds_since(turn_.started)});
}

/// Ends the turn with an answer. No value: the user has said more meanwhile, so that the run goes
/// on.
asio::awaitable<std::optional<Run::Ending>> Run::answer(std::string message_id,
                                                        ModelResponse response,
                                                        std::int64_t attempt) {
  if (has_guardrails()) {
    Guarded guarded;
    const bool said_something = !response.content.empty();
    co_await guard_text(GuardrailTarget::output, message_id, response.content, guarded);
    if (said_something && (guarded.rewritten || guarded.blocked)) {
      turn_.publisher.publish(MessageDiscarded{.message_id = message_id,
                                               .attempt = attempt,
                                               .reason = guarded.blocked.value_or("rewritten")});
    }
    if (guarded.blocked) decide(Ending(Outcome::failed, *guarded.blocked, ErrorCode::E_UNSAFE));
    if (!may_go_on()) {
      end_turn(stopping() ? FinishReason::cancelled : FinishReason::error);
      co_return why_not_on();
    }
  }
  if (const auto& schema = core_.response_schema();
      schema && response.finish_reason == FinishReason::stop) {
    const auto value = structured_answer(response.content, *schema);
    if (!value) {
      commit(to_message(message_id, response));
      end_turn(FinishReason::error);
      co_return Ending(Outcome::failed,
                       "the answer does not follow its schema: " + value.error().to_string(),
                       ErrorCode::invalid_response);
    }
  }
  commit(to_message(message_id, response));
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
  if (has_hooks()) co_await attend(hooks_after_turn());
  end_turn(response.finish_reason);
  // An answer that has been given counts, whatever was decided after it.
  if (!inputs_.empty() && may_go_on() && stop_ == Stop::no) co_return std::nullopt;
  answering_.publish(StatusUpdate{.status = AgentStatus::idle, .detail = "Completed"});
  answering_.publish(UsageUpdate{.usage = usage_, .cost = cost_});
  Ending ending;
  ending.text = response.content;
  ending.finish = response.finish_reason;
  co_return ending;
}

Run::Ending Run::budget_spent(const BudgetSpent& spent) {
  answering_.publish(
      BudgetExceeded{.budget = spent.kind, .limit = spent.limit, .used = spent.used});
  return Ending(Outcome::failed, spent.text, ErrorCode::budget);
}

Run::Ending Run::stopped() {
  if (stop_ != Stop::timeout) return Ending(Outcome::cancelled, stop_reason_, ErrorCode::cancelled);
  if (std::exchange(timeout_told_, true))
    return Ending(Outcome::failed, stop_reason_, ErrorCode::budget);
  return budget_spent({.kind = BudgetKind::wall_time,
                       .limit = seconds(core_.options().timeout),
                       .used = static_cast<double>(milliseconds_since(started_)) / 1000.0,
                       .text = stop_reason_});
}

void Run::decide(Ending ending) {
  if (!decided_) decided_ = std::move(ending);
  notify();
}

void Run::add_input(std::string text) { inputs_.push_back(std::move(text)); }

void Run::note_below(const std::string& agent, const RunResult& run) {
  below_.push_back(
      {.agent = agent, .run_id = run.run_id, .outcome = run.outcome, .usage = run.usage});
  below_.insert(below_.end(), run.below.begin(), run.below.end());
}

namespace {

/// What becomes of a task when the run that has started it comes to its end in this way.
WhenRunEnds fate_of_task(WhenRunEnds wanted, Outcome outcome, bool stopped) {
  if (stopped || outcome == Outcome::cancelled) return WhenRunEnds::cancel;
  if (wanted == WhenRunEnds::wait && outcome == Outcome::failed) return WhenRunEnds::cancel;
  return wanted;
}

}  // namespace

/// The tasks that the run has started end before it does, or go on without it.
asio::awaitable<void> Run::end_tasks(const Ending& ending) {
  // Next to an answer that counts, whatever has stopped the run is about its tasks only.
  const Stop before = ending.outcome == Outcome::completed ? Stop::no : stop_;
  for (;;) {
    const bool stopped = stop_ != before;
    std::string reason = stopped ? stop_reason_ : ending.text;
    if (!stopped && ending.outcome == Outcome::completed)
      reason = "the run that has started it has ended";
    if (!stopped && ending.outcome == Outcome::failed)
      reason = "the run that has started it has failed";
    for (const auto& task : core_.tasks().held_by(publisher_.context().run_id)) {
      switch (fate_of_task(task->when_run_ends(), ending.outcome, stopped)) {
        case WhenRunEnds::wait: break;
        case WhenRunEnds::cancel: task->cancel(reason); break;
        case WhenRunEnds::detach: task->detach(); break;
      }
    }
    if (core_.tasks().held_by(publisher_.context().run_id).empty()) co_return;
    co_await changed();
  }
}

/// Where several agents have worked, who did what.
void Run::publish_summary(const RunResult& result) {
  if (result.below.empty()) return;
  ExecutionSummary summary;
  summary.agents.push_back({.agent = core_.options().name,
                            .run_id = result.run_id,
                            .outcome = result.outcome,
                            .usage = result.usage});
  summary.agents.insert(summary.agents.end(), result.below.begin(), result.below.end());
  summary.duration_ms = result.duration_ms;
  answering_.publish(std::move(summary));
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
  result.first_seq = first_seq_;
  result.messages = core_.conversation().last(committed_);
  result.below = std::move(below_);
  publish_summary(result);
  const auto fill = [&](auto terminal) {
    terminal.iterations = result.rounds;
    terminal.usage = result.usage;
    terminal.cost = result.cost;
    terminal.llm_calls = result.llm_calls;
    terminal.tool_calls = result.tool_calls;
    terminal.duration_ms = result.duration_ms;
    if (const auto published = answering_.publish(std::move(terminal)))
      result.last_seq = *published;
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
  if (!stopping()) return notify();
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

asio::awaitable<void> Run::attend(asio::awaitable<void> body) {
  const auto child = spawn(guarded_body(std::move(body)), Cancellable::yes);
  while (!child->done) co_await changed();
}

asio::awaitable<void> Run::guarded_body(asio::awaitable<void> body) {
  try {
    co_await std::move(body);
  } catch (const system_error& error) {
    if (stopping() && error.code() == asio::error::operation_aborted) co_return;
    decide(Ending(Outcome::failed, error.what(), ErrorCode::interrupted));
  } catch (const std::exception& error) {
    decide(Ending(Outcome::failed, error.what(), ErrorCode::interrupted));
  } catch (...) {
    decide(Ending(Outcome::failed, "a hook threw something that is no std::exception",
                  ErrorCode::interrupted));
  }
}

asio::awaitable<void> Run::end_child(std::shared_ptr<Child> child) {
  if (!child->done) child->signal.emit(asio::cancellation_type::terminal);
  while (!child->done) co_await changed();
}

void Run::commit(Message message) {
  core_.conversation().append(message);
  ++committed_;
  current_publisher().publish(MessageCommitted{.message = std::move(message)});
}

}  // namespace strandbus::detail

#include "agent_core.hpp"
#include "run.hpp"
#include "strandbus/event/json_codec.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace strandbus::detail {
namespace {

std::int64_t milliseconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               start)
      .count();
}

ToolCallCompleted completed_event(const ToolCall& call, ToolResult&& result) {
  ToolCallCompleted completed;
  completed.tool_name = call.tool_name;
  completed.call_id = call.call_id;
  completed.success = result.success;
  completed.output = std::move(result.output);
  completed.error = std::move(result.error);
  completed.error_code = result.error_code;
  completed.files_changed = std::move(result.files_changed);
  completed.diffs = std::move(result.diffs);
  completed.data = std::move(result.data);
  return completed;
}

/// Why the call may not run, if it would change a file that was not read.
std::optional<std::string> unread_file(const ReadyCall& call, const ReadRecord& reads,
                                       const std::filesystem::path& workspace) {
  if (!call.tool->definition().requires_read_first) return std::nullopt;
  const json::value* argument = call.arguments.if_contains("path");
  if (!argument || !argument->is_string()) return std::nullopt;
  const std::filesystem::path path(std::string_view(argument->get_string()));
  const bool relative = !path.is_absolute();
  const auto name =
      relative ? path : path.lexically_normal().lexically_relative(workspace.lexically_normal());
  // The workspace may have been named through a link, and the file with the real path.
  if (reads.knows(name.native()) || reads.knows(path.native())) return std::nullopt;
  std::string reason = "read the file first, then repeat the call: ";
  append_json_string(reason, argument->get_string());
  return reason + " was not read in this conversation";
}

/// At most 400 bytes, and no half character.
std::string beginning_of(const std::string& text) {
  std::size_t size = std::min<std::size_t>(text.size(), 400);
  while (size < text.size() && size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80)
    --size;
  return text.substr(0, size);
}

/// What the newest call that goes round in this loop was answered, shortened.
std::string previous_result(std::span<const Message> messages, const DoomLoopDetected& loop) {
  for (std::size_t i = messages.size(); i-- > 0;) {
    for (const ToolCall& call : messages[i].tool_calls) {
      if (call.tool_name != loop.tool_name || call.arguments != loop.arguments) continue;
      for (std::size_t k = i + 1; k < messages.size() && messages[k].role == Role::tool; ++k) {
        if (messages[k].tool_call_id == call.call_id) return beginning_of(messages[k].content);
      }
    }
  }
  return {};
}

/// For the model, below the answer that it gets once more.
std::string loop_hint(const DoomLoopDetected& loop) {
  return "\n\n[" + loop.description +
         ". Doing the same again will not help: do something else, or answer with what you have.]";
}

}  // namespace

/// Runs the calls of one turn and commits their answers in the order of the calls.
asio::awaitable<void> Run::run_tools(std::vector<ToolCall> calls) {
  const auto loop = loop_among(calls);
  std::deque<ToolSlot> slots;
  for (ToolCall& call : calls) slots.emplace_back(std::move(call));
  if (loop && loop->action == LoopAction::refuse) {
    for (ToolSlot& slot : slots) deny(slot, ErrorCode::doom_loop, loop->description);
  } else if (may_go_on()) {
    co_await run_calls(slots);
  }
  if (loop && loop->action == LoopAction::warn && !slots.back().answer.empty())
    slots.back().answer += loop_hint(*loop);
  for (ToolSlot& slot : slots) {
    Message message;
    message.id = make_message_id();
    message.role = Role::tool;
    message.content =
        slot.answer.empty() ? "The call did not run: " + why_ended() : std::move(slot.answer);
    message.tool_call_id = slot.call.call_id;
    commit(std::move(message));
  }
}

/// Judges the calls of a turn before any of them runs.
std::optional<DoomLoopDetected> Run::loop_among(std::span<const ToolCall> calls) {
  auto loop = loops_.observe(calls);
  if (!loop) return loop;
  loop->previous_result = previous_result(core_.conversation().messages(), *loop);
  turn_.publisher.publish(*loop);
  if (loop->action == LoopAction::stop)
    decide(Ending(Outcome::failed, loop->description, ErrorCode::doom_loop));
  return loop;
}

asio::awaitable<void> Run::run_calls(std::deque<ToolSlot>& slots) {
  if (slots.size() > 1) {
    co_await run_together(slots);
  } else if (!slots.empty()) {
    co_await run_alone(slots.front());
  }
}

/// Needs no coroutine beside the run's own. The call gets its answer whatever happens.
asio::awaitable<void> Run::run_alone(ToolSlot& slot) {
  try {
    co_await run_tool(slot);
  } catch (const std::exception& failure) {
    if (slot.answer.empty()) slot.answer = "The call did not run: " + std::string(failure.what());
  } catch (...) {
    if (slot.answer.empty()) slot.answer = "The call did not run";
  }
}

/// Runs several calls, as many at a time as may.
asio::awaitable<void> Run::run_together(std::deque<ToolSlot>& slots) {
  std::vector<std::shared_ptr<Child>> running;
  std::size_t next = 0;
  for (;;) {
    std::erase_if(running, [](const auto& child) { return child->done; });
    while (may_go_on() && next < slots.size() &&
           running.size() < core_.options().max_parallel_tools) {
      running.push_back(spawn(run_tool(slots[next++]), Cancellable::no));
    }
    if (running.empty()) break;
    co_await changed();
  }
}

/// In this order: hooks, checks of the call, guardrails, rules and approval, budget, the tool.
asio::awaitable<void> Run::run_tool(ToolSlot& slot) {
  if (has_hooks()) co_await attend(hooks_before_tool(slot.call));
  ReadyCall ready;
  if (!may_go_on() || !prepare(slot, ready)) co_return;
  Guarded guarded;
  if (has_guardrails()) {
    co_await guard_call(slot.call, guarded);
    if (!may_go_on()) co_return;
    if (guarded.blocked) co_return deny(slot, ErrorCode::E_UNSAFE, *guarded.blocked);
    if (guarded.rewritten && !prepare(slot, ready)) co_return;
  }
  const bool may_run = co_await approved(slot, ready, std::move(guarded.approval));
  if (!may_run) co_return;
  if (const auto spent = budget_->spent_on_tools()) co_return decide(budget_spent(*spent));
  co_await execute_tool(slot, std::move(ready));
}

/// Checks a call; if it may not run, its end was published.
bool Run::prepare(ToolSlot& slot, ReadyCall& ready) {
  auto prepared = prepare_call(core_.tools(), slot.call.tool_name, slot.call.arguments);
  if (!prepared) {
    deny(slot, prepared.error().code, prepared.error().reason);
    return false;
  }
  // What somebody is asked about again was read by the run before.
  const bool was_read = taken_up_.contains(slot.call.call_id);
  if (const auto why = was_read
                           ? std::nullopt
                           : unread_file(*prepared, *core_.reads(), core_.options().workspace)) {
    deny(slot, ErrorCode::E_VALIDATION, *why);
    return false;
  }
  ready = std::move(*prepared);
  return true;
}

void Run::deny(ToolSlot& slot, ErrorCode code, const std::string& reason) {
  turn_.publisher.span(Publisher::new_span())
      .publish(ToolCallDenied{.tool_name = slot.call.tool_name,
                              .call_id = slot.call.call_id,
                              .error_code = code,
                              .reason = reason});
  slot.answer = std::string(to_string(code)) + ": " + reason;
}

asio::awaitable<void> Run::execute_tool(ToolSlot& slot, ReadyCall ready) {
  const Publisher publisher = turn_.publisher.span(Publisher::new_span());
  const auto started = Clock::now();
  ++tool_calls_;
  budget_->add_tool_call();
  publisher.publish(ToolCallStarted{.tool_name = slot.call.tool_name,
                                    .call_id = slot.call.call_id,
                                    .arguments = slot.call.arguments});
  ToolContext context = make_context(publisher, slot.call);
  const bool limited = !ready.tool->definition().no_time_limit;
  const auto timeout = limited ? core_.options().tool_timeout : std::chrono::milliseconds(0);
  ToolCallState state;
  const auto child = spawn(
      invoke(std::move(ready.tool), std::move(ready.arguments), context, state), Cancellable::yes);
  asio::steady_timer limit(core_.strand());
  if (timeout.count() > 0) {
    limit.expires_after(timeout);
    limit.async_wait([child, &state](error_code ec) {
      if (ec || child->done) return;
      state.timed_out = true;
      child->signal.emit(asio::cancellation_type::terminal);
    });
  }
  while (!child->done) co_await changed();
  limit.cancel();
  if (!context.close()) co_await close_context(context);
  if (state.cancelled && state.timed_out) {
    state.result =
        ToolResult::failure(ErrorCode::E_TIMEOUT,
                            "the call took longer than " + std::to_string(timeout.count()) + " ms");
  } else if (state.cancelled) {
    const std::string reason = stopping() ? stop_reason_ : "the tool gave up";
    publisher.publish(ToolCallCancelled{.tool_name = slot.call.tool_name,
                                        .call_id = slot.call.call_id,
                                        .reason = reason,
                                        .duration_ms = milliseconds_since(started)});
    slot.answer = "The call was cancelled: " + reason;
    co_return;
  }
  if (has_guardrails()) co_await guard_result(slot.call, state.result);
  if (has_hooks() && may_go_on()) co_await attend(hooks_after_tool(slot.call, state.result));
  publish_tool_end(publisher, slot, std::move(state.result), started);
}

asio::awaitable<void> Run::invoke(std::shared_ptr<Tool> tool, json::object arguments,
                                  ToolContext& context, ToolCallState& state) {
  try {
    state.result = co_await tool->async_run(std::move(arguments), context);
  } catch (const system_error& error) {
    state.cancelled = error.code() == asio::error::operation_aborted;
    state.result = ToolResult::failure(error.what());
  } catch (const std::exception& error) {
    state.result = ToolResult::failure(error.what());
  } catch (...) {
    state.result = ToolResult::failure("the tool threw something that is no std::exception");
  }
}

/// Nothing that a tool publishes may follow the end of its call.
asio::awaitable<void> Run::close_context(const ToolContext& context) {
  const auto idle = std::make_shared<bool>(false);
  auto on_idle = [weak = weak_from_this(), strand = core_.strand(), idle] {
    asio::post(strand, [weak, idle] {
      *idle = true;
      if (const auto self = weak.lock()) self->notify();
    });
  };
  if (context.close(std::move(on_idle))) co_return;
  while (!*idle) co_await changed();
}

void Run::publish_tool_end(const Publisher& publisher, ToolSlot& slot, ToolResult result,
                           Clock::time_point started) {
  slot.answer = result.model_text();
  if (slot.answer.empty())
    slot.answer = result.success ? "(no output)" : "the tool failed without saying why";
  ToolCallCompleted completed = completed_event(slot.call, std::move(result));
  completed.duration_ms = milliseconds_since(started);
  publisher.publish(std::move(completed));
}

ToolContext Run::make_context(const Publisher& publisher, const ToolCall& call) const {
  ToolContext context(publisher, call.call_id, call.tool_name);
  context.workspace = core_.options().workspace;
  context.reads = core_.reads();
  context.logger = core_.options().logger;
  context.model_id = publisher.context().model_id;
  context.config = core_.options().tool_config;
  context.user_data = core_.options().user_data;
  context.agent = core_.weak_from_this();
  return context;
}

}  // namespace strandbus::detail

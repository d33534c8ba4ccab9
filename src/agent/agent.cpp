#include "strandbus/agent/agent.hpp"

#include "agent_core.hpp"
#include "run.hpp"
#include "run_outcome.hpp"
#include "unanswered_calls.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace strandbus {
namespace detail {

namespace {

void start_run_with(const std::shared_ptr<AgentCore>& agent, RunInput input, RunHandler handler) {
  AgentCore::Pending pending(std::move(handler), agent->strand(), KeepsRunning::yes);
  if (!agent->reserve()) return std::move(pending).post(make_error_code(Errc::busy), RunResult());
  agent->start(make_unique_id("run"), std::move(input), std::move(pending));
}

template <class Token>
auto async_run(const std::shared_ptr<AgentCore>& agent, RunInput input, Token&& token) {
  return asio::async_initiate<Token, void(error_code, RunResult)>(
      [](auto handler, const std::shared_ptr<AgentCore>& core, RunInput begun) {
        start_run_with(core, std::move(begun), RunHandler(std::move(handler)));
      },
      token, agent, std::move(input));
}

asio::awaitable<RunResult> process(std::shared_ptr<AgentCore> agent, RunInput input,
                                   const char* who) {
  auto ended = co_await async_run(agent, std::move(input), asio::as_tuple(asio::use_awaitable));
  auto& [ec, result] = ended;
  if (ec) throw system_error(ec, who);
  co_return std::move(result);
}

RunInput message_of(std::string text) {
  RunInput input;
  input.text = std::move(text);
  return input;
}

}  // namespace

void start_run(const std::shared_ptr<AgentCore>& agent, std::string text, RunHandler handler) {
  start_run_with(agent, message_of(std::move(text)), std::move(handler));
}

}  // namespace detail

Agent::Agent(asio::any_io_executor executor, std::shared_ptr<Provider> provider, ToolRegistry tools,
             Publisher publisher, AgentOptions options)
    : core_(std::make_shared<detail::AgentCore>(std::move(executor), std::move(provider),
                                                std::move(tools), std::move(publisher),
                                                std::move(options))) {}

Agent::~Agent() { core_->cancel("the agent was destroyed", CancelWhen::now); }

asio::awaitable<RunResult> Agent::process_message(std::string text) {
  return detail::process(core_, detail::message_of(std::move(text)), "Agent::process_message");
}

asio::awaitable<RunResult> Agent::resume(std::vector<ApprovalRequested> pending) {
  detail::RunInput input;
  input.pending = std::move(pending);
  return detail::process(core_, std::move(input), "Agent::resume");
}

RunStream Agent::stream(std::string text) {
  if (!core_->reserve()) throw system_error(make_error_code(Errc::busy), "Agent::stream");
  const std::string run_id = make_unique_id("run");
  StreamOptions options;
  options.overflow = Overflow::block;
  options.filter.run(run_id);
  options.name = "run stream";
  EventStream events = core_->publisher().stream(core_->strand(), std::move(options));
  auto outcome = std::make_shared<detail::RunOutcome>(core_->strand());
  auto handler = [outcome](error_code ec, RunResult result) {
    outcome->set(ec, std::move(result));
  };
  core_->start(run_id, detail::message_of(std::move(text)),
               detail::AgentCore::Pending(detail::RunHandler(std::move(handler)), core_->strand(),
                                          detail::KeepsRunning::yes));
  return RunStream(std::move(events), std::move(outcome));
}

RunControl Agent::control() const noexcept { return RunControl(core_); }

std::vector<Message> Agent::messages() const { return core_->conversation().copy(); }

void Agent::restore(std::vector<Message> messages) {
  core_->conversation().replace(detail::with_all_answers(std::move(messages)));
}

void Agent::use_tools(ToolRegistry tools) {
  if (!core_->reserve()) throw system_error(make_error_code(Errc::busy), "Agent::use_tools");
  core_->use_tools(std::move(tools));
  core_->free();
}

void Agent::continue_trace(std::string traceparent) {
  if (!core_->reserve()) throw system_error(make_error_code(Errc::busy), "Agent::continue_trace");
  core_->continue_trace(std::move(traceparent));
  core_->free();
}

asio::awaitable<std::optional<Delivery>> RunStream::next() {
  if (ended_) co_return std::nullopt;
  auto delivery = co_await events_.next();
  ended_ = !delivery || delivery->event().is_terminal();
  co_return delivery;
}

asio::awaitable<RunResult> RunStream::result() {
  while (!ended_) co_await next();
  const auto outcome = outcome_;
  auto ended = co_await outcome->async_get(asio::as_tuple(asio::use_awaitable));
  auto& [ec, result] = ended;
  if (ec) throw system_error(ec, "RunStream::result");
  co_return std::move(result);
}

}  // namespace strandbus

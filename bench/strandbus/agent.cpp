// What the agent costs beside its model: a run of many steps, and a run with a long answer.

#include "strandbus/agent/agent.hpp"

#include "measure/machine.hpp"
#include "measure/measurement.hpp"
#include "strandbus/bus/event_bus.hpp"
#include "strandbus/llm/scripted_provider.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace strandbus::bench {
namespace {

struct AddArgs {
  std::int64_t a{};
  std::int64_t b{};
};
BOOST_DESCRIBE_STRUCT(AddArgs, (), (a, b))

asio::awaitable<ToolResult> add(AddArgs args) {
  co_return ToolResult::ok(std::to_string(args.a + args.b));
}

ToolRegistry tools() {
  ToolRegistry registry;
  registry.add<AddArgs>("add", "Adds two numbers", add);
  return registry;
}

AgentOptions options(std::int64_t max_rounds) {
  AgentOptions options;
  options.name = "coder";
  options.system_prompt = "You are a careful engineer. Use the tools for every calculation.";
  options.max_rounds = max_rounds;
  return options;
}

std::vector<std::string> words(std::size_t count) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < count; ++i) words.push_back(std::string(" function", 3 + i % 7));
  return words;
}

/// `steps` turns with one tool call each, then an answer of `tokens` pieces.
Script script(std::size_t steps, std::size_t tokens) {
  Script script;
  script.model = "scripted-1";
  ScriptedResponse answer;
  answer.match = ResponseMatch{.turn = static_cast<std::int64_t>(steps + 1)};
  answer.text = words(tokens);
  answer.usage = {.prompt = 400, .completion = 20, .total = 420};
  script.responses.push_back(std::move(answer));
  ScriptedResponse call;
  call.repeat = true;
  call.tool_calls.push_back({.tool_name = "add",
                             .arguments = json::object{{"a", 40}, {"b", 2}},
                             .fragments = {R"({"a":40,)", R"("b":2})"}});
  call.finish_reason = FinishReason::tool_calls;
  call.usage = {.prompt = 300, .completion = 15, .total = 315};
  script.responses.push_back(std::move(call));
  return script;
}

/// What one run shows its reader.
struct Seen {
  std::size_t tokens = 0;
  std::size_t calls = 0;
  std::size_t ends = 0;
};

asio::awaitable<void> read(EventStream stream, Seen& seen) {
  while (auto delivery = co_await stream.next()) {
    const StreamEvent& event = delivery->event();
    if (event.is<TokenDelta>()) ++seen.tokens;
    if (const auto* call = event.get_if<ToolCallCompleted>()) seen.calls += call->output == "42";
    if (event.is<RunCompleted>()) ++seen.ends;
    if (event.is_terminal()) break;
  }
}

asio::awaitable<void> process(Agent& agent) { co_await agent.process_message("Calculate."); }

void rethrow(const std::exception_ptr& failure) {
  if (failure) std::rethrow_exception(failure);
}

class NoSink final : public DeltaSink {};

/// The requests that the agent sent: each saw one call and its result more.
asio::awaitable<void> ask(Provider& provider, const std::vector<Message>& messages,
                          const std::vector<ToolSpec>& specs, std::size_t steps) {
  NoSink sink;
  ModelRequest request;
  request.model = provider.model();
  request.tools = specs;
  request.session_id = "session";
  for (std::size_t step = 0; step <= steps; ++step) {
    request.messages = std::span(messages).first(1 + 2 * step);
    request.iteration = static_cast<std::int64_t>(step + 1);
    const ModelResponse response = co_await provider.async_complete(request, sink);
    keep(response.usage.total);
  }
}

std::int64_t run(asio::io_context& io) {
  const std::int64_t begin = now_ns();
  io.run();
  return now_ns() - begin;
}

/// Runs of one kind.
class Runs {
 public:
  Runs(std::size_t steps, std::size_t tokens) : steps_(steps), tokens_(tokens) {}

  /// Nanoseconds of one run, with a bus and a reader.
  std::int64_t with_agent() {
    asio::io_context io(1);
    EventBus bus(io.get_executor());
    Agent agent(io.get_executor(), provider(), tools_,
                bus.publisher(RunContext{.session_id = "session"}), options(rounds()));
    Seen seen;
    asio::co_spawn(io, read(bus.stream(), seen), rethrow);
    asio::co_spawn(io, process(agent), rethrow);
    const std::int64_t nanoseconds = run(io);
    if (seen.tokens != tokens_ || seen.calls != steps_ || seen.ends != 1) {
      throw std::runtime_error("the reader saw " + std::to_string(seen.tokens) + " tokens, " +
                               std::to_string(seen.calls) + " calls and " +
                               std::to_string(seen.ends) + " ends");
    }
    messages_ = agent.messages();
    return nanoseconds;
  }

  /// Nanoseconds of the same requests without agent and bus. After with_agent.
  std::int64_t without_agent() {
    asio::io_context io(1);
    const auto alone = provider();
    if (messages_.size() != 2 + 2 * steps_) throw std::runtime_error("another conversation");
    asio::co_spawn(io, ask(*alone, messages_, specs_, steps_), rethrow);
    return run(io);
  }

 private:
  std::int64_t rounds() const { return static_cast<std::int64_t>(steps_ + 1); }
  std::shared_ptr<Provider> provider() const {
    return std::make_shared<ScriptedProvider>(
        script_, ScriptedOptions{.delays = ScriptedOptions::Delays::none});
  }

  const std::size_t steps_;
  const std::size_t tokens_;
  const Script script_ = script(steps_, tokens_);
  const ToolRegistry tools_ = tools();
  const std::vector<ToolSpec> specs_ = tools_.specs();
  std::vector<Message> messages_;
};

/// What the agent adds to a run, in nanoseconds: the median of `count` runs of both kinds, which
/// take turns.
double overhead(Runs runs, std::size_t count) {
  std::vector<std::int64_t> added;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t whole = runs.with_agent();
    added.push_back(whole - runs.without_agent());
  }
  const auto median = added.begin() + static_cast<std::ptrdiff_t>(count / 2);
  std::nth_element(added.begin(), median, added.end());
  return double(*median);
}

std::vector<Figure> measure() {
  constexpr std::size_t steps = 50;
  constexpr std::size_t tokens = 1000;
  return {{"nanoseconds_per_step", overhead(Runs(steps, 1), 500) / double(steps)},
          {"nanoseconds_per_token", overhead(Runs(0, tokens), 500) / double(tokens)}};
}

const Measurement measurements[] = {{"P13", "strandbus", measure}};

}  // namespace
}  // namespace strandbus::bench

int main(int argc, char** argv) {
  return strandbus::bench::run_measurements(argc, argv, strandbus::bench::measurements);
}

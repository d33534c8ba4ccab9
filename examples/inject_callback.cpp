// No bus at all: the agent publishes to a plain function, as a test or a small program wants it.
#include <strandbus/agent/agent.hpp>
#include <strandbus/llm/scripted_provider.hpp>
#include <strandbus/tools/calculator.hpp>

#include <boost/asio/io_context.hpp>

#include <iostream>

using namespace strandbus;

int main() {
  asio::io_context io;
  int events = 0;
  std::string streamed;
  Publisher on_event({.session_id = "demo"}, [&](const StreamEvent& event) {
    ++events;
    if (const auto* token = event.get_if<TokenDelta>()) streamed += token->text;
    if (event.is_terminal()) std::cout << event.wire_type() << " is event " << event.seq() << "\n";
  });

  ToolRegistry tools;
  tools.add(make_calculator());
  ScriptedOptions options{.delays = ScriptedOptions::Delays::none};
  Agent agent(io.get_executor(), std::make_shared<ScriptedProvider>(default_script(), options),
              tools, on_event);
  agent.async_process_message("Calculate 2+2", [&](error_code ec, RunResult result) {
    std::cout << (ec ? ec.message() : result.output) << "\n";
  });
  io.run();
  std::cout << events << " events; streamed: " << streamed << "\n";
}

#include <strandbus/agent/agent.hpp>
#include <strandbus/bus/event_bus.hpp>
#include <strandbus/llm/scripted_provider.hpp>
#include <strandbus/store/jsonl_store.hpp>
#include <strandbus/store/session_reader.hpp>
#include <strandbus/tools/calculator.hpp>

#include <boost/asio/io_context.hpp>

#include <filesystem>
#include <iostream>
#include <memory>

namespace {

const char* const file = "consumer.jsonl";

// Runs the scripted agent once and records what it published.
bool run_agent() {
  boost::asio::io_context io;
  strandbus::EventBus bus{io.get_executor()};
  auto store = strandbus::JsonlStore::create(file, {.session_id = "consumer"}).value();
  store.record(bus);

  strandbus::ToolRegistry tools;
  tools.add(strandbus::make_calculator());
  strandbus::Agent agent{io.get_executor(),
                         std::make_shared<strandbus::ScriptedProvider>(strandbus::default_script()),
                         tools, bus.publisher({.session_id = "consumer"})};

  strandbus::RunResult result;
  agent.async_process_message("Calculate 2+2",
                              [&](strandbus::error_code, strandbus::RunResult r) { result = r; });
  io.run();
  std::cout << result.output << '\n';
  return result.completed();
}

}  // namespace

// Every installed component at work in one program.
int main() {
  std::filesystem::remove(file);
  if (!run_agent()) return 1;
  const auto session = strandbus::load_session(file).value();
  std::cout << session.events.size() << " events recorded\n";
  return !session.events.empty() && session.events.back().is_terminal() ? 0 : 1;
}

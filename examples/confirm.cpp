// The application decides which commands may run, and watches what happens to its files. The
// model's words come from a script; the shell, the files and the loop are real.
#include <strandbus/agent/agent.hpp>
#include <strandbus/bus/event_bus.hpp>
#include <strandbus/llm/scripted_provider.hpp>
#include <strandbus/tools/bash.hpp>
#include <strandbus/tools/file_tools.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <filesystem>
#include <iostream>

using namespace strandbus;

constexpr std::string_view script = R"({
  "model": "demo",
  "responses": [
    {"match": {"turn": 1}, "tool_calls": [
      {"name": "write_file", "arguments": {"path": "notes/plan.txt", "content": "water the plants\n"}},
      {"name": "bash", "arguments": {"command": "rm -rf /"}}]},
    {"match": {"turn": 2}, "tool_calls": [
      {"name": "bash", "arguments": {"command": "cat notes/plan.txt"}}]},
    {"match": {"tool_result": {"name": "bash"}}, "text": "The plan is written."}
  ]
})";

// A real program asks a person here, and may take its time: the question can be withdrawn.
asio::awaitable<Confirmation> only_harmless(const ApprovalRequested& request) {
  const std::string command(request.arguments.at("command").as_string());
  if (command.starts_with("cat ")) co_return Confirmation::approve("policy");
  co_return Confirmation::deny("only cat may run here", "policy");
}

int main() {
  const auto folder = std::filesystem::temp_directory_path() / make_unique_id("strandbus");
  std::filesystem::create_directory(folder);
  asio::io_context io;
  EventBus bus{io.get_executor()};
  auto printer = bus.subscribe([](const StreamEvent& event) {
    if (const auto* file = event.get_if<FileCreated>())
      std::cout << "created " << file->path << ", " << file->line_count << " line\n";
    if (const auto* denied = event.get_if<ToolCallDenied>())
      std::cout << "denied " << denied->tool_name << ": " << denied->reason << "\n";
    if (const auto* ran = event.get_if<BashExecuted>())
      std::cout << "$ " << ran->command << "\n" << ran->stdout_;
  });

  ToolRegistry tools;
  add_file_tools(tools, std::make_shared<Workspace>(folder));
  tools.add(make_bash());
  auto provider = std::make_shared<ScriptedProvider>(parse_script(script, "demo script").value());
  Agent agent(io.get_executor(), provider, tools, bus.publisher({.session_id = "demo"}),
              {.max_parallel_tools = 1, .confirm = only_harmless, .workspace = folder});
  auto result = agent.async_process_message("Write my plan", asio::use_future);
  io.run();
  std::cout << result.get().output << "\n";
  std::filesystem::remove_all(folder);
}

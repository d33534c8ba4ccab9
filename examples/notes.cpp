// A model that plans its work and keeps a note for the next conversation. Its words come from a
// script, everything else is real; the notes are files in a directory.
#include <strandbus/agent/agent.hpp>
#include <strandbus/agent/file_memory.hpp>
#include <strandbus/bus/event_bus.hpp>
#include <strandbus/llm/scripted_provider.hpp>
#include <strandbus/tools/memory_tools.hpp>
#include <strandbus/tools/plan.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <cstdlib>
#include <filesystem>
#include <iostream>

using namespace strandbus;

constexpr std::string_view first_talk = R"({
  "model": "demo",
  "responses": [
    {"match": {"turn": 1}, "tool_calls": [{"name": "plan", "arguments": {"items": [
      {"title": "Note the colour", "status": "in_progress"},
      {"title": "Say so", "status": "pending"}]}}]},
    {"match": {"tool_result": {"name": "plan"}}, "tool_calls": [{"name": "memory_write",
      "arguments": {"key": "colour", "text": "The user likes blue."}}]},
    {"match": {"tool_result": {"name": "memory_write"}}, "text": "I shall remember it."}
  ]
})";

constexpr std::string_view second_talk = R"({
  "model": "demo",
  "responses": [
    {"match": {"turn": 1}, "tool_calls": [{"name": "memory_read", "arguments": {"key": "colour"}}]},
    {"match": {"tool_result": {"name": "memory_read", "contains": "blue"}}, "text": "You like blue."}
  ]
})";

void print(const StreamEvent& event) {
  if (const auto* plan = event.get_if<PlanUpdated>()) {
    for (const PlanItem& item : plan->items)
      std::cout << "  plan: " << item.title << " (" << item.status << ")\n";
  }
  if (const auto* note = event.get_if<MemoryWritten>())
    std::cout << "  noted " << note->key << ", " << note->size << " bytes\n";
}

void talk(std::string_view script, const ToolRegistry& tools, const std::string& prompt) {
  asio::io_context io;
  EventBus bus{io.get_executor()};
  auto printer = bus.subscribe(print);
  auto model = std::make_shared<ScriptedProvider>(parse_script(script, "talk").value());
  Agent agent(io.get_executor(), model, tools, bus.publisher({.session_id = "demo"}));
  auto result = agent.async_process_message(prompt, asio::use_future);
  std::cout << prompt << "\n";
  io.run();
  std::cout << "> " << result.get().output << "\n";
}

int main() {
  std::string directory = (std::filesystem::temp_directory_path() / "notes-XXXXXX").string();
  if (::mkdtemp(directory.data()) == nullptr) return 1;

  ToolRegistry tools;
  tools.add(make_plan());
  add_memory_tools(tools, std::make_shared<FileMemory>(directory));
  talk(first_talk, tools, "I like blue. Remember it.");
  talk(second_talk, tools, "Which colour do I like?");

  std::filesystem::remove_all(directory);
}

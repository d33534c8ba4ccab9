// What an operator wants to know of agents in production: how many runs fail and why, what they use
// and cost, which tools they call. One subscriber counts; the agent knows nothing of it.
#include <strandbus/agent/agent.hpp>
#include <strandbus/bus/event_bus.hpp>
#include <strandbus/llm/scripted_provider.hpp>
#include <strandbus/sink/metrics.hpp>
#include <strandbus/tools/calculator.hpp>

#include <boost/asio/io_context.hpp>

#include <iomanip>
#include <iostream>

using namespace strandbus;

constexpr std::string_view script = R"({
  "model": "demo",
  "price": {"input_per_million_usd": 2, "output_per_million_usd": 8},
  "responses": [
    {"match": {"user": "How much are three at 14?"},
     "tool_calls": [{"name": "calculator", "arguments": {"expr": "3*14"}}],
     "usage": {"prompt": 60, "completion": 12}},
    {"match": {"tool_result": {"name": "calculator"}},
     "text": "They are 42.", "usage": {"prompt": 85, "completion": 6}},
    {"match": {"user": "And in dollars?"},
     "error": {"code": "rate_limit", "message": "too many requests", "http_status": 429}}
  ]
})";

template <class... Cells>
void print_row(std::string_view name, const Cells&... cells) {
  std::cout << std::left << std::setw(12) << name << std::right;
  ((std::cout << std::setw(10) << cells), ...);
  std::cout << "\n";
}

void print(const MetricsSnapshot& metrics) {
  print_row("agent", "runs", "failed", "requests", "tokens", "cost");
  for (const AgentModelMetrics& entry : metrics.models) {
    const auto& cost = entry.runs.cost;
    print_row(entry.agent, entry.runs.started, entry.runs.failed, entry.requests.started,
              entry.requests.usage.total, cost ? "$" + to_string(*cost) : "unknown");
  }
  std::cout << "\n";
  print_row("tool", "calls", "failed", "denied");
  for (const ToolMetrics& entry : metrics.tools)
    print_row(entry.tool, entry.started, entry.failed, entry.denied);
  std::cout << "\n";
  print_row("error", "count");
  for (const ErrorMetrics& entry : metrics.errors) {
    if (entry.type == EventType::run_failed) print_row(wire_name(entry.code), entry.count);
  }
}

int main() {
  asio::io_context io;
  EventBus bus{io.get_executor()};
  Metrics metrics;
  auto counting = bus.subscribe([&](const Delivery& delivery) { metrics.on_event(delivery); });

  ToolRegistry tools;
  tools.add(make_calculator());
  auto provider =
      std::make_shared<ScriptedProvider>(parse_script(script, "metrics script").value());
  Agent agent(io.get_executor(), provider, tools, bus.publisher({.session_id = "demo"}),
              {.name = "shop"});
  for (const char* question : {"How much are three at 14?", "And in dollars?"}) {
    agent.async_process_message(question, [](error_code, const RunResult&) {});
    io.run();
    io.restart();
  }
  print(metrics.snapshot());  // a scraper wants to_prometheus(metrics.snapshot())
}

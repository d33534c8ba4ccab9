// A tool made of a plain function: the schema that the model gets, and the check of its arguments,
// follow from the struct. The model's words come from a script, everything else is real.
#include <strandbus/agent/agent.hpp>
#include <strandbus/bus/event_bus.hpp>
#include <strandbus/llm/scripted_provider.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/describe.hpp>

#include <iostream>

using namespace strandbus;

struct WeatherArgs {
  std::string city;
  std::optional<bool> celsius;
};
BOOST_DESCRIBE_STRUCT(WeatherArgs, (), (city, celsius))

constexpr std::string_view script = R"({
  "model": "demo",
  "responses": [
    {"match": {"turn": 1}, "tool_calls": [{"name": "weather", "arguments": {"city": "Oslo"}}]},
    {"match": {"tool_result": {"name": "weather"}}, "text": "Take an umbrella."}
  ]
})";

int main() {
  asio::io_context io;
  EventBus bus{io.get_executor()};
  auto printer = bus.subscribe([](const StreamEvent& event) {
    if (const auto* call = event.get_if<ToolCallStarted>())
      std::cout << "calls " << call->tool_name << "\n";
    if (const auto* done = event.get_if<ToolCallCompleted>())
      std::cout << "  -> " << done->output << "\n";
  });

  ToolRegistry tools;
  tools
      .add<WeatherArgs>("weather", "Tells the weather of a city",
                        [](WeatherArgs args) {
                          return "Rain in " + args.city +
                                 (args.celsius.value_or(true) ? ", 7 C" : ", 45 F");
                        })
      .describe("city", "the city's English name");

  auto provider =
      std::make_shared<ScriptedProvider>(parse_script(script, "weather script").value());
  Agent agent(io.get_executor(), provider, tools, bus.publisher({.session_id = "demo"}));
  auto result = agent.async_process_message("What is the weather in Oslo?", asio::use_future);
  io.run();
  std::cout << result.get().output << "\n";
}

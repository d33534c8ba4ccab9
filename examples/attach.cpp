// A browser that joins in the middle of an answer: it gets the state of the session at once, and
// then every event behind it, although the bus keeps hardly anything of the past.
#include <strandbus/bus/session_tracker.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <iostream>

using namespace strandbus;

void draw(const SessionState& state) {
  std::cout << "joined after event " << state.last_seq << "\n";
  for (const RunState& run : state.runs)
    std::cout << "  " << run.agent << " runs, turn " << run.turn << "\n";
  for (const OpenMessage& message : state.open_messages)
    std::cout << "  is writing: " << message.content.text << "\n";
  for (const RunningTool& tool : state.running_tools)
    std::cout << "  is using " << tool.tool_name << ": " << tool.stdout_.text << "\n";
}

asio::awaitable<void> browse(Attachment attachment) {
  auto& [state, stream] = attachment;
  draw(state);
  while (auto delivery = co_await stream.next()) {
    state.apply(*delivery);
    std::cout << "event " << state.last_seq << ": " << (*delivery)->wire_type() << "\n";
    for (const OpenMessage& message : state.open_messages)
      std::cout << "  is writing: " << message.content.text << "\n";
  }
  std::cout << (state.idle() ? "nothing is open\n" : "something is open\n");
}

int main() {
  asio::io_context io;
  EventBus bus{io.get_executor(), {.history = 1}};
  const SessionTracker tracker{bus};
  const Publisher publisher = bus.publisher({.run_id = "run_1", .agent = "coder"});

  publisher.publish(RunStarted{.provider = "none", .model = "none"});
  publisher.publish(TurnStarted{.turn = 1, .max_turns = 5});
  publisher.publish(ToolCallStarted{.tool_name = "bash", .call_id = "c1"});
  publisher.publish(ToolOutput{.call_id = "c1", .tool_name = "bash", .text = "42"});
  publisher.publish(TokenDelta{.text = "All", .message_id = "m1"});
  publisher.publish(TokenDelta{.text = " three", .message_id = "m1"});

  asio::co_spawn(io, browse(tracker.attach({.overflow = Overflow::block})), asio::detached);

  publisher.publish(TokenDelta{.text = " are", .message_id = "m1"});
  publisher.publish(TokenDelta{.text = " 42.", .message_id = "m1"});
  publisher.publish(AssistantMessage{.message_id = "m1", .content = "All three are 42."});
  publisher.publish(RunCompleted{.output = "All three are 42."});
  bus.close();
  io.run();
}

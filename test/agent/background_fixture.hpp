#pragma once

#include "agent_fixture.hpp"
#include "strandbus/agent/background_tasks.hpp"
#include "strandbus/tools/background_tools.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <map>

namespace strandbus::test {

/// The ids of tasks that the tools have told the model, in their order, each once.
inline std::vector<std::string> told_tasks(std::span<const Message> messages) {
  constexpr std::size_t id_size = 5 + 32;
  std::vector<std::string> ids;
  for (const Message& message : messages) {
    if (message.role != Role::tool) continue;
    for (std::size_t at = message.content.find("task_"); at != std::string::npos;
         at = message.content.find("task_", at + 1)) {
      const std::string id = message.content.substr(at, id_size);
      if (std::ranges::find(ids, id) == ids.end()) ids.push_back(id);
    }
  }
  return ids;
}

/// Answers with tool calls that are made of the ids of the tasks so far.
template <class Make>
PlayedProvider::Answer calls_about(Make make) {
  return [make](const ModelRequest& request, DeltaSink&) -> asio::awaitable<ModelResponse> {
    co_return call_response(make(told_tasks(request.messages)));
  };
}

/// A model for tasks: what it is told decides what it does. "hang …" never answers, "fail …" fails,
/// "call …" calls the tool `danger` and then answers, everything else is answered after some steps.
class TaskModel final : public Provider {
 public:
  std::string_view name() const noexcept override { return "tasks"; }
  const std::string& model() const noexcept override { return model_; }

  using Provider::async_complete;
  asio::awaitable<ModelResponse> async_complete(const ModelRequest& request,
                                                DeltaSink& sink) override {
    const std::string task = request.messages.front().content;
    const auto executor = co_await asio::this_coro::executor;
    if (task.starts_with("hang")) {
      asio::steady_timer never(executor, asio::steady_timer::time_point::max());
      co_await never.async_wait(asio::use_awaitable);
    }
    if (task.starts_with("fail")) throw ProviderError(ErrorCode::network, "gone");
    if (task.starts_with("call") && request.messages.size() == 1)
      co_return call_response({tool_call("x1", "danger")});
    for (int step = 0; step < 5; ++step) co_await asio::post(executor, asio::use_awaitable);
    const std::string answer = "did " + task;
    sink.on_text(answer);
    co_return text_response(answer);
  }

 private:
  const std::string model_ = "task-1";
};

/// An agent whose model may work with background tasks.
class BackgroundTest : public AgentTest {
 protected:
  static BackgroundAgent agent(std::string name, ToolRegistry tools = ToolRegistry()) {
    BackgroundAgent made;
    made.description = "Does things.";
    made.provider = std::make_shared<TaskModel>();
    made.tools = std::move(tools);
    made.options.name = std::move(name);
    return made;
  }

  void add_tasks(BackgroundTaskOptions options = {}, ToolRegistry tools = ToolRegistry()) {
    std::vector<BackgroundAgent> agents;
    agents.push_back(agent("worker", std::move(tools)));
    tasks_ = std::make_shared<BackgroundTasks>(std::move(agents), options);
    add_background_tools(tools_, tasks_);
  }

  static ToolCall starts(std::string call_id, std::string task) {
    return tool_call(std::move(call_id), "bg_start", {{"task", std::move(task)}});
  }

  static PlayedProvider::Answer waits() { return calls({tool_call("w", "bg_wait")}); }

  /// The position of the first event for which this is true; that of the end if there is none.
  template <class Predicate>
  std::size_t place_of(Predicate predicate) const {
    return static_cast<std::size_t>(std::ranges::find_if(events_, predicate) - events_.begin());
  }
  std::size_t end_of_root() const {
    return place_of(
        [](const StreamEvent& event) { return event.is_terminal() && event.context().depth == 0; });
  }
  template <PayloadType T>
  std::size_t first() const {
    return place_of([](const StreamEvent& event) { return event.is<T>(); });
  }

  /// What the model was told about the call.
  std::string answer_to(const std::string& call_id) const {
    for (const Message& message : agent_->messages()) {
      if (message.tool_call_id == call_id) return message.content;
    }
    return "no answer";
  }

  std::shared_ptr<BackgroundTasks> tasks_;
};

}  // namespace strandbus::test

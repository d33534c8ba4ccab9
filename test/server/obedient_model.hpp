#pragma once

#include "strandbus/agent/agent_tool.hpp"
#include "strandbus/agent/tool_registry.hpp"
#include "strandbus/event/describe.hpp"
#include "strandbus/llm/provider_error.hpp"
#include "strandbus/server/session_agent.hpp"
#include "strandbus/tools/calculator.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strandbus::test {

/// A model that does what it is told with a few words.
class ObedientModel final : public Provider {
 public:
  using Provider::async_complete;

  std::string_view name() const noexcept override { return "scripted"; }
  const std::string& model() const noexcept override { return model_; }

  asio::awaitable<ModelResponse> async_complete(const ModelRequest& request,
                                                DeltaSink& sink) override {
    ModelResponse response = answer(request);
    response.model = model_;
    response.usage.prompt = 5;
    response.usage.completion = 2;
    response.usage.total = 7;
    if (!response.content.empty()) sink.on_text(response.content);
    for (std::size_t i = 0; i < response.tool_calls.size(); ++i) {
      const ToolCall& call = response.tool_calls[i];
      sink.on_tool_call_begin(call.call_id, call.tool_name, static_cast<std::int64_t>(i));
      sink.on_tool_call_ready(call);
    }
    co_await sink.async_ready();
    co_return response;
  }

 private:
  static bool holds(const Message& message, std::string_view text) {
    return message.content.find(text) != std::string::npos;
  }

  static ModelResponse answer(const ModelRequest& request) {
    const Message& last = request.messages.back();
    return last.role == Role::tool ? after_tools(request) : after_user(request, last);
  }

  static ModelResponse say(std::string text) {
    ModelResponse response;
    response.content = std::move(text);
    return response;
  }

  static void call(ModelResponse& response, std::string id, std::string tool, json::value with) {
    ToolCall call;
    call.call_id = std::move(id);
    call.tool_name = std::move(tool);
    call.arguments = std::move(with);
    response.tool_calls.push_back(std::move(call));
    response.finish_reason = FinishReason::tool_calls;
  }

  static ModelResponse after_user(const ModelRequest& request, const Message& last) {
    ModelResponse response;
    if (holds(last, "hello")) return say("Hi there");
    if (holds(last, "look it up")) return say("Looked it up");
    if (holds(last, "first?")) return say(request.messages.front().content);
    if (holds(last, "know?")) return say(last.content.substr(0, last.content.find("\n\n")));
    if (holds(last, "fail")) throw ProviderError(ErrorCode::authentication, "the key is wrong");
    if (holds(last, "Calculate")) {
      response.content = "I'll use the calculator";
      call(response, "tc1", "calculator", {{"expr", "2+2"}});
    } else if (holds(last, "color?")) {
      call(response, "pick1", "pick_color", {{"kind", "wall"}});
    } else if (holds(last, "delete")) {
      call(response, "del1", "remove", {{"name", "a.txt"}});
    } else if (holds(last, "everything")) {
      call(response, "d1", "remove", {{"name", "a.txt"}});
      call(response, "d2", "remove", {{"name", "b.txt"}});
      call(response, "p", "pick_color", {{"kind", "wall"}});
    } else if (holds(last, "five")) {
      for (const char* id : {"f1", "f2", "f3", "f4", "f5"})
        call(response, id, "remove", {{"name", id}});
    } else if (holds(last, "delegate")) {
      call(response, "h1", "helper",
           {{"task", holds(last, "removal") ? "delete it" : "look it up"}});
    } else {
      return say("What?");
    }
    return response;
  }

  static ModelResponse after_tools(const ModelRequest& request) {
    std::size_t results = 0;
    for (std::size_t i = request.messages.size(); i > 0; --i) {
      if (request.messages[i - 1].role != Role::tool) break;
      ++results;
    }
    const Message& last = request.messages.back();
    if (results > 1) return say("All done");
    if (last.content == "4") return say("The answer is 4");
    if (holds(last, "blue")) return say("You picked blue");
    if (holds(last, "E_CONFIRMED_DENY")) return say("I left it");
    if (holds(last, "removed")) return say("It is gone");
    return say("The helper says so");
  }

  const std::string model_ = "test-model";
};

struct RemoveArgs {
  std::string name{};
};
STRANDBUS_DESCRIBE(RemoveArgs, 0, name)

inline void add_remove(ToolRegistry& tools) {
  tools
      .add<RemoveArgs>("remove", "Removes a file",
                       [](const RemoveArgs& args) { return "removed " + args.name; })
      .requires_confirmation();
}

/// Agents with that model; somebody has to approve what `remove` does.
inline SessionFactory obedient_agents() {
  const auto model = std::make_shared<ObedientModel>();
  ToolRegistry tools;
  tools.add(make_calculator());
  add_remove(tools);
  ToolRegistry tools_of_helper;
  add_remove(tools_of_helper);
  AgentToolOptions helper;
  helper.name = "helper";
  helper.description = "Looks things up";
  tools.add(make_agent_tool(model, std::move(tools_of_helper), std::move(helper)));
  return agent_factory(model, std::move(tools), AgentOptions());
}

}  // namespace strandbus::test

#include "llm/messages_conversation.hpp"

#include "llm/messages_request.hpp"
#include "llm/recording_sink.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>

// Whatever a conversation is, what is sent obeys the rules of the API: a request that breaks one is
// refused, and so is every later request of that conversation.

namespace strandbus::test {
namespace {

using detail::is_blank;

std::string text_of(const json::value& value) { return std::string(value.as_string()); }

bool is_name(const std::string& text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
  });
}

/// Says which rule the messages of a request break.
class Rules {
 public:
  std::vector<std::string> broken{};

  void check(const json::array& messages) {
    require(!messages.empty(), "there are messages");
    std::string expected = "user";
    for (const json::value& message : messages) {
      require(text_of(message.at("role")) == expected, "user and assistant take turns");
      check_message(expected, message.at("content").as_array());
      expected = expected == "user" ? "assistant" : "user";
    }
    require(expected == "assistant", "the user has the last word");
    require(open_.empty(), "every call has a result");
  }

 private:
  void require(bool holds, const char* rule) {
    if (!holds) broken.emplace_back(rule);
  }

  void check_message(const std::string& role, const json::array& blocks) {
    require(!blocks.empty(), "no message is empty");
    std::set<std::string> answered;
    bool results_may_come = true;
    for (const json::value& block : blocks) {
      const std::string type = text_of(block.at("type"));
      if (type != "tool_result") results_may_come = false;
      if (type == "text") {
        require(!is_blank(text_of(block.at("text"))), "no text is empty");
      } else if (type == "tool_use") {
        require(role == "assistant", "the assistant calls");
        check_call(block.as_object());
      } else if (type == "tool_result") {
        require(role == "user", "the user side answers calls");
        require(results_may_come, "results come first");
        const std::string id = text_of(block.at("tool_use_id"));
        require(answered.insert(id).second, "one result for a call");
        const json::value* content = block.as_object().if_contains("content");
        require(!content || !is_blank(text_of(*content)), "no result is an empty text");
      } else {
        require(role == "assistant" && type == "thinking", "no other block");
        require(!text_of(block.at("signature")).empty(), "thinking is signed");
      }
    }
    if (role == "user")
      require(std::exchange(open_, {}) == answered, "results for all calls and no others");
  }

  void check_call(const json::object& call) {
    const std::string id = text_of(call.at("id"));
    require(is_name(id), "an id is made of letters, digits, _ and -");
    require(ids_.insert(id).second, "ids differ");
    require(is_name(text_of(call.at("name"))), "a name is made of letters, digits, _ and -");
    require(call.at("input").is_object(), "arguments are an object");
    open_.insert(id);
  }

  std::set<std::string> open_;  // calls without a result so far
  std::set<std::string> ids_;
};

bool calls_anything(const json::array& messages) {
  return std::ranges::any_of(messages, [](const json::value& message) {
    return std::ranges::any_of(message.at("content").as_array(), [](const json::value& block) {
      return block.at("type") == "tool_use";
    });
  });
}

/// Whether the last message holds results of calls that did not begin with thinking.
bool goes_on_without_thinking(const json::array& messages) {
  if (messages.back().at("content").at(0).at("type") != "tool_result") return false;
  return messages.at(messages.size() - 2).at("content").at(0).at("type") != "thinking";
}

std::vector<std::string> broken_rules(const ModelRequest& request) {
  detail::MessagesDialect dialect{.origin = "server.test", .default_model = "claude-1"};
  dialect.thinking = AnthropicOptions::Thinking::budget;
  std::string text;
  append_json(text, json::value(detail::messages_request(request, dialect)));
  const json::object body = parse_json(text).value().as_object();
  const json::array& messages = body.at("messages").as_array();
  Rules rules;
  rules.check(messages);
  if (calls_anything(messages) && !body.contains("tools"))
    rules.broken.emplace_back("calls need tools");
  if (body.contains("thinking") && goes_on_without_thinking(messages))
    rules.broken.emplace_back("a turn goes on with thinking only if it began so");
  if (body.contains("thinking") && body.contains("temperature"))
    rules.broken.emplace_back("thinking excludes a temperature");
  const json::value* choice = body.if_contains("tool_choice");
  if (body.contains("thinking") && choice && choice->at("type") != "none")
    rules.broken.emplace_back("thinking excludes forced calls");
  return rules.broken;
}

TEST(MessagesConversation, TheRulesCanBeBroken) {
  const auto broken = [](std::string_view messages) {
    Rules rules;
    rules.check(parse_json(messages).value().as_array());
    return rules.broken.size();
  };
  EXPECT_EQ(broken(R"([{"role":"user","content":[{"type":"text","text":"hi"}]}])"), 0U);
  EXPECT_GT(broken("[]"), 0U);
  EXPECT_GT(broken(R"([{"role":"user","content":[]}])"), 0U);
  EXPECT_GT(broken(R"([{"role":"user","content":[{"type":"text","text":" "}]}])"), 0U);
  EXPECT_GT(broken(R"([{"role":"assistant","content":[{"type":"text","text":"hi"}]}])"), 0U);
  EXPECT_GT(broken(R"([{"role":"user","content":[{"type":"tool_result","tool_use_id":"x"}]}])"),
            0U);
  EXPECT_GT(broken(R"([{"role":"user","content":[{"type":"text","text":"hi"}]},
    {"role":"assistant","content":[{"type":"tool_use","id":"a","name":"b","input":{}}]},
    {"role":"user","content":[{"type":"text","text":"well?"}]}])"),
            0U);
}

// --- hostile conversations ----------------------------------------------------------------------

rc::Gen<std::string> few_texts() {
  return rc::gen::element<std::string>("", " ", "\n\t", "hi", "a\xFF", "{\"a\":1}", "ünï", "\"");
}

rc::Gen<std::string> few_ids() {
  return rc::gen::element<std::string>("", "a", "a.b", "a_b", "a_b-2", "b", std::string(100, 'x'),
                                       "ü");
}

json::value few_arguments() {
  switch (*rc::gen::inRange(0, 6)) {
    case 0: return nullptr;
    case 1: return json::object{{"a", 1}};
    case 2: return json::array{1};
    case 3: return 7;
    case 4: return json::string(*few_texts());
    default: return json::object();
  }
}

/// Mostly what fits the message, sometimes a block or a byte too few.
json::value few_provider_data(const Message& message) {
  const int missing = *rc::gen::element(0, 0, 0, 1);
  const auto bytes = static_cast<std::int64_t>(message.content.size()) - missing;
  json::array blocks{json::object{{"type", "thinking"}, {"thinking", ""}, {"signature", "s"}},
                     json::object{{"type", "text"}, {"bytes", bytes}}};
  const std::size_t calls = message.tool_calls.size() + *rc::gen::element<std::size_t>(0, 0, 0, 1);
  for (std::size_t i = 0; i < calls; ++i) blocks.push_back(json::object{{"type", "tool_use"}});
  return json::object{{"origin", "server.test"}, {"model", "claude-1"}, {"blocks", blocks}};
}

Message any_message() {
  Message message;
  message.role = *rc::gen::element(Role::user, Role::assistant, Role::tool, Role::system);
  message.content = *few_texts();
  if (message.role == Role::tool) message.tool_call_id = *few_ids();
  if (message.role != Role::assistant) return message;
  const int calls = *rc::gen::inRange(0, 3);
  for (int i = 0; i < calls; ++i) {
    ToolCall& call = message.tool_calls.emplace_back();
    call.call_id = *few_ids();
    call.tool_name = *few_texts();
    call.arguments = few_arguments();
  }
  if (*rc::gen::inRange(0, 2) == 1) message.provider_data = few_provider_data(message);
  return message;
}

RC_GTEST_PROP(MessagesConversation, ObeysTheRulesWhateverItIs, ()) {
  std::vector<Message> conversation;
  const int count = *rc::gen::inRange(0, 30);
  for (int i = 0; i < count; ++i) conversation.push_back(any_message());
  ModelRequest request = request_for(conversation);
  if (*rc::gen::inRange(0, 2) == 1) request.temperature = 0.5;
  if (*rc::gen::inRange(0, 4) == 0) request.response_schema = json::object();
  const std::vector<std::string> broken = broken_rules(request);
  for (const std::string& rule : broken) RC_LOG() << rule << '\n';
  RC_ASSERT(broken.empty());
}

RC_GTEST_PROP(MessagesConversation, KeepsEveryWordOfTheUserInOrder, ()) {
  std::vector<Message> conversation;
  std::string said;
  const int count = *rc::gen::inRange(1, 12);
  for (int i = 0; i < count; ++i) {
    Message message = any_message();
    if (message.role == Role::user && !is_blank(message.content)) {
      message.content = "word " + std::to_string(i);
      said += message.content + '\n';
    }
    conversation.push_back(std::move(message));
  }
  const json::array messages =
      detail::messages_conversation(conversation, {.server = "server.test", .model = "claude-1"});
  std::string sent;
  for (const json::value& message : messages) {
    if (message.at("role") != "user") continue;
    for (const json::value& block : message.at("content").as_array()) {
      if (block.at("type") != "text" || block.at("text") == "Go on.") continue;
      sent += text_of(block.at("text")) + '\n';
    }
  }
  RC_ASSERT(sent == said);
}

}  // namespace
}  // namespace strandbus::test

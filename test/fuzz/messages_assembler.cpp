#include "llm/messages_assembler.hpp"

#include "llm/messages_request.hpp"
#include "llm/protocol_sink.hpp"
#include "strandbus/event/json_codec.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace strandbus;

void require(bool holds, const std::string& claim) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", claim.c_str());
  std::abort();
}

Message message_with_call(const std::string& id) {
  Message message;
  message.role = Role::assistant;
  message.tool_calls.push_back({.call_id = id, .tool_name = "look", .arguments = nullptr});
  return message;
}

void check_error(const ProviderError& error) {
  const std::string text = error.what();
  require(!text.empty() && text.size() < 1000, "a message of a strange size: " + text);
  require(text.find('\n') == text.npos, "a message of several lines: " + text);
  require(repair_utf8(text) == text, "a message that is not UTF-8");
  require(text.find("secret-0123456789") == text.npos, "the key is told");
}

/// What was answered must be good enough to be sent back.
void check_answer(const ModelResponse& answer, const detail::AnswerContext& context) {
  Message message;
  message.role = Role::assistant;
  message.content = answer.content;
  message.tool_calls = answer.tool_calls;
  message.provider_data = answer.provider_data;
  const std::vector<Message> conversation{message};
  ModelRequest request;
  request.messages = conversation;
  std::string text;
  append_json(text, json::value(detail::messages_request(
                        request, {.origin = context.server.server, .default_model = "claude-1"})));
  require(parse_json(text).has_value(), "a request that is no JSON");
  for (const ToolCall& call : answer.tool_calls)
    require(call.call_id != "a" && call.call_id != "call_1", "an id of the conversation");
  require(answer.usage.prompt >= 0 && answer.usage.total >= 0, "negative usage");
  require(answer.content.size() + answer.reasoning.size() <= context.limits.answer_bytes,
          "more than the limit allows");
  require(answer.tool_calls.size() <= context.limits.tool_calls, "too many calls");
}

/// Feeds every line as one event; a turn that is paused goes on with the next. The answer, if it is
/// one.
std::optional<ModelResponse> assemble(detail::MessagesAssembler& assembler,
                                      std::string_view lines) {
  try {
    while (!lines.empty()) {
      const std::size_t end = std::min(lines.find('\n'), lines.size());
      assembler.feed(lines.substr(0, end));
      lines.remove_prefix(std::min(end + 1, lines.size()));
      if (!assembler.ended() || !assembler.paused()) continue;
      assembler.finish();
      std::string turn;
      append_json(turn, json::value(assembler.paused_turn()));
      require(parse_json(turn).has_value(), "a turn that is no JSON");
      assembler.resume();
    }
    if (assembler.paused()) return std::nullopt;
    const bool whole = assembler.whole();
    ModelResponse answer = assembler.finish();
    require(whole, "an answer that is not whole");
    return answer;
  } catch (const ProviderError& error) {
    check_error(error);
    return std::nullopt;
  }
}

/// What the first byte asks for: nothing, an object, or something that is wrapped in one.
json::value schema_of(std::string_view text) {
  if (text.starts_with('s')) return json::object{{"type", "object"}};
  if (text.starts_with('w')) return json::object{{"type", "array"}};
  return nullptr;
}

}  // namespace

// The first byte says whether a schema was asked for; then every line is one event. Whatever comes:
// an answer or a ProviderError, the sink's protocol holds, and the answer can be sent back.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::vector<Message> conversation{message_with_call("a"), message_with_call("call_1")};
  ModelRequest request;
  request.messages = conversation;
  request.response_schema = schema_of(text);
  if (!text.empty()) text.remove_prefix(1);

  detail::AnswerContext context;
  context.server.server = "server.test";
  context.server.secrets = detail::Secrets({"secret-0123456789"});
  context.limits = {.answer_bytes = 4096, .argument_depth = 8, .tool_calls = 8};
  test::ProtocolSink sink;
  detail::MessagesAssembler assembler(request, sink, context);
  const std::optional<ModelResponse> answer = assemble(assembler, text);
  if (answer) {
    sink.compare(*answer, !request.response_schema.is_null());
    check_answer(*answer, context);
  }
  require(sink.faults.empty(), sink.faults.empty() ? "" : "the sink: " + sink.faults.front());
  return 0;
}

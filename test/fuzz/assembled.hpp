#pragma once

#include "llm/answer_assembler.hpp"
#include "llm/protocol_sink.hpp"
#include "strandbus/event/json_codec.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What holds for every assembler of answers, whatever a server sends.

namespace strandbus::fuzz {

/// The body of the request that this conversation would be sent in next.
using NextRequest = std::function<std::string(const ModelRequest&, const std::string& origin)>;

inline void require(bool holds, const std::string& claim) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", claim.c_str());
  std::abort();
}

inline Message message_with_call(const std::string& id) {
  Message message;
  message.role = Role::assistant;
  message.tool_calls.push_back({.call_id = id, .tool_name = "look", .arguments = nullptr});
  return message;
}

inline void check_error(const ProviderError& error) {
  const std::string text = error.what();
  require(!text.empty() && text.size() < 1000, "a message of a strange size: " + text);
  require(text.find('\n') == text.npos, "a message of several lines: " + text);
  require(repair_utf8(text) == text, "a message that is not UTF-8");
  require(text.find("secret-0123456789") == text.npos, "the key is told");
}

/// What was answered must be good enough to be sent back.
inline void check_answer(const ModelResponse& answer, const detail::AnswerContext& context,
                         const NextRequest& next) {
  Message message;
  message.role = Role::assistant;
  message.content = answer.content;
  message.tool_calls = answer.tool_calls;
  message.provider_data = answer.provider_data;
  const std::vector<Message> conversation{message};
  ModelRequest request;
  request.messages = conversation;
  const auto body = parse_json(next(request, context.server.server));
  require(body.has_value(), "a request that is no JSON");
  for (const ToolCall& call : answer.tool_calls)
    require(call.call_id != "a" && call.call_id != "call_1", "an id of the conversation");
  require(answer.usage.prompt >= 0 && answer.usage.total >= 0, "negative usage");
  require(answer.content.size() + answer.reasoning.size() <= context.limits.answer_bytes,
          "more than the limit allows");
  require(answer.tool_calls.size() <= context.limits.tool_calls, "too many calls");
}

/// Feeds every line as one event. The answer, if it is one.
inline std::optional<ModelResponse> assemble(detail::AnswerAssembler& assembler,
                                             std::string_view lines) {
  try {
    while (!lines.empty()) {
      const std::size_t end = std::min(lines.find('\n'), lines.size());
      assembler.feed(lines.substr(0, end));
      lines.remove_prefix(std::min(end + 1, lines.size()));
    }
    const bool whole = assembler.whole();
    ModelResponse answer = assembler.finish();
    require(whole, "an answer that is not whole");
    return answer;
  } catch (const ProviderError& error) {
    check_error(error);
    return std::nullopt;
  }
}

/// The first byte says whether a schema was asked for; then every line is one event. Whatever
/// comes: an answer or a ProviderError, the sink's protocol holds, and the answer can be sent back.
template <class Assembler>
int fuzz_assembler(const std::uint8_t* data, std::size_t size, const NextRequest& next) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::vector<Message> conversation{message_with_call("a"), message_with_call("call_1")};
  ModelRequest request;
  request.messages = conversation;
  if (!text.empty() && text.front() == 's') request.response_schema = json::object();
  if (!text.empty()) text.remove_prefix(1);

  detail::AnswerContext context;
  context.server.server = "server.test";
  context.server.secrets = detail::Secrets({"secret-0123456789"});
  context.limits = {.answer_bytes = 4096, .argument_depth = 8, .tool_calls = 8};
  test::ProtocolSink sink;
  Assembler assembler(request, sink, context);
  const std::optional<ModelResponse> answer = assemble(assembler, text);
  if (answer) {
    sink.compare(*answer, !request.response_schema.is_null());
    check_answer(*answer, context, next);
  }
  require(sink.faults.empty(), sink.faults.empty() ? "" : "the sink: " + sink.faults.front());
  return 0;
}

}  // namespace strandbus::fuzz

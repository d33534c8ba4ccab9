#include "llm/chat_chunk.hpp"

#include "llm/frame_member.hpp"

#include <boost/json/array.hpp>

namespace strandbus::detail {
namespace {

namespace json = boost::json;

std::string text_of(const json::value& value) {
  return std::string(value.get_string().data(), value.get_string().size());
}

std::optional<Usage> usage_in(const json::object& frame) {
  const json::value* value = member_in(frame, "usage");
  // What it cost is never worth the answer: a usage of another form is left out.
  if (!value || !value->is_object()) return std::nullopt;
  const json::object& object = value->get_object();
  Usage usage;
  usage.prompt = count_in(object, "prompt_tokens").value_or(0);
  usage.completion = count_in(object, "completion_tokens").value_or(0);
  usage.total =
      count_in(object, "total_tokens").value_or(sum_of_counts(usage.prompt, usage.completion));
  usage.cached = count_in(object, "prompt_tokens_details", "cached_tokens");
  if (!usage.cached) usage.cached = count_in(object, "prompt_cache_hit_tokens");
  usage.cache_write = count_in(object, "prompt_tokens_details", "cache_write_tokens");
  usage.reasoning = count_in(object, "completion_tokens_details", "reasoning_tokens");
  return usage;
}

/// A part of a content that is a list: {"type": "text", "text"}, or thinking, which holds parts.
void add_part(ChatChunk& chunk, const json::object& part) {
  const std::string type = text_in(part, "type");
  if (type == "text") chunk.text += text_in(part, "text");
  if (type != "thinking") return;
  const json::array* thoughts = list_in(part, "thinking");
  if (!thoughts) return;
  for (const json::value& thought : *thoughts) {
    if (thought.is_object()) chunk.reasoning += text_in(thought.get_object(), "text");
  }
}

void read_content(ChatChunk& chunk, const json::object& delta) {
  const json::value* content = member_in(delta, "content");
  if (!content) return;
  if (content->is_string()) {
    chunk.text = text_of(*content);
    return;
  }
  if (!content->is_array()) fail_frame("content", "a text");
  for (const json::value& part : content->get_array()) {
    if (part.is_object()) add_part(chunk, part.get_object());
  }
}

/// Some servers send both fields with the same text.
void read_reasoning(ChatChunk& chunk, const json::object& delta) {
  for (const std::string_view field : {"reasoning_content", "reasoning"}) {
    const json::value* value = member_in(delta, field);
    if (!value || !value->is_string() || value->get_string().empty()) continue;
    chunk.reasoning += text_of(*value);
    chunk.reasoning_field = field;
    return;
  }
}

void read_function(CallPiece& piece, const json::object& function) {
  piece.name = text_in(function, "name");
  piece.arguments = any_text_in(function, "arguments");
}

CallPiece read_call(const json::value& value) {
  if (!value.is_object()) fail_frame("tool_calls", "a list of objects");
  const json::object& call = value.get_object();
  CallPiece piece;
  piece.index = number_in(call, "index");
  piece.id = any_text_in(call, "id");
  if (const json::object* function = object_in(call, "function")) read_function(piece, *function);
  return piece;
}

void read_calls(ChatChunk& chunk, const json::object& delta) {
  if (const json::array* calls = list_in(delta, "tool_calls")) {
    for (const json::value& call : *calls) chunk.calls.push_back(read_call(call));
  }
  if (const json::object* function = object_in(delta, "function_call"))
    read_function(chunk.calls.emplace_back(), *function);
}

void read_delta(ChatChunk& chunk, const json::object& delta) {
  read_content(chunk, delta);
  read_reasoning(chunk, delta);
  chunk.refusal = text_in(delta, "refusal");
  read_calls(chunk, delta);
}

void read_choice(ChatChunk& chunk, const json::object& choice) {
  chunk.finish_reason = any_text_in(choice, "finish_reason");
  const json::object* delta = object_in(choice, "delta");
  const json::object* message = object_in(choice, "message");
  chunk.whole = message && !delta;
  if (delta) read_delta(chunk, *delta);
  if (chunk.whole) read_delta(chunk, *message);
}

bool is_first_choice(const json::object& choice) {
  const json::value* index = member_in(choice, "index");
  return !index || !index->is_number() || (index->is_int64() && index->get_int64() == 0);
}

}  // namespace

ChatChunk read_chat_chunk(const json::object& frame) {
  ChatChunk chunk;
  chunk.id = any_text_in(frame, "id");
  chunk.model = any_text_in(frame, "model");
  chunk.usage = usage_in(frame);
  const json::array* choices = list_in(frame, "choices");
  if (!choices) return chunk;
  for (const json::value& choice : *choices) {
    if (!choice.is_object()) fail_frame("choices", "a list of objects");
    if (!is_first_choice(choice.get_object())) continue;
    read_choice(chunk, choice.get_object());
    break;
  }
  return chunk;
}

}  // namespace strandbus::detail

#include "llm/messages_block.hpp"

#include "llm/frame_member.hpp"
#include "llm/server_json.hpp"

#include <algorithm>
#include <utility>

namespace strandbus::detail {
namespace {

using Kind = MessagesBlock::Kind;

constexpr std::string_view origin_member = "origin";
constexpr std::string_view model_member = "model";
constexpr std::string_view blocks_member = "blocks";

Kind kind_of(std::string_view type) noexcept {
  if (type == "text") return Kind::text;
  if (type == "thinking") return Kind::thinking;
  if (type == "redacted_thinking") return Kind::redacted_thinking;
  return type == "tool_use" ? Kind::call : Kind::other;
}

json::object text_block(std::string_view text) { return {{"type", "text"}, {"text", text}}; }

std::optional<json::object> text_sent_back(const MessagesBlock& block) {
  if (is_blank(block.text)) return std::nullopt;
  json::object out = text_block(block.text);
  if (!block.citations.empty()) out["citations"] = block.citations;
  return out;
}

/// Thinking that is not signed was cut off, or comes from a server that does not want it back.
std::optional<json::object> thinking_sent_back(const MessagesBlock& block) {
  if (block.signature.empty()) return std::nullopt;
  return json::object{
      {"type", "thinking"}, {"thinking", block.text}, {"signature", block.signature}};
}

json::object call_sent_back(const MessagesBlock& block) {
  json::object out = block.start;
  if (block.input.empty()) return out;
  const auto input = parse_server_json(block.input);
  if (input && input->is_object()) out["input"] = *input;
  return out;
}

bool is_thinking(const json::object& block) {
  return has_text(block, "type", "thinking") || has_text(block, "type", "redacted_thinking");
}

/// What the provider data of a message keep of its blocks; null if they are not from `asked`.
const json::array* kept_blocks(const Message& message, const MessagesOrigin& asked) {
  const json::object* data = message.provider_data.if_object();
  if (!data) return nullptr;
  if (!has_text(*data, origin_member, asked.server) || !has_text(*data, model_member, asked.model))
    return nullptr;
  const json::value* blocks = data->if_contains(blocks_member);
  return blocks ? blocks->if_array() : nullptr;
}

/// Puts texts and calls back to their places between the thinking. Nothing if they do not fit.
std::optional<json::array> put_together(const json::array& kept, std::string_view text,
                                        const json::array& calls) {
  json::array out;
  std::size_t next_call = 0;
  for (const json::value& value : kept) {
    const json::object* block = value.if_object();
    if (!block) return std::nullopt;
    if (is_thinking(*block)) {
      out.push_back(*block);
    } else if (const json::value* bytes = block->if_contains("bytes")) {
      const std::int64_t* size = bytes->if_int64();
      if (!size || *size < 0 || static_cast<std::size_t>(*size) > text.size()) return std::nullopt;
      const std::string_view piece = text.substr(0, static_cast<std::size_t>(*size));
      if (!is_blank(piece)) out.push_back(text_block(piece));
      text.remove_prefix(piece.size());
    } else {
      if (next_call == calls.size()) return std::nullopt;
      out.push_back(calls[next_call++]);
    }
  }
  if (!text.empty() || next_call != calls.size()) return std::nullopt;
  return out;
}

}  // namespace

MessagesBlock begun_block(json::object start) {
  MessagesBlock block;
  block.kind = kind_of(text_in(start, "type"));
  block.start = std::move(start);
  return block;
}

std::optional<json::object> sent_back(const MessagesBlock& block) {
  switch (block.kind) {
    case Kind::text: return text_sent_back(block);
    case Kind::thinking: return thinking_sent_back(block);
    case Kind::redacted_thinking: return block.start;
    case Kind::call:
    case Kind::other: break;
  }
  return call_sent_back(block);
}

json::value kept_thinking(std::span<const MessagesBlock> blocks, const MessagesOrigin& origin) {
  json::array kept;
  bool thought = false;
  bool called = false;
  for (const MessagesBlock& block : blocks) {
    if (block.kind == Kind::text) {
      const auto bytes = static_cast<std::int64_t>(block.text.size());
      kept.push_back(json::object{{"type", "text"}, {"bytes", bytes}});
    } else if (block.kind == Kind::call) {
      kept.push_back(json::object{{"type", "tool_use"}});
      called = called || thought;
    } else if (block.kind != Kind::other) {
      auto thinking = sent_back(block);
      if (!thinking) continue;
      kept.push_back(*std::move(thinking));
      thought = true;
    }
  }
  if (!called) return nullptr;
  return json::object{{origin_member, origin.server},
                      {model_member, origin.model},
                      {blocks_member, std::move(kept)}};
}

json::array past_blocks(const Message& message, const json::array& calls,
                        const MessagesOrigin& asked) {
  if (const json::array* kept = kept_blocks(message, asked)) {
    if (auto blocks = put_together(*kept, message.content, calls)) return *std::move(blocks);
  }
  json::array blocks;
  if (!is_blank(message.content)) blocks.push_back(text_block(message.content));
  blocks.insert(blocks.end(), calls.begin(), calls.end());
  return blocks;
}

bool has_text(const json::object& object, std::string_view name, std::string_view text) {
  const json::value* value = object.if_contains(name);
  return value && value->is_string() && std::string_view(value->get_string()) == text;
}

bool is_blank(std::string_view text) noexcept {
  return text.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos;
}

}  // namespace strandbus::detail

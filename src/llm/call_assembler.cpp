#include "llm/call_assembler.hpp"

#include "llm/server_json.hpp"

#include <algorithm>

namespace strandbus::detail {
namespace {

constexpr std::size_t longest_id = 256;

bool is_blank(std::string_view text) noexcept {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

json::value parse_arguments(const std::string& text, std::size_t depth) {
  if (is_blank(text)) return json::object();
  DecodeLimits limits;
  limits.max_depth = depth;
  if (auto parsed = parse_server_json(text, limits)) return *std::move(parsed);
  return json::string(text);
}

}  // namespace

void CallAssembler::add(const CallPiece& piece) {
  Slot* slot = find(piece);
  if (!slot) {
    slot = &slots_.emplace_back();
    slot->index = piece.index;
  }
  if (slot->server_id.empty()) slot->server_id = piece.id;
  take_name(*slot, piece.name);
  take_arguments(*slot, piece.arguments);
}

CallAssembler::Slot* CallAssembler::find(const CallPiece& piece) {
  if (slots_.empty()) return nullptr;
  Slot* slot = &slots_.back();
  if (piece.index) {
    slot = newest_of(*piece.index);
  } else if (!piece.id.empty()) {
    Slot* const same = newest_of(piece.id);
    if (same) slot = same;
  }
  if (slot && starts_another(*slot, piece)) slot = nullptr;
  return slot;
}

CallAssembler::Slot* CallAssembler::newest_of(std::int64_t index) {
  const auto found = std::find_if(slots_.rbegin(), slots_.rend(),
                                  [&](const Slot& slot) { return slot.index == index; });
  return found == slots_.rend() ? nullptr : &*found;
}

CallAssembler::Slot* CallAssembler::newest_of(const std::string& id) {
  const auto found = std::find_if(slots_.rbegin(), slots_.rend(),
                                  [&](const Slot& slot) { return slot.server_id == id; });
  return found == slots_.rend() ? nullptr : &*found;
}

bool CallAssembler::starts_another(const Slot& slot, const CallPiece& piece) {
  if (piece.name.empty()) return false;
  const bool other_id = !piece.id.empty() && !slot.server_id.empty() && piece.id != slot.server_id;
  return other_id || (slot.balance.whole() && !is_blank(piece.arguments));
}

void CallAssembler::take_name(Slot& slot, const std::string& name) {
  // A name that comes again with each piece is the same name, not a longer one.
  if (slot.id.empty() && slot.name != name) slot.name += name;
}

void CallAssembler::take_arguments(Slot& slot, const std::string& fragment) {
  slot.arguments += fragment;
  slot.balance.feed(fragment);
  if (slot.name.empty() || slot.arguments.empty()) return;
  if (!slot.id.empty()) {
    if (!fragment.empty()) sink_.on_tool_call_delta(slot.id, fragment);
    return;
  }
  begin(slot);
  sink_.on_tool_call_delta(slot.id, slot.arguments);
}

void CallAssembler::begin(Slot& slot) {
  slot.position = begun_++;
  slot.id = make_id(slot.server_id);
  sink_.on_tool_call_begin(slot.id, slot.name, slot.position);
}

/// The server's id, or one that we make up; with a suffix when the conversation has it already.
std::string CallAssembler::make_id(const std::string& wanted) const {
  const bool usable = !wanted.empty() && wanted.size() <= longest_id;
  const std::string base = usable ? wanted : "call_" + std::to_string(begun_);
  std::string id = base;
  for (std::size_t n = 2; is_taken(id); ++n) id = base + '-' + std::to_string(n);
  return id;
}

bool CallAssembler::is_taken(std::string_view id) const {
  const auto has_id = [&](const ToolCall& call) { return call.call_id == id; };
  return std::ranges::any_of(slots_, [&](const Slot& slot) { return slot.id == id; }) ||
         std::ranges::any_of(conversation_, [&](const Message& message) {
           return std::ranges::any_of(message.tool_calls, has_id);
         });
}

bool CallAssembler::all_whole() const noexcept {
  return std::ranges::all_of(
      slots_, [](const Slot& slot) { return slot.balance.whole() || is_blank(slot.arguments); });
}

bool CallAssembler::any_nameless() const noexcept {
  return std::ranges::any_of(
      slots_, [](const Slot& slot) { return slot.name.empty() && !is_blank(slot.arguments); });
}

std::vector<ToolCall> CallAssembler::finish(std::size_t depth, bool cut) {
  // An entry that says nothing is no call.
  std::erase_if(slots_, [](const Slot& slot) { return slot.name.empty(); });
  for (Slot& slot : slots_) {
    if (slot.id.empty()) begin(slot);
  }
  std::ranges::sort(slots_, {}, &Slot::position);
  std::vector<ToolCall> calls;
  for (const Slot& slot : slots_) {
    ToolCall& call = calls.emplace_back();
    call.call_id = slot.id;
    call.tool_name = slot.name;
    if (cut && !slot.balance.whole()) {
      call.arguments = json::string(slot.arguments);  // which no tool accepts
    } else {
      call.arguments = parse_arguments(slot.arguments, depth);
    }
    sink_.on_tool_call_ready(call);
  }
  return calls;
}

}  // namespace strandbus::detail

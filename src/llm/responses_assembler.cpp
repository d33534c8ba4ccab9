#include "llm/responses_assembler.hpp"

#include "llm/frame_member.hpp"
#include "llm/responses_request.hpp"
#include "llm/server_frame.hpp"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

namespace strandbus::detail {
namespace {

using ItemKind = ResponsesItem::Kind;
using TextKind = ResponsesText::Kind;

constexpr std::size_t most_parts = 1'000;

ItemKind item_of(TextKind kind) noexcept {
  switch (kind) {
    case TextKind::answer:
    case TextKind::refusal: return ItemKind::message;
    case TextKind::arguments: return ItemKind::call;
    case TextKind::summary:
    case TextKind::reasoning: break;
  }
  return ItemKind::reasoning;
}

bool same_text(const ResponsesText& a, const ResponsesText& b) noexcept {
  return a.kind == b.kind && a.text == b.text;
}

/// An event that says that the server failed, and nothing of the answer.
bool is_failure(const json::object& frame) {
  const json::value* type = frame.if_contains("type");
  const json::string* name = type ? type->if_string() : nullptr;
  if (name && *name == "error") return true;
  if (name && std::string_view(name->data(), name->size()).starts_with("response.")) return false;
  return !is_response(frame) && is_error_frame(frame);
}

FinishReason reason_of(const ResponsesState& state) noexcept {
  if (state.stage == ResponsesState::Stage::completed) return FinishReason::stop;
  if (state.incomplete_reason == "content_filter") return FinishReason::content_filter;
  return FinishReason::length;
}

}  // namespace

ResponsesAssembler::ResponsesAssembler(const ModelRequest& request, DeltaSink& sink,
                                       const AnswerContext& context)
    : server_(context.server), answer_(request, sink, context) {}

void ResponsesAssembler::feed(std::string_view data) {
  const std::string_view text = trimmed(data);
  if (ended_ || text.empty()) return;
  if (text == "[DONE]") {
    ended_ = true;
    return;
  }
  const json::object frame = parse_server_frame(text, server_);
  if (is_failure(frame)) throw failure_of(frame, server_);
  try {
    std::visit([this](const auto& event) { take(event); }, read_responses_event(frame));
  } catch (const FrameError& error) {
    answer_.fail_frame("an event that is none", error.message);
  }
}

void ResponsesAssembler::take(const ResponsesPiece& piece) {
  Entry& entry = entry_of(piece.place, item_of(piece.text.kind));
  take_head(entry, "", piece.name);
  take_text(entry, piece.text, piece.whole);
}

void ResponsesAssembler::take(const ResponsesItemNews& news) {
  Entry& entry = entry_of(news);
  take_head(entry, news.item.call_id, news.item.name);
  if (!news.item.encrypted_content.empty()) {
    answer_.count(news.item.encrypted_content.size());
    entry.item.encrypted_content = news.item.encrypted_content;
    entry.item.id = news.item.id;  // the one under which it was encrypted
  }
  if (entry.item.id.empty()) entry.item.id = news.item.id;
  for (const ResponsesText& text : news.item.texts) take_text(entry, text, true);
}

void ResponsesAssembler::take(const ResponsesState& state) {
  answer_.take_id(state.id);
  answer_.take_model(state.model);
  if (state.usage) answer_.take_usage(*state.usage);
  switch (state.stage) {
    case ResponsesState::Stage::under_way: return;
    case ResponsesState::Stage::failed: fail(state);
    case ResponsesState::Stage::completed:
    case ResponsesState::Stage::incomplete: break;
  }
  for (const ResponsesItemNews& news : state.output) take(news);
  said_ = reason_of(state);
  ended_ = true;
}

/// The item that a piece belongs to; a new one if there is none.
ResponsesAssembler::Entry& ResponsesAssembler::entry_of(const ResponsesPlace& place,
                                                        ItemKind kind) {
  Entry* entry = find(place, kind);
  return entry ? *entry : add_entry(place, kind);
}

ResponsesAssembler::Entry& ResponsesAssembler::entry_of(const ResponsesItemNews& news) {
  const ItemKind kind = news.item.kind;
  if (Entry* const call = find_call(news.item.call_id)) return *call;
  Entry* entry = find(news.place, kind);
  // An item that begins under an id of its own is another one, also where the number is the same.
  const std::string& id = news.place.item_id;
  if (entry && news.begins && !id.empty() && entry->place.item_id != id) entry = nullptr;
  const auto other_call = [&](const std::string& known) {
    return !known.empty() && !news.item.call_id.empty() && known != news.item.call_id;
  };
  if (entry && other_call(entry->item.call_id)) entry = nullptr;
  if (!entry && !news.begins) entry = find_equal(news.item);
  return entry ? *entry : add_entry(news.place, kind);
}

/// By its id, else by its number; where neither is told, the newest.
ResponsesAssembler::Entry* ResponsesAssembler::find(const ResponsesPlace& place, ItemKind kind) {
  const auto newest = [&](auto&& is_it) -> Entry* {
    const auto found = std::find_if(entries_.rbegin(), entries_.rend(), [&](const Entry& entry) {
      return entry.item.kind == kind && is_it(entry.place);
    });
    return found == entries_.rend() ? nullptr : &*found;
  };
  if (!place.item_id.empty()) {
    Entry* const same =
        newest([&](const ResponsesPlace& known) { return known.item_id == place.item_id; });
    if (same) return same;
  }
  if (place.output_index) {
    return newest(
        [&](const ResponsesPlace& known) { return known.output_index == place.output_index; });
  }
  if (!place.item_id.empty()) return nullptr;
  return newest([](const ResponsesPlace&) { return true; });
}

ResponsesAssembler::Entry* ResponsesAssembler::find_call(const std::string& call_id) {
  if (call_id.empty()) return nullptr;
  const auto found = std::ranges::find_if(
      entries_, [&](const Entry& entry) { return entry.item.call_id == call_id; });
  return found == entries_.end() ? nullptr : &*found;
}

/// An item that says the same: at the end some servers number and name their items anew.
ResponsesAssembler::Entry* ResponsesAssembler::find_equal(const ResponsesItem& item) {
  if (item.texts.empty()) return nullptr;
  const auto found = std::ranges::find_if(entries_, [&](const Entry& entry) {
    return entry.item.kind == item.kind && (item.call_id.empty() || entry.item.call_id.empty()) &&
           std::ranges::equal(entry.item.texts, item.texts, same_text);
  });
  return found == entries_.end() ? nullptr : &*found;
}

ResponsesAssembler::Entry& ResponsesAssembler::add_entry(const ResponsesPlace& place,
                                                         ItemKind kind) {
  count_part();
  answer_.count(place.item_id.size());
  const auto number = static_cast<std::int64_t>(entries_.size());
  Entry& entry = entries_.emplace_back();
  entry.number = number;
  entry.place = place;
  entry.item.kind = kind;
  return entry;
}

/// Takes what of a call's head was not known yet.
void ResponsesAssembler::take_head(Entry& entry, const std::string& call_id,
                                   const std::string& name) {
  CallPiece piece;
  if (entry.item.call_id.empty()) piece.id = entry.item.call_id = call_id;
  if (entry.item.name.empty()) piece.name = entry.item.name = name;
  if (piece.id.empty() && piece.name.empty()) return;
  piece.index = entry.number;
  answer_.add_call(piece);
}

void ResponsesAssembler::take_text(Entry& entry, const ResponsesText& text, bool whole) {
  if (text.text.empty()) return;
  const auto says_it = [&](const ResponsesText& known) { return same_text(known, text); };
  if (whole && std::ranges::any_of(entry.item.texts, says_it)) return;
  ResponsesText& known = text_of(entry.item, text);
  std::string_view more = text.text;
  if (whole) {
    // Where the server says it otherwise now, what was handed over stays.
    if (!more.starts_with(known.text)) return;
    more.remove_prefix(known.text.size());
  }
  hand_over(entry, known, more);
  known.text += more;
}

/// What is known of this text so far.
ResponsesText& ResponsesAssembler::text_of(ResponsesItem& item, const ResponsesText& text) {
  const auto found = std::ranges::find_if(item.texts, [&](const ResponsesText& known) {
    return known.kind == text.kind && known.index == text.index;
  });
  if (found != item.texts.end()) return *found;
  count_part();
  return item.texts.emplace_back(ResponsesText{.kind = text.kind, .index = text.index, .text = {}});
}

void ResponsesAssembler::hand_over(const Entry& entry, const ResponsesText& to,
                                   std::string_view more) {
  switch (to.kind) {
    case TextKind::answer: answer_.add_text(more); return;
    case TextKind::refusal: answer_.add_refusal(more); return;
    case TextKind::arguments: {
      CallPiece piece;
      piece.index = entry.number;
      piece.arguments = more;
      answer_.add_call(piece);
      return;
    }
    case TextKind::summary:
    case TextKind::reasoning: break;
  }
  // The parts of a summary are paragraphs.
  if (to.text.empty() && answer_.has_reasoning()) answer_.add_reasoning("\n\n");
  answer_.add_reasoning(more);
}

void ResponsesAssembler::count_part() {
  if (++parts_ <= most_parts) return;
  answer_.fail(ErrorCode::invalid_response,
               "sent an answer of more than " + std::to_string(most_parts) + " parts");
}

void ResponsesAssembler::fail(const ResponsesState& state) const {
  if (state.error) throw failure_of(*state.error, server_);
  answer_.fail_given_up(state.status.empty() ? "failed" : state.status);
}

ModelResponse ResponsesAssembler::finish() {
  if (!whole()) throw interrupted(ended_ ? "it holds nothing whole" : "the stream just ended");
  ModelResponse response = answer_.finish(*said_);
  std::vector<ReasonedBefore> reasoning;
  std::size_t calls = 0;
  for (const Entry& entry : entries_) {
    if (entry.item.kind == ItemKind::call && !entry.item.name.empty()) ++calls;
    if (entry.item.kind == ItemKind::reasoning)
      reasoning.push_back({.call = calls, .item = entry.item});
  }
  response.provider_data = responses_provider_data(response, reasoning, server_.server);
  return response;
}

ProviderError ResponsesAssembler::interrupted(std::string_view how) const {
  return answer_.interrupted(how);
}

}  // namespace strandbus::detail

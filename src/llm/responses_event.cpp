#include "llm/responses_event.hpp"

#include "llm/frame_member.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace strandbus::detail {
namespace {

namespace json = boost::json;

using Kind = ResponsesText::Kind;
using Stage = ResponsesState::Stage;

/// An event about a text: which one, and under which names its text and its index stand.
struct TextEvent {
  std::string_view type;
  Kind kind;
  bool whole;
  std::string_view text;
  std::string_view index;
};

constexpr std::array<TextEvent, 10> text_events{
    {{"response.output_text.delta", Kind::answer, false, "delta", "content_index"},
     {"response.output_text.done", Kind::answer, true, "text", "content_index"},
     {"response.refusal.delta", Kind::refusal, false, "delta", "content_index"},
     {"response.refusal.done", Kind::refusal, true, "refusal", "content_index"},
     {"response.function_call_arguments.delta", Kind::arguments, false, "delta", ""},
     {"response.function_call_arguments.done", Kind::arguments, true, "arguments", ""},
     {"response.reasoning_summary_text.delta", Kind::summary, false, "delta", "summary_index"},
     {"response.reasoning_summary_text.done", Kind::summary, true, "text", "summary_index"},
     {"response.reasoning_text.delta", Kind::reasoning, false, "delta", "content_index"},
     {"response.reasoning_text.done", Kind::reasoning, true, "text", "content_index"}}};

ResponsesPlace place_in(const json::object& frame) {
  return {.output_index = number_in(frame, "output_index"),
          .item_id = any_text_in(frame, "item_id")};
}

ResponsesPiece read_piece(const json::object& frame, const TextEvent& event) {
  ResponsesPiece piece;
  piece.place = place_in(frame);
  piece.text.kind = event.kind;
  piece.text.index = number_in(frame, event.index).value_or(0);
  piece.whole = event.whole;
  if (event.kind == Kind::arguments) {
    piece.text.text = any_text_in(frame, event.text);
    piece.name = text_in(frame, "name");
  } else {
    piece.text.text = text_in(frame, event.text);
  }
  return piece;
}

/// A part of a message, of a summary or of readable reasoning, by its type.
std::optional<ResponsesText> read_part(const json::object& part, std::int64_t index) {
  const std::string type = text_in(part, "type");
  const auto text = [&](Kind kind, std::string_view name) {
    return ResponsesText{.kind = kind, .index = index, .text = text_in(part, name)};
  };
  if (type == "output_text" || type == "text") return text(Kind::answer, "text");
  if (type == "refusal") return text(Kind::refusal, "refusal");
  if (type == "summary_text") return text(Kind::summary, "text");
  if (type == "reasoning_text") return text(Kind::reasoning, "text");
  return std::nullopt;
}

void read_parts(ResponsesItem& item, const json::object& object, std::string_view name) {
  const json::array* parts = list_in(object, name);
  if (!parts) return;
  std::int64_t index = 0;
  for (const json::value& value : *parts) {
    if (!value.is_object()) fail_frame(name, "a list of objects");
    auto part = read_part(value.get_object(), index++);
    if (part && !part->text.empty()) item.texts.push_back(*std::move(part));
  }
}

/// Nothing if an answer is not made of such items.
std::optional<ResponsesItem> read_item(const json::object& object) {
  ResponsesItem item;
  item.id = any_text_in(object, "id");
  const std::string type = text_in(object, "type");
  if (type == "message") {
    item.kind = ResponsesItem::Kind::message;
    read_parts(item, object, "content");
  } else if (type == "function_call") {
    item.kind = ResponsesItem::Kind::call;
    item.call_id = any_text_in(object, "call_id");
    item.name = text_in(object, "name");
    std::string arguments = any_text_in(object, "arguments");
    if (!arguments.empty())
      item.texts.push_back({.kind = Kind::arguments, .index = 0, .text = std::move(arguments)});
  } else if (type == "reasoning") {
    item.kind = ResponsesItem::Kind::reasoning;
    item.encrypted_content = text_in(object, "encrypted_content");
    read_parts(item, object, "summary");
    read_parts(item, object, "content");
  } else {
    return std::nullopt;
  }
  return item;
}

ResponsesEvent read_item_news(const json::object& frame, bool begins) {
  const json::object* object = object_in(frame, "item");
  auto item = object ? read_item(*object) : std::nullopt;
  if (!item) return ResponsesSkipped{};
  ResponsesItemNews news{.place = place_in(frame), .item = *std::move(item), .begins = begins};
  if (news.place.item_id.empty()) news.place.item_id = news.item.id;
  return news;
}

/// A part that is known as a whole: some servers send no other event about its text.
ResponsesEvent read_part_done(const json::object& frame) {
  const json::object* part = object_in(frame, "part");
  const bool of_summary = frame.contains("summary_index");
  const auto index = number_in(frame, of_summary ? "summary_index" : "content_index");
  auto text = part ? read_part(*part, index.value_or(0)) : std::nullopt;
  if (!text) return ResponsesSkipped{};
  ResponsesPiece piece;
  piece.place = place_in(frame);
  piece.text = *std::move(text);
  piece.whole = true;
  return piece;
}

std::optional<Usage> usage_in(const json::object& response) {
  const json::value* value = member_in(response, "usage");
  // What it cost is never worth the answer: a usage of another form is left out.
  if (!value || !value->is_object()) return std::nullopt;
  const json::object& object = value->get_object();
  Usage usage;
  usage.prompt = count_in(object, "input_tokens").value_or(0);
  usage.completion = count_in(object, "output_tokens").value_or(0);
  usage.total =
      count_in(object, "total_tokens").value_or(sum_of_counts(usage.prompt, usage.completion));
  usage.cached = count_in(object, "input_tokens_details", "cached_tokens");
  usage.cache_write = count_in(object, "input_tokens_details", "cache_write_tokens");
  usage.reasoning = count_in(object, "output_tokens_details", "reasoning_tokens");
  return usage;
}

void read_output(ResponsesState& state, const json::object& response) {
  const json::array* output = list_in(response, "output");
  if (!output) return;
  std::int64_t index = 0;
  for (const json::value& value : *output) {
    if (!value.is_object()) fail_frame("output", "a list of objects");
    if (auto item = read_item(value.get_object())) {
      const ResponsesPlace place{.output_index = index, .item_id = item->id};
      state.output.push_back({.place = place, .item = *std::move(item), .begins = false});
    }
    ++index;
  }
}

/// What a server calls the end is one, unless the status says that it went wrong.
Stage stage_of(std::string_view status, Stage otherwise) {
  if (status == "failed" || status == "cancelled") return Stage::failed;
  if (status == "incomplete") return Stage::incomplete;
  return otherwise;
}

ResponsesState read_state(const json::object& response, Stage stage) {
  ResponsesState state;
  state.stage = stage;
  state.id = any_text_in(response, "id");
  state.model = any_text_in(response, "model");
  state.usage = usage_in(response);
  state.status = any_text_in(response, "status");
  if (stage != Stage::under_way) state.stage = stage_of(state.status, stage);
  const json::value* details = member_in(response, "incomplete_details");
  if (details && details->is_object())
    state.incomplete_reason = any_text_in(details->get_object(), "reason");
  if (const json::value* error = member_in(response, "error"))
    state.error = json::object{{"error", *error}};
  if (state.stage == Stage::completed || state.stage == Stage::incomplete)
    read_output(state, response);
  return state;
}

ResponsesEvent read_whole(const json::object& response) {
  const std::string status = any_text_in(response, "status");
  const bool runs = status == "in_progress" || status == "queued";
  ResponsesState state = read_state(response, runs ? Stage::under_way : Stage::completed);
  if (state.error) state.stage = Stage::failed;
  return state;
}

/// The stage that an event about the whole answer says; nothing if it is no such event.
std::optional<Stage> stage_said_by(std::string_view type) {
  if (type == "response.created" || type == "response.queued" || type == "response.in_progress")
    return Stage::under_way;
  if (type == "response.completed" || type == "response.done") return Stage::completed;
  if (type == "response.incomplete") return Stage::incomplete;
  if (type == "response.failed" || type == "response.cancelled") return Stage::failed;
  return std::nullopt;
}

}  // namespace

bool is_response(const json::object& frame) {
  const json::value* output = frame.if_contains("output");
  return !frame.contains("type") && output && output->is_array();
}

ResponsesEvent read_responses_event(const json::object& frame) {
  if (is_response(frame)) return read_whole(frame);
  const std::string type = text_in(frame, "type");
  const auto text = std::ranges::find(text_events, type, &TextEvent::type);
  if (text != text_events.end()) return read_piece(frame, *text);
  const bool item_begins = type == "response.output_item.added";
  if (item_begins || type == "response.output_item.done") return read_item_news(frame, item_begins);
  if (type == "response.content_part.done" || type == "response.reasoning_summary_part.done")
    return read_part_done(frame);
  const std::optional<Stage> stage = stage_said_by(type);
  if (!stage) return ResponsesSkipped{};
  const json::object* response = object_in(frame, "response");
  return read_state(response ? *response : json::object(), *stage);
}

}  // namespace strandbus::detail

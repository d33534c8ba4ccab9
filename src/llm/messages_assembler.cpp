#include "llm/messages_assembler.hpp"

#include "llm/frame_member.hpp"
#include "llm/server_frame.hpp"
#include "strandbus/event/json_codec.hpp"

#include <algorithm>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::size_t shown_bytes = 80;
constexpr std::string_view declined = "The model declined to answer.";

std::size_t size_of(const json::object& object) {
  std::string text;
  append_json(text, json::value(object));
  return text.size();
}

}  // namespace

MessagesAssembler::MessagesAssembler(const ModelRequest& request, DeltaSink& sink,
                                     const AnswerContext& context)
    : context_(context),
      sink_(sink),
      answer_tool_(answer_tool(request)),
      calls_(request.messages, sink) {
  answer_.model = context.server.model;
}

void MessagesAssembler::feed(std::string_view data) {
  const std::string_view text = trimmed(data);
  if (ended_ || text.empty()) return;
  if (text == "[DONE]") {  // as some gateways end what is no stream of theirs
    ended_ = true;
    return;
  }
  const json::object event = read_server_frame(text, context_.server);
  try {
    take(event);
  } catch (const FrameError& error) {
    fail("sent an event that is none: " + error.message);
  }
}

void MessagesAssembler::take(const json::object& event) {
  const std::string type = text_in(event, "type");
  if (type == "message_start") {
    if (const json::object* message = object_in(event, "message")) take_message(*message);
  } else if (type == "content_block_start") {
    if (const json::object* block = object_in(event, "content_block"))
      take_start(index_of(event), *block);
  } else if (type == "content_block_delta") {
    take_delta(event);
  } else if (type == "content_block_stop") {
    take_stop(position_of(event));
  } else if (type == "message_delta") {
    take_usage(event);
    if (const json::object* delta = object_in(event, "delta")) take_ending(*delta);
  } else if (type == "message_stop") {
    ended_ = true;
  } else if (type == "message") {
    take_whole(event);
  } else if (type == "error") {
    throw failure_of(event, context_.server);
  }
}

void MessagesAssembler::take_message(const json::object& message) {
  const Secrets& secrets = context_.server.secrets;
  const std::string id = any_text_in(message, "id");
  if (!id.empty() && answer_.response_id.empty()) answer_.response_id = secrets.redact(id);
  const std::string model = any_text_in(message, "model");
  if (!model.empty()) answer_.model = secrets.redact(model);
  take_usage(message);
}

/// An answer that is no stream.
void MessagesAssembler::take_whole(const json::object& message) {
  // One that repeats a stream at its end says nothing new.
  const bool repeats = !positions_.empty();
  take_message(message);
  const json::array* content = list_in(message, "content");
  if (content && !repeats) {
    for (const json::value& block : *content) {
      if (!block.is_object()) fail_frame("content", "a list of objects");
      const auto index = static_cast<std::int64_t>(blocks_.size());
      take_start(index, block.get_object());
      take_stop(blocks_.size() - 1);
    }
  }
  take_ending(message);
  ended_ = true;
}

void MessagesAssembler::take_usage(const json::object& event) {
  used_.take(event);
  if (!used_.known() || !member_in(event, "usage")) return;
  answer_.usage = used_before_;
  answer_.usage += used_.usage();
  if (context_.price) answer_.cost = cost_of(answer_.usage, *context_.price);
  sink_.on_usage(answer_.usage, answer_.cost);
}

// --- blocks ---------------------------------------------------------------------------------

/// A server that does not count its blocks sends one after the other.
std::int64_t MessagesAssembler::index_of(const json::object& event) const {
  const auto newest = static_cast<std::int64_t>(positions_.size());
  return number_in(event, "index").value_or(newest);
}

std::size_t MessagesAssembler::position_of(const json::object& event) const {
  const auto index = number_in(event, "index");
  if (!index && !positions_.empty()) return blocks_.size() - 1;
  const auto found = positions_.find(index.value_or(0));
  if (found == positions_.end()) fail("sent a piece of a block that has not begun");
  return found->second;
}

void MessagesAssembler::take_start(std::int64_t index, const json::object& start) {
  if (!blocks_.empty() && !blocks_.back().open) complete_call(blocks_.size() - 1);
  const std::size_t position = blocks_.size();
  MessagesBlock& block = blocks_.emplace_back(begun_block(start));
  positions_[index] = position;
  switch (block.kind) {
    case Kind::text: return take_text(block, text_in(start, "text"));
    case Kind::thinking:
      block.signature = text_in(start, "signature");
      return take_thinking(block, text_in(start, "thinking"));
    case Kind::call: return begin_call(position);
    case Kind::redacted_thinking: return count(text_in(start, "data").size());
    case Kind::other: return count(size_of(start));
  }
}

/// What follows a call shows that it was not cut off: one without arguments has none.
void MessagesAssembler::complete_call(std::size_t position) {
  const MessagesBlock& block = blocks_[position];
  if (block.kind == Kind::call && block.input.empty()) take_input(position, "{}");
}

void MessagesAssembler::begin_call(std::size_t position) {
  const MessagesBlock& block = blocks_[position];
  CallPiece piece;
  piece.index = static_cast<std::int64_t>(position);
  piece.id = any_text_in(block.start, "id");
  piece.name = text_in(block.start, "name");
  count(piece.id.size() + piece.name.size());
  if (answer_tool_ && piece.name == answer_tool_->name) {
    if (!answering_) answering_ = position;
    return;
  }
  if (piece.name.empty()) fail("sent a tool call without a name");
  calls_.add(piece);
  if (calls_.size() > context_.limits.tool_calls) {
    fail("sent more than " + std::to_string(context_.limits.tool_calls) +
         " tool calls in one answer");
  }
}

void MessagesAssembler::take_delta(const json::object& event) {
  const json::object* delta = object_in(event, "delta");
  if (!delta) return;
  const std::size_t position = position_of(event);
  MessagesBlock& block = blocks_[position];
  const std::string type = text_in(*delta, "type");
  if (type == "text_delta") {
    expect(block, Kind::text, type);
    take_text(block, text_in(*delta, "text"));
  } else if (type == "thinking_delta") {
    expect(block, Kind::thinking, type);
    take_thinking(block, text_in(*delta, "thinking"));
  } else if (type == "signature_delta") {
    expect(block, Kind::thinking, type);
    block.signature += text_in(*delta, "signature");
    count(text_in(*delta, "signature").size());
  } else if (type == "input_json_delta") {
    expect(block, Kind::call, type);
    take_input(position, text_in(*delta, "partial_json"));
  } else if (type == "citations_delta") {
    const json::object* citation = object_in(*delta, "citation");
    if (!citation) return;
    block.citations.push_back(*citation);
    count(size_of(*citation));
  }
}

void MessagesAssembler::expect(const MessagesBlock& block, Kind kind,
                               std::string_view delta) const {
  // Blocks that nobody here knows may be made of anything.
  if (block.kind == kind || block.kind == Kind::other) return;
  fail("sent " + std::string(delta) + " for a block of the type '" +
       shown(context_.server, text_in(block.start, "type"), shown_bytes) + "'");
}

void MessagesAssembler::take_text(MessagesBlock& block, const std::string& text) {
  if (text.empty() || block.kind == Kind::other) return;
  count(text.size());
  block.text += text;
  if (answer_tool_) {
    plain_ += text;
    return;
  }
  answer_.content += text;
  sink_.on_text(text);
}

void MessagesAssembler::take_thinking(MessagesBlock& block, const std::string& text) {
  if (text.empty() || block.kind == Kind::other) return;
  count(text.size());
  block.text += text;
  answer_.reasoning += text;
  sink_.on_reasoning(text);
}

void MessagesAssembler::take_input(std::size_t position, const std::string& piece) {
  MessagesBlock& block = blocks_[position];
  count(piece.size());
  block.input += piece;
  if (block.kind != Kind::call || piece.empty()) return;
  if (is_answer(block)) {
    if (answering_ == position) take_answer(piece);
    return;
  }
  CallPiece more;
  more.index = static_cast<std::int64_t>(position);
  more.arguments = piece;
  calls_.add(more);
}

/// Some servers send arguments whole, with the beginning of the block.
void MessagesAssembler::take_stop(std::size_t position) {
  MessagesBlock& block = blocks_[position];
  block.open = false;
  if (block.kind != Kind::call || !block.input.empty()) return;
  const json::value* input = member_in(block.start, "input");
  const json::object* object = input ? input->if_object() : nullptr;
  if (input && (!object || !object->empty()))
    take_input(position, any_text_in(block.start, "input"));
}

void MessagesAssembler::take_ending(const json::object& delta) {
  const std::string reason = any_text_in(delta, "stop_reason");
  if (!reason.empty()) stop_reason_ = reason;
  if (reason != "refusal") return;
  if (const json::object* details = object_in(delta, "stop_details"))
    answer_.refusal = text_in(*details, "explanation");
  count(answer_.refusal.size());
  if (answer_.refusal.empty()) answer_.refusal = declined;
}

// --- a structured answer --------------------------------------------------------------------

bool MessagesAssembler::is_answer(const MessagesBlock& block) const {
  return answer_tool_ && text_in(block.start, "name") == answer_tool_->name;
}

void MessagesAssembler::take_answer(const std::string& piece) {
  if (!answer_tool_->wrapped) hand_over_structured(piece);
}

void MessagesAssembler::hand_over_structured(const std::string& text) {
  if (text.empty()) return;
  answer_.content += text;
  sink_.on_structured(text);
}

/// What could not be handed over piece by piece; a model that did not call the tool gave its answer
/// as a text.
void MessagesAssembler::finish_structured() {
  if (!answering_) {
    if (answer_.refusal.empty() && calls_.size() == 0) hand_over_structured(plain_);
    return;
  }
  const std::string& input = blocks_[*answering_].input;
  if (input.empty() && !cut_short()) return hand_over_structured("{}");
  if (answer_tool_->wrapped) hand_over_structured(answer_tool_->unwrapped(input));
}

// --- the end --------------------------------------------------------------------------------

bool MessagesAssembler::whole() const noexcept {
  if (!stop_reason_.empty()) return true;
  return ended_ && bytes_ != 0 && std::ranges::none_of(blocks_, &MessagesBlock::open);
}

bool MessagesAssembler::cut_short() const noexcept {
  return stop_reason_ == "max_tokens" || stop_reason_ == "model_context_window_exceeded" ||
         stop_reason_ == "refusal";
}

ModelResponse MessagesAssembler::finish() {
  if (!whole()) throw interrupted(ended_ ? "it holds nothing whole" : "the stream just ended");
  for (std::size_t position = 0; position < blocks_.size(); ++position) {
    take_stop(position);
    if (position + 1 < blocks_.size()) complete_call(position);
  }
  if (paused()) return answer_;
  if (answer_tool_) finish_structured();
  answer_.tool_calls = calls_.finish(context_.limits.argument_depth, cut_short());
  answer_.finish_reason = finish_reason();
  if (!answer_tool_) {
    answer_.provider_data = kept_thinking(
        blocks_, MessagesOrigin{.server = context_.server.server, .model = context_.server.model});
  }
  return std::move(answer_);
}

FinishReason MessagesAssembler::finish_reason() const noexcept {
  if (stop_reason_ == "refusal") return FinishReason::refusal;
  if (cut_short()) return FinishReason::length;
  return answer_.tool_calls.empty() ? FinishReason::stop : FinishReason::tool_calls;
}

bool MessagesAssembler::paused() const noexcept {
  return stop_reason_ == "pause_turn" && calls_.size() == 0 && !answering_;
}

json::array MessagesAssembler::paused_turn() const {
  json::array turn;
  for (const MessagesBlock& block : blocks_) {
    if (auto content = sent_back(block)) turn.push_back(*std::move(content));
  }
  return turn;
}

void MessagesAssembler::resume() {
  used_before_ += used_.usage();
  used_ = MessagesUsage();
  positions_.clear();
  stop_reason_.clear();
  ended_ = false;
}

void MessagesAssembler::count(std::size_t bytes) {
  bytes_ += bytes;
  if (bytes_ <= context_.limits.answer_bytes) return;
  fail("sent an answer longer than " + std::to_string(context_.limits.answer_bytes) + " bytes");
}

ProviderError MessagesAssembler::interrupted(std::string_view how) const {
  const std::string what = "cut the answer off: " + std::string(how);
  return ProviderError(ErrorCode::interrupted, failure_text(context_.server, what, "ask again"));
}

void MessagesAssembler::fail(std::string_view what) const {
  throw ProviderError(ErrorCode::invalid_response, failure_text(context_.server, what, ""));
}

}  // namespace strandbus::detail

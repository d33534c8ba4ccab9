#include "published_texts.hpp"

#include "strandbus/bus/publisher.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

namespace strandbus::detail {
namespace {

template <class Piece>
std::string& text_of(Piece& piece) noexcept {
  if constexpr (std::is_same_v<Piece, ToolCallDelta>) {
    return piece.delta;
  } else {
    return piece.text;
  }
}

template <class Piece>
const std::string& id_of(const Piece& piece) noexcept {
  if constexpr (requires { piece.call_id; }) {
    return piece.call_id;
  } else {
    return piece.message_id;
  }
}

bool is_answer(EventType type) noexcept {
  return type == EventType::token_delta || type == EventType::structured_delta ||
         type == EventType::assistant_delta;
}

bool is_of_model(EventType type) noexcept { return type != EventType::tool_output; }
bool is_of_call(EventType type) noexcept { return type == EventType::tool_call_delta; }
bool is_of_tool(EventType type) noexcept { return type == EventType::tool_output; }

/// The texts that an event ends: those with this id.
struct Ended {
  std::string_view id{};
  bool (*what)(EventType) noexcept = is_of_tool;
};

template <class T>
Ended ended_by(const T& payload) noexcept {
  if constexpr (std::is_same_v<T, ToolCallReady>) {
    return {payload.call_id, is_of_call};
  } else if constexpr (std::is_same_v<T, MessageCommitted>) {
    return {payload.message.id, is_of_model};
  } else if constexpr (std::is_same_v<T, MessageDiscarded> || std::is_same_v<T, AssistantMessage>) {
    return {payload.message_id, is_of_model};
  } else if constexpr (std::is_same_v<T, ToolCallCompleted> ||
                       std::is_same_v<T, ToolCallCancelled> || std::is_same_v<T, ToolCallDenied> ||
                       std::is_same_v<T, BashExecuted> || std::is_same_v<T, CellExecuted>) {
    return {payload.call_id, is_of_tool};
  } else {
    return {};
  }
}

}  // namespace

/// A text that goes on, and the envelope of its events.
struct PublishedTexts::OpenText {
  OpenText(const Key& key, std::string_view tool, const Envelope& envelope,
           const Redactor& redactor)
      : type(key.type),
        stream(key.stream),
        id(key.id),
        tool_name(tool),
        context(envelope.context),
        turn(envelope.turn),
        span(envelope.span),
        parent_span(envelope.parent_span),
        text(redactor) {}

  bool is(const Key& key) const noexcept {
    return type == key.type && stream == key.stream && id == key.id && is_of(*key.context);
  }
  bool is_of(const RunContext& run) const noexcept {
    return context.get() == &run || context->run_id == run.run_id;
  }

  template <class Piece>
  StreamEvent event(Piece piece) const {
    StreamEvent made(std::move(piece), context);
    made.set_turn(turn).set_span(span, parent_span);
    return made;
  }

  /// The end of the text as an event, if something was held back.
  void finish(std::vector<StreamEvent>& held) {
    std::string rest = text.flush();
    if (rest.empty()) return;
    switch (type) {
      case EventType::token_delta: held.push_back(event(TokenDelta{std::move(rest), id})); break;
      case EventType::reasoning_delta:
        held.push_back(event(ReasoningDelta{std::move(rest), id}));
        break;
      case EventType::structured_delta:
        held.push_back(event(StructuredDelta{std::move(rest), id}));
        break;
      case EventType::assistant_delta:
        held.push_back(event(AssistantDelta{id, std::move(rest)}));
        break;
      case EventType::tool_call_delta:
        held.push_back(event(ToolCallDelta{id, std::move(rest)}));
        break;
      default: {
        ToolOutput output;
        output.call_id = id;
        output.tool_name = tool_name;
        output.stream = stream;
        output.text = std::move(rest);
        held.push_back(event(std::move(output)));
      }
    }
  }

  EventType type;
  OutputStream stream;
  std::string id;
  std::string tool_name;
  std::shared_ptr<const RunContext> context;
  std::int32_t turn;
  SpanId span;
  SpanId parent_span;
  StreamRedactor text;
};

PublishedTexts::PublishedTexts(Redactor redactor) : redactor_(std::move(redactor)) {}
PublishedTexts::~PublishedTexts() = default;

template <class Piece>
bool PublishedTexts::push(Piece& piece, const Envelope& envelope,
                          std::vector<StreamEvent>& before) {
  OutputStream stream{};
  std::string_view tool_name;
  bool shows_more = false;
  if constexpr (std::is_same_v<Piece, ToolOutput>) {
    redactor_.apply(piece.data);
    redactor_.apply(piece.tool_name);
    stream = piece.stream;
    tool_name = piece.tool_name;
    shows_more = piece.progress || !piece.data.is_null();
    if (stream == OutputStream::progress) {  // each is a text of its own
      redactor_.apply(piece.text);
      return true;
    }
  }
  std::string& text = text_of(piece);
  if (text.empty()) return true;
  const Key key{Piece::event_type, stream, id_of(piece), envelope.context.get()};
  const std::lock_guard lock(mutex_);
  OpenText* known = find(key);
  if (known == nullptr) known = &open(key, tool_name, envelope, before);
  known->text.push(text);
  return !text.empty() || shows_more;
}

template bool PublishedTexts::push(TokenDelta&, const Envelope&, std::vector<StreamEvent>&);
template bool PublishedTexts::push(ReasoningDelta&, const Envelope&, std::vector<StreamEvent>&);
template bool PublishedTexts::push(StructuredDelta&, const Envelope&, std::vector<StreamEvent>&);
template bool PublishedTexts::push(ToolCallDelta&, const Envelope&, std::vector<StreamEvent>&);
template bool PublishedTexts::push(AssistantDelta&, const Envelope&, std::vector<StreamEvent>&);
template bool PublishedTexts::push(ToolOutput&, const Envelope&, std::vector<StreamEvent>&);

PublishedTexts::OpenText* PublishedTexts::find(const Key& key) const noexcept {
  const auto found =
      std::find_if(texts_.rbegin(), texts_.rend(), [&](const auto& text) { return text->is(key); });
  return found == texts_.rend() ? nullptr : found->get();
}

PublishedTexts::OpenText& PublishedTexts::open(const Key& key, std::string_view tool_name,
                                               const Envelope& envelope,
                                               std::vector<StreamEvent>& before) {
  if (is_answer(key.type)) {  // the reasoning before it is over
    for (const auto& text : texts_) {
      if (text->type == EventType::reasoning_delta && text->id == key.id &&
          text->is_of(*key.context))
        text->finish(before);
    }
  }
  if (texts_.size() == max_open) {
    texts_.front()->finish(before);
    texts_.erase(texts_.begin());
  }
  texts_.push_back(std::make_unique<OpenText>(key, tool_name, envelope, redactor_));
  return *texts_.back();
}

std::vector<StreamEvent> PublishedTexts::end(const StreamEvent& event) {
  std::vector<StreamEvent> held;
  const EventType type = event.type();
  const Ended ended = event.visit([](const auto& payload) { return ended_by(payload); });
  const bool request = type == EventType::model_completed || type == EventType::model_failed;
  const bool call_begins = type == EventType::tool_call_begin;
  const bool everything = type == EventType::session_closed;
  if (ended.id.empty() && !event.is_terminal() && !request && !call_begins && !everything)
    return held;
  const std::lock_guard lock(mutex_);
  std::erase_if(texts_, [&](const std::unique_ptr<OpenText>& text) {
    if (!everything && !text->is_of(event.context())) return false;
    const bool of_request = is_of_model(text->type) && text->span == event.span_id();
    if (call_begins && of_request && !is_of_call(text->type)) text->finish(held);  // may go on
    const bool of_id = !ended.id.empty() && text->id == ended.id && ended.what(text->type);
    if (!of_id && !event.is_terminal() && !everything && !(request && of_request)) return false;
    text->finish(held);
    return true;
  });
  return held;
}

}  // namespace strandbus::detail

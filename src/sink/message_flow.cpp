#include "sink/message_flow.hpp"

#include <utility>

namespace strandbus::detail {

void MessageFlow::begin() {
  discard();
  gap_ = false;
}

void MessageFlow::discard() {
  shown_.clear();
  held_.clear();
  ended_ = false;
  filter_ = TerminalText();
}

std::string MessageFlow::piece(std::string_view text) {
  if (gap_) {
    hold(text);
    return {};
  }
  if (ended_) discard();
  shown_ += text;
  return filter_.feed(text);
}

void MessageFlow::hold(std::string_view text) {
  if (ended_) discard();
  held_ += text;
}

MessageFlow::Ending MessageFlow::end(std::string_view whole) {
  Ending ending;
  if (whole.empty()) {
    ending.rest = abandon();
    return ending;
  }
  ending.replaces = !whole.starts_with(shown_);
  if (ending.replaces) {
    ending.rest = terminal_safe(whole);
  } else {
    ending.rest = filter_.feed(whole.substr(shown_.size()));
    ending.rest += filter_.finish();
  }
  shown_ = whole;
  held_.clear();
  gap_ = false;
  ended_ = true;
  return ending;
}

std::string MessageFlow::abandon() {
  std::string rest = filter_.feed(held_);
  rest += filter_.finish();
  shown_ += std::exchange(held_, {});
  gap_ = false;
  ended_ = true;
  return rest;
}

}  // namespace strandbus::detail

#include "server/feed_texts.hpp"

#include "strandbus/error.hpp"

namespace strandbus::detail {

FeedTexts::FeedTexts(std::string_view dialect)
    : dialect_(dialect == "native" ? nullptr : make_dialect(dialect)) {}

std::span<const std::string_view> FeedTexts::of(const FeedItem& item) {
  texts_.clear();
  if (!dialect_ || !item.seq) {
    texts_.emplace_back(*item.json);
    return texts_;
  }
  const auto event = decoder_.read(*item.json);
  if (!event) throw system_error(event.error().code, event.error().message);
  lines_.clear();
  dialect_->append(lines_, *event);
  std::string_view rest = lines_;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    texts_.push_back(rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  return texts_;
}

}  // namespace strandbus::detail

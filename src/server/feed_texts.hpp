#pragma once

#include "strandbus/event/json_codec.hpp"
#include "strandbus/server/session_feed.hpp"
#include "strandbus/wire/dialect.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::detail {

/// Says the items of one feed in the words of a dialect.
///
/// Threads: one at a time; one object per feed.
class FeedTexts {
 public:
  /// `dialect` is one of dialect_names().
  explicit FeedTexts(std::string_view dialect);

  /// The JSON objects that an item is: itself in the native form; none, one or several in other
  /// dialects. What is no event stays as it is. They last until the next call.
  std::span<const std::string_view> of(const FeedItem& item);

 private:
  std::unique_ptr<Dialect> dialect_;  // null: native
  EventReader decoder_;
  std::string lines_;
  std::vector<std::string_view> texts_;
};

}  // namespace strandbus::detail

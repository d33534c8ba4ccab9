#pragma once

#include "strandbus/event/types.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>

namespace strandbus::detail {

/// What one request has used, as Anthropic counts it: the input without what the cache read or
/// wrote, and every number the whole so far (Anthropic API reference, Usage).
class MessagesUsage {
 public:
  /// Takes what the object `usage` of an event says; what it does not say stays as it was. One of
  /// another form says nothing: what it cost is never worth the answer.
  void take(const boost::json::object& event);

  /// Whether anything is known.
  bool known() const noexcept { return input_ || output_; }

  /// As we count: `prompt` is all input.
  Usage usage() const;

 private:
  std::optional<std::int64_t> input_;
  std::optional<std::int64_t> output_;
  std::optional<std::int64_t> cache_read_;
  std::optional<std::int64_t> cache_write_;
  std::optional<std::int64_t> thinking_;
};

}  // namespace strandbus::detail

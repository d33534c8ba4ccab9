#pragma once

#include "net/sse_parser.hpp"
#include "strandbus/event/json_codec.hpp"
#include "strandbus/event/stream_event.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace strandbus::detail {

/// Events that the server does not keep any more: exactly so many, before the next one.
struct FollowedGap {
  std::uint64_t missed = 0;
};

/// What was read so far is from another history; what follows begins anew.
struct FollowedReset {};

/// Nothing for this reader: it was here before, or it is of a kind that this version does not know.
struct FollowedNothing {};

/// Something that cannot be read.
struct FollowedFault {
  std::string message{};
};

using FollowedItem =
    std::variant<FollowedNothing, StreamEvent, FollowedGap, FollowedReset, FollowedFault>;

/// What a reader far away knows of a session: how far it has come. Whatever the server repeats,
/// nothing comes twice.
///
/// Threads: distinct objects.
class FollowedHistory {
 public:
  /// Begins behind this seq; empty = at the beginning.
  explicit FollowedHistory(std::optional<std::uint64_t> after) : position_(after) {}

  /// What stands in a server-sent event.
  FollowedItem take(const SseEvent& sent);

  /// The seq to go on behind; empty = from the beginning.
  std::optional<std::uint64_t> position() const noexcept { return position_; }

 private:
  FollowedItem take_notice(const std::string& data);
  FollowedItem take_gap(std::uint64_t after, std::uint64_t missed);
  bool advance(std::uint64_t seq);

  std::optional<std::uint64_t> position_;
  EventReader reader_;
};

}  // namespace strandbus::detail

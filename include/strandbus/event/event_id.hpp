#pragma once

#include "strandbus/event/timestamp.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace strandbus {

/// The identity of an event: a UUID of version 7 (RFC 9562 section 5.7). A default one is all zero.
struct EventId {
  std::uint64_t high{};  ///< 48 bits of Unix milliseconds, version, 12 bits
  std::uint64_t low{};   ///< variant, 62 bits

  friend constexpr auto operator<=>(const EventId&, const EventId&) = default;
  constexpr bool is_nil() const noexcept { return high == 0 && low == 0; }
};

/// The 36 characters "xxxxxxxx-xxxx-7xxx-yxxx-xxxxxxxxxxxx", lower case.
std::string to_string(const EventId& id);

/// Reads a UUID of any version in its 36-character form.
std::optional<EventId> parse_event_id(std::string_view text) noexcept;

/// Makes ids that grow strictly: within one millisecond a random 74-bit counter is advanced by a
/// random step (RFC 9562 section 6.2, method 2).
///
/// Threads: distinct objects.
class EventIdGenerator {
 public:
  /// Seeded from the operating system's random source.
  EventIdGenerator();
  /// A fixed seed, for tests.
  explicit EventIdGenerator(std::uint64_t seed) noexcept;

  /// The next id; `now` may repeat or go backwards, ids still grow.
  EventId next(Timestamp now) noexcept;

  /// Makes the following ids greater than `id`, for a session that continues a stored one. An id
  /// that is not of version 7 is ignored.
  void continue_after(const EventId& id) noexcept;

 private:
  std::uint64_t random() noexcept;
  void restart_counter() noexcept;
  void advance_counter() noexcept;

  std::uint64_t random_state_;
  std::uint64_t milliseconds_ = 0;
  std::uint64_t counter_high_ = 0;  ///< 12 bits
  std::uint64_t counter_low_ = 0;   ///< 62 bits
};

/// A fresh id for a run, a session or a conversation: for prefix "run" it is "run_0192…", the
/// prefix and the 32 hexadecimal digits of a UUID of version 7. Ids of one thread grow.
///
/// Threads: any thread.
std::string make_unique_id(std::string_view prefix);

/// A fresh id for a message: "msg_" and 11 random characters, so short that it needs no allocation.
///
/// Threads: any thread.
std::string make_message_id();

}  // namespace strandbus

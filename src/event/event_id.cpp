#include "strandbus/event/event_id.hpp"

#include "event/fixed_text.hpp"

#include <algorithm>
#include <random>

namespace strandbus {
namespace {

constexpr std::uint64_t low_mask = (std::uint64_t{1} << 62U) - 1;
constexpr std::uint64_t high_mask = 0xFFF;
constexpr std::uint64_t version_7 = std::uint64_t{7} << 12U;
constexpr std::uint64_t variant = std::uint64_t{2} << 62U;
constexpr std::uint64_t max_milliseconds = (std::uint64_t{1} << 48U) - 1;

std::uint64_t random_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32U) | device();
}

std::uint64_t milliseconds_of(Timestamp now) noexcept {
  const auto count = std::chrono::floor<std::chrono::milliseconds>(now).time_since_epoch().count();
  return static_cast<std::uint64_t>(std::max<std::int64_t>(count, 0)) & max_milliseconds;
}

constexpr std::uint8_t no_digit = 0xFF;

/// What each byte is worth as a hexadecimal digit.
constexpr auto hex_digits = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(no_digit);
  for (std::uint8_t value = 0; value < 16; ++value) {
    table[static_cast<unsigned char>("0123456789abcdef"[value])] = value;
    table[static_cast<unsigned char>("0123456789ABCDEF"[value])] = value;
  }
  return table;
}();

constexpr bool is_hyphen_position(std::size_t i) noexcept {
  return i == 8 || i == 13 || i == 18 || i == 23;
}

}  // namespace

namespace detail {

char* write_event_id(char* out, const EventId& id) noexcept {
  unsigned shift = 64;
  const std::uint64_t* half = &id.high;
  for (std::size_t i = 0; i < event_id_size; ++i) {
    if (is_hyphen_position(i)) {
      out[i] = '-';
      continue;
    }
    if (shift == 0) {
      shift = 64;
      half = &id.low;
    }
    shift -= 4;
    out[i] = "0123456789abcdef"[(*half >> shift) & 0xFU];
  }
  return out + event_id_size;
}

}  // namespace detail

std::string to_string(const EventId& id) {
  std::array<char, detail::event_id_size> text;
  return {text.data(), detail::write_event_id(text.data(), id)};
}

std::optional<EventId> parse_event_id(std::string_view text) noexcept {
  if (text.size() != detail::event_id_size) return std::nullopt;
  EventId id;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_hyphen_position(i)) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const std::uint8_t digit = hex_digits[static_cast<unsigned char>(text[i])];
    if (digit == no_digit) return std::nullopt;
    std::uint64_t& half = i < 18 ? id.high : id.low;
    half = (half << 4U) | digit;
  }
  return id;
}

EventIdGenerator::EventIdGenerator() : EventIdGenerator(random_seed()) {}

EventIdGenerator::EventIdGenerator(std::uint64_t seed) noexcept : random_state_(seed) {
  restart_counter();
}

std::uint64_t EventIdGenerator::random() noexcept {
  std::uint64_t z = random_state_ += 0x9E3779B97F4A7C15U;  // SplitMix64
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31U);
}

void EventIdGenerator::restart_counter() noexcept {
  counter_high_ = random() & (high_mask >> 1U);  // The top bit is room to count.
  counter_low_ = random() & low_mask;
}

void EventIdGenerator::advance_counter() noexcept {
  counter_low_ += 1 + (random() >> 32U);
  if (counter_low_ <= low_mask) return;
  counter_low_ &= low_mask;
  if (++counter_high_ <= high_mask) return;
  milliseconds_ =
      (milliseconds_ + 1) & max_milliseconds;  // The counter is used up: run ahead of the clock.
  restart_counter();
}

EventId EventIdGenerator::next(Timestamp now) noexcept {
  const std::uint64_t milliseconds = milliseconds_of(now);
  if (milliseconds > milliseconds_) {
    milliseconds_ = milliseconds;
    restart_counter();
  } else {
    advance_counter();
  }
  return {(milliseconds_ << 16U) | version_7 | counter_high_, variant | counter_low_};
}

void EventIdGenerator::continue_after(const EventId& id) noexcept {
  const bool is_version_7 = (id.high >> 12U & 0xFU) == 7 && id.low >> 62U == 2;
  const EventId current{(milliseconds_ << 16U) | version_7 | counter_high_, variant | counter_low_};
  if (!is_version_7 || id <= current) return;
  milliseconds_ = id.high >> 16U;
  counter_high_ = id.high & high_mask;
  counter_low_ = id.low & low_mask;
}

std::string make_unique_id(std::string_view prefix) {
  thread_local EventIdGenerator generator;
  std::string id(prefix);
  if (!id.empty()) id += '_';
  for (const char c : to_string(generator.next(std::chrono::system_clock::now()))) {
    if (c != '-') id += c;
  }
  return id;
}

std::string make_message_id() {
  thread_local std::mt19937_64 random{std::random_device{}()};
  constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  std::string id = "msg_";
  std::uint64_t bits = random();
  for (int i = 0; i < 11; ++i, bits >>= 5) id += alphabet[bits & 31];
  return id;
}

}  // namespace strandbus

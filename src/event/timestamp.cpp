#include "strandbus/event/timestamp.hpp"

#include "event/fixed_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

namespace strandbus {
namespace {

namespace chrono = std::chrono;

constexpr std::int64_t nanos_per_second = 1'000'000'000;

char* write_number(char* out, unsigned value, int width) noexcept {
  for (int i = width - 1; i >= 0; --i, value /= 10) out[i] = static_cast<char>('0' + value % 10);
  return out + width;
}

/// Reads a text from left to right; after the first mismatch everything fails.
class Scanner {
 public:
  explicit Scanner(std::string_view text) noexcept : text_(text) {}

  bool ok() const noexcept { return ok_; }
  bool at_end() const noexcept { return text_.empty(); }

  bool accept(char c) noexcept {
    if (!ok_ || text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }

  void expect(char c) noexcept { ok_ = accept(c); }
  void expect(char upper, char lower) noexcept { ok_ = accept(upper) || accept(lower); }

  /// A number of exactly `width` digits and at most `max`.
  int number(std::size_t width, int max) noexcept {
    if (text_.size() < width) ok_ = false;
    int value = 0;
    for (std::size_t i = 0; ok_ && i < width; ++i) {
      ok_ = is_digit();
      if (ok_) value = value * 10 + take_digit();
    }
    if (value > max) ok_ = false;
    return value;
  }

  /// One to nine decimals, as nanoseconds.
  int nanoseconds() noexcept {
    int value = 0;
    int digits = 0;
    while (is_digit() && digits < 9) {
      value = value * 10 + take_digit();
      ++digits;
    }
    if (digits == 0 || is_digit()) ok_ = false;
    for (; digits < 9; ++digits) value *= 10;
    return value;
  }

 private:
  bool is_digit() const noexcept {
    return !text_.empty() && text_.front() >= '0' && text_.front() <= '9';
  }

  int take_digit() noexcept {
    const int digit = text_.front() - '0';
    text_.remove_prefix(1);
    return digit;
  }

  std::string_view text_;
  bool ok_ = true;
};

std::int64_t days_since_epoch(Scanner& in) noexcept {
  const int year = in.number(4, 9999);
  in.expect('-');
  const int month = in.number(2, 12);
  in.expect('-');
  const int day = in.number(2, 31);
  const chrono::year_month_day date{chrono::year{year}, chrono::month{static_cast<unsigned>(month)},
                                    chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) in.expect('\0');  // No such day, say 30 February.
  return chrono::sys_days{date}.time_since_epoch().count();
}

std::int64_t seconds_of_day(Scanner& in) noexcept {
  const int hour = in.number(2, 23);
  in.expect(':');
  const int minute = in.number(2, 59);
  in.expect(':');
  const int second = in.number(2, 60);
  return hour * 3600 + minute * 60 + second;
}

/// Seconds east of Greenwich.
std::int64_t offset(Scanner& in) noexcept {
  if (in.accept('Z') || in.accept('z')) return 0;
  const bool west = in.accept('-');
  if (!west) in.expect('+');
  const int hour = in.number(2, 23);
  in.expect(':');
  const int seconds = hour * 3600 + in.number(2, 59) * 60;
  return west ? -seconds : seconds;
}

std::optional<Timestamp> combine(std::int64_t seconds, std::int64_t nanos) noexcept {
  // Both parts get the same sign, so that the first and the last moment do not overflow half-way.
  if (seconds < 0 && nanos > 0) {
    ++seconds;
    nanos -= nanos_per_second;
  }
  constexpr auto min = std::numeric_limits<std::int64_t>::min();
  constexpr auto max = std::numeric_limits<std::int64_t>::max();
  if (seconds < min / nanos_per_second || seconds > max / nanos_per_second) return std::nullopt;
  const std::int64_t whole = seconds * nanos_per_second;
  if ((nanos < 0 && whole < min - nanos) || (nanos > 0 && whole > max - nanos)) return std::nullopt;
  return Timestamp{chrono::nanoseconds{whole + nanos}};
}

}  // namespace

namespace detail {

char* write_rfc3339(char* out, Timestamp time, int digits) noexcept {
  const auto day = chrono::floor<chrono::days>(time);
  const chrono::year_month_day date{day};
  // In seconds, because the first day's midnight in nanoseconds does not fit 64 bits.
  const auto second = chrono::floor<chrono::seconds>(time);
  const auto in_day = static_cast<unsigned>((second - chrono::sys_seconds{day}).count());
  out = write_number(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  *out++ = '-';
  out = write_number(out, static_cast<unsigned>(date.month()), 2);
  *out++ = '-';
  out = write_number(out, static_cast<unsigned>(date.day()), 2);
  *out++ = 'T';
  out = write_number(out, in_day / 3600, 2);
  *out++ = ':';
  out = write_number(out, in_day / 60 % 60, 2);
  *out++ = ':';
  out = write_number(out, in_day % 60, 2);
  if (digits > 0) {
    std::int64_t nanos = time.time_since_epoch().count() % nanos_per_second;
    if (nanos < 0) nanos += nanos_per_second;
    for (int i = digits; i < 9; ++i) nanos /= 10;
    *out++ = '.';
    out = write_number(out, static_cast<unsigned>(nanos), digits);
  }
  *out++ = 'Z';
  return out;
}

}  // namespace detail

std::string to_rfc3339(Timestamp time, int digits) {
  std::array<char, detail::rfc3339_size> text;
  return {text.data(), detail::write_rfc3339(text.data(), time, std::clamp(digits, 0, 9))};
}

std::optional<Timestamp> parse_rfc3339(std::string_view text) noexcept {
  Scanner in(text);
  std::int64_t seconds = days_since_epoch(in) * 86'400;
  in.expect('T', 't');
  seconds += seconds_of_day(in);
  const std::int64_t nanos = in.accept('.') ? in.nanoseconds() : 0;
  seconds -= offset(in);
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return combine(seconds, nanos);
}

}  // namespace strandbus

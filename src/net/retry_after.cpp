#include "net/retry_after.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <string>

namespace strandbus::detail {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds longest = std::chrono::days(365);

std::string_view trimmed(std::string_view text) noexcept {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

std::optional<milliseconds> amount(std::string_view value, double unit_ms) {
  const std::string_view text = trimmed(value);
  double number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return std::nullopt;
  if (!std::isfinite(number) || number < 0) return std::nullopt;
  const double most = static_cast<double>(longest.count());
  return milliseconds(static_cast<milliseconds::rep>(std::ceil(std::min(number * unit_ms, most))));
}

/// 1 to 12; 0 if it is no month.
unsigned month_number(std::string_view name) {
  static constexpr std::array<std::string_view, 12> names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto found = std::ranges::find(names, name);
  return found == names.end() ? 0 : static_cast<unsigned>(found - names.begin()) + 1;
}

/// "Sun, 06 Nov 1994 08:49:37 GMT"
std::optional<std::chrono::sys_seconds> http_date(std::string_view value) {
  const std::string text(trimmed(value.substr(0, 64)));
  char name[4] = {};
  unsigned day = 0;
  int year = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int read = 0;
  const int fields = std::sscanf(text.c_str(), "%*3[A-Za-z], %2u %3[A-Za-z] %4d %2d:%2d:%2d GMT%n",
                                 &day, name, &year, &hour, &minute, &second, &read);
  if (fields != 6 || read != static_cast<int>(text.size())) return std::nullopt;
  const std::chrono::year_month_day date{
      std::chrono::year(year), std::chrono::month(month_number(name)), std::chrono::day(day)};
  const bool in_range = hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0;
  if (!date.ok() || !in_range || second > 60) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

}  // namespace

std::optional<milliseconds> parse_retry_after_ms(std::string_view value) {
  return amount(value, 1);
}

std::optional<milliseconds> parse_retry_after(std::string_view value,
                                              std::chrono::system_clock::time_point now) {
  if (const auto seconds = amount(value, 1000)) return seconds;
  const auto date = http_date(value);
  if (!date) return std::nullopt;
  // Whole seconds: as nanoseconds a far date would overflow.
  const milliseconds wait = *date - std::chrono::floor<std::chrono::seconds>(now);
  return std::clamp(wait, milliseconds(0), longest);
}

}  // namespace strandbus::detail

#include "load/event_check.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>

namespace strandbus::load {
namespace {

using std::chrono::nanoseconds;

constexpr nanoseconds whole_day = std::chrono::hours(24);

std::optional<std::uint64_t> number_at(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc()) return std::nullopt;
  return value;
}

/// "15:04:05.25Z"
nanoseconds read_time(std::string_view text) {
  std::int64_t seconds = 0;
  for (const std::size_t place : {0U, 3U, 6U})
    seconds = seconds * 60 + (text[place] - '0') * 10 + (text[place + 1] - '0');
  nanoseconds result = std::chrono::seconds(seconds);
  nanoseconds unit = std::chrono::milliseconds(100);
  for (std::size_t i = 9; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i, unit /= 10)
    result += (text[i] - '0') * unit;
  return result;
}

}  // namespace

std::optional<SeenEvent> see_event(std::string_view json) {
  constexpr std::string_view seq_name = "\"seq\":";
  constexpr std::string_view time_name = "\"ts\":\"";
  constexpr std::size_t date_size = 11;  // "2026-11-20T"
  constexpr std::size_t least_time = 8;
  const std::size_t seq_at = json.find(seq_name);
  const std::size_t time_at = json.find(time_name);
  if (seq_at == std::string_view::npos || time_at == std::string_view::npos) return std::nullopt;
  const auto seq = number_at(json.substr(seq_at + seq_name.size()));
  const std::string_view stamp = json.substr(time_at + time_name.size());
  if (!seq || stamp.size() < date_size + least_time) return std::nullopt;
  return SeenEvent{*seq, read_time(stamp.substr(date_size))};
}

nanoseconds delay_between(nanoseconds from, nanoseconds to) {
  const nanoseconds passed = to - from;
  if (passed >= nanoseconds(0)) return passed;
  return passed < -whole_day / 2 ? passed + whole_day : nanoseconds(0);
}

nanoseconds time_of_day() {
  return std::chrono::system_clock::now().time_since_epoch() % whole_day;
}

std::string make_event(std::uint64_t number) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::time_t seconds = std::chrono::duration_cast<std::chrono::seconds>(now).count();
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> date{};
  std::strftime(date.data(), date.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::array<char, 512> line{};
  const int size = std::snprintf(
      line.data(), line.size(),
      R"({"schema":1,"seq":%llu,"id":"0192f0c1-2345-7abc-8def-%012llx","ts":"%s.%09lldZ",)"
      R"("type":"system_notice","data":{"subsystem":"other","message":"event %llu of the load, with )"
      R"(as many words as a token of a model and what stands around it mostly have"}})",
      static_cast<unsigned long long>(number), static_cast<unsigned long long>(number), date.data(),
      static_cast<long long>((now % std::chrono::seconds(1)).count()),
      static_cast<unsigned long long>(number));
  return {line.data(), static_cast<std::size_t>(size)};
}

}  // namespace strandbus::load

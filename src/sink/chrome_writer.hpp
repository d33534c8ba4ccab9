#pragma once

#include "strandbus/event/describe.hpp"
#include "strandbus/event/types.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::detail {

/// The members of one "args" object. What is empty or absent is left out.
class ChromeArgs {
 public:
  explicit ChromeArgs(std::size_t max_text = 0) : max_text_(max_text) {}

  ChromeArgs& text(std::string_view key, std::string_view value);
  ChromeArgs& texts(std::string_view key, const std::vector<std::string>& values);
  ChromeArgs& number(std::string_view key, std::int64_t value);
  ChromeArgs& number(std::string_view key, const std::optional<std::int64_t>& value);
  ChromeArgs& flag(std::string_view key, bool value);
  ChromeArgs& money(std::string_view key, const std::optional<NanoUsd>& value);
  ChromeArgs& usage(const Usage& usage);
  /// As JSON if that is short enough, else the beginning of its text.
  ChromeArgs& value(std::string_view key, const json::value& value);
  template <DescribedEnum E>
  ChromeArgs& name(std::string_view key, E value) {
    return text(key, wire_name(value));
  }

  const std::string& members() const noexcept { return members_; }

 private:
  std::string& key(std::string_view key);

  std::size_t max_text_;
  std::string members_;
};

/// One event of a trace.
struct ChromeMark {
  char phase = 'i';
  std::string_view name{};
  std::string_view category{};
  std::uint64_t time_ns{};  ///< since the first event
  std::uint64_t thread{};
  std::uint64_t id{};  ///< of an asynchronous event or an arrow; 0 = it is none
};

/// Appends one event as a line of "traceEvents", with a comma behind the one before it.
void append_chrome_mark(std::string& out, const ChromeMark& mark, const ChromeArgs& args);

/// The beginning of a text, valid UTF-8, with "…" where it was cut.
std::string chrome_text(std::string_view text, std::size_t max_bytes);

}  // namespace strandbus::detail

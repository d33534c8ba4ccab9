#include "event/json_quick_check.hpp"

#include "event/plain_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

namespace strandbus::detail {
namespace {

constexpr std::size_t most_depth = 32;
constexpr std::size_t most_members = RootMembers::capacity;  // of any object
constexpr std::size_t most_number_bytes = 64;
constexpr std::size_t most_exponent_digits = 3;

/// The keys of one object, without escapes.
class Keys {
 public:
  /// False if the key is there already, or if there are too many.
  bool insert(std::string_view key) noexcept {
    if (count_ == most_members) return false;
    const std::uint64_t bit = std::uint64_t{1} << slot_of(key);
    if ((slots_ & bit) != 0 && contains(key)) return false;
    slots_ |= bit;
    keys_[count_++] = key;
    return true;
  }

 private:
  static unsigned slot_of(std::string_view key) noexcept {
    if (key.empty()) return 0;
    const auto first = static_cast<unsigned char>(key.front());
    const auto last = static_cast<unsigned char>(key.back());
    return (first * 7U + last + static_cast<unsigned>(key.size())) % 64;
  }

  bool contains(std::string_view key) const noexcept {
    const auto known = std::span(keys_).first(count_);
    return std::ranges::find(known, key) != known.end();
  }

  std::uint64_t slots_ = 0;  // which slots have a key
  std::size_t count_ = 0;
  std::array<std::string_view, most_members> keys_;
};

class QuickCheck {
 public:
  QuickCheck(std::string_view text, std::size_t max_depth, RootMembers& root) noexcept
      : at_(text.data()),
        end_(at_ + text.size()),
        max_depth_(std::min(max_depth, most_depth)),
        root_(root) {}

  bool document() noexcept {
    skip_space();
    if (!value()) return false;
    skip_space();
    return at_ == end_;
  }

 private:
  bool value() noexcept {
    if (at_ == end_) return false;
    switch (*at_) {
      case '{': return object();
      case '[': return array();
      case '"': return string();
      case 't': return word("true");
      case 'f': return word("false");
      case 'n': return word("null");
      default: return number();
    }
  }

  bool object() noexcept {
    if (!open()) return false;
    if (accept('}')) return close();
    Keys keys;
    do {
      skip_space();
      if (!member(keys)) return false;
      skip_space();
    } while (accept(','));
    return accept('}') && close();
  }

  bool member(Keys& keys) noexcept {
    const char* const begin = at_;
    if (!accept('"')) return false;
    skip_plain();
    const std::string_view key = since(begin + 1);
    if (!accept('"') || !keys.insert(key)) return false;
    skip_space();
    if (!accept(':')) return false;
    skip_space();
    const char* const value_begin = at_;
    if (!value()) return false;
    if (depth_ == 1) root_.add({key, since(value_begin), since(begin)});
    return true;
  }

  bool array() noexcept {
    if (!open()) return false;
    if (accept(']')) return close();
    do {
      skip_space();
      if (!value()) return false;
      skip_space();
    } while (accept(','));
    return accept(']') && close();
  }

  bool open() noexcept {
    ++at_;
    skip_space();
    return depth_++ < max_depth_;
  }

  bool close() noexcept {
    --depth_;
    return true;
  }

  bool string() noexcept {
    ++at_;
    for (skip_plain(); accept('\\'); skip_plain()) {
      if (!escape()) return false;
    }
    return accept('"');
  }

  /// What stands behind a backslash.
  bool escape() noexcept {
    if (at_ == end_) return false;
    switch (*at_++) {
      case '"':
      case '\\':
      case '/':
      case 'b':
      case 'f':
      case 'n':
      case 'r':
      case 't': return true;
      case 'u': return code_unit();
      default: return false;
    }
  }

  /// Four hexadecimal digits that are no surrogate.
  bool code_unit() noexcept {
    if (end_ - at_ < 4 || *at_ == 'D' || *at_ == 'd') return false;
    return std::all_of(at_, at_ + 4, is_hex) && (at_ += 4, true);
  }

  bool number() noexcept {
    const char* const begin = at_;
    accept('-');
    if (!accept('0') && digits() == 0) return false;
    if (accept('.') && digits() == 0) return false;
    if (accept('e') || accept('E')) {
      if (!accept('+')) accept('-');
      const std::size_t exponent = digits();
      if (exponent == 0 || exponent > most_exponent_digits) return false;
    }
    return since(begin).size() <= most_number_bytes;
  }

  std::size_t digits() noexcept {
    const char* const begin = at_;
    while (at_ != end_ && is_digit(*at_)) ++at_;
    return since(begin).size();
  }

  bool word(std::string_view expected) noexcept {
    if (!rest().starts_with(expected)) return false;
    at_ += expected.size();
    return true;
  }

  bool accept(char c) noexcept {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  void skip_space() noexcept {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\r' || *at_ == '\n')) ++at_;
  }

  void skip_plain() noexcept { at_ += plain_size(rest()); }

  std::string_view rest() const noexcept { return {at_, static_cast<std::size_t>(end_ - at_)}; }
  std::string_view since(const char* begin) const noexcept {
    return {begin, static_cast<std::size_t>(at_ - begin)};
  }

  static bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
  static bool is_hex(char c) noexcept {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  }

  const char* at_;
  const char* const end_;
  const std::size_t max_depth_;
  std::size_t depth_ = 0;
  RootMembers& root_;
};

}  // namespace

bool is_surely_json(std::string_view text, std::size_t max_depth, RootMembers& root) noexcept {
  root.clear();
  if (QuickCheck(text, max_depth, root).document()) return true;
  root.clear();
  return false;
}

}  // namespace strandbus::detail

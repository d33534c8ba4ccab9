#include "agent/ecma_pattern.hpp"
#include "event/utf8.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace strandbus::detail {
namespace {

using SyntaxError = EcmaPattern::SyntaxError;

constexpr char32_t max_code_point = 0x10FFFF;

// What ECMA-262 means by \d, \w, \s and their opposites, as the inside of a class.
constexpr std::wstring_view digits = L"\\x{30}-\\x{39}";
constexpr std::wstring_view no_digits = L"\\x{0}-\\x{2f}\\x{3a}-\\x{10ffff}";
constexpr std::wstring_view words = L"\\x{30}-\\x{39}\\x{41}-\\x{5a}\\x{5f}\\x{61}-\\x{7a}";
constexpr std::wstring_view no_words =
    L"\\x{0}-\\x{2f}\\x{3a}-\\x{40}\\x{5b}-\\x{5e}\\x{60}\\x{7b}-\\x{10ffff}";
constexpr std::wstring_view spaces =
    L"\\x{9}-\\x{d}\\x{20}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}"
    L"\\x{3000}\\x{feff}";
constexpr std::wstring_view no_spaces =
    L"\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{"
    L"2027}"
    L"\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-\\x{"
    L"10ffff}";
constexpr std::wstring_view no_line_ends = L"[^\\x{a}\\x{d}\\x{2028}\\x{2029}]";

std::wstring literal(char32_t point) {
  constexpr std::wstring_view hex = L"0123456789abcdef";
  std::wstring digits_of;
  do {
    digits_of.insert(digits_of.begin(), hex[point % 16]);
    point /= 16;
  } while (point != 0);
  return L"\\x{" + digits_of + L"}";
}

std::optional<std::wstring_view> class_escape(char32_t letter) {
  switch (letter) {
    case U'd': return digits;
    case U'D': return no_digits;
    case U'w': return words;
    case U'W': return no_words;
    case U's': return spaces;
    case U'S': return no_spaces;
    default: return std::nullopt;
  }
}

bool is_letter_or_digit(char32_t c) {
  return (c >= U'0' && c <= U'9') || (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z');
}

/// Reads the pattern once and writes it in Perl syntax, each literal as \x{…}.
class Translator {
 public:
  explicit Translator(std::u32string pattern) : in_(std::move(pattern)) {}

  std::wstring run() {
    while (!at_end()) term();
    if (depth_ != 0) fail("a group is not closed");
    return std::move(out_);
  }

  std::size_t offset() const noexcept { return at_; }

 private:
  /// Whether a quantifier may follow what was read last.
  enum class Last { nothing, atom, quantifier };

  bool at_end() const noexcept { return at_ == in_.size(); }
  char32_t peek(std::size_t ahead = 0) const noexcept {
    return at_ + ahead < in_.size() ? in_[at_ + ahead] : 0;
  }
  bool take(char32_t c) noexcept {
    if (at_end() || in_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool take(std::u32string_view text) noexcept {
    if (in_.compare(at_, text.size(), text) != 0) return false;
    at_ += text.size();
    return true;
  }
  [[noreturn]] void fail(std::string message) const { throw SyntaxError{at_, std::move(message)}; }

  void atom(std::wstring_view text) {
    out_ += text;
    last_ = Last::atom;
  }
  void no_atom(std::wstring_view text) {
    out_ += text;
    last_ = Last::nothing;
  }

  void term() {
    switch (peek()) {
      case U'^': ++at_; return no_atom(L"\\A");
      case U'$': ++at_; return no_atom(L"\\z");
      case U'|': ++at_; return no_atom(L"|");
      case U'.': ++at_; return atom(no_line_ends);
      case U'(': return open_group();
      case U')': return close_group();
      case U'[': return character_class();
      case U'\\': return escape();
      case U'*':
      case U'+':
      case U'?': return quantifier();
      case U'{':
        if (looks_like_count()) return quantifier();
        break;
      default: break;
    }
    atom(literal(in_[at_]));
    ++at_;
  }

  void open_group() {
    ++at_;
    ++depth_;
    if (take(U"?=")) return no_atom(L"(?=");
    if (take(U"?!")) return no_atom(L"(?!");
    if (take(U"?:")) return no_atom(L"(?:");
    if (take(U"?<")) {
      if (peek() == U'=' || peek() == U'!') fail("look-behind is not supported");
      while (peek() != U'>') {
        if (at_end() || !(is_letter_or_digit(peek()) || peek() == U'_' || peek() == U'$'))
          fail("bad group name");
        ++at_;
      }
      ++at_;
      return no_atom(L"(?:");
    }
    if (peek() == U'?') fail("unknown kind of group");
    no_atom(L"(?:");
  }

  void close_group() {
    if (depth_ == 0) fail("')' without '('");
    ++at_;
    --depth_;
    atom(L")");
  }

  bool looks_like_count() const noexcept {
    std::size_t i = at_ + 1;
    const auto skip_digits = [&] {
      const std::size_t from = i;
      while (i < in_.size() && in_[i] >= U'0' && in_[i] <= U'9') ++i;
      return i > from;
    };
    if (!skip_digits()) return false;
    if (i < in_.size() && in_[i] == U',') {
      ++i;
      skip_digits();
    }
    return i < in_.size() && in_[i] == U'}';
  }

  void quantifier() {
    if (last_ != Last::atom) fail("nothing to repeat");
    if (peek() == U'{') {
      while (peek() != U'}') out_ += static_cast<wchar_t>(in_[at_++]);
    }
    out_ += static_cast<wchar_t>(in_[at_++]);
    if (take(U'?')) out_ += L'?';
    last_ = Last::quantifier;
  }

  void escape() {
    ++at_;
    if (at_end()) fail("the pattern ends with a backslash");
    const char32_t letter = peek();
    if (const auto inside = class_escape(letter)) {
      ++at_;
      return atom(L"[" + std::wstring(*inside) + L"]");
    }
    if (letter == U'b' || letter == U'B') {
      ++at_;
      return no_atom(letter == U'b' ? L"\\b" : L"\\B");
    }
    atom(literal(character_escape()));
  }

  /// The character that an escape stands for; the backslash has been read.
  char32_t character_escape() {
    const char32_t letter = peek();
    switch (letter) {
      case U't': ++at_; return U'\t';
      case U'n': ++at_; return U'\n';
      case U'v': ++at_; return U'\v';
      case U'f': ++at_; return U'\f';
      case U'r': ++at_; return U'\r';
      case U'c': return control_escape();
      case U'x': ++at_; return hexadecimal(2);
      case U'u': return unicode_escape();
      case U'0':
        if (peek(1) < U'0' || peek(1) > U'9') {
          ++at_;
          return 0;
        }
        break;
      default: break;
    }
    if (letter >= U'0' && letter <= U'9') fail("back-references are not supported");
    if (letter == U'p' || letter == U'P') fail("Unicode property classes are not supported");
    if (is_letter_or_digit(letter)) fail("unknown escape");
    ++at_;
    return letter;
  }

  char32_t control_escape() {
    ++at_;
    const char32_t letter = peek();
    if (!is_letter_or_digit(letter) || letter <= U'9') fail("\\c needs a letter");
    ++at_;
    return letter % 32;
  }

  char32_t unicode_escape() {
    ++at_;
    if (take(U'{')) {
      const char32_t point = hexadecimal(0);
      if (!take(U'}')) fail("\\u{ is not closed");
      return checked(point);
    }
    const char32_t high = hexadecimal(4);
    if (high < 0xD800 || high > 0xDBFF) return checked(high);
    if (!take(U"\\u")) fail("half of a surrogate pair");
    const char32_t low = hexadecimal(4);
    if (low < 0xDC00 || low > 0xDFFF) fail("half of a surrogate pair");
    return 0x10000 + ((high - 0xD800) << 10U) + (low - 0xDC00);
  }

  char32_t checked(char32_t point) const {
    if (point > max_code_point || (point >= 0xD800 && point <= 0xDFFF)) fail("no code point");
    return point;
  }

  /// `count` hexadecimal digits; 0 = one or more.
  char32_t hexadecimal(int count) {
    char32_t value = 0;
    int read = 0;
    for (; count == 0 || read < count; ++read, ++at_) {
      const char32_t c = peek();
      const bool digit = c >= U'0' && c <= U'9';
      const bool letter = (c >= U'a' && c <= U'f') || (c >= U'A' && c <= U'F');
      if (!digit && !letter) break;
      value = value * 16 + (digit ? c - U'0' : (c | 0x20U) - U'a' + 10);
      if (value > max_code_point) fail("no code point");
    }
    if (read == 0 || read < count) fail("hexadecimal digits are missing");
    return value;
  }

  void character_class() {
    ++at_;
    const bool negated = take(U'^');
    std::wstring inside;
    while (peek() != U']' || at_end()) {
      if (at_end()) fail("a class is not closed");
      class_member(inside);
    }
    ++at_;
    if (inside.empty()) return atom(negated ? L"[\\x{0}-\\x{10ffff}]" : L"(?:(?!))");
    atom((negated ? L"[^" : L"[") + inside + L"]");
  }

  void class_member(std::wstring& inside) {
    const auto first = class_atom(inside);
    const bool range = peek() == U'-' && peek(1) != U']' && at_ + 1 < in_.size();
    if (!range) {
      if (first) inside += literal(*first);
      return;
    }
    if (!first) fail("a class escape cannot begin a range");
    ++at_;
    std::wstring unused;
    const auto second = class_atom(unused);
    if (!second) fail("a class escape cannot end a range");
    if (*second < *first) fail("a range runs backwards");
    inside += literal(*first) + L"-" + literal(*second);
  }

  /// One character of a class; of an escape like \d nothing, its content goes to `inside`.
  std::optional<char32_t> class_atom(std::wstring& inside) {
    if (at_end()) fail("a class is not closed");
    if (!take(U'\\')) return in_[at_++];
    if (at_end()) fail("the pattern ends with a backslash");
    if (const auto content = class_escape(peek())) {
      ++at_;
      inside += *content;
      return std::nullopt;
    }
    if (take(U'b')) return U'\b';
    return character_escape();
  }

  std::u32string in_;
  std::size_t at_ = 0;
  int depth_ = 0;
  Last last_ = Last::nothing;
  std::wstring out_;
};

/// How many bytes the first code points of a text take.
std::size_t bytes_of(std::string_view text, std::size_t points) {
  const std::size_t size = text.size();
  for (; points > 0 && !text.empty(); --points) text.remove_prefix(utf8_step(text).size);
  return size - text.size();
}

}  // namespace

boost::system::result<std::wstring, SyntaxError> translate_ecma_pattern(std::string_view pattern) {
  Translator translator(code_points(pattern));
  try {
    return translator.run();
  } catch (SyntaxError& error) {
    error.offset = bytes_of(pattern, error.offset);
    return std::move(error);
  }
}

}  // namespace strandbus::detail

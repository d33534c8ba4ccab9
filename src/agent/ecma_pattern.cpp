#include "agent/ecma_pattern.hpp"

#include "event/utf8.hpp"

#include <boost/regex.hpp>

#include <compare>
#include <iterator>
#include <locale>
#include <stdexcept>
#include <utility>

namespace strandbus::detail {
namespace {

/// How many characters a search may look at: enough to read a text a few dozen times, and for short
/// texts as much as some tens of milliseconds allow.
constexpr std::ptrdiff_t base_steps = 2'000'000;
constexpr std::ptrdiff_t steps_per_character = 32;

struct TooManySteps : std::runtime_error {
  TooManySteps() : std::runtime_error("too many steps") {}
};

/// Walks over a text and counts what is read, because the limits of Boost.Regex grow with the
/// square of the text's length.
class CountingIterator {
 public:
  using iterator_category = std::random_access_iterator_tag;
  using value_type = wchar_t;
  using difference_type = std::ptrdiff_t;
  using pointer = const wchar_t*;
  using reference = const wchar_t&;

  CountingIterator() = default;
  CountingIterator(pointer at, std::ptrdiff_t* steps) noexcept : at_(at), steps_(steps) {}

  reference operator*() const {
    if (steps_ && --*steps_ < 0) throw TooManySteps();
    return *at_;
  }
  reference operator[](difference_type n) const { return *(*this + n); }
  CountingIterator& operator++() { return *this += 1; }
  CountingIterator& operator--() { return *this -= 1; }
  CountingIterator operator++(int) { return std::exchange(*this, *this + 1); }
  CountingIterator operator--(int) { return std::exchange(*this, *this - 1); }
  CountingIterator& operator+=(difference_type n) {
    at_ += n;
    return *this;
  }
  CountingIterator& operator-=(difference_type n) { return *this += -n; }
  friend CountingIterator operator+(CountingIterator a, difference_type n) { return a += n; }
  [[maybe_unused]] friend CountingIterator operator+(difference_type n, CountingIterator a) {
    return a += n;
  }
  friend CountingIterator operator-(CountingIterator a, difference_type n) { return a -= n; }
  friend difference_type operator-(CountingIterator a, CountingIterator b) { return a.at_ - b.at_; }
  friend bool operator==(CountingIterator a, CountingIterator b) { return a.at_ == b.at_; }
  [[maybe_unused]] friend auto operator<=>(CountingIterator a, CountingIterator b) {
    return a.at_ <=> b.at_;
  }

 private:
  pointer at_ = nullptr;
  std::ptrdiff_t* steps_ = nullptr;
};

std::wstring wide(std::string_view text) {
  const std::u32string points = code_points(text);
  return {points.begin(), points.end()};
}

}  // namespace

struct EcmaPattern::Program {
  boost::wregex regex;
};

std::u32string code_points(std::string_view text) {
  constexpr char32_t replacement = 0xFFFD;
  std::u32string points;
  points.reserve(text.size());
  while (!text.empty()) {
    const Utf8Step step = utf8_step(text);
    char32_t point = replacement;
    if (step.kind == Utf8Step::Kind::valid) {
      const auto lead = static_cast<unsigned char>(text[0]);
      point = step.size == 1 ? lead : lead & (0x7FU >> step.size);
      for (std::size_t i = 1; i < step.size; ++i)
        point = point << 6U | (static_cast<unsigned char>(text[i]) & 0x3FU);
    }
    points.push_back(point);
    text.remove_prefix(step.size);
  }
  return points;
}

boost::system::result<EcmaPattern, EcmaPattern::SyntaxError> EcmaPattern::compile(
    std::string_view pattern) {
  auto translated = translate_ecma_pattern(pattern);
  if (!translated) return std::move(translated).error();
  auto program = std::make_shared<Program>();
  try {
    program->regex.imbue(std::locale::classic());
    program->regex.assign(*translated,
                          boost::regex_constants::perl | boost::regex_constants::nosubs);
  } catch (const std::exception& failure) {
    return SyntaxError{0, failure.what()};
  }
  return EcmaPattern(std::move(program));
}

EcmaPattern::Match EcmaPattern::search(std::string_view text) const {
  const std::wstring subject = wide(text);
  std::ptrdiff_t steps = base_steps + steps_per_character * std::ssize(subject);
  const CountingIterator begin(subject.data(), &steps);
  try {
    const bool found =
        boost::regex_search(begin, begin + std::ssize(subject), program_->regex,
                            boost::match_default | boost::match_any | boost::match_nosubs);
    return found ? Match::yes : Match::no;
  } catch (const std::exception&) {
    return Match::too_expensive;
  }
}

}  // namespace strandbus::detail

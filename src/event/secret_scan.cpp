#include "event/secret_scan.hpp"

#include <algorithm>

namespace strandbus::detail {
namespace {

using Byte = SecretForms::Byte;

constexpr std::size_t longest_colour = 16;  // bytes of an escape sequence of a terminal

}  // namespace

bool SecretScan::advance(std::string_view text, More more, std::string& out) {
  replaced_ = inside_;
  copied_ = at_;
  while (at_ < text.size()) {
    if (!inside_ && ahead_.state == Found::State::nothing) skip_ordinary(text);
    if (at_ < text.size() && !step(text, more, out)) break;
  }
  if (!replaced_) return false;
  if (!inside_) out.append(text, copied_, at_ - copied_);
  return true;
}

/// Goes to the next byte that may mean something.
void SecretScan::skip_ordinary(std::string_view text) noexcept {
  constexpr std::uint8_t always = Byte::joint | Byte::value;
  const bool stops = boundary_ >= at_ && boundary_ < text.size();
  const std::size_t end = stops ? boundary_ : text.size();
  std::size_t at = at_;
  std::uint8_t before = at == 0 ? 0 : forms_->of(text[at - 1]);
  for (; at < end; ++at) {
    const std::uint8_t now = forms_->of(text[at]);
    if ((before & Byte::escape) != 0) break;
    const std::uint8_t mask = (before & Byte::word) != 0 ? always : always | Byte::begins;
    const std::uint8_t means = now & mask;
    if (means != 0) {
      const bool ordinary = (means & Byte::joint) == 0 && at + 1 < text.size() &&
                            !forms_->may_begin(text[at], text[at + 1]);
      if (!ordinary) break;
    }
    before = now;
  }
  at_ = at;
}

bool SecretScan::step(std::string_view text, More more, std::string& out) {
  if (inside_ && at_ >= covered_ && !leave(text, more)) return false;
  Found found;
  if (!inside_ && ahead_.state == Found::State::nothing) found = look(text, more);
  if (found.state == Found::State::undecided) return false;
  std::size_t value = 0;
  if ((forms_->of(text[at_]) & Byte::value) != 0) {
    const auto known = forms_->values.match(text.substr(at_), more);
    if (!known) return false;
    value = *known;
  }
  if (!note_escape(text, more)) return false;
  if (found.state == Found::State::secret) ahead_ = found;
  if (ahead_.state == Found::State::secret && ahead_.begin == at_) {
    cover(ahead_.end, ahead_.marker, text, out);
    tail_ = ahead_.tail;
    ahead_ = Found();
  }
  if (value > 0) cover(at_ + value, forms_->value_marker, text, out);
  ++at_;
  return true;
}

/// Goes on in the tail of a secret, or comes to its end.
bool SecretScan::leave(std::string_view text, More more) noexcept {
  if (tail_ != Tail::none) {
    const TailStep step = tail_step(tail_, text.substr(at_), more);
    if (!step.decided) return false;
    covered_ = at_ + step.size;
    if (step.last || step.size == 0) tail_ = Tail::none;
  }
  if (at_ < covered_) return true;
  inside_ = false;
  copied_ = at_;
  return true;
}

Found SecretScan::look(std::string_view text, More more) const noexcept {
  const std::uint8_t means = forms_->of(text[at_]);
  const SecretPlace place{text, at_, more};
  if ((means & Byte::joint) != 0) return find_behind_joint(*forms_, place);
  if ((means & Byte::begins) == 0) return {};
  const bool word_goes_on = at_ > 0 && (forms_->of(text[at_ - 1]) & Byte::word) != 0;
  if (word_goes_on && at_ != boundary_) return {};
  return find_beginning(*forms_, place);
}

/// Behind an escape sequence a word begins, though the sequence ends with a letter or digit.
bool SecretScan::note_escape(std::string_view text, More more) noexcept {
  if (at_ == 0 || (forms_->of(text[at_ - 1]) & Byte::escape) == 0) return true;
  const char sign = text[at_ - 1];
  const char c = text[at_];
  if (sign == '%') {
    boundary_ = at_ + 2;  // RFC 3986: two digits
  } else if (sign == '\\') {
    boundary_ = at_ + (c == 'u' ? 5 : c == 'x' ? 3 : 1);
  } else if (c == '[') {  // ECMA-48: ends with a letter
    const std::string_view rest = text.substr(at_, longest_colour);
    const auto letter =
        std::ranges::find_if(rest, [](char l) { return is_upper(l) || is_lower(l); });
    if (letter == rest.end() && rest.size() < longest_colour && more == More::yes) return false;
    boundary_ = at_ + static_cast<std::size_t>(letter - rest.begin()) + 1;
  }
  return true;
}

void SecretScan::cover(std::size_t end, std::string_view marker, std::string_view text,
                       std::string& out) {
  covered_ = inside_ ? std::max(covered_, end) : end;
  if (inside_) return;
  out.append(text, copied_, at_ - copied_);
  out += marker;
  inside_ = true;
  replaced_ = true;
}

void SecretScan::forget(std::size_t size) noexcept {
  at_ -= size;
  covered_ = std::max(covered_, size) - size;
  boundary_ = boundary_ == nowhere || boundary_ < size ? nowhere : boundary_ - size;
  if (ahead_.state == Found::State::secret) {
    ahead_.begin -= size;
    ahead_.end -= size;
  }
}

}  // namespace strandbus::detail

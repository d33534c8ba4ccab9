#include "tools/captured_output.hpp"

#include <algorithm>

namespace strandbus::detail {
namespace {

constexpr std::size_t slack_bytes = 64 * 1024;

bool continues_code_point(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

}  // namespace

std::string_view utf8_prefix(std::string_view text, std::size_t limit) noexcept {
  if (text.size() <= limit) return text;
  while (limit > 0 && continues_code_point(text[limit])) --limit;
  return text.substr(0, limit);
}

void CapturedOutput::append(std::string_view text) {
  total_ += text.size();
  if (!head_full_) {
    const std::string_view part = utf8_prefix(text, head_limit_ - head_.size());
    head_ += part;
    text.remove_prefix(part.size());
    head_full_ = !text.empty();
  }
  // What alone is more than the tail replaces it.
  if (text.size() > tail_limit_) tail_.clear();
  tail_ += text.substr(text.size() - std::min(text.size(), tail_limit_));
  if (tail_.size() > tail_limit_ + slack_bytes) tail_.erase(0, tail_.size() - tail_limit_);
}

std::string_view CapturedOutput::tail() const noexcept {
  std::string_view tail = tail_;
  if (tail.size() > tail_limit_) tail.remove_prefix(tail.size() - tail_limit_);
  if (!truncated()) return tail;
  while (!tail.empty() && continues_code_point(tail.front())) tail.remove_prefix(1);
  return tail;
}

std::string CapturedOutput::text() const {
  const std::string_view end = tail();
  std::string text = head_;
  if (truncated()) {
    const std::uint64_t left_out = total_ - head_.size() - end.size();
    if (!text.empty() && !text.ends_with('\n')) text += '\n';
    text += "[" + std::to_string(left_out) + " bytes left out]\n";
  }
  text += end;
  return text;
}

}  // namespace strandbus::detail

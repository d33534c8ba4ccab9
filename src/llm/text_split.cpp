#include "llm/text_split.hpp"

#include <algorithm>

namespace strandbus::detail {
namespace {

constexpr std::size_t longest_word_bytes = 32;
constexpr std::string_view white_space = " \t\r\n";

bool continues_code_point(char byte) noexcept {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

}  // namespace

std::size_t cut_position(std::string_view text, std::size_t from, std::size_t limit) noexcept {
  if (text.size() - from <= limit) return text.size();
  std::size_t end = from + limit;
  while (end > from && continues_code_point(text[end])) --end;
  if (end > from) return end;
  end = from + 1;
  while (end < text.size() && continues_code_point(text[end])) ++end;
  return end;
}

std::vector<std::string> split_tokens(std::string_view text) {
  std::vector<std::string> tokens;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t word = std::min(text.find_first_not_of(white_space, begin), text.size());
    std::size_t end = std::min(text.find_first_of(white_space, word), text.size());
    if (end > word) end = cut_position(text.substr(0, end), word, longest_word_bytes);
    tokens.emplace_back(text.substr(begin, end - begin));
    begin = end;
  }
  return tokens;
}

std::vector<std::string> split_evenly(std::string_view text, std::size_t count) {
  std::vector<std::string> pieces;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t left = count > pieces.size() ? count - pieces.size() : 1;
    const std::size_t size = (text.size() - begin + left - 1) / left;
    const std::size_t end = left == 1 ? text.size() : cut_position(text, begin, size);
    pieces.emplace_back(text.substr(begin, end - begin));
    begin = end;
  }
  return pieces;
}

std::string join(const std::vector<std::string>& pieces) {
  std::string text;
  for (const std::string& piece : pieces) text += piece;
  return text;
}

}  // namespace strandbus::detail

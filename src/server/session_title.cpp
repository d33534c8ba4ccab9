#include "server/session_title.hpp"

namespace strandbus::detail {
namespace {

constexpr std::string_view blanks = " \t\r\n\v\f";

bool continues_code_point(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

}  // namespace

std::string title_from(std::string_view text) {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  text.remove_prefix(first);
  text = text.substr(0, text.find_first_of("\r\n"));
  if (text.size() > max_title_bytes) {
    constexpr std::string_view ellipsis = "…";
    std::size_t end = max_title_bytes - ellipsis.size();
    while (end > 0 && continues_code_point(text[end])) --end;
    return std::string(text.substr(0, end)) + std::string(ellipsis);
  }
  return std::string(text.substr(0, text.find_last_not_of(blanks) + 1));
}

}  // namespace strandbus::detail

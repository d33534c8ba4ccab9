#include "tools/line_matcher.hpp"

#include "tools/text_lines.hpp"

#include <utility>

namespace strandbus::detail {

LineMatcher LineMatcher::literal(std::string text) {
  LineMatcher matcher;
  matcher.literal_ = std::move(text);
  return matcher;
}

boost::system::result<LineMatcher, EcmaPattern::SyntaxError> LineMatcher::regex(
    std::string_view pattern) {
  // Most searches are for words, which cost far less without a regular expression.
  if (pattern.find_first_of(R"(\^$.|?*+()[]{}/)") == std::string_view::npos)
    return literal(std::string(pattern));
  auto compiled = EcmaPattern::compile(pattern);
  if (!compiled) return std::move(compiled).error();
  LineMatcher matcher;
  matcher.pattern_.emplace(*std::move(compiled));
  return matcher;
}

LineMatcher::Match LineMatcher::matches(std::string_view line) const {
  if (pattern_) return pattern_->search(head_of(line, max_line_bytes));
  return line.find(literal_) == std::string_view::npos ? Match::no : Match::yes;
}

}  // namespace strandbus::detail

#include "server/accept_header.hpp"

#include <boost/algorithm/string/predicate.hpp>

#include <algorithm>

namespace strandbus::detail {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Takes the text up to the separator off its beginning.
std::string_view next_part(std::string_view& rest, char separator) {
  const std::string_view part = rest.substr(0, rest.find(separator));
  rest.remove_prefix(std::min(part.size() + 1, rest.size()));
  return trimmed(part);
}

/// "q=0", "q=0.000"
bool is_refusal(std::string_view parameter) {
  if (!boost::algorithm::istarts_with(parameter, "q=0")) return false;
  parameter.remove_prefix(3);
  return parameter.find_first_not_of(".0") == std::string_view::npos;
}

}  // namespace

bool accepts(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    std::string_view rest = next_part(list, ',');
    if (!boost::algorithm::iequals(next_part(rest, ';'), name)) continue;
    bool refused = false;
    while (!rest.empty()) refused = is_refusal(next_part(rest, ';')) || refused;
    return !refused;
  }
  return false;
}

bool holds_tag(std::string_view list, std::string_view tag) {
  while (!list.empty()) {
    std::string_view known = next_part(list, ',');
    if (known.starts_with("W/")) known.remove_prefix(2);
    if (known == "*" || known == tag) return true;
  }
  return false;
}

}  // namespace strandbus::detail

#include "agent/text_pattern.hpp"

#include "agent/ecma_pattern.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace strandbus::detail {
namespace {

constexpr char32_t any_run = 0x110000;  // beyond Unicode, so no text holds them
constexpr char32_t any_character = 0x110001;

std::u32string compiled(std::string_view pattern) {
  const std::u32string given = code_points(pattern);
  std::u32string parts;
  for (std::size_t at = 0; at < given.size(); ++at) {
    if (given[at] == U'\\' && at + 1 < given.size())
      parts += given[++at];
    else if (given[at] == U'*')
      parts += any_run;
    else
      parts += given[at] == U'?' ? any_character : given[at];
  }
  return parts;
}

}  // namespace

bool text_matches(std::string_view pattern, std::string_view text) {
  const std::u32string parts = compiled(pattern);
  const std::u32string characters = code_points(text);
  std::size_t part = 0;
  std::size_t at = 0;
  // Only the last run is ever made longer: if an earlier one could help, this one can too.
  std::optional<std::size_t> run;
  std::size_t run_end = 0;
  while (at < characters.size()) {
    if (part < parts.size() && parts[part] == any_run) {
      run = part++;
      run_end = at;
    } else if (part < parts.size() &&
               (parts[part] == any_character || parts[part] == characters[at])) {
      ++part;
      ++at;
    } else if (run) {
      part = *run + 1;
      at = ++run_end;
    } else {
      return false;
    }
  }
  while (part < parts.size() && parts[part] == any_run) ++part;
  return part == parts.size();
}

}  // namespace strandbus::detail

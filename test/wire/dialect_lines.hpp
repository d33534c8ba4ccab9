#pragma once

#include "strandbus/wire/dialect.hpp"
#include "strandbus/wire/dialect_decoder.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::testing {

/// Events in the words of a dialect.
inline std::string encode(std::string_view dialect, const std::vector<StreamEvent>& events) {
  const auto encoder = make_dialect(dialect);
  std::string out;
  for (const StreamEvent& event : events) encoder->append(out, event);
  return out;
}

inline std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

/// What a trace says, or why it cannot be read.
inline DialectEvents decode(std::string_view dialect, std::string_view trace) {
  const auto decoder = make_dialect_decoder(dialect);
  std::vector<StreamEvent> all;
  const auto take = [&](DialectEvents& events) {
    if (events)
      all.insert(all.end(), std::make_move_iterator(events->begin()),
                 std::make_move_iterator(events->end()));
    return events.has_value();
  };
  for (const std::string& line : split_lines(trace)) {
    DialectEvents events = decoder->read(line);
    if (!take(events)) return events.error();
  }
  DialectEvents rest = decoder->finish();
  if (!take(rest)) return rest.error();
  return all;
}

}  // namespace strandbus::testing

#include "strandbus/wire/sse_encoder.hpp"

#include "event/utf8.hpp"

#include <algorithm>
#include <stdexcept>

namespace strandbus {
namespace {

/// Appends a text that has no line ends, with U+FFFD for what no reader could take.
void append_text(std::string& out, std::string_view text) {
  std::size_t kept = 0;  // up to here it is in `out`
  std::size_t at = 0;
  while (at < text.size()) {
    const detail::Utf8Step step = detail::utf8_step(text.substr(at));
    if (step.kind != detail::Utf8Step::Kind::valid || text[at] == '\0') {
      out.append(text, kept, at - kept).append(detail::replacement_character);
      kept = at + step.size;
    }
    at += step.size;
  }
  out.append(text, kept);
}

/// The space is not the value's: readers take one away.
void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ");
  append_text(out, value);
  out += '\n';
}

void append_data(std::string& out, std::string_view data) {
  for (;;) {
    const auto end = std::ranges::find_if(data, [](char c) { return c == '\n' || c == '\r'; });
    const auto size = static_cast<std::size_t>(end - data.begin());
    append_field(out, "data", data.substr(0, size));
    if (end == data.end()) return;
    data.remove_prefix(size);
    data.remove_prefix(data.starts_with("\r\n") ? 2 : 1);
  }
}

}  // namespace

void append_sse(std::string& out, std::string_view data, std::optional<std::uint64_t> seq,
                std::string_view event) {
  constexpr std::string_view not_in_names("\r\n\0", 3);
  if (event.find_first_of(not_in_names) != std::string_view::npos)
    throw std::invalid_argument("event: the name of a server-sent event holds no line end or NUL");
  if (!event.empty()) append_field(out, "event", event);
  if (seq) append_field(out, "id", std::to_string(*seq));
  append_data(out, data);
  out += '\n';
}

void append_sse_comment(std::string& out) { out += ":\n\n"; }

void append_sse_retry(std::string& out, std::chrono::milliseconds time) {
  append_field(out, "retry", std::to_string(std::max<std::int64_t>(0, time.count())));
  out += '\n';
}

}  // namespace strandbus

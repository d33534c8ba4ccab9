#include "store/event_line.hpp"

#include "event/json_parser.hpp"
#include "event/json_reader.hpp"
#include "event/json_scan.hpp"
#include "store/session_lines.hpp"

namespace strandbus::detail {
namespace {

constexpr std::string_view event_prefix = R"({"_type":"event",)";
constexpr SessionLimits limits{};

DecodeLimits line_limits() { return {limits.max_line_bytes, limits.max_depth}; }

/// The member of an object that check_json has accepted.
std::string_view member_of(std::string_view object, std::string_view key) {
  MemberScanner scanner(inside(object));
  while (scanner.next()) {
    if (scanner.key() == key) return scanner.value();
  }
  return {};
}

}  // namespace

bool is_event_line(std::string_view line) noexcept { return line.starts_with(event_prefix); }

std::optional<std::uint64_t> seq_of_event(std::string_view json) {
  if (check_json(json, line_limits()) || kind_of(json) != JsonKind::object) return std::nullopt;
  const std::string_view text = member_of(json, "seq");
  std::uint64_t seq = 0;
  JsonReader reader;
  if (text.empty() || !reader.read(text, seq)) return std::nullopt;
  return seq;
}

bool fits_line(const StoredEvent& event) {
  const std::string_view json = *event.json;
  return json.starts_with("{\"") && json.find('\n') == std::string_view::npos &&
         json.size() + event_prefix.size() <= limits.max_line_bytes &&
         seq_of_event(json) == event.seq && member_of(json, "_type").empty();
}

void append_stored_event(std::string& out, const StoredEvent& event) {
  out += event_prefix;
  out.append(*event.json, 1);
  out += '\n';
  out += message_line_after(*event.json);
}

std::string message_line_after(std::string_view json) {
  // Few events commit a message; only those are decoded.
  if (json.find("message_committed") == std::string_view::npos) return {};
  const auto event = from_json(json, line_limits());
  if (!event || !commits_message(*event)) return {};
  std::string line;
  append_message_line(line, *event);
  return line;
}

std::string json_of_line(std::string_view line) {
  if (!is_event_line(line)) return {};
  return std::string("{").append(line.substr(event_prefix.size()));
}

}  // namespace strandbus::detail

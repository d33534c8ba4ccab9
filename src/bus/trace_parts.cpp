#include "trace_parts.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace strandbus::detail {
namespace {

template <class Parts>
auto position_of(Parts& parts, std::string_view kind, std::string_view id) {
  return std::ranges::find_if(
      parts, [&](const TraceParts::Part& part) { return part.kind == kind && part.id == id; });
}

std::string at_seq(std::uint64_t seq) { return " at seq " + std::to_string(seq); }

/// What a start and its end have to have in common.
void compare(const TraceParts::Part& part, std::string_view detail, const StreamEvent& event,
             TraceFindings& findings) {
  const std::string name = part_name(part.kind, part.id);
  if (part.span != event.span_id()) {
    findings.add(TraceRule::span, "the " + name + " ends in span " + span_text(event.span_id()),
                 "span " + span_text(part.span) + " of its start" + at_seq(part.seq));
  }
  if (part.turn != event.turn()) {
    findings.add(TraceRule::pairing,
                 "the " + name + " ends in turn " + std::to_string(event.turn()),
                 "turn " + std::to_string(part.turn) + " of its start" + at_seq(part.seq));
  }
  if (part.detail != detail) {
    findings.add(TraceRule::pairing,
                 "the " + name + " ends under the name \"" + std::string(detail) + '"',
                 '"' + part.detail + "\" of its start" + at_seq(part.seq));
  }
}

}  // namespace

std::string part_name(std::string_view kind, std::string_view id) {
  std::string name(kind);
  if (!id.empty()) name.append(" ").append(id);
  return name;
}

std::string span_text(SpanId span) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<char, 16> text{};
  for (auto place = text.rbegin(); place != text.rend(); ++place, span >>= 4)
    *place = digits[span & 15];
  return {text.begin(), text.end()};
}

void TraceParts::start(std::string_view kind, std::string_view id, std::string_view detail,
                       const StreamEvent& event, TraceFindings& findings) {
  const auto open = position_of(parts_, kind, id);
  if (open != parts_.end()) {
    findings.add(TraceRule::pairing, "the " + part_name(kind, id) + " starts a second time",
                 "the end of the one that has started" + at_seq(open->seq));
    parts_.erase(open);
  }
  parts_.push_back({.kind = std::string(kind),
                    .id = std::string(id),
                    .detail = std::string(detail),
                    .span = event.span_id(),
                    .turn = event.turn(),
                    .seq = event.seq()});
}

void TraceParts::end(std::string_view kind, std::string_view id, std::string_view detail,
                     const StreamEvent& event, TraceFindings& findings) {
  const auto open = position_of(parts_, kind, id);
  if (open == parts_.end()) {
    findings.add(TraceRule::pairing, "the " + part_name(kind, id) + " ends and is not open",
                 "its start before this, and one end");
    return;
  }
  compare(*open, detail, event, findings);
  parts_.erase(open);
}

const TraceParts::Part* TraceParts::find(std::string_view kind,
                                         std::string_view id) const noexcept {
  const auto open = position_of(parts_, kind, id);
  return open == parts_.end() ? nullptr : &*open;
}

void TraceParts::expect_none(std::string_view what, std::string_view except,
                             TraceFindings& findings) {
  for (Part& part : parts_) {
    if (part.reported || part.kind == except) continue;
    part.reported = true;
    findings.add(TraceRule::pairing,
                 "the " + std::string(what) + " ends while the " + part_name(part.kind, part.id) +
                     " is open, which has started" + at_seq(part.seq),
                 "the end of the " + part_name(part.kind, part.id) + " before this");
  }
}

std::vector<std::string> TraceParts::names() const {
  std::vector<std::string> names;
  for (const Part& part : parts_) names.push_back(part_name(part.kind, part.id));
  return names;
}

}  // namespace strandbus::detail

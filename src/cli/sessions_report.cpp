#include "cli/sessions_report.hpp"

#include "cli/session_lookup.hpp"
#include "cli/text_table.hpp"
#include "sink/amounts.hpp"
#include "strandbus/event/json_codec.hpp"
#include "strandbus/sink/terminal_text.hpp"

#include <boost/json/object.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>
#include <vector>

namespace strandbus::cli {
namespace {

constexpr std::size_t least_of_id = 16;
constexpr int least_of_title = 10;

/// "2026-11-20 15:04"
std::string minute_text(Timestamp time) {
  constexpr std::size_t to_the_minute = 16;
  std::string text = to_rfc3339(time, 0).substr(0, to_the_minute);
  std::replace(text.begin(), text.end(), 'T', ' ');
  return text;
}

std::uint64_t events_of(const SessionSummary& session) {
  return session.last_seq == 0 ? 0 : session.last_seq - session.first_seq + 1;
}

/// The title; for a fork without one, where it comes from.
std::string title_of(const SessionMetadata& metadata) {
  if (!metadata.title.empty() || metadata.forked_from.empty())
    return terminal_safe_line(metadata.title);
  return terminal_safe_line("fork of " + metadata.forked_from);
}

std::string count_of(std::uint64_t count) {
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  return detail::count_text(static_cast<std::int64_t>(std::min(count, most)));
}

}  // namespace

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::uint64_t step = 1000;
  constexpr std::array<std::string_view, 6> units{"kB", "MB", "GB", "TB", "PB", "EB"};
  if (bytes < step) return std::to_string(bytes) + " B";
  std::size_t unit = 0;
  std::uint64_t tenths = bytes / (step / 10);
  for (; tenths >= step * 10 && unit + 1 < units.size(); ++unit) tenths /= step;
  const std::string whole = std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10);
  return whole + ' ' + std::string(units[unit]);
}

std::string sessions_table(std::span<const SessionSummary> sessions, std::optional<int> columns) {
  const std::size_t id_length =
      columns ? telling_length(sessions, least_of_id) : std::numeric_limits<std::size_t>::max();
  std::vector<TableRow> rows{{"session", "written (UTC)", "events", "size"}};
  for (const SessionSummary& session : sessions) {
    rows.push_back({session.metadata.session_id.substr(0, id_length),
                    minute_text(session.updated_at), count_of(events_of(session)),
                    bytes_text(session.bytes)});
  }
  std::vector<ColumnSide> sides{ColumnSide::left, ColumnSide::left, ColumnSide::right,
                                ColumnSide::right};
  // All lines of this are equally long, for the last column stands to the right.
  const std::string fixed = text_table(rows, sides);
  const int room =
      columns ? *columns - static_cast<int>(fixed.find('\n')) - 2 : std::numeric_limits<int>::max();
  rows.front().emplace_back("title");
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    const std::string title = title_of(sessions[i].metadata);
    rows[i + 1].push_back(columns ? fit_columns(title, std::max(room, least_of_title)) : title);
  }
  sides.push_back(ColumnSide::left);
  return text_table(rows, sides);
}

std::string sessions_json_lines(std::span<const SessionSummary> sessions) {
  std::string text;
  for (const SessionSummary& session : sessions) {
    const SessionMetadata& metadata = session.metadata;
    json::object object{{"id", metadata.session_id},
                        {"title", metadata.title},
                        {"created_at", to_rfc3339(metadata.created_at)},
                        {"updated_at", to_rfc3339(session.updated_at)},
                        {"events", events_of(session)},
                        {"bytes", session.bytes},
                        {"first_seq", session.first_seq},
                        {"last_seq", session.last_seq}};
    if (!metadata.workspace.empty()) object["workspace"] = metadata.workspace;
    if (!metadata.forked_from.empty()) {
      object["forked_from"] = metadata.forked_from;
      object["forked_at"] = metadata.forked_at;
    }
    append_json(text, json::value(std::move(object)));
    text += '\n';
  }
  return text;
}

}  // namespace strandbus::cli

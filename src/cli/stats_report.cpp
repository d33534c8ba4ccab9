#include "cli/stats_report.hpp"

#include "cli/text_table.hpp"
#include "sink/amounts.hpp"
#include "strandbus/event/json_codec.hpp"
#include "strandbus/sink/terminal_text.hpp"

#include <boost/json/object.hpp>

#include <algorithm>
#include <string_view>
#include <vector>

namespace strandbus::cli {
namespace {

using detail::count_text;
using detail::duration_text;

/// The first column to the left, the others, which are numbers, to the right.
std::string aligned(const std::vector<TableRow>& rows) {
  std::vector<ColumnSide> sides(rows.front().size(), ColumnSide::right);
  sides.front() = ColumnSide::left;
  return text_table(rows, sides);
}

std::string runs_text(const SessionTotals& totals) {
  std::string text;
  const auto add = [&](std::int64_t count, std::string_view what) {
    if (count == 0) return;
    if (!text.empty()) text += ", ";
    text += count_text(count) + " " + std::string(what);
  };
  add(totals.runs_completed, "completed");
  add(totals.runs_failed, "failed");
  add(totals.runs_cancelled, "cancelled");
  add(totals.runs_unfinished, "unfinished");
  return text.empty() ? "none" : text;
}

std::string tokens_text(const Usage& usage) {
  std::string text = count_text(usage.prompt) + " in";
  if (usage.cached.value_or(0) > 0) text += " (" + count_text(*usage.cached) + " cached)";
  return text + ", " + count_text(usage.completion) + " out, " + count_text(usage.total) + " total";
}

std::string cost_text(const SessionTotals& totals) {
  std::string text = "$" + to_string(totals.cost);
  if (totals.costs_unknown == 0) return text;
  return text + ", and " + detail::counted(totals.costs_unknown, "run") + " at an unknown price";
}

std::int64_t requests_of(const SessionTotals& totals) {
  std::int64_t requests = 0;
  for (const auto& [name, model] : totals.models) {
    if (__builtin_add_overflow(requests, model.requests, &requests)) return requests;
  }
  return requests;
}

std::string overview(const SessionTotals& totals) {
  std::string text;
  const auto line = [&](std::string_view name, const std::string& value) {
    constexpr std::size_t value_column = 12;
    text.append(name).append(value_column - name.size(), ' ').append(value).append("\n");
  };
  line("sessions", count_text(totals.sessions));
  line("events", count_text(totals.events));
  line("runs", runs_text(totals));
  line("turns", count_text(totals.turns));
  line("requests", count_text(requests_of(totals)));
  line("tokens", tokens_text(totals.usage));
  line("cost", cost_text(totals));
  line("time", duration_text(totals.duration_ms));
  return text;
}

std::vector<TableRow> tool_rows(const SessionTotals& totals) {
  std::vector<TableRow> rows{{"tool", "calls", "failed", "cancelled", "denied", "time"}};
  for (const auto& [name, tool] : totals.tools) {
    rows.push_back({terminal_safe_line(name), count_text(tool.calls), count_text(tool.failed),
                    count_text(tool.cancelled), count_text(tool.denied),
                    duration_text(tool.duration_ms)});
  }
  return rows;
}

std::vector<TableRow> model_rows(const SessionTotals& totals) {
  std::vector<TableRow> rows{{"model", "requests", "failed", "tokens in", "tokens out", "time"}};
  for (const auto& [name, model] : totals.models) {
    rows.push_back({terminal_safe_line(name), count_text(model.requests), count_text(model.failed),
                    count_text(model.usage.prompt), count_text(model.usage.completion),
                    duration_text(model.duration_ms)});
  }
  return rows;
}

json::object usage_json(const Usage& usage) {
  json::object object{
      {"prompt", usage.prompt}, {"completion", usage.completion}, {"total", usage.total}};
  if (usage.cached) object["cached"] = *usage.cached;
  if (usage.cache_write) object["cache_write"] = *usage.cache_write;
  if (usage.reasoning) object["reasoning"] = *usage.reasoning;
  return object;
}

json::object tools_json(const SessionTotals& totals) {
  json::object tools;
  for (const auto& [name, tool] : totals.tools) {
    tools[name] = {{"calls", tool.calls},
                   {"failed", tool.failed},
                   {"cancelled", tool.cancelled},
                   {"denied", tool.denied},
                   {"duration_ms", tool.duration_ms}};
  }
  return tools;
}

json::object models_json(const SessionTotals& totals) {
  json::object models;
  for (const auto& [name, model] : totals.models) {
    models[name] = {{"requests", model.requests},
                    {"failed", model.failed},
                    {"usage", usage_json(model.usage)},
                    {"duration_ms", model.duration_ms}};
  }
  return models;
}

}  // namespace

std::string stats_table(const SessionTotals& totals) {
  std::string text = overview(totals);
  if (!totals.tools.empty()) text += "\n" + aligned(tool_rows(totals));
  if (!totals.models.empty()) text += "\n" + aligned(model_rows(totals));
  return text;
}

std::string stats_json(const SessionTotals& totals) {
  const auto member = [](std::string& out, std::string_view key, const json::value& value) {
    out += out.size() > 1 ? ",\"" : "\"";
    out.append(key).append("\":");
    append_json(out, value);
  };
  std::string out = "{";
  member(out, "sessions", totals.sessions);
  member(out, "events", totals.events);
  member(out, "runs",
         {{"completed", totals.runs_completed},
          {"failed", totals.runs_failed},
          {"cancelled", totals.runs_cancelled},
          {"unfinished", totals.runs_unfinished}});
  member(out, "turns", totals.turns);
  member(out, "requests", requests_of(totals));
  member(out, "usage", usage_json(totals.usage));
  // Money is exact: as digits, not through a double.
  out += ",\"cost\":" + to_string(totals.cost);
  member(out, "costs_unknown", totals.costs_unknown);
  member(out, "duration_ms", totals.duration_ms);
  member(out, "tools", tools_json(totals));
  member(out, "models", models_json(totals));
  return out += "}\n";
}

}  // namespace strandbus::cli

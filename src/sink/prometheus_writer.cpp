#include "sink/prometheus_writer.hpp"

#include "event/saturating_sum.hpp"
#include "strandbus/sink/terminal_text.hpp"

namespace strandbus::detail {
namespace {

constexpr std::string_view prefix = "strandbus_";

/// Milliseconds, not negative, as an exact decimal number of seconds: "0.005", "2", "1.25".
std::string seconds_text(std::int64_t milliseconds) {
  constexpr std::int64_t per_second = 1'000;
  constexpr std::size_t decimals = 3;
  std::string text = std::to_string(milliseconds / per_second);
  const std::int64_t rest = milliseconds % per_second;
  if (rest == 0) return text;
  const std::string digits = std::to_string(rest);
  text.append(".").append(decimals - digits.size(), '0').append(digits);
  text.erase(text.find_last_not_of('0') + 1);
  return text;
}

void append_label(std::string& out, std::string_view name, std::string_view value) {
  out.append(out.back() == '{' ? "" : ",").append(name).append("=\"");
  // Safe text has no NUL and no invalid UTF-8 either, which the readers of the format refuse.
  for (const char c : terminal_safe(value)) {
    switch (c) {
      case '\\': out += "\\\\"; break;
      case '"': out += "\\\""; break;
      case '\n': out += "\\n"; break;
      default: out += c;
    }
  }
  out += '"';
}

}  // namespace

void PrometheusWriter::family(std::string_view name, std::string_view help, std::string_view type) {
  name_ = std::string(prefix).append(name);
  header_ = "# HELP " + name_;
  header_.append(" ").append(help).append("\n# TYPE ").append(name_);
  header_.append(" ").append(type).append("\n");
}

void PrometheusWriter::sample(Labels labels, const DurationHistogram& durations) {
  std::int64_t cumulative = 0;
  for (std::size_t i = 0; i < durations.bounds_ms.size(); ++i) {
    add_to(cumulative, durations.counts[i]);
    write("_bucket", labels, seconds_text(durations.bounds_ms[i]), std::to_string(cumulative));
  }
  add_to(cumulative, durations.counts.back());
  write("_bucket", labels, "+Inf", std::to_string(cumulative));
  write("_sum", labels, {}, seconds_text(durations.sum_ms));
  write("_count", labels, {}, std::to_string(cumulative));
}

void PrometheusWriter::write(std::string_view suffix, Labels labels, std::string_view le,
                             std::string_view value) {
  text_ += std::exchange(header_, {});
  text_.append(name_).append(suffix);
  if (labels.size() > 0 || !le.empty()) {
    text_ += '{';
    for (const auto& [name, text] : labels) append_label(text_, name, text);
    if (!le.empty()) append_label(text_, "le", le);
    text_ += '}';
  }
  text_.append(" ").append(value).append("\n");
}

}  // namespace strandbus::detail

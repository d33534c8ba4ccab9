#include "cli/stats_command.hpp"

#include "cli/console.hpp"
#include "cli/stats_report.hpp"
#include "cli/usage_error.hpp"
#include "strandbus/sink/metrics.hpp"
#include "strandbus/store/session_reader.hpp"

#include <unistd.h>
#include <variant>

namespace strandbus::cli {
namespace {

template <class F>
void for_each_event(const std::string& path, F on_event) {
  auto reader = SessionReader::open(path);
  if (!reader) throw UsageError(reader.error().message);
  for (;;) {
    const auto record = reader->next();
    if (!record) throw UsageError(record.error().message);
    if (!*record) break;
    if (const auto* event = std::get_if<StreamEvent>(&**record)) on_event(*event);
  }
  if (reader->torn()) say(reader->torn()->message);
}

SessionTotals totals_of(const std::vector<std::string>& files) {
  SessionStats stats;
  for (const std::string& path : files) {
    stats.begin_session();
    for_each_event(path, [&](const StreamEvent& event) { stats.add(event); });
  }
  return stats.totals();
}

MetricsSnapshot metrics_of(const std::vector<std::string>& files) {
  Metrics metrics;
  for (const std::string& path : files) {
    for_each_event(path, [&](const StreamEvent& event) { metrics.on_event(event); });
  }
  return metrics.snapshot();
}

std::string report(const StatsArguments& arguments) {
  switch (arguments.format) {
    case StatsFormat::json: return stats_json(totals_of(arguments.files));
    case StatsFormat::prometheus: return to_prometheus(metrics_of(arguments.files));
    case StatsFormat::table: break;
  }
  return stats_table(totals_of(arguments.files));
}

}  // namespace

ExitCode stats_command(const StatsArguments& arguments) {
  const std::string text = report(arguments);
  if (const error_code failure = write_all(STDOUT_FILENO, text);
      failure && failure != boost::system::errc::broken_pipe) {
    say("cannot write to standard output: " + failure.message());
    return ExitCode::failed;
  }
  return ExitCode::done;
}

}  // namespace strandbus::cli

#include "cli/stats_command.hpp"

#include "cli/console.hpp"
#include "cli/session_source.hpp"
#include "cli/stats_report.hpp"
#include "cli/usage_error.hpp"
#include "strandbus/sink/metrics.hpp"

#include <unistd.h>
#include <variant>

namespace strandbus::cli {
namespace {

template <class F>
void for_each_event(SessionSources& sources, const std::string& name, F on_event) {
  const auto source = open_source(sources, name);
  for (;;) {
    const auto record = source->next();
    if (!record) throw UsageError(record.error().message);
    if (!*record) break;
    if (const auto* event = std::get_if<StreamEvent>(&**record)) on_event(*event);
  }
  if (source->torn()) say(source->torn()->message);
}

SessionTotals totals_of(SessionSources& sources, const std::vector<std::string>& names) {
  SessionStats stats;
  for (const std::string& name : names) {
    stats.begin_session();
    for_each_event(sources, name, [&](const StreamEvent& event) { stats.add(event); });
  }
  return stats.totals();
}

MetricsSnapshot metrics_of(SessionSources& sources, const std::vector<std::string>& names) {
  Metrics metrics;
  for (const std::string& name : names) {
    for_each_event(sources, name, [&](const StreamEvent& event) { metrics.on_event(event); });
  }
  return metrics.snapshot();
}

std::string report(SessionSources& sources, const StatsArguments& arguments) {
  switch (arguments.format) {
    case StatsFormat::json: return stats_json(totals_of(sources, arguments.sessions));
    case StatsFormat::prometheus: return to_prometheus(metrics_of(sources, arguments.sessions));
    case StatsFormat::table: break;
  }
  return stats_table(totals_of(sources, arguments.sessions));
}

}  // namespace

ExitCode stats_command(const StatsArguments& arguments, const ProcessEnvironment& environment) {
  SessionSources sources(choose_store(arguments.store, environment), arguments.from_dialect);
  const std::string text = report(sources, arguments);
  if (const error_code failure = write_all(STDOUT_FILENO, text);
      failure && failure != boost::system::errc::broken_pipe) {
    say("cannot write to standard output: " + failure.message());
    return ExitCode::failed;
  }
  return ExitCode::done;
}

}  // namespace strandbus::cli

#include "cli/stats_command.hpp"

#include "cli/console.hpp"
#include "cli/stats_report.hpp"
#include "cli/usage_error.hpp"
#include "strandbus/store/session_reader.hpp"

#include <unistd.h>
#include <variant>

namespace strandbus::cli {
namespace {

void add_file(SessionStats& stats, const std::string& path) {
  auto reader = SessionReader::open(path);
  if (!reader) throw UsageError(reader.error().message);
  stats.begin_session();
  for (;;) {
    const auto record = reader->next();
    if (!record) throw UsageError(record.error().message);
    if (!*record) break;
    if (const auto* event = std::get_if<StreamEvent>(&**record)) stats.add(*event);
  }
  if (reader->torn()) say(reader->torn()->message);
}

}  // namespace

ExitCode stats_command(const StatsArguments& arguments) {
  SessionStats stats;
  for (const std::string& path : arguments.files) add_file(stats, path);
  const SessionTotals totals = stats.totals();
  const std::string text = arguments.json ? stats_json(totals) : stats_table(totals);
  if (const error_code failure = write_all(STDOUT_FILENO, text);
      failure && failure != boost::system::errc::broken_pipe) {
    say("cannot write to standard output: " + failure.message());
    return ExitCode::failed;
  }
  return ExitCode::done;
}

}  // namespace strandbus::cli

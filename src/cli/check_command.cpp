#include "cli/check_command.hpp"

#include "cli/check_report.hpp"
#include "cli/console.hpp"
#include "cli/message_lines.hpp"
#include "cli/session_source.hpp"
#include "cli/terminal.hpp"
#include "sink/amounts.hpp"

#include <algorithm>
#include <unistd.h>
#include <utility>
#include <variant>

namespace strandbus::cli {
namespace {

constexpr std::size_t shown_findings = 100;  // of one file
constexpr std::uint64_t events_per_progress = 200'000;
constexpr std::string_view erase_line = "\r\x1b[K";

/// How far a large file has been read, on a terminal.
class Progress {
 public:
  Progress() : shows_(wanted()) {}
  ~Progress() {
    if (shown_) static_cast<void>(write_all(STDERR_FILENO, erase_line));
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void at(std::uint64_t events) {
    if (!shows_ || events % events_per_progress != 0) return;
    shown_ = true;
    const auto count = static_cast<std::int64_t>(events);
    static_cast<void>(write_all(
        STDERR_FILENO, std::string(erase_line) + "checking: " + detail::counted(count, "event")));
  }

 private:
  static bool wanted() {
    const Terminal terminal = Terminal::detect();
    return terminal.errors && terminal.rewrites_line;
  }

  const bool shows_;
  bool shown_ = false;
};

/// All findings in the order of their lines, as many as are shown.
std::vector<TraceFinding> merged(std::vector<TraceFinding> findings,
                                 const std::vector<TraceFinding>& more) {
  findings.insert(findings.end(), more.begin(), more.end());
  std::ranges::stable_sort(findings, {}, &TraceFinding::line);
  if (findings.size() > shown_findings) findings.resize(shown_findings);
  return findings;
}

CheckedFile check_session(SessionSources& sources, const std::string& name, bool dialect) {
  CheckedFile file{.path = name};
  const auto source = sources.open(name);
  if (!source) {
    file.error = source.error();
    return file;
  }
  SessionSource& reader = **source;
  file.stored = !dialect && !SessionSources::is_file(name);
  if (file.stored) file.path = reader.metadata().session_id;
  TraceChecker checker(
      {.max_findings = shown_findings, .own_from_seq = reader.metadata().forked_at});
  MessageLines messages;
  Progress progress;
  for (;;) {
    auto record = reader.next();
    if (!record) file.error = std::move(record).error();
    if (!record || !*record) break;
    if (const auto* const message = std::get_if<StoredMessage>(&**record)) {
      messages.message(message->message, reader.line());
      continue;
    }
    const auto& event = std::get<StreamEvent>(**record);
    checker.add(event, reader.line());
    messages.event(event, reader.line());
    progress.at(checker.events());
  }
  file.events = checker.events();
  file.runs = checker.runs();
  file.found = checker.found() + messages.findings().size();
  file.findings = merged(checker.findings(), messages.findings());
  file.open_runs = checker.open_runs();
  file.open_work = checker.open_work();
  if (reader.torn()) file.torn = reader.torn()->message;
  file.skipped = reader.skipped();
  return file;
}

/// What is no fault of the events.
void say_what_else(const CheckedFile& file) {
  if (!file.torn.empty()) say(file.torn);
  if (file.skipped > 0) {
    say(file.path + ": " + std::to_string(file.skipped) +
        " lines are of a kind that this version does not know; they were left out");
  }
  if (file.error) say(file.error->message);
}

}  // namespace

ExitCode check_command(const CheckArguments& arguments, const ProcessEnvironment& environment) {
  SessionSources sources(choose_store(arguments.store, environment), arguments.from_dialect);
  bool unreadable = false;
  bool faulty = false;
  for (const std::string& name : arguments.sessions) {
    const CheckedFile file = check_session(sources, name, !arguments.from_dialect.empty());
    unreadable = unreadable || file.error.has_value();
    faulty = faulty || file.found > 0;
    const bool nothing_read = file.error && file.events == 0;
    std::string text;
    if (arguments.json) {
      text = check_json(file);
    } else if (!nothing_read) {
      text = check_text(file);
    }
    const error_code failure = write_all(STDOUT_FILENO, text);
    say_what_else(file);
    if (failure == boost::system::errc::broken_pipe) break;  // the reader has seen enough
    if (failure) {
      say("cannot write to standard output: " + failure.message());
      return ExitCode::failed;
    }
  }
  if (unreadable) return ExitCode::usage;
  return faulty ? ExitCode::failed : ExitCode::done;
}

}  // namespace strandbus::cli

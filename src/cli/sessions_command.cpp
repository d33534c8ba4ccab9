#include "cli/sessions_command.hpp"

#include "cli/console.hpp"
#include "cli/session_lookup.hpp"
#include "cli/sessions_report.hpp"
#include "cli/store_choice.hpp"
#include "cli/terminal.hpp"
#include "cli/usage_error.hpp"

#include <cerrno>
#include <limits>
#include <unistd.h>

namespace strandbus::cli {
namespace {

constexpr std::size_t everything = std::numeric_limits<std::size_t>::max();

ExitCode put_out(const std::string& text) {
  const error_code failure = write_all(STDOUT_FILENO, text);
  if (!failure || failure == boost::system::errc::broken_pipe) return ExitCode::done;
  say("cannot write to standard output: " + failure.message());
  return ExitCode::failed;
}

/// What was typed up to the end of the line.
std::string read_line() {
  std::string line;
  for (char c = 0;;) {
    const ssize_t count = ::read(STDIN_FILENO, &c, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0 || c == '\n') return line;
    line += c;
  }
}

/// Whether the user wants this session to be gone.
bool confirmed(const SessionSummary& session) {
  const Terminal terminal = Terminal::detect();
  if (!terminal.input || !terminal.errors)
    throw UsageError("--delete: nobody can be asked here; add --yes to remove the session " +
                     session.metadata.session_id);
  static_cast<void>(write_all(STDERR_FILENO, sessions_table({&session, 1}, terminal_columns()) +
                                                 "Remove this session for ever? [y/N] "));
  const std::string answer = read_line();
  return answer == "y" || answer == "Y" || answer == "yes";
}

ExitCode remove(EventStore& store, const SessionsArguments& arguments,
                const std::string& store_path) {
  const auto session = find_session(store, arguments.removed, store_path);
  if (!session) throw UsageError(session.error().message);
  const std::string& id = session->metadata.session_id;
  if (!arguments.yes && !confirmed(*session)) {
    say("the session " + id + " stays");
    return ExitCode::cancelled;
  }
  const auto removed = store.remove(id);
  if (!removed) {
    say(removed.error().message);
    return ExitCode::failed;
  }
  say("the session " + id + " was removed");
  return ExitCode::done;
}

ExitCode list(const EventStore& store, const SessionsArguments& arguments,
              const std::string& store_path) {
  const auto sessions = store.list(everything);
  if (!sessions) throw UsageError(sessions.error().message);
  if (sessions->empty()) {
    say("there are no sessions in " + store_path);
    return ExitCode::done;
  }
  if (arguments.json) return put_out(sessions_json_lines(*sessions));
  std::optional<int> columns;
  if (Terminal::detect().output) columns = terminal_columns();
  return put_out(sessions_table(*sessions, columns));
}

}  // namespace

ExitCode sessions_command(const SessionsArguments& arguments,
                          const ProcessEnvironment& environment) {
  StoreChoice choice = choose_store(arguments.store, environment);
  if (choice.path.empty()) choice.path = default_store(environment);
  const auto store = open_existing_store(choice);
  if (store && !arguments.removed.empty()) return remove(*store, arguments, choice.path);
  if (store) return list(*store, arguments, choice.path);
  const std::string none = "there is no store yet at " + choice.path;
  if (!arguments.removed.empty()) throw UsageError("--delete: " + none);
  say(none + "; strandbus serve makes it, --store names another one");
  return ExitCode::done;
}

}  // namespace strandbus::cli

#include "cli/replay_command.hpp"

#include "cli/interrupts.hpp"
#include "cli/json_view.hpp"
#include "cli/live_view.hpp"
#include "cli/replay_display.hpp"
#include "cli/usage_error.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace strandbus::cli {
namespace {

std::unique_ptr<EventView> make_view(Console& console, const ReplayArguments& arguments) {
  if (arguments.json) return std::make_unique<JsonView>(console, arguments.dialect);
  const PrintDetail detail = arguments.verbose ? PrintDetail::full : PrintDetail::normal;
  Terminal terminal = Terminal::detect();
  if (arguments.speed <= 0) terminal.rewrites_line = false;  // there is nothing to wait for
  return std::make_unique<LiveView>(console, terminal, detail, PromptEcho::always, "Ctrl-C stops");
}

SessionReader open_session(const std::string& path) {
  auto reader = SessionReader::open(path);
  if (!reader) throw UsageError(reader.error().message);
  return *std::move(reader);
}

/// What the events themselves do not say about the file.
void report(const ReplayArguments& arguments, const ReplayDisplay& display) {
  const SessionReader& reader = display.reader();
  const ReplayDisplay::Outcome outcome = display.outcome();
  if (reader.torn()) say(reader.torn()->message);
  if (reader.skipped() > 0) {
    say(arguments.file + ": " + std::to_string(reader.skipped()) +
        " lines are of a kind that this version does not know; they were left out");
  }
  if (outcome.error) throw UsageError(outcome.error->message);
  if (outcome.stopped) return;
  if (outcome.shown == 0 && arguments.from > 1) {
    throw UsageError("--from: " + arguments.file + " has no event " +
                     std::to_string(arguments.from) + "; its last one is " +
                     std::to_string(outcome.last_seq));
  }
  if (arguments.json && outcome.runs_are_open)
    say(arguments.file + ": the recording ends before its run does");
}

}  // namespace

ExitCode replay_command(const ReplayArguments& arguments) {
  asio::io_context context(1);
  ReplayDisplay display([&](Console& console) { return make_view(console, arguments); },
                        open_session(arguments.file),
                        {.from = arguments.from, .speed = arguments.speed});
  Interrupts interrupts(context, [&](int) {
    display.stop();
    return true;
  });
  display.start([&] { asio::post(context, [&] { interrupts.stop(); }); });
  context.run();
  const Display::Result shown = display.join();
  const auto closed = boost::system::errc::make_error_condition(boost::system::errc::broken_pipe);
  if (shown.failure == closed) return ExitCode::done;  // the reader has seen enough
  if (shown.failure) {
    say("cannot write to standard output: " + shown.failure.message());
    return ExitCode::failed;
  }
  report(arguments, display);
  return display.outcome().stopped ? ExitCode::cancelled : ExitCode::done;
}

}  // namespace strandbus::cli

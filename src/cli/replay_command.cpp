#include "cli/replay_command.hpp"

#include "cli/interrupts.hpp"
#include "cli/json_view.hpp"
#include "cli/live_view.hpp"
#include "cli/replay_display.hpp"
#include "cli/session_source.hpp"
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

/// What the events themselves do not say about the recording.
void report(const ReplayArguments& arguments, const ReplayDisplay& display) {
  const SessionSource& source = display.source();
  const ReplayDisplay::Outcome outcome = display.outcome();
  if (source.torn()) say(source.torn()->message);
  if (source.skipped() > 0) {
    say(arguments.session + ": " + std::to_string(source.skipped()) +
        " lines are of a kind that this version does not know; they were left out");
  }
  if (outcome.error) throw UsageError(outcome.error->message);
  if (outcome.stopped) return;
  if (outcome.shown == 0 && arguments.from > 1) {
    throw UsageError("--from: " + arguments.session + " has no event " +
                     std::to_string(arguments.from) + "; its last one is " +
                     std::to_string(outcome.last_seq));
  }
  if (arguments.json && outcome.runs_are_open)
    say(arguments.session + ": the recording ends before its run does");
}

}  // namespace

ExitCode replay_command(const ReplayArguments& arguments, const ProcessEnvironment& environment) {
  SessionSources sources(choose_store(arguments.store, environment), arguments.from_dialect);
  asio::io_context context(1);
  ReplayDisplay display([&](Console& console) { return make_view(console, arguments); },
                        open_source(sources, arguments.session),
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

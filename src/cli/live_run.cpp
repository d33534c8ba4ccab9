#include "cli/live_run.hpp"

#include "cli/json_view.hpp"
#include "cli/live_view.hpp"

#include <boost/asio/post.hpp>

#include <csignal>
#include <utility>

namespace strandbus::cli {
namespace {

constexpr std::string_view hint = "Ctrl-C stops";

std::unique_ptr<EventView> make_view(Console& console, const RunPlan& plan) {
  if (plan.json) return std::make_unique<JsonView>(console, plan.dialect);
  const PrintDetail detail = plan.verbose ? PrintDetail::full : PrintDetail::normal;
  return std::make_unique<LiveView>(console, plan.terminal, detail, std::string(hint));
}

BusOptions bus_options(const RunPlan& plan) {
  BusOptions options;
  options.history = 8192;  // so far may a terminal fall behind before it misses something
  options.logger = plan.options.logger;
  return options;
}

/// A terminal is for watching: it may miss something, and says so, but never slows the run down.
/// What goes into a pipe is for keeps.
Overflow overflow_of(const RunPlan& plan) {
  return plan.terminal.output && !plan.json ? Overflow::drop_oldest : Overflow::block;
}

Publisher publisher_of(const EventBus& bus, const RunPlan& plan) {
  RunContext context;
  context.session_id = plan.session_id;
  return bus.publisher(std::move(context));
}

std::string reason_of(int signal) {
  switch (signal) {
    case SIGINT: return "interrupted by Ctrl-C";
    case SIGHUP: return "the terminal was closed";
    default: return "the program was told to end";
  }
}

}  // namespace

LiveRun::LiveRun(RunPlan plan)
    : plan_(std::move(plan)),
      bus_(context_.get_executor(), bus_options(plan_)),
      interrupts_(context_, [this](int signal) { return on_interrupt(signal); }),
      display_([this](Console& console) { return make_view(console, plan_); }, bus_,
               overflow_of(plan_)),
      agent_(context_.get_executor(), plan_.provider, plan_.tools, publisher_of(bus_, plan_),
             plan_.options) {
  if (plan_.store) plan_.store->record(bus_);
  if (plan_.approval_terminal) {
    display_.answer_approvals({.terminal = std::move(plan_.approval_terminal),
                               .control = agent_.control(),
                               .call_is_shown = !plan_.json});
  }
}

ExitCode LiveRun::run() {
  display_.start([this] { asio::post(context_, [this] { on_display_ended(); }); });
  agent_.async_process_message(plan_.prompt, [this](error_code ec, RunResult result) {
    on_run_ended(ec, std::move(result));
  });
  context_.run();
  const Display::Result shown = display_.join();
  report(shown);
  return exit_code(shown);
}

void LiveRun::on_run_ended(error_code ec, RunResult result) {
  error_ = ec;
  result_ = std::move(result);
  plan_.options.logger.log(
      LogLevel::info, result_->run_id + " " + std::string(wire_name(result_->outcome)) + " after " +
                          std::to_string(result_->rounds) + " turns, " +
                          std::to_string(result_->tool_calls) + " tool calls, " +
                          std::to_string(result_->duration_ms) + " ms");
  bus_.close();
  end_if_done();
}

void LiveRun::on_display_ended() {
  displaying_ = false;
  // Nobody sees the run any more.
  if (!result_) agent_.control().cancel("standard output was closed");
  end_if_done();
}

bool LiveRun::on_interrupt(int signal) {
  if (result_) return false;  // only the display holds us up
  agent_.control().cancel(reason_of(signal));
  display_.note("cancelling; Ctrl-C again ends at once");
  return true;
}

void LiveRun::end_if_done() {
  if (result_ && !displaying_) interrupts_.stop();
}

/// Says what the display could not say.
void LiveRun::report(const Display::Result& shown) const {
  const auto closed = boost::system::errc::make_error_condition(boost::system::errc::broken_pipe);
  if (shown.failure && shown.failure != closed)
    say("cannot write to standard output: " + shown.failure.message());
  if (error_) say("the run could not start: " + error_.message());
  if (plan_.store && plan_.store->failure()) say(plan_.store->failure()->message);
  const bool unseen = plan_.json || shown.failure;
  if (!unseen || error_) return;
  if (result_->outcome == Outcome::failed) {
    say("the run failed: " + result_->error + " (" + std::string(to_string(result_->error_code)) +
        ")");
  } else if (result_->outcome == Outcome::cancelled) {
    say("the run was cancelled: " + result_->error);
  }
}

ExitCode LiveRun::exit_code(const Display::Result& shown) const {
  if (error_) return ExitCode::failed;
  if (result_->outcome == Outcome::cancelled) return ExitCode::cancelled;
  if (result_->outcome == Outcome::failed)
    return result_->error_code == ErrorCode::budget ? ExitCode::budget : ExitCode::failed;
  const auto closed = boost::system::errc::make_error_condition(boost::system::errc::broken_pipe);
  if (shown.failure && shown.failure != closed) return ExitCode::failed;
  return shown.missed > 0 ? ExitCode::lost_events : ExitCode::done;
}

}  // namespace strandbus::cli

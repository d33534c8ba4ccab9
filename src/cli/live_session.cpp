#include "cli/live_session.hpp"

#include "cli/json_view.hpp"
#include "cli/live_view.hpp"
#include "cli/otlp_choice.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>

#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#include <utility>

namespace strandbus::cli {
namespace {

constexpr std::string_view hint = "Ctrl-C stops";

std::unique_ptr<EventView> make_view(Console& console, const SessionPlan& plan) {
  if (plan.json) return std::make_unique<JsonView>(console, plan.dialect);
  const PrintDetail detail = plan.verbose ? PrintDetail::full : PrintDetail::normal;
  const PromptEcho prompts = plan.conversation ? PromptEcho::never : PromptEcho::always;
  return std::make_unique<LiveView>(console, plan.terminal, detail, prompts, std::string(hint));
}

BusOptions bus_options(const SessionPlan& plan) {
  BusOptions options;
  options.history = 8192;  // so far may a terminal fall behind before it misses something
  options.logger = plan.options.logger;
  return options;
}

/// A terminal is for watching: it may miss something, and says so, but never slows the run down.
/// What goes into a pipe is for keeps.
Overflow overflow_of(const SessionPlan& plan) {
  return plan.terminal.output && !plan.json ? Overflow::drop_oldest : Overflow::block;
}

Publisher publisher_of(const EventBus& bus, const SessionPlan& plan) {
  RunContext context;
  context.session_id = plan.session_id;
  return bus.publisher(std::move(context)).redacted(plan.redactor);
}

/// The bus, which goes on with the numbers of the session that it continues; of a workflow also
/// with the runs that have been left open.
EventBus& continued(EventBus& bus, const SessionPlan& plan) {
  if (plan.workflow) {
    for (const StreamEvent& event : plan.workflow->before) bus.restore(event).value();
  }
  if (plan.last_event) bus.restore(*plan.last_event).value();
  return bus;
}

std::string reason_of(int signal) {
  switch (signal) {
    case SIGINT: return "interrupted by Ctrl-C";
    case SIGHUP: return "the terminal was closed";
    default: return "the program was told to end";
  }
}

}  // namespace

LiveSession::LiveSession(SessionPlan plan)
    : plan_(std::move(plan)),
      bus_(context_.get_executor(), bus_options(plan_)),
      interrupts_(context_, [this](int signal) { return on_interrupt(signal); }),
      display_([this](Console& console) { return make_view(console, plan_); },
               continued(bus_, plan_), overflow_of(plan_)),
      agent_(context_.get_executor(), plan_.provider, plan_.tools, publisher_of(bus_, plan_),
             plan_.options),
      control_(agent_.control()) {
  agent_.restore(std::move(plan_.messages));
  if (plan_.workflow) {
    workflow_.emplace(context_.get_executor(), plan_.workflow->workflow, publisher_of(bus_, plan_));
    control_ = workflow_->control();
  }
  if (plan_.control) *plan_.control = control_;
  if (plan_.otlp) {
    otlp_.emplace(context_.get_executor(), *plan_.otlp);
    exported_ = bus_.subscribe([this](const Delivery& delivery) { otlp_->on_event(delivery); },
                               {.name = "OpenTelemetry"});
  }
  if (plan_.store) {
    plan_.store->record(bus_, Start::now());
    display_.show_what_is_in(*plan_.store);
  }
  if (plan_.approval_terminal) {
    display_.answer_approvals({.terminal = std::move(plan_.approval_terminal),
                               .control = control_,
                               .call_is_shown = !plan_.json});
  }
  display_.start([this] { asio::post(context_, [this] { on_display_ended(); }); });
}

void LiveSession::process(const std::string& text) {
  idle_ = false;
  result_.reset();
  interrupts_.rearm();
  agent_.async_process_message(
      text, [this](error_code ec, RunResult result) { on_run_ended(ec, std::move(result)); });
  while (!idle_) context_.run_one();
}

void LiveSession::run_workflow() {
  idle_ = false;
  interrupts_.rearm();
  const Publisher publisher = publisher_of(bus_, plan_);
  for (StreamEvent& end : plan_.workflow->ends)
    static_cast<void>(publisher.publish(std::move(end)));
  const auto ended = [this](error_code ec, const WorkflowResult& result) {
    on_workflow_ended(ec, result);
  };
  WorkflowCheckpoint from = std::move(plan_.workflow->from);
  if (from.workflow_id.empty()) {
    workflow_->async_run(std::move(from.input), ended);
  } else {
    workflow_->async_resume(std::move(from), ended);
  }
  while (!idle_) context_.run_one();
}

std::optional<Outcome> LiveSession::last_outcome() const {
  if (error_ || !result_) return std::nullopt;
  return result_->outcome;
}

bool LiveSession::wait_readable(int descriptor) {
  pollfd now{.fd = descriptor, .events = POLLIN, .revents = 0};
  if (::poll(&now, 1, 0) > 0) return displaying_ && !told_to_end_;
  // An open file of our own: Asio makes what it waits for non-blocking, and the user's terminal is
  // shared with others.
  const std::string name = "/proc/self/fd/" + std::to_string(descriptor);
  detail::FileDescriptor own(::open(name.c_str(), O_RDONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
  if (!own) return false;
  asio::posix::stream_descriptor input(context_, own.release());
  bool readable = false;
  input.async_wait(asio::posix::stream_descriptor::wait_read,
                   [&readable](error_code ec) { readable = !ec; });
  while (!readable && displaying_ && !told_to_end_) context_.run_one();
  input.cancel();
  context_.poll();  // the handler above must not run later
  return readable && displaying_ && !told_to_end_;
}

ExitCode LiveSession::end() {
  idle_ = false;
  bus_.close();
  while (displaying_) context_.run_one();
  interrupts_.stop();
  const Display::Result shown = display_.join();
  if (otlp_) end_export();
  report(shown);
  return exit_code(shown);
}

/// Lets the collector have the rest. Ctrl-C ends the program meanwhile.
void LiveSession::end_export() {
  constexpr std::chrono::seconds patience(5);
  exported_.unsubscribe();
  bool ended = false;
  asio::co_spawn(context_, otlp_->shutdown(std::chrono::steady_clock::now() + patience),
                 [&ended](const std::exception_ptr&, error_code) { ended = true; });
  while (!ended) context_.run_one();
  say_losses(otlp_->stats());
}

void LiveSession::on_run_ended(error_code ec, RunResult result) {
  plan_.options.logger.log(LogLevel::info, result.run_id + " " +
                                               std::string(wire_name(result.outcome)) + " after " +
                                               std::to_string(result.rounds) + " turns, " +
                                               std::to_string(result.tool_calls) + " tool calls, " +
                                               std::to_string(result.duration_ms) + " ms");
  on_ended(ec, std::move(result));
}

void LiveSession::on_workflow_ended(error_code ec, const WorkflowResult& result) {
  plan_.options.logger.log(LogLevel::info, result.checkpoint.workflow_id + " " +
                                               std::string(wire_name(result.outcome)) + " after " +
                                               std::to_string(result.runs) + " runs, " +
                                               std::to_string(result.duration_ms) + " ms");
  RunResult ended;
  ended.outcome = result.outcome;
  ended.error = result.error;
  ended.error_code = result.error_code;
  on_ended(ec, std::move(ended));
}

void LiveSession::on_ended(error_code ec, RunResult result) {
  error_ = ec;
  result_ = std::move(result);
  if (!displaying_) {
    idle_ = true;
    return;
  }
  display_.when_shown(bus_.stats().published,
                      [this] { asio::post(context_, [this] { idle_ = true; }); });
}

void LiveSession::on_display_ended() {
  displaying_ = false;
  if (result_) {
    idle_ = true;
  } else {  // nobody sees the run any more
    control_.cancel("standard output was closed");
  }
}

bool LiveSession::on_interrupt(int signal) {
  told_to_end_ = signal != SIGINT;
  if (idle_) return true;     // wait_readable sees that the program was told to end
  if (result_) return false;  // only the display holds us up
  control_.cancel(reason_of(signal));
  display_.note("cancelling; Ctrl-C again ends at once");
  return true;
}

/// Says what the display could not say.
void LiveSession::report(const Display::Result& shown) const {
  const auto closed = boost::system::errc::make_error_condition(boost::system::errc::broken_pipe);
  if (shown.failure && shown.failure != closed)
    say("cannot write to standard output: " + shown.failure.message());
  const std::string what = plan_.workflow ? "the workflow" : "the run";
  if (error_) say(what + " could not start: " + error_.message());
  if (plan_.store && plan_.store->failure()) say(plan_.store->failure()->message);
  const bool unseen = plan_.json || shown.failure;
  if (!unseen || error_ || !result_) return;
  if (result_->outcome == Outcome::failed) {
    say(what + " failed: " + plan_.redactor.redact(result_->error) + " (" +
        std::string(to_string(result_->error_code)) + ")");
  } else if (result_->outcome == Outcome::cancelled) {
    say(what + " was cancelled: " + plan_.redactor.redact(result_->error));
  }
}

/// How the last run ended; a conversation only ends, however its runs did.
ExitCode LiveSession::outcome() const {
  if (error_) return ExitCode::failed;
  if (plan_.conversation) return told_to_end_ ? ExitCode::cancelled : ExitCode::done;
  switch (result_->outcome) {
    case Outcome::completed: return ExitCode::done;
    case Outcome::cancelled: return ExitCode::cancelled;
    case Outcome::failed: break;
  }
  return result_->error_code == ErrorCode::budget ? ExitCode::budget : ExitCode::failed;
}

ExitCode LiveSession::exit_code(const Display::Result& shown) const {
  if (const ExitCode code = outcome(); code != ExitCode::done) return code;
  const auto closed = boost::system::errc::make_error_condition(boost::system::errc::broken_pipe);
  if (shown.failure && shown.failure != closed) return ExitCode::failed;
  return shown.missed > 0 ? ExitCode::lost_events : ExitCode::done;
}

}  // namespace strandbus::cli

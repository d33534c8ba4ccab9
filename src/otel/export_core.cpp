#include "otel/export_core.hpp"

#include "net/gzip.hpp"
#include "net/retry_after.hpp"
#include "otel/otlp_json.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::chrono::minutes between_log_lines(1);

HttpHeader header(std::string name, std::string value) {
  HttpHeader result;
  result.name = std::move(name);
  result.value = std::move(value);
  return result;
}

ExportQueue::Limits limits_of(const OtlpExporterOptions& options) {
  return {options.max_queue_spans, options.max_queue_bytes, options.batch_spans,
          options.batch_bytes, options.batch_delay};
}

/// Whether it may go better the next time.
bool is_passing(HttpFailure failure) {
  switch (failure) {
    case HttpFailure::resolve:
    case HttpFailure::connect:
    case HttpFailure::proxy:
    case HttpFailure::timeout:
    case HttpFailure::closed: return true;
    case HttpFailure::refused:
    case HttpFailure::tls:
    case HttpFailure::protocol:
    case HttpFailure::limit: break;
  }
  return false;
}

ExportOutcome failed(ExportOutcome::Kind kind, std::string why) {
  ExportOutcome outcome;
  outcome.kind = kind;
  outcome.error = std::move(why);
  return outcome;
}

/// The beginning of an answer's body. One that breaks off is an answer all the same.
asio::awaitable<std::string> read_body(HttpExchange& exchange) {
  constexpr std::size_t kept = std::size_t{64} * 1024;
  constexpr std::size_t most = std::size_t{4} * 1024 * 1024;
  constexpr std::size_t piece = 8192;
  std::string body;
  std::vector<char> buffer(piece);
  try {
    for (std::size_t all = 0; all < most;) {
      const std::size_t size = co_await exchange.async_read_some(buffer);
      if (size == 0) break;
      all += size;
      body.append(buffer.data(), std::min(size, kept - std::min(kept, body.size())));
    }
  } catch (const HttpError&) {  // what the head says counts
  }
  co_return body;
}

}  // namespace

ExportCore::ExportCore(const asio::any_io_executor& executor, OtlpExporterOptions options,
                       std::shared_ptr<HttpTransport> transport, std::shared_ptr<ExportTime> time)
    : options_(std::move(options)),
      targets_(targets_of(options_)),
      resource_(otlp_resource(options_.trace.resource)),
      transport_(std::move(transport)),
      time_(std::move(time)),
      strand_(executor),
      pause_(time_->make_wait(strand_)),
      timeout_(time_->make_wait(strand_)),
      random_(std::random_device()()),
      builder_(options_.trace),
      queue_(limits_of(options_)),
      report_due_(time_->now() + options_.metrics_interval),
      last_log_(time_->now() - between_log_lines) {}

// Events.

void ExportCore::take(const StreamEvent& event) noexcept {
  if (is_delta(event.type())) return;
  Kick action = Kick::none;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    try {
      std::vector<Span> ended;
      builder_.add(event, ended);
      put(std::move(ended));
      action = kick();
    } catch (const std::exception&) {  // no memory
      ++stats_.left_out;
    }
  }
  carry_out(action);
  log_loss();
}

void ExportCore::count_missed(std::uint64_t events) noexcept {
  if (events == 0) return;
  const std::lock_guard lock(mutex_);
  stats_.missed_events += events;
}

void ExportCore::put(std::vector<Span> ended) {
  const Time now = time_->now();
  for (const Span& span : ended) {
    std::string text;
    append_otlp(text, span);
    ++stats_.spans;
    if (!queue_.push(std::move(text), now)) lose(1, "more spans waited than the queue takes");
  }
}

ExportCore::Kick ExportCore::kick() {
  const bool something = queue_.size() > 0 || has_report();
  if (!running_ && something) {
    running_ = true;
    return Kick::start;
  }
  const auto due = queue_.due();
  const bool in_a_hurry = flushing_ > 0 || (due && *due < waits_until_);
  if (!in_a_hurry || woken_) return Kick::none;
  woken_ = true;
  return Kick::wake;
}

void ExportCore::carry_out(Kick kick) noexcept {
  try {
    if (kick == Kick::start) asio::co_spawn(strand_, run(shared_from_this()), asio::detached);
    if (kick == Kick::wake)
      asio::post(strand_, [self = shared_from_this()] { self->pause_->wake(); });
  } catch (const std::exception&) {  // no memory: the next event tries again
    const std::lock_guard lock(mutex_);
    if (kick == Kick::start) running_ = false;
    woken_ = false;
  }
}

void ExportCore::lose(std::uint64_t spans, std::string_view why) {
  stats_.lost += spans;
  stats_.last_error = log_text(why, options_.headers);
}

std::string ExportCore::take_log_line() {
  const Time now = time_->now();
  if (stats_.lost == logged_ || now - last_log_ < between_log_lines) return {};
  last_log_ = now;
  logged_ = stats_.lost;
  return "OpenTelemetry: " + std::to_string(stats_.lost) +
         " spans are lost so far; why the last ones: " + stats_.last_error;
}

void ExportCore::log_loss() noexcept {
  try {
    std::string line;
    {
      const std::lock_guard lock(mutex_);
      line = take_log_line();
    }
    if (!line.empty()) options_.logger.log(LogLevel::warning, line);
  } catch (const std::exception&) {  // no memory for a line
  }
}

// Sending.

asio::awaitable<void> ExportCore::run(Self self) {
  try {
    for (bool more = true; more;) more = co_await self->take_step();
  } catch (const std::exception& failure) {  // no memory
    const std::lock_guard lock(self->mutex_);
    self->lose(std::exchange(self->sending_, 0), failure.what());
    self->reporting_ = false;
    self->running_ = false;
  }
  for (ExportWait* const wait : self->flushing_waits_) wait->wake();
}

asio::awaitable<bool> ExportCore::take_step() {
  Step step = next_step();
  if (step.kind == Step::Kind::wait) co_await pause_->async_wait(step.until);
  if (step.kind == Step::Kind::spans) co_await send_spans(std::move(step.batch));
  if (step.kind == Step::Kind::metrics) co_await send_report(std::move(step.report));
  log_loss();
  co_return step.kind != Step::Kind::stop;
}

ExportCore::Step ExportCore::next_step() {
  const std::lock_guard lock(mutex_);
  woken_ = false;
  waits_until_ = Time::min();
  Step step;
  const Time now = time_->now();
  const auto is_due = [&](Time due) { return flushing_ > 0 || due <= now; };
  const auto due = queue_.due();
  const bool report = has_report();
  if (abandoned_ || (!due && !report)) {
    running_ = false;
  } else if (due && is_due(*due)) {
    step.kind = Step::Kind::spans;
    step.batch = queue_.take();
    sending_ = step.batch.count;
  } else if (report && is_due(report_due_)) {
    step.kind = Step::Kind::metrics;
    append_metrics_request(step.report, resource_, builder_.metrics());
    reported_ = revision();
    reporting_ = true;
    report_due_ = now + options_.metrics_interval;
  } else {
    step.kind = Step::Kind::wait;
    step.until = due ? *due : report_due_;
    if (report) step.until = std::min(step.until, report_due_);
    waits_until_ = step.until;
  }
  return step;
}

asio::awaitable<void> ExportCore::send_spans(ExportQueue::Batch batch) {
  std::string body;
  append_trace_request(body, resource_, batch.spans);
  const ExportOutcome outcome = co_await send(targets_.traces, std::move(body));
  const std::lock_guard lock(mutex_);
  sending_ = 0;
  if (outcome.kind != ExportOutcome::Kind::accepted) {
    lose(batch.count, outcome.error);
    co_return;
  }
  const std::uint64_t rejected = std::min<std::uint64_t>(outcome.rejected, batch.count);
  stats_.rejected += rejected;
  stats_.accepted += batch.count - rejected;
  if (!outcome.error.empty()) stats_.last_error = log_text(outcome.error, options_.headers);
}

asio::awaitable<void> ExportCore::send_report(std::string report) {
  const ExportOutcome outcome = co_await send(*targets_.metrics, std::move(report));
  const std::lock_guard lock(mutex_);
  reporting_ = false;
  if (outcome.kind == ExportOutcome::Kind::accepted) {
    ++stats_.metric_reports;
  } else {
    ++stats_.lost_reports;
    stats_.last_error = log_text(outcome.error, options_.headers);
  }
}

/// Sends it until it is there or given up.
asio::awaitable<ExportOutcome> ExportCore::send(Url url, std::string body) {
  HttpRequest request;
  request.url = std::move(url);
  for (const OtlpHeader& one : options_.headers)
    request.headers.push_back(header(one.name, one.value));
  request.headers.push_back(header("Content-Type", "application/json"));
  if (options_.compression == OtlpCompression::gzip) {
    request.headers.push_back(header("Content-Encoding", "gzip"));
    body = gzip(body);
  }
  request.body = std::move(body);
  const Time start = time_->now();
  std::uniform_real_distribution<double> chance;
  for (int sent = 1;; ++sent) {
    HttpRequest copy = request;
    ExportOutcome outcome = co_await attempt(std::move(copy));
    count_request(sent > 1, outcome);
    const auto elapsed =
        std::chrono::duration_cast<std::chrono::milliseconds>(time_->now() - start);
    const auto delay = repeat_after(options_, outcome, sent, elapsed, chance(random_));
    if (!delay || abandoned()) co_return outcome;
    co_await wait_for(*pause_, time_->now() + *delay);
    if (abandoned()) co_return outcome;
  }
}

asio::awaitable<ExportOutcome> ExportCore::attempt(HttpRequest request) {
  using namespace asio::experimental::awaitable_operators;
  auto exchanging = exchange(std::move(request));
  auto waiting = wait_for(*timeout_, time_->now() + options_.timeout);
  auto first = co_await (std::move(exchanging) || std::move(waiting));
  if (first.index() == 0) co_return std::get<0>(std::move(first));
  co_return failed(
      ExportOutcome::Kind::again,
      "the collector did not answer within " + std::to_string(options_.timeout.count()) + " ms");
}

asio::awaitable<ExportOutcome> ExportCore::exchange(HttpRequest request) {
  ExportOutcome outcome;
  try {
    const auto answer = co_await transport_->async_send(std::move(request));
    const std::string body = co_await read_body(*answer);
    std::optional<std::chrono::milliseconds> retry_after;
    if (const auto value = answer->header("Retry-After"))
      retry_after = parse_retry_after(*value, std::chrono::system_clock::now());
    outcome = outcome_of(answer->status(), retry_after, body);
  } catch (const HttpError& failure) {
    outcome = failed(
        is_passing(failure.failure()) ? ExportOutcome::Kind::again : ExportOutcome::Kind::refused,
        failure.what());
  } catch (const std::exception& failure) {
    outcome = failed(ExportOutcome::Kind::refused, failure.what());
  }
  co_return outcome;
}

asio::awaitable<void> ExportCore::wait_for(ExportWait& wait, Time until) {
  while (time_->now() < until && !abandoned()) co_await wait.async_wait(until);
}

bool ExportCore::abandoned() const {
  const std::lock_guard lock(mutex_);
  return abandoned_;
}

void ExportCore::count_request(bool repeated, const ExportOutcome& outcome) {
  const std::lock_guard lock(mutex_);
  ++stats_.requests;
  if (repeated) ++stats_.retries;
  if (outcome.kind != ExportOutcome::Kind::accepted)
    stats_.last_error = log_text(outcome.error, options_.headers);
}

// Ends.

asio::awaitable<error_code> ExportCore::flush(Self self, Time deadline) {
  // Without a slot: a cancellation would come from another strand.
  auto flushing =
      asio::co_spawn(self->strand_, flush_here(self, deadline),
                     asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable));
  const error_code ec = co_await std::move(flushing);
  co_return ec;
}

asio::awaitable<error_code> ExportCore::flush_here(Self self, Time deadline) {
  const auto wait = self->time_->make_wait(self->strand_);
  self->flushing_waits_.push_back(wait.get());
  Kick action = Kick::none;
  bool idle = false;
  {
    const std::lock_guard lock(self->mutex_);
    ++self->flushing_;
    self->woken_ = false;
    action = self->kick();
    idle = self->is_idle();
  }
  self->carry_out(action);
  while (!idle && self->time_->now() < deadline && !self->abandoned()) {
    co_await wait->async_wait(deadline);
    const std::lock_guard lock(self->mutex_);
    idle = self->is_idle();
  }
  std::erase(self->flushing_waits_, wait.get());
  const std::lock_guard lock(self->mutex_);
  --self->flushing_;
  error_code ec;
  if (!self->is_idle()) ec = Errc::timed_out;
  co_return ec;
}

/// What was on the way is cancelled; that takes no time but some steps.
asio::awaitable<void> ExportCore::until_stopped(Self self) {
  const auto wait = self->time_->make_wait(self->strand_);
  self->flushing_waits_.push_back(wait.get());
  for (bool running = true; running;) {
    {
      const std::lock_guard lock(self->mutex_);
      running = self->running_;
    }
    if (running) co_await wait->async_wait(Time::max());
  }
  std::erase(self->flushing_waits_, wait.get());
}

asio::awaitable<error_code> ExportCore::shutdown(Self self, Time deadline) {
  {
    const std::lock_guard lock(self->mutex_);
    if (!self->closed_) {
      std::vector<Span> ended;
      self->builder_.finish(ended);
      self->put(std::move(ended));
    }
    self->closed_ = true;
  }
  const error_code ec = co_await flush(self, deadline);
  self->abandon();
  auto stopping =
      asio::co_spawn(self->strand_, until_stopped(self),
                     asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable));
  co_await std::move(stopping);
  co_return ec;
}

void ExportCore::abandon() noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (abandoned_) return;
    closed_ = true;
    abandoned_ = true;
    const std::size_t left = queue_.size();
    while (queue_.size() > 0) queue_.take();
    try {
      if (left > 0) lose(left, "they were not sent in time; " + stats_.last_error);
      if (has_report()) {
        ++stats_.lost_reports;
        reported_ = revision();
      }
      last_log_ -= between_log_lines;
    } catch (const std::exception&) {  // no memory for the reason
    }
  }
  log_loss();
  wake_all();
}

void ExportCore::wake_all() noexcept {
  try {
    asio::post(strand_, [self = shared_from_this()] {
      self->pause_->wake();
      self->timeout_->wake();
    });
  } catch (const std::exception&) {  // then it ends with its context
  }
}

OtlpStats ExportCore::stats() const {
  const std::lock_guard lock(mutex_);
  OtlpStats stats = stats_;
  stats.waiting = queue_.size() + sending_;
  stats.left_out += builder_.left_out();
  return stats;
}

}  // namespace strandbus::detail

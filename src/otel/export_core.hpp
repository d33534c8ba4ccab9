#pragma once

#include "net/http_transport.hpp"
#include "otel/export_outcome.hpp"
#include "otel/export_queue.hpp"
#include "otel/export_time.hpp"
#include "otel/span_builder.hpp"
#include "strandbus/otel/otlp_exporter.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/strand.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

namespace strandbus::detail {

/// What an exporter sends to, and how.
struct ExportTargets {
  Url traces{};
  std::optional<Url> metrics{};
};

/// Where these options send to. Throws std::invalid_argument that names the option.
ExportTargets targets_of(const OtlpExporterOptions& options);

/// What is behind an OtlpExporter: events go into a queue, and as long as there is something in it
/// a coroutine sends it.
///
/// Threads:  any thread; the coroutines on its strand.
/// Lifetime: its coroutines keep it; abandon() ends them.
class ExportCore : public std::enable_shared_from_this<ExportCore> {
 public:
  using Time = ExportTime::Time;
  using Self = std::shared_ptr<ExportCore>;

  ExportCore(const asio::any_io_executor& executor, OtlpExporterOptions options,
             std::shared_ptr<HttpTransport> transport, std::shared_ptr<ExportTime> time);
  ExportCore(const ExportCore&) = delete;
  ExportCore& operator=(const ExportCore&) = delete;

  void take(const StreamEvent& event) noexcept;
  void count_missed(std::uint64_t events) noexcept;

  static asio::awaitable<error_code> flush(Self self, Time deadline);
  static asio::awaitable<error_code> shutdown(Self self, Time deadline);
  /// Gives up what was not sent.
  void abandon() noexcept;

  OtlpStats stats() const;

 private:
  /// What the coroutine does next.
  struct Step {
    enum class Kind : std::uint8_t { stop, wait, spans, metrics };
    Kind kind = Kind::stop;
    Time until{};
    ExportQueue::Batch batch{};
    std::string report{};
  };
  enum class Kick : std::uint8_t { none, start, wake };

  // Under the mutex.
  void put(std::vector<Span> ended);
  Kick kick();
  bool has_report() const { return targets_.metrics && revision() != reported_; }
  std::uint64_t revision() const { return builder_.metrics().revision(); }
  bool is_idle() const {
    return queue_.size() == 0 && sending_ == 0 && !has_report() && !reporting_;
  }
  void lose(std::uint64_t spans, std::string_view why);
  std::string take_log_line();

  void carry_out(Kick kick) noexcept;
  void wake_all() noexcept;
  void log_loss() noexcept;

  // On the strand.
  static asio::awaitable<void> run(Self self);
  static asio::awaitable<error_code> flush_here(Self self, Time deadline);
  static asio::awaitable<void> until_stopped(Self self);
  asio::awaitable<bool> take_step();
  Step next_step();
  asio::awaitable<void> send_spans(ExportQueue::Batch batch);
  asio::awaitable<void> send_report(std::string report);
  asio::awaitable<ExportOutcome> send(Url url, std::string body);
  asio::awaitable<ExportOutcome> attempt(HttpRequest request);
  asio::awaitable<ExportOutcome> exchange(HttpRequest request);
  asio::awaitable<void> wait_for(ExportWait& wait, Time until);
  bool abandoned() const;
  void count_request(bool repeated, const ExportOutcome& outcome);

  const OtlpExporterOptions options_;
  const ExportTargets targets_;
  const std::string resource_;
  const std::shared_ptr<HttpTransport> transport_;
  const std::shared_ptr<ExportTime> time_;
  const asio::strand<asio::any_io_executor> strand_;
  const std::unique_ptr<ExportWait> pause_;    // until there is something to do
  const std::unique_ptr<ExportWait> timeout_;  // of a request
  std::mt19937 random_;
  std::vector<ExportWait*> flushing_waits_;

  mutable std::mutex mutex_;
  SpanBuilder builder_;
  ExportQueue queue_;
  OtlpStats stats_;
  std::uint64_t reported_ = 0;  // the revision of the metrics that was sent last
  Time report_due_;
  Time waits_until_ = Time::min();  // the coroutine; the smallest time while it does not wait
  Time last_log_;
  std::uint64_t logged_ = 0;  // spans that the log knows to be lost
  std::size_t sending_ = 0;   // spans on the way
  int flushing_ = 0;
  bool reporting_ = false;
  bool running_ = false;  // the coroutine is there
  bool woken_ = false;
  bool closed_ = false;
  bool abandoned_ = false;
};

}  // namespace strandbus::detail

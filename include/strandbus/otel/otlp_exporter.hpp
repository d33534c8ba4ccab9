#pragma once

#include "strandbus/bus/delivery.hpp"
#include "strandbus/error.hpp"
#include "strandbus/log.hpp"
#include "strandbus/otel/otlp_options.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace strandbus {
namespace detail {
class ExportCore;
}

/// A header that goes with every request, for example with a key. Its value reaches no log.
struct OtlpHeader {
  std::string name{};
  std::string value{};
};

enum class OtlpCompression : std::uint8_t { none, gzip };

/// Whether histograms of tokens and times are sent too.
enum class OtlpMetrics : std::uint8_t { on, off };

struct OtlpExporterOptions {
  /// Where the collector is. /v1/traces and /v1/metrics are added to it. Plain http to another
  /// machine is taken only without headers, which everybody on the way could read.
  std::string endpoint = "http://localhost:4318";
  /// Where spans go instead, as it stands; empty = to the endpoint.
  std::string traces_url{};
  /// Where metrics go instead, as it stands; empty = to the endpoint.
  std::string metrics_url{};
  OtlpMetrics metrics = OtlpMetrics::on;
  std::vector<OtlpHeader> headers{};
  OtlpCompression compression = OtlpCompression::gzip;
  /// For one request, from its beginning to the end of the answer.
  std::chrono::milliseconds timeout{10'000};

  /// Spans that wait at most; further ones are lost and counted. At least 1.
  std::size_t max_queue_spans = 8192;
  /// Their JSON, in bytes.
  std::size_t max_queue_bytes = std::size_t{16} * 1024 * 1024;
  /// Spans of one request at most: when there are so many they are sent. At least 1.
  std::size_t batch_spans = 512;
  /// Their JSON, in bytes; a larger span goes alone.
  std::size_t batch_bytes = std::size_t{1024} * 1024;
  /// For how long a span waits for others.
  std::chrono::milliseconds batch_delay{5'000};
  /// Between two reports of the metrics.
  std::chrono::milliseconds metrics_interval{60'000};

  /// Before the first repetition of a request; doubled before each further one, and shortened at
  /// random by up to a half. A longer Retry-After of the collector counts instead.
  std::chrono::milliseconds first_retry_delay{1'000};
  std::chrono::milliseconds max_retry_delay{30'000};
  /// For how long a request is repeated; then its spans are lost and counted.
  std::chrono::milliseconds max_retry_time{300'000};

  /// The proxy for https, "http://host:port", with "user:password@" if it wants that; empty = none.
  std::string https_proxy{};
  /// Hosts that are reached without the proxy, separated by commas.
  std::string no_proxy{};
  /// PEM file of authorities to trust beside those of the machine; empty = none.
  std::string ca_file{};

  /// What the spans are like.
  OtlpTraceOptions trace{};
  /// Is told of losses, at most once a minute.
  Logger logger{};
};

/// Counts of this moment: spans = accepted + rejected + lost + waiting.
struct OtlpStats {
  std::uint64_t spans = 0;           ///< that have ended
  std::uint64_t accepted = 0;        ///< the collector has them
  std::uint64_t rejected = 0;        ///< the collector took the request, but not these
  std::uint64_t lost = 0;            ///< there was no room, or the collector was not to be reached
  std::uint64_t waiting = 0;         ///< in the queue or on the way
  std::uint64_t left_out = 0;        ///< more were open than OtlpTraceOptions::max_open
  std::uint64_t missed_events = 0;   ///< that the bus dropped before the exporter saw them
  std::uint64_t requests = 0;        ///< repetitions included
  std::uint64_t retries = 0;         ///< repetitions
  std::uint64_t metric_reports = 0;  ///< that the collector has
  std::uint64_t lost_reports = 0;    ///< of metrics; the next one holds what they held
  std::string last_error{};          ///< why something was lost or repeated last; holds no key
};

/// Sends spans and metrics of what events say to an OpenTelemetry collector, over OTLP/HTTP with
/// JSON: a plain subscriber.
///
///   OtlpExporter exporter(executor, {.endpoint = "http://localhost:4318"});
///   auto subscription = bus.subscribe(executor, [&](const Delivery& d) { exporter.on_event(d); });
///   …
///   co_await exporter.shutdown(std::chrono::steady_clock::now() + 5s);
///
/// It takes the events of any number of runs, sessions and buses. Which spans there are, and what
/// they hold, is in docs/observability.md. A request is repeated after the answers 429, 502, 503
/// and 504 and when the collector cannot be reached or does not answer in time, after any other
/// answer never. What is lost is counted and logged; nothing is thrown and nobody waits.
///
/// Threads:  any thread, also at the same time.
/// Lifetime: destroying it gives up what was not sent. Its executor's context is kept running as
///           long as something waits to be sent.
/// Cost:     a delta costs a comparison; other events one uncontended mutex, and the end of a span
///           its JSON. Compressing and sending happen on the executor.
class OtlpExporter {
 public:
  /// Errors: throws std::invalid_argument that names the option and what is allowed.
  explicit OtlpExporter(asio::any_io_executor executor, OtlpExporterOptions options = {});
  OtlpExporter(const OtlpExporter&) = delete;
  OtlpExporter& operator=(const OtlpExporter&) = delete;
  ~OtlpExporter();

  void on_event(const StreamEvent& event) noexcept;
  /// Also counts what was missed before it.
  void on_event(const Delivery& delivery) noexcept;

  /// Sends what has ended, and the metrics, without waiting for more.
  ///
  /// Errors:       Errc::timed_out when something is still waiting at the deadline; it stays so.
  ///               What was lost is no error: see stats().
  /// Cancellation: none; it has a deadline.
  asio::awaitable<error_code> flush(std::chrono::steady_clock::time_point deadline);

  /// Ends the open spans as unfinished, takes no more events, and sends everything. What is still
  /// waiting at the deadline is lost. Once.
  ///
  /// Errors: as flush.
  asio::awaitable<error_code> shutdown(std::chrono::steady_clock::time_point deadline);

  OtlpStats stats() const;

 private:
  const std::shared_ptr<detail::ExportCore> core_;
};

}  // namespace strandbus

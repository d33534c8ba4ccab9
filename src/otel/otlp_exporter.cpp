#include "strandbus/otel/otlp_exporter.hpp"

#include "net/http_client.hpp"
#include "otel/export_core.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace strandbus {
namespace detail {
namespace {

[[noreturn]] void refuse(const std::string& option, const std::string& why) {
  throw std::invalid_argument("OtlpExporterOptions::" + option + " " + why);
}

Url url_of(const std::string& option, const std::string& text) {
  auto url = parse_url(text);
  if (!url) refuse(option, "is no URL: " + url.error().message);
  if (!url->userinfo.empty()) refuse(option, "holds a user or password; send a header instead");
  return *std::move(url);
}

/// The URL of a signal below the endpoint.
Url below(const OtlpExporterOptions& options, std::string_view path) {
  std::string base = options.endpoint;
  while (base.ends_with('/')) base.pop_back();
  const std::string text = base + std::string(path);
  return url_of("endpoint", text);
}

void check_plain(const Url& url, const OtlpExporterOptions& options) {
  if (url.secure() || url.is_loopback() || options.headers.empty()) return;
  refuse("headers", "would go to " + url.peer() +
                        " as plain http, where everybody on the way could read them; use https");
}

void require(bool holds, const std::string& option, const std::string& value,
             const std::string& allowed) {
  if (!holds) refuse(option, "is " + value + "; " + allowed);
}

void check_time(const std::string& option, std::chrono::milliseconds time,
                std::chrono::milliseconds least) {
  require(time >= least && time <= std::chrono::hours(24), option,
          std::to_string(time.count()) + " ms",
          "allowed: " + std::to_string(least.count()) + " ms to 24 hours");
}

OtlpExporterOptions checked(OtlpExporterOptions options) {
  using std::chrono::milliseconds;
  const std::string allowed = "allowed: at least 1";
  const auto positive = [&](const char* option, std::size_t value) {
    require(value >= 1, option, std::to_string(value), allowed);
  };
  positive("max_queue_spans", options.max_queue_spans);
  positive("max_queue_bytes", options.max_queue_bytes);
  positive("batch_spans", options.batch_spans);
  positive("batch_bytes", options.batch_bytes);
  check_time("timeout", options.timeout, milliseconds(1));
  check_time("batch_delay", options.batch_delay, milliseconds(0));
  check_time("metrics_interval", options.metrics_interval, milliseconds(1));
  check_time("first_retry_delay", options.first_retry_delay, milliseconds(1));
  check_time("max_retry_delay", options.max_retry_delay, milliseconds(1));
  check_time("max_retry_time", options.max_retry_time, milliseconds(0));
  return options;
}

std::shared_ptr<HttpTransport> client_of(const OtlpExporterOptions& options) {
  HttpClientOptions client;
  client.connect_timeout = options.timeout;
  client.head_timeout = options.timeout;
  client.idle_per_origin = 1;
  client.proxy.https_proxy = options.https_proxy;
  client.proxy.no_proxy = options.no_proxy;
  client.ca_file = options.ca_file;
  client.plain_http = PlainHttp::anywhere;  // targets_of has looked at what would be told
  return std::make_shared<HttpClient>(std::move(client));
}

std::shared_ptr<ExportCore> make_core(const asio::any_io_executor& executor,
                                      OtlpExporterOptions options) {
  options = checked(std::move(options));
  auto client = client_of(options);
  return std::make_shared<ExportCore>(executor, std::move(options), std::move(client),
                                      make_steady_time());
}

}  // namespace

ExportTargets targets_of(const OtlpExporterOptions& options) {
  ExportTargets targets;
  targets.traces = options.traces_url.empty() ? below(options, "/v1/traces")
                                              : url_of("traces_url", options.traces_url);
  check_plain(targets.traces, options);
  if (options.metrics == OtlpMetrics::off) return targets;
  targets.metrics = options.metrics_url.empty() ? below(options, "/v1/metrics")
                                                : url_of("metrics_url", options.metrics_url);
  check_plain(*targets.metrics, options);
  return targets;
}

}  // namespace detail

OtlpExporter::OtlpExporter(asio::any_io_executor executor, OtlpExporterOptions options)
    : core_(detail::make_core(executor, std::move(options))) {}

OtlpExporter::~OtlpExporter() { core_->abandon(); }

void OtlpExporter::on_event(const StreamEvent& event) noexcept { core_->take(event); }

void OtlpExporter::on_event(const Delivery& delivery) noexcept {
  core_->count_missed(delivery.missed());
  core_->take(delivery.event());
}

asio::awaitable<error_code> OtlpExporter::flush(std::chrono::steady_clock::time_point deadline) {
  return detail::ExportCore::flush(core_, deadline);
}

asio::awaitable<error_code> OtlpExporter::shutdown(std::chrono::steady_clock::time_point deadline) {
  return detail::ExportCore::shutdown(core_, deadline);
}

OtlpStats OtlpExporter::stats() const { return core_->stats(); }

}  // namespace strandbus

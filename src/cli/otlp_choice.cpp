#include "cli/otlp_choice.hpp"

#include "cli/argument_text.hpp"
#include "cli/command.hpp"
#include "cli/console.hpp"
#include "cli/option_names.hpp"
#include "cli/usage_error.hpp"

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <cctype>
#include <stdexcept>
#include <utility>

namespace strandbus::cli {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

constexpr const char* headers_variable = "OTEL_EXPORTER_OTLP_HEADERS";

/// An empty variable is one that is not set.
std::string value_of(const ProcessEnvironment& environment, std::string_view name) {
  return environment.get(name).value_or("");
}

void say_ignored(const std::string& name, const std::string& why) {
  say(name + " is ignored: " + why);
}

std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (lower >= 'a' && lower <= 'f') return lower - 'a' + 10;
  return std::nullopt;
}

std::optional<std::string> percent_decoded(const std::string& text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const auto high = hex_digit(text[i + 1]);
    const auto low = hex_digit(text[i + 2]);
    if (!high || !low) return std::nullopt;
    decoded += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  return decoded;
}

/// "key=value,key=value", the values percent-encoded (W3C Baggage); nothing if it is not that.
std::optional<Pairs> parse_pairs(const std::string& text) {
  Pairs pairs;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string one = trimmed(text.substr(begin, end - begin));
    begin = end + 1;
    if (one.empty()) continue;
    const std::size_t equals = one.find('=');
    if (equals == std::string::npos) return std::nullopt;
    std::string key = trimmed(one.substr(0, equals));
    auto value = percent_decoded(trimmed(one.substr(equals + 1)));
    if (key.empty() || !value) return std::nullopt;
    pairs.emplace_back(std::move(key), *std::move(value));
  }
  return pairs;
}

bool is_disabled(const ProcessEnvironment& environment) {
  constexpr const char* name = "OTEL_SDK_DISABLED";
  std::string value = value_of(environment, name);
  std::ranges::transform(value, value.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (!value.empty() && value != "true" && value != "false")
    say_ignored(name, "it is neither true nor false");
  return value == "true";
}

void take_compression(OtlpExporterOptions& options, const ProcessEnvironment& environment) {
  constexpr const char* name = "OTEL_EXPORTER_OTLP_COMPRESSION";
  const std::string value = value_of(environment, name);
  if (value == "none") options.compression = OtlpCompression::none;
  if (!value.empty() && value != "none" && value != "gzip")
    say_ignored(name, in_quotes(value) + " is neither gzip nor none");
}

void take_timeout(OtlpExporterOptions& options, const ProcessEnvironment& environment) {
  constexpr const char* name = "OTEL_EXPORTER_OTLP_TIMEOUT";
  constexpr std::int64_t day_ms = 24 * 3600 * 1000;
  const std::string value = value_of(environment, name);
  if (value.empty()) return;
  const auto time = parse_whole(value, 1);
  if (time && *time <= day_ms) {
    options.timeout = std::chrono::milliseconds(*time);
  } else {
    say_ignored(name, in_quotes(value) + " is no number of milliseconds from 1 to a day");
  }
}

void take_headers(OtlpExporterOptions& options, ProcessEnvironment& environment) {
  const auto text = environment.take_secret(headers_variable);
  if (!text) return;
  const auto pairs = parse_pairs(*text);
  if (!pairs) return say_ignored(headers_variable, "it is no list such as key=value,key=value");
  for (const auto& [name, value] : *pairs) {
    OtlpHeader header;
    header.name = name;
    header.value = value;
    options.headers.push_back(std::move(header));
  }
}

void take_proxy(OtlpExporterOptions& options, const ProcessEnvironment& environment) {
  for (const char* name : {"https_proxy", "HTTPS_PROXY"}) {
    if (options.https_proxy.empty()) options.https_proxy = value_of(environment, name);
  }
  for (const char* name : {"no_proxy", "NO_PROXY"}) {
    if (options.no_proxy.empty()) options.no_proxy = value_of(environment, name);
  }
}

void warn_of_protocol(const ProcessEnvironment& environment) {
  constexpr const char* name = "OTEL_EXPORTER_OTLP_PROTOCOL";
  const std::string value = value_of(environment, name);
  if (!value.empty() && value != "http/json")
    say_ignored(name, "only http/json is spoken here, not " + in_quotes(value));
}

/// Whether anybody wants an export, and where to.
bool take_urls(OtlpExporterOptions& options, const OtlpArguments& arguments,
               const ProcessEnvironment& environment) {
  const std::string endpoint = value_of(environment, "OTEL_EXPORTER_OTLP_ENDPOINT");
  const std::string traces = value_of(environment, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
  if (!arguments.url.empty()) {
    options.endpoint = arguments.url;
    return true;
  }
  if (!endpoint.empty()) options.endpoint = endpoint;
  options.traces_url = traces;
  if (endpoint.empty()) options.metrics = OtlpMetrics::off;  // nobody has said where to
  return !endpoint.empty() || !traces.empty();
}

void check(const OtlpExporterOptions& options, const OtlpArguments& arguments) {
  try {
    asio::io_context context;
    const OtlpExporter trial(context.get_executor(), options);
  } catch (const std::invalid_argument& error) {
    throw UsageError(in_our_words(
        error.what(), {{"OtlpExporterOptions::endpoint",
                        arguments.url.empty() ? "OTEL_EXPORTER_OTLP_ENDPOINT" : "--otlp"},
                       {"OtlpExporterOptions::traces_url", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"},
                       {"OtlpExporterOptions::headers", headers_variable}}));
  }
}

}  // namespace

OtlpTraceOptions otlp_trace(const OtlpArguments& arguments, const ProcessEnvironment& environment) {
  constexpr const char* name = "OTEL_RESOURCE_ATTRIBUTES";
  OtlpTraceOptions options;
  if (arguments.content) options.content = OtlpContent::on;
  auto pairs = parse_pairs(value_of(environment, name));
  if (pairs) {
    options.resource = *std::move(pairs);
  } else {
    say_ignored(name, "it is no list such as key=value,key=value");
  }
  const std::string service = value_of(environment, "OTEL_SERVICE_NAME");
  if (!service.empty()) options.resource.emplace_back("service.name", service);
  return options;
}

std::optional<OtlpExporterOptions> choose_otlp(const OtlpArguments& arguments,
                                               ProcessEnvironment& environment) {
  OtlpExporterOptions options;
  if (!take_urls(options, arguments, environment)) {
    if (arguments.content)
      throw UsageError("--otlp-content needs --otlp URL, or OTEL_EXPORTER_OTLP_ENDPOINT");
    return std::nullopt;
  }
  if (is_disabled(environment)) {
    say("nothing goes to OpenTelemetry: OTEL_SDK_DISABLED is true");
    return std::nullopt;
  }
  take_headers(options, environment);
  take_compression(options, environment);
  take_timeout(options, environment);
  take_proxy(options, environment);
  warn_of_protocol(environment);
  options.trace = otlp_trace(arguments, environment);
  check(options, arguments);
  return options;
}

std::vector<std::string> secrets_of(const std::optional<OtlpExporterOptions>& options) {
  constexpr std::size_t shortest = 8;
  std::vector<std::string> secrets;
  if (!options) return secrets;
  for (const OtlpHeader& header : options->headers) {
    const std::string key = header.value.substr(header.value.rfind(' ') + 1);
    if (key.size() >= shortest) secrets.push_back(key);
  }
  return secrets;
}

void say_losses(const OtlpStats& stats) {
  if (stats.missed_events > 0)
    say("OpenTelemetry: " + std::to_string(stats.missed_events) + " events came too fast for it");
  const std::uint64_t missing = stats.lost + stats.rejected;
  if (missing == 0 && stats.lost_reports == 0) return;
  say("OpenTelemetry: " + std::to_string(missing) + " of " + std::to_string(stats.spans) +
      " spans and " + std::to_string(stats.lost_reports) +
      (stats.lost_reports == 1 ? " report" : " reports") +
      " of metrics did not get there: " + stats.last_error);
}

}  // namespace strandbus::cli

#include "otel/genai_metrics.hpp"

#include "otel/genai_names.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace strandbus::detail {
namespace {

/// Names come from events and may be any number of different ones: further ones count together.
constexpr std::size_t max_series = 256;
constexpr std::string_view other = "other";
constexpr double ms_per_second = 1000;

// As the conventions advise.
constexpr std::array<double, 14> token_bounds{
    1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864};
constexpr std::array<double, 14> second_bounds{0.01, 0.02, 0.04, 0.08,  0.16,  0.32,  0.64,
                                               1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92};

enum Index : std::size_t { tokens, duration, first_chunk };

double seconds(std::int64_t milliseconds) {
  return static_cast<double>(std::max<std::int64_t>(0, milliseconds)) / ms_per_second;
}

std::string key_of(const ModelRequestFacts& request, std::string_view token_type) {
  std::string key;
  for (const std::string_view part : {request.provider, request.model, request.error, token_type})
    key.append(part).append(1, '\0');
  return key;
}

Attributes attributes_of(const ModelRequestFacts& request, std::string_view token_type) {
  Attributes attributes;
  attributes.push_back({genai::operation_name, std::string(genai::chat)});
  attributes.push_back({genai::provider_name, std::string(genai::provider_of(request.provider))});
  attributes.push_back({genai::request_model, std::string(request.model)});
  if (!request.error.empty()) attributes.push_back({genai::error_type, std::string(request.error)});
  if (!token_type.empty()) attributes.push_back({genai::token_type, std::string(token_type)});
  return attributes;
}

void count(ValueHistogram& histogram, std::span<const double> bounds, double value) {
  histogram.counts.resize(bounds.size() + 1);
  // A bucket holds what is at most its bound.
  const auto bucket = std::lower_bound(bounds.begin(), bounds.end(), value) - bounds.begin();
  ++histogram.counts[static_cast<std::size_t>(bucket)];
  histogram.min = histogram.count == 0 ? value : std::min(histogram.min, value);
  histogram.max = histogram.count == 0 ? value : std::max(histogram.max, value);
  histogram.sum += value;
  ++histogram.count;
}

}  // namespace

GenAiMetrics::GenAiMetrics()
    : metrics_{{genai::token_usage, "{token}", "Tokens of input and output", token_bounds, {}},
               {genai::operation_duration, "s", "How long requests took", second_bounds, {}},
               {genai::first_chunk_duration,
                "s",
                "How long requests took until the first piece of the answer",
                second_bounds,
                {}}} {}

void GenAiMetrics::record_duration(const ModelRequestFacts& request, std::int64_t duration_ms,
                                   Timestamp time) {
  record(metrics_[duration], request, {}, seconds(duration_ms), time);
}

void GenAiMetrics::record_first_chunk(const ModelRequestFacts& request, std::int64_t duration_ms,
                                      Timestamp time) {
  record(metrics_[first_chunk], request, {}, seconds(duration_ms), time);
}

void GenAiMetrics::record_tokens(const ModelRequestFacts& request, std::string_view type,
                                 std::int64_t amount, Timestamp time) {
  record(metrics_[tokens], request, type, static_cast<double>(std::max<std::int64_t>(0, amount)),
         time);
}

void GenAiMetrics::record(Metric& metric, const ModelRequestFacts& request,
                          std::string_view token_type, double value, Timestamp time) {
  if (revision_ == 0) begin_ = time_ = time;
  ++revision_;
  begin_ = std::min(begin_, time);
  time_ = std::max(time_, time);
  ModelRequestFacts facts = request;
  std::string key = key_of(facts, token_type);
  auto found = metric.series.find(key);
  if (found == metric.series.end()) {
    if (metric.series.size() >= max_series) {
      facts.provider = facts.model = other;
      key = key_of(facts, token_type);
    }
    found =
        metric.series.try_emplace(key, attributes_of(facts, token_type), ValueHistogram()).first;
  }
  count(found->second.second, metric.bounds, value);
}

}  // namespace strandbus::detail

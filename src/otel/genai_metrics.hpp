#pragma once

#include "otel/span.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::detail {

/// Values counted in buckets; the last one has no bound.
struct ValueHistogram {
  std::vector<std::uint64_t> counts{};
  std::uint64_t count{};
  double sum{};
  double min{};
  double max{};
};

/// One histogram per set of attributes.
struct Metric {
  std::string_view name{};
  std::string_view unit{};
  std::string_view description{};
  std::span<const double> bounds{};
  std::map<std::string, std::pair<Attributes, ValueHistogram>> series{};
};

/// What one request to a model was like.
struct ModelRequestFacts {
  std::string_view provider{};
  std::string_view model{};
  std::string_view error{};  ///< empty = it went well
};

/// The histograms of the conventions, since the first value.
///
/// Pure. Threads: distinct objects.
class GenAiMetrics {
 public:
  GenAiMetrics();

  /// Milliseconds.
  void record_duration(const ModelRequestFacts& request, std::int64_t duration_ms, Timestamp time);
  void record_first_chunk(const ModelRequestFacts& request, std::int64_t duration_ms,
                          Timestamp time);
  void record_tokens(const ModelRequestFacts& request, std::string_view type, std::int64_t tokens,
                     Timestamp time);

  /// Grows with each value.
  std::uint64_t revision() const noexcept { return revision_; }
  bool empty() const noexcept { return revision_ == 0; }
  Timestamp begin() const noexcept { return begin_; }
  /// When the last value came.
  Timestamp time() const noexcept { return time_; }
  const std::vector<Metric>& metrics() const noexcept { return metrics_; }

 private:
  void record(Metric& metric, const ModelRequestFacts& request, std::string_view token_type,
              double value, Timestamp time);

  std::vector<Metric> metrics_;
  Timestamp begin_{};
  Timestamp time_{};
  std::uint64_t revision_ = 0;
};

}  // namespace strandbus::detail

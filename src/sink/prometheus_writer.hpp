#pragma once

#include "strandbus/sink/duration_histogram.hpp"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace strandbus::detail {

/// Writes families of metrics in the Prometheus text exposition format, version 0.0.4. All samples
/// of a family follow its name; a family without a sample is not written.
class PrometheusWriter {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  /// `help` is plain text in one line, without a backslash.
  void counter(std::string_view name, std::string_view help) { family(name, help, "counter"); }
  void gauge(std::string_view name, std::string_view help) { family(name, help, "gauge"); }
  void histogram(std::string_view name, std::string_view help) { family(name, help, "histogram"); }

  /// `value` is a number as the format wants it.
  void sample(Labels labels, std::string_view value) { write({}, labels, {}, value); }
  void sample(Labels labels, std::int64_t value) { sample(labels, std::to_string(value)); }
  /// In seconds.
  void sample(Labels labels, const DurationHistogram& durations);

  std::string take() { return std::move(text_); }

 private:
  void family(std::string_view name, std::string_view help, std::string_view type);
  void write(std::string_view suffix, Labels labels, std::string_view le, std::string_view value);

  std::string name_;
  std::string header_;  // of the family, until its first sample
  std::string text_;
};

}  // namespace strandbus::detail

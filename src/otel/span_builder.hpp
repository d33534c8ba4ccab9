#pragma once

#include "otel/genai_metrics.hpp"
#include "otel/span.hpp"
#include "otel/span_tree.hpp"
#include "strandbus/otel/otlp_options.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::detail {

/// Makes spans and metrics of events: runs, requests, tool calls, workflows and their steps.
///
/// Who belongs to whom comes from the ids of the events: the span of the parent if that is known,
/// else the ids of run, call and workflow. Turns and the like have no span of their own. Events may
/// be missing, repeated or in disorder: every parent exists and encloses its children. Deltas do
/// nothing.
///
/// Pure. Threads: distinct objects.
class SpanBuilder {
 public:
  explicit SpanBuilder(const OtlpTraceOptions& options)
      : content_(options.content),
        max_content_(options.max_content_bytes),
        tree_(options.max_open) {}

  /// Takes an event; spans that have ended go to `ended`.
  void add(const StreamEvent& event, std::vector<Span>& ended);
  /// Ends what is open, as unfinished.
  void finish(std::vector<Span>& ended);

  const GenAiMetrics& metrics() const noexcept { return metrics_; }
  std::size_t open() const noexcept { return tree_.open(); }
  std::uint64_t left_out() const noexcept { return tree_.left_out(); }

 private:
  struct Visitor;

  const OtlpContent content_;
  const std::size_t max_content_;
  SpanTree tree_;
  GenAiMetrics metrics_;
  Timestamp last_{};
  std::map<std::string, SpanTree::Handle, std::less<>> expected_;  ///< runs to come, by their key
};

}  // namespace strandbus::detail

#pragma once

#include "sink/label_table.hpp"
#include "sink/open_runs.hpp"
#include "strandbus/event/stream_event.hpp"
#include "strandbus/sink/metrics.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>

namespace strandbus::detail {

/// What Metrics counts, without its lock.
class MetricsReducer {
 public:
  explicit MetricsReducer(const MetricsOptions& options);

  void add(const StreamEvent& event);
  void add_missed(std::uint64_t count);
  MetricsSnapshot snapshot() const;

 private:
  struct Visitor;

  /// Two labels, which the tables below keep.
  using Labels = std::pair<std::string_view, std::string_view>;

  std::string_view model_label(const StreamEvent& event);
  AgentModelMetrics& of_model(const StreamEvent& event, std::string_view model);
  ToolMetrics& of_tool(const StreamEvent& event, std::string_view tool);

  LabelTable agents_;
  LabelTable model_names_;
  LabelTable tool_names_;
  OpenRuns open_runs_;
  std::array<std::int64_t, event_type_count> events_{};
  std::map<Labels, AgentModelMetrics> models_;
  std::map<Labels, ToolMetrics> tools_;
  std::map<std::pair<EventType, ErrorCode>, std::int64_t> errors_;
  MetricsSnapshot others_;  // what needs no form of its own
};

}  // namespace strandbus::detail

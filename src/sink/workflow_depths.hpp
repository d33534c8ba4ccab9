#pragma once

#include "strandbus/event/stream_event.hpp"

#include <functional>
#include <map>
#include <set>
#include <string>

namespace strandbus::detail {

/// How far the events of workflows are indented: a workflow, below it its steps, below a step its
/// runs, its workflows and the steps of its branch.
class WorkflowDepths {
 public:
  /// Takes note of a workflow or a step that begins with this event. Before it is shown.
  void begin(const StreamEvent& event);
  /// Takes note of one that ends with it. After it was shown.
  void end(const StreamEvent& event);

  /// Of the event, on top of its run's own depth.
  int depth(const StreamEvent& event) const;

  /// Whether a workflow has not ended.
  bool any_open() const noexcept { return !open_.empty(); }
  void clear() noexcept;

 private:
  const int* find(SpanId span) const;

  std::map<SpanId, int> depths_;             ///< of the workflows and steps that are open
  std::set<std::string, std::less<>> open_;  ///< ids of the workflows among them
};

/// Whether the event is the end of a workflow that is inside no other.
bool ends_root_workflow(const StreamEvent& event) noexcept;

}  // namespace strandbus::detail

#pragma once

#include "strandbus/event/stream_event.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <string>

namespace strandbus::detail {

/// How far the events of workflows are indented: a workflow, below it its steps, below a step its
/// runs and workflows.
class WorkflowDepths {
 public:
  /// Takes note of workflows that begin and end.
  void add(const StreamEvent& event);

  /// Of the event, on top of its run's own depth.
  int depth(const StreamEvent& event) const;

  /// Whether a workflow has not ended.
  bool any_open() const noexcept { return !depths_.empty(); }
  void clear() noexcept { depths_.clear(); }

 private:
  int depth_of(const std::string& workflow_id, bool nested) const;

  std::map<std::string, int, std::less<>> depths_;  ///< of the workflows that are open
};

/// Whether the event is the end of a workflow that is inside no other.
bool ends_root_workflow(const StreamEvent& event) noexcept;

}  // namespace strandbus::detail

#pragma once

#include "strandbus/event/event_type.hpp"
#include "strandbus/event/run_context.hpp"

#include <boost/circular_buffer.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_set>

namespace strandbus::detail {

/// Keeps the run rule: an event of a run is allowed only between its run_started and its terminal
/// event. Remembers the ended runs up to a bound, so that an id is not used twice.
///
/// Threads: distinct objects.
class RunLedger {
 public:
  /// Whether this event may be published now.
  bool allows(EventType type, const std::shared_ptr<const RunContext>& context) const {
    if (!context || context->run_id.empty()) return true;
    if (type == EventType::run_started) return is_new(context->run_id);
    return context == last_open_ || is_open(context);
  }
  /// Takes note of an event that is published; an exception leaves everything as it was.
  void record(EventType type, const std::shared_ptr<const RunContext>& context) {
    if (type != EventType::run_started && !is_terminal(type)) return;
    if (context && !context->run_id.empty()) begin_or_end(type, context->run_id);
  }

 private:
  static constexpr std::size_t max_ended = 1024;
  static constexpr std::size_t first_room = 4;

  bool is_new(const std::string& run_id) const;
  bool is_open(const std::shared_ptr<const RunContext>& context) const;
  void begin_or_end(EventType type, const std::string& run_id);
  void end(const std::string& run_id);
  void remember(const std::string& run_id);

  std::unordered_set<std::string> open_;
  std::unordered_set<std::string> ended_;
  boost::circular_buffer<std::string> ended_order_;
  // The context that was found open last; events of one run share it, so most look-ups end here.
  mutable std::shared_ptr<const RunContext> last_open_;
};

}  // namespace strandbus::detail

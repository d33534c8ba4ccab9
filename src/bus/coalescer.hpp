#pragma once

#include "segment.hpp"
#include "strandbus/bus/delivery.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace strandbus::detail {

/// Makes one event out of the deltas of one message or call. Deltas of several keys may come mixed;
/// each key has its own text, and what comes out is in the order of the last parts.
///
/// Threads: distinct objects.
class Coalescer {
 public:
  /// An event that stands for `parts` published ones.
  struct Merged {
    Delivery delivery;
    std::uint64_t parts;
  };

  /// Whether this event can become part of another one. A tool's output that carries progress or
  /// data, or anything from the wire that this version does not know, stays by itself.
  static bool mergeable(const StreamEvent& event);

  bool empty() const noexcept { return groups_.empty(); }
  /// Whether no more should be added before a flush.
  bool full() const noexcept { return groups_.size() >= max_groups || bytes_ >= max_bytes; }

  /// Adds a mergeable event; its seq is greater than that of every one before. An exception leaves
  /// everything as it was.
  void add(const StreamEvent& event, Pin<EventOwner> owner);
  /// Moves what was collected to the end of `out`; the first one tells `missed`, which is 0 then.
  /// An exception leaves the rest where it is.
  void flush(std::uint64_t& missed, std::vector<Merged>& out);

 private:
  static constexpr std::size_t max_groups = 64;
  static constexpr std::size_t max_bytes = 64 * 1024;

  struct Group {
    std::uint64_t first_seq;
    std::uint64_t parts;
    const StreamEvent* last;  ///< lends its envelope to the whole
    Pin<EventOwner> owner;    ///< of *last
    std::string text;         ///< of all parts, once there is more than one
  };

  Group* group_of(const StreamEvent& event);
  static Merged merge(const Group& group, std::uint64_t missed);

  std::vector<Group> groups_;
  std::size_t bytes_ = 0;
};

}  // namespace strandbus::detail

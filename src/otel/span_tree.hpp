#pragma once

#include "otel/span.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::detail {

/// The spans that are open. Each that has a parent lies within it, whatever order they end in.
///
/// Pure. Threads: distinct objects.
class SpanTree {
 public:
  /// Of an open span; 0 = none.
  using Handle = std::uint64_t;

  /// What becomes of a span when its parent ends first.
  enum class Kind : std::uint8_t {
    part,   ///< it ends too, as unfinished
    whole,  ///< it goes on, below the next one above; without one it is linked to what it was below
  };

  struct Beginning {
    Span span{};  ///< id, name, start, and its trace unless there is a parent
    Handle parent{};
    Kind kind = Kind::part;
    bool sampled = true;              ///< without a parent: whether anybody wants to see it
    std::vector<std::string> keys{};  ///< under which it is found; whoever had one of them ends
  };

  explicit SpanTree(std::size_t max_open) : max_open_(max_open) {}

  /// Opens a span. 0 when there is no room.
  Handle begin(Beginning beginning, std::vector<Span>& ended);
  /// The open span of this key.
  Handle find(std::string_view key) const;
  /// What can still be added to; null for 0.
  Span* span(Handle handle);
  /// Adds a moment, unless there are too many already.
  void add(Handle handle, SpanMoment moment);
  /// Ends a span and what ends with it; those that somebody wants to see go to `ended`, the
  /// innermost first.
  void end(Handle handle, Timestamp time, std::vector<Span>& ended);
  /// Ends all as unfinished.
  void end_all(Timestamp time, std::vector<Span>& ended);

  std::size_t open() const noexcept { return open_.size(); }
  std::uint64_t left_out() const noexcept { return left_out_; }

 private:
  struct Open {
    Span span{};
    Handle parent{};
    Kind kind{};
    bool sampled{};
    std::size_t children{};
    Timestamp last_end{};  ///< of its children
    std::vector<std::string> keys{};
  };

  void end_children(Handle handle, Timestamp time, std::vector<Span>& ended);
  void move_up(Open& child, const Open& parent);
  Open* find(Handle handle);

  const std::size_t max_open_;
  Handle last_ = 0;
  std::uint64_t left_out_ = 0;
  std::map<Handle, Open> open_;  ///< a child behind its parent
  std::map<std::string, Handle, std::less<>> keys_;
};

}  // namespace strandbus::detail

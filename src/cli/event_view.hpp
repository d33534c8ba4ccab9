#pragma once

#include "strandbus/event/stream_event.hpp"
#include "strandbus/sink/cli_printer.hpp"

#include <cstdint>
#include <string_view>

namespace strandbus::cli {

/// How events reach standard output.
///
/// Threads: one thread.
/// Errors:  whatever writes throws system_error when standard output takes nothing any more.
class EventView {
 public:
  EventView() = default;
  EventView(const EventView&) = delete;
  EventView& operator=(const EventView&) = delete;
  virtual ~EventView() = default;

  virtual void show(const StreamEvent& event) = 0;
  /// So many events before the next one are lost.
  virtual void show_gap(std::uint64_t count) = 0;
  /// No more events are there for the moment.
  virtual void flush() = 0;
  /// A line of the program's own, between the events, on standard error.
  virtual void note(std::string_view text) = 0;
  /// Time has passed, or the terminal has a new width.
  virtual void refresh() = 0;
  /// There will be no more events.
  virtual void finish(PrintEnd end) = 0;

  /// Whether refresh() has anything to do.
  virtual bool is_live() const noexcept = 0;
  virtual std::uint64_t missed() const noexcept = 0;
};

}  // namespace strandbus::cli

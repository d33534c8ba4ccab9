#pragma once

#include "file_descriptor.hpp"
#include "strandbus/store/event_store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace strandbus::detail {

/// Where a line of a file lies, without its end.
struct LinePlace {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

/// Which event is on which line. Decides from the seqs that the lines say; knows no files.
///
/// A line whose seq does not follow stands for the event that it should be. If the next line
/// follows it, it was right, and the events before it are missing.
class EventPlaces {
 public:
  /// The next event line; `seq` is what it says, none if it says nothing.
  void add(LinePlace place, std::optional<std::uint64_t> seq);

  /// A line of a kind that nobody knows: before the first event it may have been one.
  void add_unknown(LinePlace place) { unknown_ = place; }

  std::uint64_t first_seq() const noexcept { return places_.empty() ? 0 : first_; }
  std::uint64_t last_seq() const noexcept {
    return places_.empty() ? 0 : first_ + places_.size() - 1;
  }
  /// Of the events that are whole.
  std::uint64_t bytes() const noexcept { return bytes_; }
  std::size_t faults() const noexcept { return faults_; }

  enum class State : std::uint8_t { whole, damaged, missing };
  struct Place {
    LinePlace line{};
    State state = State::whole;
  };
  const Place& of(std::uint64_t seq) const { return places_[seq - first_]; }

 private:
  void put(LinePlace line, State state);

  std::vector<Place> places_;
  std::optional<LinePlace> unknown_{};
  std::uint64_t first_ = 1;  ///< the seq of the first place
  std::uint64_t said_ = 0;   ///< by the line before; 0 = nothing
  std::uint64_t bytes_ = 0;
  std::size_t faults_ = 0;
};

/// What a file holds, as far as it was read.
///
/// Threads: distinct objects.
class SessionIndex {
 public:
  /// Reads what has come since the last time, up to this size of the file.
  ///
  /// Errors: Errc::invalid_file for a file that does not begin with metadata; the system's.
  std::optional<StoreError> extend(const std::string& path, const std::string& id,
                                   std::uint64_t size);

  const SessionMetadata& metadata() const noexcept { return metadata_; }
  const EventPlaces& events() const noexcept { return events_; }
  /// How much of the file was read.
  std::uint64_t size() const noexcept { return size_; }

 private:
  std::optional<StoreError> add(std::string_view line, const std::string& path,
                                const std::string& id);

  SessionMetadata metadata_;
  bool has_metadata_ = false;
  EventPlaces events_;
  std::uint64_t size_ = 0;
};

/// How many lines begin before a place of a file, this one included; 0 if it cannot be read.
std::size_t line_number(int file, std::uint64_t offset);
/// Reads a piece of a file; shorter at its end.
std::string read_piece(int file, LinePlace place);

}  // namespace strandbus::detail

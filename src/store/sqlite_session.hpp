#pragma once

#include "store/group_commit.hpp"
#include "store/record_checksum.hpp"
#include "store/writer_locks.hpp"

#include <cstdint>
#include <string>

namespace strandbus::detail {

/// Events of one session lie side by side: the upper bits are its row, the lower 40 the seq.
inline constexpr int seq_bits = 40;
inline constexpr std::int64_t max_session_row = (std::int64_t{1} << (63 - seq_bits)) - 1;

inline constexpr std::uint64_t max_event_seq = (std::uint64_t{1} << seq_bits) - 1;

constexpr std::int64_t event_key(std::int64_t row, std::uint64_t seq) noexcept {
  return (row << seq_bits) | static_cast<std::int64_t>(seq);
}
constexpr std::uint64_t seq_of_key(std::int64_t key) noexcept {
  return static_cast<std::uint64_t>(key) & max_event_seq;
}

/// What the row of a session counts, so that nobody has to read its events for it.
struct SessionCounts {
  std::uint64_t messages = 0;
  std::uint64_t first_seq = 0;
  std::uint64_t last_seq = 0;
  std::uint64_t bytes = 0;
  std::int64_t updated_at = 0;  ///< nanoseconds since 1970
};

inline std::uint32_t checksum_of(const std::string& id, std::int64_t row,
                                 const SessionCounts& counts) {
  return record_checksum(
      id, {static_cast<std::uint64_t>(row), counts.messages, counts.first_seq, counts.last_seq,
           counts.bytes, static_cast<std::uint64_t>(counts.updated_at)});
}

/// A session of the database that has a writer.
struct SqliteSession final : WrittenSession {
  std::int64_t row = 0;
  WriterLocks::Lock lock{};
  // Of the committing thread:
  SessionCounts counts{};
  bool touched = false;  ///< by the transaction under way
};

}  // namespace strandbus::detail

#pragma once

#include <cstdint>

namespace strandbus::testing {

/// A VFS of SQLite in front of the default one, of which one call fails.
///
/// Threads: counting and failing from any thread; setting while no database is open.
class FaultyVfs {
 public:
  /// Registered as the default as long as this exists.
  FaultyVfs();
  FaultyVfs(const FaultyVfs&) = delete;
  FaultyVfs& operator=(const FaultyVfs&) = delete;
  ~FaultyVfs();

  enum class Call { write, sync, truncate };
  enum class How { once, from_then_on };

  /// Lets the n-th call, counted from 1, fail with this result code. 0 = none.
  static void fail(Call call, std::uint64_t n, int code, How how);
  /// How many calls there were since then.
  static std::uint64_t calls(Call call);
  /// Whether one has failed since then.
  static bool has_failed();
};

}  // namespace strandbus::testing

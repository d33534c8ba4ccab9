#pragma once

#include <cstddef>
#include <sys/types.h>

namespace strandbus::detail {

/// The state of a process as proc(5) has it: T and t are stopped; 0: there is none, or /proc is
/// not.
char process_state(pid_t process) noexcept;

/// The processes below this one, whatever sessions and groups they have made for themselves.
///
/// They stay below this one when it is a subreaper (prctl(2), PR_SET_CHILD_SUBREAPER). Allocates
/// nothing from the heap and calls only what a signal handler may call: for use after fork.
///
/// Threads: one.
class ProcessTree {
 public:
  /// Opens /proc now, so that whoever covers it later does not blind us.
  ProcessTree() noexcept;
  ProcessTree(const ProcessTree&) = delete;
  ProcessTree& operator=(const ProcessTree&) = delete;
  ~ProcessTree();

  /// Whether /proc shows us under the number by which we know ourselves.
  bool can_see() const noexcept;

  /// Sends SIGKILL to every process that is alive. Returns to how many, or -1 where nobody can be
  /// seen. Who was born meanwhile may be missing.
  int kill_all() noexcept;

  /// How many processes there are, dead ones that nobody has waited for included, and not those
  /// whose number is lower than that of their parent; -1: unknown.
  int count() noexcept;

 private:
  class Table;

  void kill_children() noexcept;
  int kill_walk(Table& table) noexcept;

  int proc_;
};

}  // namespace strandbus::detail

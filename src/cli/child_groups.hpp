#pragma once

namespace strandbus::cli {

/// Kills every child of this process, each with its process group. For an end that cannot wait.
void kill_child_groups() noexcept;

}  // namespace strandbus::cli

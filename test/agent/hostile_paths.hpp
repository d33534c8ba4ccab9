#pragma once

#include <string>
#include <vector>

namespace strandbus::test {

class WorkspaceArea;

/// Paths that try to leave a workspace in one way.
struct HostileClass {
  std::string name;
  std::vector<std::string> paths;
};

/// Links and special files that lead out of the area's workspace, and some that lead around inside.
void add_traps(const WorkspaceArea& area);

/// Well over two thousand paths, most of them for the traps.
std::vector<HostileClass> hostile_paths(const WorkspaceArea& area);

}  // namespace strandbus::test

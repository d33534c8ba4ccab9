#pragma once

#include "strandbus/agent/workspace.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace strandbus::test {

/// A workspace in a directory of its own, beside a secret that nobody may reach:
///
///     outside/canary.txt      the secret
///     outside/dir/inner.txt
///     ws/                     the root
class WorkspaceArea {
 public:
  static constexpr std::string_view secret = "CANARY of the outside";
  static constexpr std::size_t limit = 1 << 20;

  WorkspaceArea() {
    namespace fs = std::filesystem;
    fs::create_directories(outside() / "dir");
    fs::create_directories(root());
    put(outside() / "canary.txt", secret);
    put(outside() / "dir" / "inner.txt", secret);
  }

  std::filesystem::path root() const { return base_.path("ws"); }
  std::filesystem::path outside() const { return base_.path("outside"); }

  static void put(const std::filesystem::path& file, std::string_view content) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << content;
  }
  /// A file of the workspace.
  void add(std::string_view name, std::string_view content) const { put(root() / name, content); }
  void link(const std::filesystem::path& target, std::string_view name) const {
    std::filesystem::create_directories((root() / name).parent_path());
    std::filesystem::create_symlink(target, root() / name);
  }
  std::string content(std::string_view name) const {
    return testing::read_file((root() / name).string());
  }

  /// What is outside, as one text; equal as long as nobody has changed anything there.
  std::string outside_state() const {
    std::string state;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(outside())) {
      state += entry.path().string() + "\n";
      if (entry.is_regular_file()) state += testing::read_file(entry.path().string()) + "\n";
    }
    return state;
  }

 private:
  testing::TemporaryDirectory base_;
};

/// Each test runs with both ways to open a place.
class WorkspaceTest : public ::testing::TestWithParam<PathLookup> {
 protected:
  static WorkspaceOptions options() {
    WorkspaceOptions result;
    result.lookup = GetParam();
    return result;
  }

  /// The fault of a result, or a failure of the test.
  template <class T>
  static std::string fault(const WorkspaceResult<T>& result) {
    return result ? "none" : to_string(result.error().fault);
  }

  WorkspaceArea area_;
  Workspace workspace_{area_.root(), options()};
};

inline std::string lookup_name(const ::testing::TestParamInfo<PathLookup>& info) {
  return info.param == PathLookup::openat2 ? "Openat2" : "Steps";
}

#define STRANDBUS_BOTH_LOOKUPS(suite)                                                 \
  INSTANTIATE_TEST_SUITE_P(Lookup, suite,                                             \
                           ::testing::Values(PathLookup::openat2, PathLookup::steps), \
                           strandbus::test::lookup_name)

}  // namespace strandbus::test

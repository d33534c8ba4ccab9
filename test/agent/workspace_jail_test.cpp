#include "agent/hostile_paths.hpp"
#include "agent/workspace_fixture.hpp"

#include <gmock/gmock.h>

#include <cstdio>
#include <fcntl.h>
#include <random>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace strandbus {
namespace {

namespace fs = std::filesystem;

class Jail : public test::WorkspaceTest {
 protected:
  static constexpr std::string_view evil = "WRITTEN by the attacker";

  void SetUp() override {
    add_traps(area_);
    outside_ = area_.outside_state();
    struct stat root {};
    ASSERT_EQ(::stat(area_.root().c_str(), &root), 0);
    device_ = root.st_dev;
  }

  /// Everything that a path may be used for; whatever was done inside is undone.
  void attack(const std::string& path) {
    const auto read = workspace_.read(path, test::WorkspaceArea::limit);
    if (read) {
      EXPECT_EQ(read->bytes, "inside") << "read " << path;
    }
    expect_inside(path, workspace_.stat(path));
    ListOptions deep;
    deep.depth = 2;
    const auto listing = workspace_.list(path, deep);
    if (listing) expect_inside(path, *listing);
    const auto written = workspace_.write(path, evil);
    if (written) undo(path, *written);
    // What can be removed is a file or a link of the area, which the next class has again.
    if (workspace_.remove(path)) restore();
  }

  void expect_inside(const std::string& path, const WorkspaceResult<FileInfo>& info) {
    if (!info) return;
    struct stat real {};
    ASSERT_EQ(::lstat((area_.root() / info->path).c_str(), &real), 0) << path;
    EXPECT_EQ(info->version.inode, real.st_ino) << path << " is not where it says: " << info->path;
    EXPECT_EQ(info->path.find(".."), std::string::npos) << path;
  }

  void expect_inside(const std::string& path, const Listing& listing) {
    for (const ListedFile& entry : listing.entries) {
      EXPECT_EQ(entry.path.find("canary.txt"), std::string::npos) << path;
      EXPECT_EQ(entry.path.find("passwd"), std::string::npos) << path;
      EXPECT_EQ(entry.path.find("inner.txt"), std::string::npos) << path;
    }
  }

  void undo(const std::string& path, const WrittenFile& written) {
    EXPECT_EQ(area_.content(written.path), evil) << path;
    if (!written.created) return area_.add(written.path, "inside");
    std::error_code not_empty;
    fs::path made = area_.root() / written.path;
    for (; made != area_.root() && fs::remove(made, not_empty); made = made.parent_path()) {
    }
  }

  void restore() {
    fs::remove_all(area_.root() / "dir");
    for (const auto& entry : fs::directory_iterator(area_.root())) fs::remove_all(entry.path());
    add_traps(area_);
  }

  std::string outside_;
  dev_t device_{};
};
STRANDBUS_BOTH_LOOKUPS(Jail);

std::size_t open_descriptors() {
  const fs::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

TEST_P(Jail, HoldsAgainstHostilePaths) {
  const std::size_t open_before = open_descriptors();
  const int open_outside = ::open(area_.outside().c_str(), O_RDONLY | O_DIRECTORY);
  std::size_t tried = 0;
  for (const test::HostileClass& hostile : hostile_paths(area_)) {
    for (const std::string& path : hostile.paths) {
      attack(path);
      ++tried;
    }
    ASSERT_EQ(area_.outside_state(), outside_) << "changed by a path of the class " << hostile.name;
  }
  ::close(open_outside);
  EXPECT_EQ(open_descriptors(), open_before);
  std::printf("%zu hostile paths\n", tried);
  EXPECT_GE(tried, 2000U);
}

TEST_P(Jail, SaysThatAPathLeadsOut) {
  for (const std::string path :
       {"..", "../outside/canary.txt", "dir/../../outside", "missing/../../outside/canary.txt",
        "file.txt/../../outside/canary.txt", "/etc/passwd", "out_file", "out_dir/canary.txt",
        "out_dir/not_there", "dangling_out", "abs_dir/canary.txt", "chain1", "dir/up/../outside",
        "magic_root/etc/passwd", "self/../..", "abs_dots"}) {
    const auto refused = workspace_.read(path, 100);
    ASSERT_FALSE(refused) << path;
    EXPECT_EQ(fault(refused), "outside_workspace") << path;
    EXPECT_EQ(error_code_of(refused.error().fault), ErrorCode::E_PERMISSIONS);
    EXPECT_EQ(fault(workspace_.write(path, evil)), "outside_workspace") << path;
    EXPECT_EQ(fault(workspace_.list(path)), "outside_workspace") << path;
  }
  for (const std::string path : {"loop1", "eats_itself"})
    EXPECT_EQ(fault(workspace_.read(path, 100)), "link_loop") << path;
}

TEST_P(Jail, TellsNothingAboutWhatIsOutside) {
  for (const std::string base : {"out_dir/", "../outside/", "abs_dir/", "up/outside/"}) {
    const auto there = workspace_.read(base + "canary.txt", 100);
    const auto absent = workspace_.read(base + "absent.txt", 100);
    const auto nowhere = workspace_.read(base + "absent/absent.txt", 100);
    EXPECT_EQ(fault(there), fault(absent)) << base;
    EXPECT_EQ(fault(there), fault(nowhere)) << base;
  }
}

TEST_P(Jail, FollowsNoMagicLinksOfTheKernel) {
  const Workspace process("/proc/self", options());
  const int file = ::open((area_.outside() / "canary.txt").c_str(), O_RDONLY);
  const std::string number = std::to_string(file);
  for (const std::string& path :
       {std::string("root/etc/passwd"), std::string("cwd"), "fd/" + number, std::string("exe"),
        "task/../fd/" + number, std::string("root/proc/self/fd/") + number}) {
    const auto refused = process.read(path, 100);
    ASSERT_FALSE(refused) << path;
    EXPECT_THAT(fault(refused), ::testing::AnyOf("outside_workspace", "not_found")) << path;
  }
  EXPECT_TRUE(process.read("status", 100'000)) << "a plain file there is one";
  ::close(file);
}

/// A tree of files with odd names, and ways to name each of them.
class Maze {
 public:
  Maze(const test::WorkspaceArea& area, std::uint32_t seed) : area_(area), random_(seed) {
    for (int i = 0; i < 200; ++i) {
      const std::string name = odd_path();
      if (fs::exists(area_.root() / name) || !has_directory(name)) continue;
      area_.add(name, name);
      files_.push_back(name);
    }
    for (const std::string& file : files_) {
      const std::string link = "link" + std::to_string(links_.size());
      const std::string target = pick(2) == 0 ? file : (area_.root() / file).string();
      area_.link(target, link);
      links_.push_back({link, file});
    }
  }

  /// A path and the file that it names.
  std::pair<std::string, std::string> any() {
    const std::string& file = files_[pick(files_.size())];
    switch (pick(5)) {
      case 0: return {file, file};
      case 1: return {(area_.root() / file).string(), file};
      case 2: return links_[pick(links_.size())];
      case 3: return {with_detours(file), file};
      default: return {"./" + with_detours(file), file};
    }
  }

 private:
  std::size_t pick(std::size_t count) { return random_() % count; }

  std::string odd_name() {
    static const std::vector<std::string> names{"a",
                                                "B",
                                                "...",
                                                "..a",
                                                "a..",
                                                ".hidden",
                                                " ",
                                                " lead",
                                                "trail ",
                                                "a b",
                                                "\xC3\xA4",
                                                "\xE6\x97\xA5\xE6\x9C\xAC",
                                                "\xF0\x9F\x92\xA9",
                                                "-rf",
                                                "a\\b",
                                                "%2e",
                                                "$HOME",
                                                "a~",
                                                "*",
                                                "new\nline",
                                                "tab\t",
                                                "[x]",
                                                "{a,b}",
                                                "a:b",
                                                "'q'",
                                                "\"dq\"",
                                                ".gitignore",
                                                "git",
                                                "Makefile",
                                                "CON",
                                                "a.tar.gz",
                                                "~~in",
                                                "#x#",
                                                "x;y",
                                                "\x7F",
                                                "e\xCC\x81",
                                                "\xE2\x80\xAEtxt"};
    std::string name = names[pick(names.size())];
    return name.front() == '~' ? "x" + name : name;
  }

  std::string odd_path() {
    std::string path;
    for (std::size_t depth = 1 + pick(5); depth > 0; --depth) path += "/" + odd_name();
    return path.substr(1);
  }

  /// Whether all that is above a file is, or can be, a directory.
  bool has_directory(const std::string& name) const {
    fs::path above = fs::path(name).parent_path();
    for (; !above.empty(); above = above.parent_path())
      if (fs::is_regular_file(area_.root() / above)) return false;
    return true;
  }

  std::string with_detours(const std::string& file) {
    std::string path;
    fs::path at;
    for (const fs::path& part : fs::path(file)) {
      if (pick(3) == 0) path += "./";
      if (pick(3) == 0) path += "/";
      at /= part;
      path += part.string();
      const bool directory = at != fs::path(file);
      if (directory && pick(3) == 0) path += "/../" + part.string();
      if (directory) path += "/";
    }
    return path.starts_with('/') ? "." + path : path;
  }

  const test::WorkspaceArea& area_;
  std::mt19937 random_;
  std::vector<std::string> files_;
  std::vector<std::pair<std::string, std::string>> links_;
};

TEST_P(Jail, DeniesNoGoodPath) {
  const test::WorkspaceArea area;
  const Workspace workspace(area.root(), options());
  Maze maze(area, 20'261'121);
  for (int i = 0; i < 10'000; ++i) {
    const auto [path, file] = maze.any();
    const auto read = workspace.read(path, test::WorkspaceArea::limit);
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_EQ(read->bytes, file) << path;
    ASSERT_EQ(read->info.path, file) << path;
    if (i % 10 == 0) {
      const auto written = workspace.write(path, file);
      ASSERT_TRUE(written) << written.error().message;
      ASSERT_EQ(written->path, file);
    }
    const std::string directory = fs::path(path).parent_path().string();
    if (i % 10 == 1 && !directory.empty()) {
      const auto listing = workspace.list(directory);
      ASSERT_TRUE(listing) << listing.error().message;
    }
  }
}

}  // namespace
}  // namespace strandbus

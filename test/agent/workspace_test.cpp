#include "strandbus/agent/workspace.hpp"

#include "agent/workspace_fixture.hpp"

#include <gmock/gmock.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace strandbus {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Files : public test::WorkspaceTest {
 protected:
  WorkspaceResult<FileContent> read(std::string_view path) {
    return workspace_.read(path, test::WorkspaceArea::limit);
  }

  std::string bytes(std::string_view path) {
    const auto file = read(path);
    return file ? file->bytes : "[" + file.error().message + "]";
  }

  std::vector<std::string> paths(std::string_view path, const ListOptions& options = {}) {
    const auto listing = workspace_.list(path, options);
    std::vector<std::string> result;
    if (!listing) return {fault(listing)};
    for (const ListedFile& entry : listing->entries) result.push_back(entry.path);
    return result;
  }
};
STRANDBUS_BOTH_LOOKUPS(Files);

TEST_P(Files, UseTheLookupThatWasAskedFor) { EXPECT_EQ(workspace_.lookup(), GetParam()); }

TEST_P(Files, AreReadByARelativeAndByAnAbsolutePath) {
  area_.add("src/a.txt", "content\n");
  EXPECT_EQ(bytes("src/a.txt"), "content\n");
  EXPECT_EQ(bytes("./src//./a.txt"), "content\n");
  EXPECT_EQ(bytes("src/../src/a.txt"), "content\n");
  EXPECT_EQ(bytes(workspace_.root() + "/src/a.txt"), "content\n");
  EXPECT_EQ(bytes(workspace_.root() + "//./src/a.txt"), "content\n");
  const auto file = read(workspace_.root() + "/src/../src/a.txt");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->info.path, "src/a.txt");
  EXPECT_EQ(file->info.kind, FileKind::file);
  EXPECT_EQ(file->info.size, 8);
}

TEST_P(Files, AreReadByTheNameUnderWhichTheRootWasOpened) {
  area_.add("a.txt", "content");
  const fs::path alias = area_.outside().parent_path() / "alias";
  fs::create_symlink(area_.root(), alias);
  const Workspace workspace(alias, options());
  EXPECT_EQ(workspace.root(), fs::canonical(area_.root()).string());
  EXPECT_TRUE(workspace.read((alias / "a.txt").string(), 100));
  EXPECT_TRUE(workspace.read((area_.root() / "a.txt").string(), 100));
}

TEST_P(Files, ThatAreTooLargeAreNotRead) {
  area_.add("a.txt", "12345");
  EXPECT_TRUE(workspace_.read("a.txt", 5));
  const auto refused = workspace_.read("a.txt", 4);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, PathFault::too_large);
  EXPECT_EQ(refused.error().message,
            "the path \"a.txt\" is too large (5 bytes, more than 4 bytes)");
}

TEST_P(Files, AreFollowedThroughLinksThatStayInside) {
  area_.add("real/a.txt", "content");
  area_.link("real", "link");
  area_.link("../real/a.txt", "other/up.txt");
  area_.link(area_.root() / "real", "absolute");
  area_.link("absolute/a.txt", "chain");
  for (const char* path :
       {"link/a.txt", "other/up.txt", "absolute/a.txt", "chain", "link/../chain"}) {
    const auto file = read(path);
    ASSERT_TRUE(file) << path << ": " << file.error().message;
    EXPECT_EQ(file->bytes, "content");
    EXPECT_EQ(file->info.path, "real/a.txt");
  }
}

TEST_P(Files, ThatAreNoFilesAreRefusedWithoutWaiting) {
  ASSERT_EQ(::mkfifo((area_.root() / "pipe").c_str(), 0600), 0);
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (area_.root() / "socket").string().copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::close(socket);
  area_.add("dir/a", "");
  for (const char* path : {"pipe", "socket"}) {
    EXPECT_EQ(fault(read(path)), "special_file") << path;
    EXPECT_EQ(fault(workspace_.write(path, "x")), "special_file") << path;
    EXPECT_EQ(fault(workspace_.remove(path)), "special_file") << path;
    EXPECT_EQ(fault(workspace_.list(path)), "not_a_directory") << path;
    const auto info = workspace_.stat(path);
    ASSERT_TRUE(info);
    EXPECT_EQ(info->kind, FileKind::special);
  }
  for (const char* path : {"dir", "dir/", ".", "dir/..", "dir/."}) {
    EXPECT_EQ(fault(read(path)), "is_a_directory") << path;
    EXPECT_EQ(fault(workspace_.write(path, "x")), "is_a_directory") << path;
    EXPECT_EQ(fault(workspace_.remove(path)), "is_a_directory") << path;
  }
}

TEST_P(Files, AreNoDirectories) {
  area_.add("a.txt", "content");
  for (const char* path : {"a.txt/", "a.txt/.", "a.txt/b", "a.txt/..", "a.txt/../a.txt"})
    EXPECT_EQ(fault(read(path)), "not_a_directory") << path;
  EXPECT_EQ(fault(workspace_.write("a.txt/b", "x")), "not_a_directory");
  EXPECT_EQ(fault(workspace_.write("new/", "x")), "is_a_directory");
  EXPECT_EQ(area_.content("a.txt"), "content");
}

TEST_P(Files, ThatDoNotExistAreNotFound) {
  EXPECT_EQ(fault(read("a.txt")), "not_found");
  EXPECT_EQ(fault(read("a/b/c")), "not_found");
  EXPECT_EQ(fault(workspace_.stat("a.txt")), "not_found");
  EXPECT_EQ(fault(workspace_.list("a")), "not_found");
  EXPECT_EQ(fault(workspace_.remove("a.txt")), "not_found");
  area_.link("nowhere", "dangling");
  EXPECT_EQ(fault(read("dangling")), "not_found");
}

TEST_P(Files, AreWrittenWithTheDirectoriesAboveThem) {
  const auto written = workspace_.write("a/b/c.txt", "content");
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_TRUE(written->created);
  EXPECT_EQ(written->path, "a/b/c.txt");
  EXPECT_EQ(area_.content("a/b/c.txt"), "content");
  const auto again = workspace_.write("a/./b/../b/c.txt", "more");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_FALSE(again->created);
  EXPECT_EQ(again->path, "a/b/c.txt");
  EXPECT_EQ(area_.content("a/b/c.txt"), "more");
}

TEST_P(Files, LeaveNothingElseBehindWhenTheyAreWritten) {
  ASSERT_TRUE(workspace_.write("a.txt", "one"));
  ASSERT_TRUE(workspace_.write("a.txt", "two"));
  EXPECT_THAT(paths("."), ElementsAre("a.txt"));
}

TEST_P(Files, KeepTheirPermissionBitsWhenTheyAreReplaced) {
  area_.add("run.sh", "old");
  ASSERT_EQ(::chmod((area_.root() / "run.sh").c_str(), 04750), 0);
  ASSERT_TRUE(workspace_.write("run.sh", "new"));
  struct stat status {};
  ASSERT_EQ(::stat((area_.root() / "run.sh").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0750U) << "set-user-id does not survive";
}

TEST_P(Files, ThatAreNewHaveTheModeThatTheUmaskLeaves) {
  ASSERT_TRUE(workspace_.write("dir/a.txt", "new"));
  const mode_t mask = ::umask(0);
  ::umask(mask);
  struct stat status {};
  ASSERT_EQ(::stat((area_.root() / "dir/a.txt").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0666U & ~mask);
}

TEST_P(Files, ThatAreHardLinksChangeOnlyHere) {
  fs::create_hard_link(area_.outside() / "canary.txt", area_.root() / "hard");
  ASSERT_TRUE(workspace_.write("hard", "changed"));
  EXPECT_EQ(area_.content("hard"), "changed");
  EXPECT_EQ(testing::read_file((area_.outside() / "canary.txt").string()),
            test::WorkspaceArea::secret);
}

TEST_P(Files, AreWrittenThroughALinkAndTheLinkStays) {
  area_.add("real.txt", "old");
  area_.link("real.txt", "link.txt");
  area_.link("made/by/link.txt", "dangling");
  const auto written = workspace_.write("link.txt", "new");
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(written->path, "real.txt");
  EXPECT_TRUE(fs::is_symlink(area_.root() / "link.txt"));
  EXPECT_EQ(area_.content("real.txt"), "new");
  const auto made = workspace_.write("dangling", "new");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->path, "made/by/link.txt");
  EXPECT_TRUE(fs::is_symlink(area_.root() / "dangling"));
}

TEST_P(Files, AreNotReplacedWhenTheyMustBeNew) {
  area_.add("a.txt", "old");
  WriteOptions options;
  options.existing = Existing::refuse;
  EXPECT_EQ(fault(workspace_.write("a.txt", "new", options)), "already_there");
  EXPECT_EQ(area_.content("a.txt"), "old");
  EXPECT_TRUE(workspace_.write("b.txt", "new", options));
}

TEST_P(Files, AreNotReplacedWhenTheyAreNotTheExpectedVersion) {
  area_.add("a.txt", "old");
  const auto old = read("a.txt");
  ASSERT_TRUE(old);
  WriteOptions options;
  options.expected = old->info.version;
  ASSERT_TRUE(workspace_.write("a.txt", "mine", options));
  EXPECT_EQ(fault(workspace_.write("a.txt", "mine again", options)), "stale");
  fs::remove(area_.root() / "a.txt");
  EXPECT_EQ(fault(workspace_.write("a.txt", "mine again", options)), "stale");
  EXPECT_FALSE(fs::exists(area_.root() / "a.txt"));
}

TEST_P(Files, AreRemovedAndLinksAreRemovedThemselves) {
  area_.add("a.txt", "content");
  area_.link("a.txt", "link");
  area_.link(area_.outside() / "canary.txt", "out");
  EXPECT_EQ(*workspace_.remove("link"), "link");
  EXPECT_EQ(area_.content("a.txt"), "content");
  EXPECT_EQ(*workspace_.remove("./out"), "out");
  EXPECT_EQ(*workspace_.remove("a.txt"), "a.txt");
  EXPECT_THAT(paths("."), IsEmpty());
  EXPECT_EQ(testing::read_file((area_.outside() / "canary.txt").string()),
            test::WorkspaceArea::secret);
}

TEST_P(Files, OfGitAreReadButNotChanged) {
  area_.add(".git/config", "git's own");
  area_.add("sub/.git/hooks/pre-commit", "git's own");
  area_.add("module/.git", "gitdir: elsewhere");
  area_.link(".git/hooks", "hooks");
  area_.link("gitdir", "linked/.git");
  area_.add("linked/gitdir/config", "git's own");
  area_.add("new/a", "");
  EXPECT_EQ(bytes(".git/config"), "git's own");
  for (const char* path :
       {".git/config", ".git/hooks/pre-commit", "sub/.git/hooks/pre-commit", "module/.git",
        "hooks/post-commit", ".GIT/config", ".Git/hooks/x", "new/.git/config", "new/.git",
        "./sub/../.git/config", "linked/.git/config", "linked/.git"}) {
    EXPECT_EQ(fault(workspace_.write(path, "evil")), "protected_path") << path;
  }
  EXPECT_EQ(fault(workspace_.remove(".git/config")), "protected_path");
  EXPECT_EQ(fault(workspace_.remove("linked/.git")), "protected_path");
  EXPECT_EQ(bytes(".git/config"), "git's own");
  EXPECT_FALSE(fs::exists(area_.root() / "new/.git"));
  EXPECT_FALSE(fs::exists(area_.root() / ".GIT"));
}

TEST_P(Files, WithNamesLikeGitAreNotProtected) {
  for (const char* path : {".gitignore", ".github/workflows/ci.yml", "git", "a.git", ".git2"})
    EXPECT_TRUE(workspace_.write(path, "x")) << path;
}

TEST_P(Files, AreProtectedByTheNamesOfTheOptions) {
  WorkspaceOptions wanted = options();
  wanted.protected_names = {"secrets"};
  const Workspace workspace(area_.root(), wanted);
  EXPECT_EQ(fault(workspace.write("a/secrets/b", "x")), "protected_path");
  EXPECT_TRUE(workspace.write(".git/config", "x"));
}

TEST_P(Files, AreListedSortedAndDirectoriesBeforeWhatIsInThem) {
  area_.add("b/2.txt", "");
  area_.add("b/1.txt", "");
  area_.add("a.txt", "");
  area_.add("c/d/e/f.txt", "");
  area_.add(".git/config", "");
  area_.link("b", "link");
  EXPECT_THAT(paths("."), ElementsAre("a.txt", "b", "c", "link"));
  ListOptions deep;
  deep.depth = 3;
  EXPECT_THAT(paths(".", deep),
              ElementsAre("a.txt", "b", "b/1.txt", "b/2.txt", "c", "c/d", "c/d/e", "link"));
  EXPECT_THAT(paths("b"), ElementsAre("b/1.txt", "b/2.txt"));
  EXPECT_THAT(paths("link"), ElementsAre("b/1.txt", "b/2.txt"));
  EXPECT_THAT(paths(workspace_.root()), ElementsAre("a.txt", "b", "c", "link"));
  EXPECT_THAT(paths(".git"), ElementsAre(".git/config"));
  EXPECT_EQ(workspace_.list(".")->entries[3].target, "b");
  EXPECT_EQ(fault(workspace_.list("a.txt")), "not_a_directory");
}

TEST_P(Files, AreListedUpToABound) {
  for (int i = 0; i < 10; ++i) area_.add("f" + std::to_string(i), "");
  ListOptions options;
  options.max_entries = 10;
  EXPECT_FALSE(workspace_.list(".", options)->truncated);
  options.max_entries = 9;
  const auto listing = workspace_.list(".", options);
  ASSERT_TRUE(listing);
  EXPECT_TRUE(listing->truncated);
  EXPECT_EQ(listing->entries.size(), 9U);
}

TEST_P(Files, StayReachableWhenTheRootIsRenamed) {
  area_.add("a.txt", "content");
  fs::rename(area_.root(), area_.outside().parent_path() / "moved");
  EXPECT_EQ(bytes("a.txt"), "content");
}

TEST_P(Files, AreNamedInErrorsAsTheyWereGivenOnOneLine) {
  const auto refused = read("no\n\x1B[2J\xFFsuch");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, PathFault::malformed);
  EXPECT_THAT(refused.error().message, HasSubstr(R"("no\n\u001b[2J)"));
  EXPECT_THAT(refused.error().message, Not(HasSubstr("\n")));
  EXPECT_LT(read(std::string(4000, 'x')).error().message.size(), 400U);
}

TEST_P(Files, AreWrittenToTheDiskWhereThatIsWanted) {
  WorkspaceOptions wanted = options();
  wanted.durability = Durability::synced;
  const Workspace workspace(area_.root(), wanted);
  EXPECT_TRUE(workspace.write("dir/a.txt", "one"));
  EXPECT_TRUE(workspace.write("dir/a.txt", "two"));
  EXPECT_EQ(area_.content("dir/a.txt"), "two");
}

TEST(WorkspaceRoot, MustBeADirectoryThatExists) {
  const testing::TemporaryDirectory directory;
  const std::string file = directory.write("file", "");
  try {
    const Workspace workspace(directory.path("missing"));
    FAIL() << "a missing root was accepted";
  } catch (const system_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("cannot open the workspace"));
    EXPECT_THAT(error.what(), HasSubstr("missing"));
  }
  EXPECT_THROW(const Workspace workspace(file), system_error);
}

}  // namespace
}  // namespace strandbus

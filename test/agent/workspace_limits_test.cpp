#include "agent/workspace_fixture.hpp"
#include "strandbus/agent/workspace.hpp"

#include <gmock/gmock.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <functional>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace strandbus {
namespace {

namespace fs = std::filesystem;

/// Runs `body` in a child of this process with its own limits; the child's exit code says how it
/// went.
int exit_code_of_child(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      ::_exit(body());
    } catch (...) {
      ::_exit(99);
    }
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

class FilesAtTheirLimits : public test::WorkspaceTest {
 protected:
  WorkspaceResult<FileContent> read(std::string_view path) {
    return workspace_.read(path, test::WorkspaceArea::limit);
  }
};
STRANDBUS_BOTH_LOOKUPS(FilesAtTheirLimits);

TEST_P(FilesAtTheirLimits, KeepTheirOldContentWhenThereIsNoRoom) {
  area_.add("a.txt", "old");
  const int code = exit_code_of_child([this] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, 1000};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 2;
    const auto refused = workspace_.write("a.txt", std::string(100'000, 'x'));
    const auto created = workspace_.write("new.txt", std::string(100'000, 'x'));
    if (refused || created) return 3;
    return refused.error().fault == PathFault::no_space &&
                   created.error().fault == PathFault::no_space
               ? 0
               : 4;
  });
  EXPECT_EQ(code, 0);
  EXPECT_EQ(area_.content("a.txt"), "old");
  EXPECT_EQ(workspace_.list(".")->entries.size(), 1U);
}

/// As somebody who is not root, so that permissions bind.
int as_nobody(const fs::path& base, const std::function<int()>& body) {
  constexpr uid_t nobody = 65534;
  if (::geteuid() != 0) return exit_code_of_child(body);
  for (const auto& entry : fs::recursive_directory_iterator(base))
    if (::lchown(entry.path().c_str(), nobody, nobody) != 0) return 100;
  if (::chown(base.c_str(), nobody, nobody) != 0) return 100;
  return exit_code_of_child([&] {
    if (::setgid(nobody) != 0 || ::setuid(nobody) != 0) return 101;
    return body();
  });
}

TEST_P(FilesAtTheirLimits, ThatTheFileSystemDeniesAreDenied) {
  area_.add("unreadable.txt", "secret");
  area_.add("readonly.txt", "old");
  area_.add("closed/a.txt", "old");
  area_.add("sealed/a.txt", "old");
  fs::permissions(area_.root() / "unreadable.txt", fs::perms::none);
  fs::permissions(area_.root() / "readonly.txt", fs::perms::owner_read);
  fs::permissions(area_.root() / "closed", fs::perms::owner_read | fs::perms::owner_exec);
  fs::permissions(area_.root() / "sealed", fs::perms::none);
  const auto denied = [](const auto& result) {
    return !result && result.error().fault == PathFault::access_denied;
  };
  const int code = as_nobody(area_.root().parent_path(), [&] {
    if (!denied(read("unreadable.txt"))) return 1;
    if (!denied(workspace_.write("readonly.txt", "new"))) return 2;
    if (!denied(workspace_.write("closed/a.txt", "new"))) return 3;
    if (!denied(workspace_.write("closed/b.txt", "new"))) return 4;
    if (!denied(workspace_.remove("closed/a.txt"))) return 5;
    if (!denied(read("sealed/a.txt"))) return 6;
    if (!denied(workspace_.list("sealed"))) return 7;
    ListOptions deep;
    deep.depth = 2;
    const auto listing = workspace_.list(".", deep);
    return listing && listing->unreadable == 1 ? 0 : 8;
  });
  fs::permissions(area_.root() / "closed", fs::perms::owner_all);
  fs::permissions(area_.root() / "sealed", fs::perms::owner_all);
  EXPECT_EQ(code, 0);
  EXPECT_EQ(area_.content("readonly.txt"), "old");
  EXPECT_EQ(area_.content("closed/a.txt"), "old");
}

/// From here on the kernel answers openat2 with `number`, as a sandbox may.
bool hide_openat2(unsigned number) {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | number),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{sizeof program / sizeof program[0], program};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

TEST(WorkspaceLookup, GoesInStepsWhereOpenat2IsHidden) {
  const test::WorkspaceArea area;
  area.add("dir/a.txt", "content");
  area.link(area.outside(), "out");
  const Workspace before(area.root());
  EXPECT_EQ(before.lookup(), PathLookup::openat2);
  for (const unsigned number : {unsigned{ENOSYS}, unsigned{EPERM}}) {
    const int code = exit_code_of_child([&] {
      if (!hide_openat2(number)) return 10;
      const Workspace after(area.root());
      if (after.lookup() != PathLookup::steps) return 11;
      for (const Workspace* workspace : {&before, &after}) {
        const auto read = workspace->read("dir/a.txt", 100);
        if (!read || read->bytes != "content") return 12;
        const auto refused = workspace->read("out/canary.txt", 100);
        if (refused || refused.error().fault != PathFault::outside_workspace) return 13;
        if (!workspace->write("dir/b.txt", "x")) return 14;
      }
      try {
        WorkspaceOptions options;
        options.lookup = PathLookup::openat2;
        const Workspace impossible(area.root(), options);
        return 15;
      } catch (const system_error&) {
        return 0;
      }
    });
    EXPECT_EQ(code, 0) << "errno " << number;
  }
}

}  // namespace
}  // namespace strandbus

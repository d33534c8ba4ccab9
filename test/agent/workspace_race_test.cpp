#include "agent/workspace_fixture.hpp"
#include "bus/proof.hpp"

#include <gmock/gmock.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace strandbus {
namespace {

namespace fs = std::filesystem;

/// Exchanges a directory with a link to the outside, and a file with a link to the secret, as fast
/// as it can.
class Swapper {
 public:
  explicit Swapper(const fs::path& root)
      : directory_(::open(root.c_str(), O_RDONLY | O_DIRECTORY)) {}
  ~Swapper() { ::close(directory_); }

  void swap() {
    for (std::uint64_t i = 0; !stop; ++i) {
      const bool file = i % 2 == 0;
      exchange(file ? "file" : "dir", file ? "file_link" : "dir_link");
      if (i % 256 == 0) renew_link();
      ++done;
    }
  }

  std::atomic<std::uint64_t> done{0};
  std::atomic<bool> stop{false};

 private:
  void exchange(const char* a, const char* b) const {
    static_cast<void>(::renameat2(directory_, a, directory_, b, RENAME_EXCHANGE) == 0);
  }

  bool is_link(const char* name) const {
    struct stat status {};
    return ::fstatat(directory_, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISLNK(status.st_mode);
  }

  /// A write may have taken the place of the link, which is as good as the file's.
  void renew_link() const {
    if (is_link("file") || is_link("file_link")) return;
    static_cast<void>(::unlinkat(directory_, "file_link", 0) == 0);
    static_cast<void>(::symlinkat("../outside/canary.txt", directory_, "file_link") == 0);
  }

  int directory_;
};

class Race : public test::WorkspaceTest {
 protected:
  void SetUp() override {
    area_.add("dir/inner.txt", inside);
    area_.add("file", inside);
    area_.link("../outside/dir", "dir_link");
    area_.link("../outside/canary.txt", "file_link");
    area_.put(area_.outside() / "dir" / "only_outside.txt", "");
    outside_ = area_.outside_state();
  }

  void access(std::uint64_t i) {
    switch (i % 8) {
      case 0:
      case 1: return see(workspace_.read("dir/inner.txt", 1000));
      case 2:
      case 3: return see(workspace_.read("file", 1000));
      case 4: return count(workspace_.write("dir/new.txt", inside));
      case 5: return count(workspace_.write("file", inside));
      case 6: return see(workspace_.list("dir"));
      default: return count(workspace_.remove("dir/new.txt"));
    }
  }

  void see(const WorkspaceResult<FileContent>& read) {
    count(read);
    if (read && read->bytes != inside) ++escapes_;
  }

  void see(const WorkspaceResult<Listing>& listing) {
    count(listing);
    if (!listing) return;
    for (const ListedFile& entry : listing->entries)
      if (entry.path.ends_with("only_outside.txt")) ++escapes_;
  }

  template <class T>
  void count(const WorkspaceResult<T>& result) {
    ++accesses_;
    if (result) {
      ++done_;
    } else {
      ++faults_[static_cast<std::size_t>(result.error().fault)];
    }
  }

  static constexpr std::string_view inside = "inside";
  std::string outside_;
  std::uint64_t accesses_ = 0;
  std::uint64_t done_ = 0;
  std::uint64_t escapes_ = 0;
  std::array<std::uint64_t, 32> faults_{};
};
STRANDBUS_BOTH_LOOKUPS(Race);

TEST_P(Race, NeverLeadsOutHoweverLinksAreSwapped) {
  const std::uint64_t swaps = test::amount(1'000'000, 20'000, 10'000'000);
  const std::uint64_t accesses = test::amount(20'000, 5'000, 200'000);
  Swapper swapper(area_.root());
  std::thread thread([&] { swapper.swap(); });
  for (std::uint64_t i = 0; swapper.done < swaps || accesses_ < accesses; ++i) access(i);
  swapper.stop = true;
  thread.join();
  std::printf("%llu swaps, %llu accesses: %llu done", static_cast<unsigned long long>(swapper.done),
              static_cast<unsigned long long>(accesses_), static_cast<unsigned long long>(done_));
  for (std::size_t i = 0; i < faults_.size(); ++i) {
    if (faults_[i] > 0)
      std::printf(", %llu %s", static_cast<unsigned long long>(faults_[i]),
                  to_string(static_cast<PathFault>(i)));
  }
  std::printf("\n");
  EXPECT_EQ(escapes_, 0U);
  EXPECT_EQ(area_.outside_state(), outside_);
  EXPECT_GT(done_, 0U) << "some accesses were made while the links pointed inside";
  EXPECT_GT(faults_[static_cast<std::size_t>(PathFault::outside_workspace)], 0U)
      << "and some while they pointed out";
}

}  // namespace
}  // namespace strandbus

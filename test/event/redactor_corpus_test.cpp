#include "strandbus/event/redactor.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

// Program texts are no secrets: what a redactor takes for one by mistake is counted.

namespace strandbus::testing {
namespace {

namespace fs = std::filesystem;

struct Count {
  std::size_t lines = 0;
  std::size_t changed = 0;
  std::string first{};  ///< of the changed lines
};

bool is_program_text(const fs::path& path) {
  static const std::set<std::string> endings{".hpp", ".cpp",  ".ipp",   ".h",  ".md", ".sh",
                                             ".txt", ".json", ".cmake", ".py", ".js"};
  return endings.contains(path.extension().string());
}

Count count_changes(const fs::path& folder, const std::set<std::string>& without) {
  const Redactor redactor;
  Count count;
  for (auto entry = fs::recursive_directory_iterator(folder);
       entry != fs::recursive_directory_iterator(); ++entry) {
    if (without.contains(entry->path().filename().string())) {
      entry.disable_recursion_pending();
      continue;
    }
    if (!entry->is_regular_file() || !is_program_text(entry->path())) continue;
    std::ifstream file(entry->path());
    for (std::string line; std::getline(file, line);) {
      ++count.lines;
      if (redactor.redact(line) == line) continue;
      ++count.changed;
      if (count.changed <= 5) count.first += entry->path().filename().string() + ": " + line + "\n";
    }
  }
  return count;
}

void expect_few_changes(const char* what, const Count& count) {
  const double percent = 100.0 * double(count.changed) / double(count.lines);
  std::printf("%s: %zu of %zu lines change, %.3f %%\n", what, count.changed, count.lines, percent);
  EXPECT_LE(percent, 0.5) << count.first;
}

TEST(RedactorCorpus, ChangesFewLinesOfThisProject) {
  const fs::path root(STRANDBUS_SOURCE_DIR);
  for (const char* folder : {"src", "include", "docs", "examples", "bench", "cmake"}) {
    const Count count = count_changes(root / folder, {});
    ASSERT_GT(count.lines, 100U);
    expect_few_changes(folder, count);
  }
  // The tests of this very thing are full of secrets.
  expect_few_changes("test",
                     count_changes(root / "test", {"secret_samples.cpp", "redactor_test.cpp"}));
}

TEST(RedactorCorpus, ChangesFewLinesOfBoostAsio) {
  const fs::path asio("/usr/include/boost/asio");
  const Count count = count_changes(asio, {});
  ASSERT_GT(count.lines, 50'000U);
  expect_few_changes("Boost.Asio", count);
}

TEST(RedactorCorpus, ChangesFewLinesOfOpenSsl) {
  const Count count = count_changes("/usr/include/openssl", {});
  ASSERT_GT(count.lines, 10'000U);
  expect_few_changes("OpenSSL", count);
}

}  // namespace
}  // namespace strandbus::testing

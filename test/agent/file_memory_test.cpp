#include "strandbus/agent/file_memory.hpp"

#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace strandbus {
namespace {

namespace fs = std::filesystem;

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TemporaryDirectory;

class FileMemoryTest : public ::testing::Test {
 protected:
  std::string notes() const { return place_.path("notes"); }

  TemporaryDirectory place_;
  FileMemory memory_{notes()};
};

std::vector<std::string> keys_of(const Memory& memory) {
  std::vector<std::string> keys;
  for (const MemoryEntry& entry : *memory.list()) keys.push_back(entry.key);
  return keys;
}

template <class T>
MemoryFault fault_of(const MemoryResult<T>& result) {
  if (result) throw std::logic_error("it succeeded");
  return result.error().fault;
}

TEST_F(FileMemoryTest, KeepsATextForTheNextOneWhoOpensIt) {
  ASSERT_TRUE(memory_.store("build", "run make\n\tthen test ✓"));
  FileMemory later(notes());
  EXPECT_EQ(*later.read("build"), "run make\n\tthen test ✓");
  EXPECT_EQ(testing::read_file(notes() + "/build.md"), "run make\n\tthen test ✓");
}

TEST_F(FileMemoryTest, ReplacesATextByALaterOne) {
  ASSERT_TRUE(memory_.store("build", "a long text"));
  ASSERT_TRUE(memory_.store("build", "short"));
  EXPECT_EQ(*memory_.read("build"), "short");
  EXPECT_THAT(keys_of(memory_), ElementsAre("build"));
}

TEST_F(FileMemoryTest, ListsKeysSortedWithTheirSizes) {
  EXPECT_TRUE(memory_.list()->empty());
  for (const char* key : {"b", "a.1", "A", "a-2"}) ASSERT_TRUE(memory_.store(key, "1234"));
  EXPECT_THAT(keys_of(memory_), ElementsAre("A", "a-2", "a.1", "b"));
  EXPECT_EQ(memory_.list()->front().size, 4);
}

TEST_F(FileMemoryTest, ForgetsWhatIsRemoved) {
  ASSERT_TRUE(memory_.store("a", "1"));
  ASSERT_TRUE(memory_.remove("a"));
  EXPECT_EQ(fault_of(memory_.read("a")), MemoryFault::not_found);
  EXPECT_EQ(fault_of(memory_.remove("a")), MemoryFault::not_found);
  EXPECT_EQ(memory_.read("a").error().message, "there is nothing under the key \"a\"");
}

TEST_F(FileMemoryTest, RefusesHostileKeys) {
  const std::vector<std::string> hostile{"",
                                         ".",
                                         "..",
                                         "../x",
                                         "a/b",
                                         "/etc/passwd",
                                         ".git",
                                         ".hidden",
                                         "-rf",
                                         "a b",
                                         "a\nb",
                                         "a\\b",
                                         "~",
                                         "caf\xC3\xA9",
                                         "\xFF\xFE",
                                         std::string("a\0b", 3),
                                         "a:b",
                                         "*",
                                         "$(id)",
                                         std::string(101, 'a'),
                                         std::string(100'000, '/')};
  for (const std::string& key : hostile) {
    const auto stored = memory_.store(key, "text");
    ASSERT_FALSE(stored) << key;
    EXPECT_EQ(stored.error().fault, MemoryFault::bad_key) << key;
    EXPECT_THAT(stored.error().message, HasSubstr("is no key: 1 to 100 letters"));
    EXPECT_LT(stored.error().message.size(), 2000U);
    EXPECT_EQ(fault_of(memory_.read(key)), MemoryFault::bad_key) << key;
    EXPECT_EQ(fault_of(memory_.remove(key)), MemoryFault::bad_key) << key;
  }
  EXPECT_TRUE(memory_.list()->empty());
}

RC_GTEST_PROP(FileMemoryProperty, MakesOneFileForAKeyAndNoneForAnythingElse, ()) {
  const auto letter = rc::gen::elementOf(std::string("aZ0.-_/\\ ~\n"));
  const auto key = *rc::gen::container<std::string>(letter);
  const TemporaryDirectory place;
  FileMemory memory(place.path("notes"));
  const bool stored = memory.store(key, "text").has_value();
  RC_ASSERT(stored == is_memory_key(key));
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(place.path("."))) {
    if (!entry.is_directory()) ++files;
  }
  RC_ASSERT(files == (stored ? 1U : 0U));
  if (stored) RC_ASSERT(*memory.read(key) == "text");
}

TEST_F(FileMemoryTest, BoundsTextsAndKeys) {
  FileMemoryOptions options;
  options.max_text_bytes = 5;
  options.max_entries = 2;
  FileMemory small(notes(), options);
  const auto large = small.store("a", "123456");
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().message,
            "the text has 6 bytes; at most 5 are allowed: shorten it, or split it over several "
            "keys");
  EXPECT_EQ(fault_of(small.store("a", "")), MemoryFault::bad_text);
  ASSERT_TRUE(small.store("a", "12345"));
  ASSERT_TRUE(small.store("b", "1"));
  EXPECT_EQ(fault_of(small.store("c", "1")), MemoryFault::full);
  EXPECT_TRUE(small.store("b", "2")) << "a key that is there may change";
  ASSERT_TRUE(small.remove("a"));
  EXPECT_TRUE(small.store("c", "1"));
}

TEST_F(FileMemoryTest, ReadsNoTextThatSomebodyElseMadeTooLarge) {
  std::ofstream(notes() + "/a.md") << std::string(65 * 1024, 'x');
  EXPECT_EQ(fault_of(memory_.read("a")), MemoryFault::too_large);
  EXPECT_THAT(memory_.read("a").error().message, HasSubstr("has more than 65536 bytes"));
}

TEST_F(FileMemoryTest, RepairsWhatSomebodyElseHasWritten) {
  std::ofstream(notes() + "/a.md") << "caf\xE9";
  EXPECT_EQ(*memory_.read("a"), "caf\xEF\xBF\xBD");
}

TEST_F(FileMemoryTest, LeavesOtherFilesAlone) {
  std::ofstream(notes() + "/README") << "mine";
  std::ofstream(notes() + "/.hidden.md") << "mine";
  std::ofstream(notes() + "/a b.md") << "mine";
  fs::create_directory(notes() + "/folder.md");
  EXPECT_TRUE(memory_.list()->empty());
  EXPECT_EQ(fault_of(memory_.remove("README")), MemoryFault::not_found);
  EXPECT_FALSE(memory_.store("folder", "text"));
  EXPECT_EQ(testing::read_file(notes() + "/README"), "mine");
}

TEST_F(FileMemoryTest, FollowsNoLinkToTheOutside) {
  const std::string secret = place_.write("secret", "secret");
  fs::create_symlink(secret, notes() + "/a.md");
  fs::create_symlink("../secret", notes() + "/b.md");
  for (const char* key : {"a", "b"}) {
    EXPECT_EQ(fault_of(memory_.read(key)), MemoryFault::denied);
    EXPECT_EQ(fault_of(memory_.store(key, "mine")), MemoryFault::denied);
  }
  EXPECT_EQ(testing::read_file(secret), "secret");
  EXPECT_TRUE(memory_.list()->empty());
}

TEST_F(FileMemoryTest, MakesItsDirectoryForItsOwnerAlone) {
  FileMemory nested(place_.path("x/y/notes"));
  struct stat status {};
  ASSERT_EQ(::stat(place_.path("x/y/notes").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
}

TEST_F(FileMemoryTest, SaysWhichDirectoryCannotBe) {
  const std::string file = place_.write("file", "");
  try {
    FileMemory memory(file);
    FAIL() << "a file is no directory";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr(file));
  }
}

TEST_F(FileMemoryTest, RefusesOptionsThatCannotBe) {
  FileMemoryOptions options;
  options.max_entries = 0;
  EXPECT_THROW(FileMemory(notes(), options), std::invalid_argument);
  options = {};
  options.max_text_bytes = 0;
  EXPECT_THROW(FileMemory(notes(), options), std::invalid_argument);
  options = {};
  options.name.clear();
  EXPECT_THROW(FileMemory(notes(), options), std::invalid_argument);
}

bool is_whole(std::string_view text) {
  return text.size() > 1000 && std::ranges::all_of(text, [&](char c) { return c == text.front(); });
}

/// Stores texts of one letter each under the same key, as another process.
int store_many(const std::string& directory, char first) {
  FileMemory memory(directory);
  for (int i = 0; i < 300; ++i) {
    const auto letter = static_cast<char>(first + i % 13);
    if (!memory.store("shared",
                      std::string(static_cast<std::size_t>(2000 + 97 * (i % 50)), letter)))
      return 1;
    const auto seen = memory.read("shared");
    if (!seen || !is_whole(*seen)) return 2;
  }
  return 0;
}

TEST_F(FileMemoryTest, IsNotTornByTwoProcessesAtOnce) {
  const pid_t other = ::fork();
  ASSERT_GE(other, 0);
  if (other == 0) ::_exit(store_many(notes(), 'N'));
  EXPECT_EQ(store_many(notes(), 'A'), 0);
  int status = -1;
  ASSERT_EQ(::waitpid(other, &status, 0), other);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_TRUE(is_whole(*memory_.read("shared")));
  EXPECT_THAT(keys_of(memory_), ElementsAre("shared"));
  EXPECT_EQ(std::distance(fs::directory_iterator(notes()), {}), 1) << "nothing is left over";
}

TEST_F(FileMemoryTest, SurvivesAProcessThatIsKilledWhileItStores) {
  ASSERT_TRUE(memory_.store("shared", std::string(2000, 'a')));
  const pid_t other = ::fork();
  ASSERT_GE(other, 0);
  if (other == 0) {
    while (store_many(notes(), 'N') == 0) {
    }
    ::_exit(1);
  }
  while (memory_.read("shared")->front() == 'a')
    ASSERT_EQ(::waitpid(other, nullptr, WNOHANG), 0) << "it has ended by itself";
  ::kill(other, SIGKILL);
  ::waitpid(other, nullptr, 0);
  EXPECT_TRUE(is_whole(*memory_.read("shared")));
  EXPECT_THAT(keys_of(memory_), ElementsAre("shared"));
  EXPECT_TRUE(memory_.store("shared", "after"));
}

}  // namespace
}  // namespace strandbus

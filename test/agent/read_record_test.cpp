#include "strandbus/agent/read_record.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace strandbus {
namespace {

TEST(ReadRecord, TellsWhatWasNeverReadFromWhatHasChanged) {
  ReadRecord record;
  EXPECT_EQ(record.check("a", "one"), Seen::never);
  record.note("a", "a", "one");
  EXPECT_EQ(record.check("a", "one"), Seen::current);
  EXPECT_EQ(record.check("a", "two"), Seen::outdated);
  EXPECT_EQ(record.check("b", "one"), Seen::never);
  record.note("a", "a", "two");
  EXPECT_EQ(record.check("a", "two"), Seen::current);
  EXPECT_EQ(record.check("a", "one"), Seen::outdated);
}

TEST(ReadRecord, KnowsAFileByItsRealNameAndByTheOneThatWasAskedFor) {
  ReadRecord record;
  record.note("real/a", "./link//a", "one");
  EXPECT_TRUE(record.knows("real/a"));
  EXPECT_TRUE(record.knows("real/./a"));
  EXPECT_TRUE(record.knows("link/a"));
  EXPECT_FALSE(record.knows("a"));
  EXPECT_EQ(record.check("link/a", "one"), Seen::never) << "contents are kept by the real name";
}

TEST(ReadRecord, ForgetsAFileThatIsGone) {
  ReadRecord record;
  record.note("a", "x", "one");
  record.note("b", "x", "one");
  record.forget("a");
  EXPECT_EQ(record.check("a", "one"), Seen::never);
  EXPECT_TRUE(record.knows("x")) << "b was asked for so, too";
  record.forget("b");
  record.forget("b");
  EXPECT_FALSE(record.knows("x"));
}

TEST(ReadRecord, ForgetsTheOldestFileWhenItIsFull) {
  ReadRecord record(2);
  record.note("a", "a", "");
  record.note("b", "b", "");
  record.note("a", "a", "");
  record.note("c", "c", "");
  EXPECT_TRUE(record.knows("a"));
  EXPECT_FALSE(record.knows("b"));
  EXPECT_TRUE(record.knows("c"));
}

TEST(ReadRecord, RefusesToKeepNothing) { EXPECT_THROW(ReadRecord(0), std::invalid_argument); }

TEST(ReadRecord, MayBeUsedFromManyThreads) {
  ReadRecord record(8);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&record, t] {
      for (int i = 0; i < 200; ++i) {
        const std::string name = "f" + std::to_string((i + t) % 16);
        record.note(name, "asked/" + name, name);
        static_cast<void>(record.check(name, name));
        static_cast<void>(record.knows("asked/" + name));
        record.forget("f" + std::to_string(i % 16));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  record.note("last", "last", "");
  EXPECT_EQ(record.check("last", ""), Seen::current);
}

}  // namespace
}  // namespace strandbus

#include "strandbus/store/sqlite_store.hpp"

#include "store/stored_events.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>

namespace strandbus::testing {
namespace {

namespace fs = std::filesystem;

class SqliteStoreTest : public ::testing::Test {
 protected:
  const std::string& path() const { return path_; }
  std::shared_ptr<SqliteStore> open(SqliteStoreOptions options = {}) {
    return SqliteStore::open(path_, std::move(options)).value();
  }
  StoreError refusal() {
    const auto opened = SqliteStore::open(path_, {});
    return opened ? StoreError() : opened.error();
  }
  /// Changes the database behind the store's back.
  void run_sql(const std::string& sql) const {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(database);
    sqlite3_close(database);
  }

  TemporaryDirectory directory_;
  std::string path_ = directory_.path("s.db");
};

TEST_F(SqliteStoreTest, GivesBackWhatItWasGiven) {
  const auto store = open();
  const auto writer = store->create(metadata_of("a")).value();
  EXPECT_FALSE(append(*writer, stored_events(1, 100)));
  EXPECT_EQ(writer->last_seq(), 100U);
  const auto events = store->read("a", 10, 5).value();
  EXPECT_EQ(seqs_of(events), (std::vector<std::uint64_t>{11, 12, 13, 14, 15}));
  EXPECT_EQ(*events[0].json, *stored_event(11).json);
}

TEST_F(SqliteStoreTest, MakesFilesThatOnlyTheirOwnerCanRead) {
  const auto store = open();
  const auto writer = store->create(metadata_of("a")).value();
  for (const char* name : {"s.db", "s.db-wal", "s.db-shm", "s.db-writers"}) {
    EXPECT_EQ(fs::status(directory_.path(name)).permissions(),
              fs::perms::owner_read | fs::perms::owner_write)
        << name;
  }
}

TEST_F(SqliteStoreTest, RefusesTheDatabaseOfANewerVersion) {
  open();
  run_sql("PRAGMA user_version=2");
  EXPECT_EQ(refusal().code, Errc::invalid_file);
  EXPECT_EQ(refusal().message, "cannot open the store " + path() +
                                   ": a newer version has made it (schema 2, this one knows up to "
                                   "1); use that version, or another file");
}

TEST_F(SqliteStoreTest, RefusesTheDatabaseOfAnotherProgram) {
  run_sql("CREATE TABLE theirs(x)");
  EXPECT_EQ(refusal().code, Errc::invalid_file);
  EXPECT_EQ(refusal().message, "cannot open the store " + path() +
                                   ": it is the database of another program; name another file");
}

TEST_F(SqliteStoreTest, RefusesWhatIsNoDatabase) {
  directory_.write("s.db", std::string(8192, 'x'));
  EXPECT_EQ(refusal().code, Errc::invalid_file);
  EXPECT_EQ(read_file(path()), std::string(8192, 'x'));
}

}  // namespace
}  // namespace strandbus::testing

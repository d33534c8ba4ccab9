#include "strandbus/store/sqlite_store.hpp"

#include "store/stored_events.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <stdexcept>

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

  std::int64_t count(const std::string& rows) const {
    sqlite3* database = nullptr;
    EXPECT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
    sqlite3_stmt* query = nullptr;
    const std::string sql = "SELECT count(*) FROM " + rows;
    EXPECT_EQ(sqlite3_prepare_v2(database, sql.c_str(), -1, &query, nullptr), SQLITE_OK);
    EXPECT_EQ(sqlite3_step(query), SQLITE_ROW);
    const std::int64_t result = sqlite3_column_int64(query, 0);
    sqlite3_finalize(query);
    sqlite3_close(database);
    return result;
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

TEST_F(SqliteStoreTest, FinishesARemovalThatWasInterrupted) {
  {
    const auto store = open();
    for (const char* id : {"gone", "kept"})
      EXPECT_FALSE(append(*store->create(metadata_of(id)).value(), stored_events(1, 20)));
  }
  run_sql(
      "INSERT INTO removed SELECT row FROM sessions WHERE id='gone';"
      "DELETE FROM sessions WHERE id='gone'");
  const auto store = open();
  EXPECT_EQ(count("events"), 20);
  EXPECT_EQ(count("removed"), 0);
  EXPECT_EQ(store->read("kept", 0, 100).value().size(), 20U);
}

TEST_F(SqliteStoreTest, NeverGivesARowAgain) {
  const auto store = open();
  store->create(metadata_of("a")).value();
  EXPECT_TRUE(store->remove("a"));
  store->create(metadata_of("a")).value();
  EXPECT_EQ(count("sessions WHERE row=2"), 1);
}

TEST_F(SqliteStoreTest, WaitsForTheTransactionOfAnotherProcess) {
  const auto store = open();
  const auto writer = store->create(metadata_of("s")).value();
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  auto done = writer->async_append(stored_events(1, 3),
                                   asio::use_future([](error_code error) { return error; }));
  EXPECT_TRUE(store->read("s", 0, 10).value().empty());  // readers do not wait
  ASSERT_EQ(sqlite3_exec(other, "COMMIT", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(other);
  EXPECT_FALSE(done.get());
  EXPECT_FALSE(store->failure());
}

TEST_F(SqliteStoreTest, RemovesMoreEventsThanASlice) {
  const auto store = open();
  EXPECT_FALSE(append(*store->create(metadata_of("s")).value(), stored_events(1, 12'000)));
  EXPECT_TRUE(store->remove("s"));
  EXPECT_EQ(count("events"), 0);
  EXPECT_EQ(count("removed"), 0);
}

TEST_F(SqliteStoreTest, LeavesADamagedSessionOutOfTheListAndTellsTheLogger) {
  std::vector<std::string> lines;
  {
    const auto store = open();
    for (const char* id : {"a", "b"}) store->create(metadata_of(id)).value();
  }
  run_sql("UPDATE sessions SET last_seq=7 WHERE id='a'");
  const auto store = open({.logger = Logger(LogLevel::error, [&](LogLevel, std::string_view line) {
                             lines.emplace_back(line);
                           })});
  const auto sessions = store->list(10).value();
  ASSERT_EQ(sessions.size(), 1U);
  EXPECT_EQ(sessions[0].metadata.session_id, "b");
  const std::string why = path() + ": session a: its counts are damaged";
  EXPECT_EQ(lines, std::vector<std::string>{why});
  EXPECT_EQ(store->find("a").error().message, why);
  EXPECT_EQ(store->open("a").error().code, Errc::invalid_file);
}

TEST_F(SqliteStoreTest, RefusesABatchOfNothing) {
  try {
    SqliteStore::open(path(), {.max_batch = 0}).value();
    FAIL();
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "SqliteStoreOptions: max_batch is 0; it must be at least 1");
  }
}

TEST_F(SqliteStoreTest, RefusesADirectoryAndAPlaceThatDoesNotExist) {
  fs::create_directory(path());
  EXPECT_EQ(refusal().code, boost::system::errc::is_a_directory);
  const std::string nowhere = directory_.path("no/s.db");
  const auto opened = SqliteStore::open(nowhere, {});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().message,
            "cannot open the store " + nowhere + ": No such file or directory");
}

}  // namespace
}  // namespace strandbus::testing

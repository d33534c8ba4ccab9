#include "store/stored_events.hpp"
#include "strandbus/store/session_directory.hpp"
#include "strandbus/store/sqlite_store.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <sys/resource.h>

namespace strandbus::testing {
namespace {

/// No file grows beyond this size meanwhile.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  void (*handler_)(int);
  rlimit before_{};
};

using Open = std::shared_ptr<EventStore> (*)(const std::string& path);

class FullDisk : public ::testing::TestWithParam<Open> {};

std::shared_ptr<EventStore> open_database(const std::string& path) {
  return SqliteStore::open(path, {}).value();
}
std::shared_ptr<EventStore> open_sessions(const std::string& path) {
  return SessionDirectory::open(path, {}).value();
}

TEST_P(FullDisk, EndsWritingAndNothingElse) {
  const TemporaryDirectory directory;
  const std::string path = directory.path("store");
  std::uint64_t acknowledged = 0;
  {
    const auto store = GetParam()(path);
    const auto writer = store->create(metadata_of("s")).value();
    const auto other = store->create(metadata_of("t")).value();
    const FileSizeLimit limit(200'000);
    error_code error;
    for (std::uint64_t seq = 1; !error && seq < 10'000; seq += 3) {
      error = append(*writer, stored_events(seq, seq + 2));
      if (!error) acknowledged = seq + 2;
    }
    EXPECT_EQ(error, Errc::store_failed);
    ASSERT_GT(acknowledged, 10U);
    EXPECT_EQ(writer->last_seq(), acknowledged);
    ASSERT_TRUE(store->failure());
    const std::string why = store->failure()->message;
    EXPECT_NE(why.find(path), std::string::npos) << why;
    EXPECT_NE(why.find("File too large"), std::string::npos) << why;
    EXPECT_EQ(append(*writer, stored_events(acknowledged + 1, acknowledged + 1)),
              Errc::store_failed);
    EXPECT_EQ(append(*other, stored_events(1, 1)), Errc::store_failed);
    EXPECT_EQ(store->create(metadata_of("u")).error().code, Errc::store_failed);
    EXPECT_EQ(store->open("s").error().code, Errc::store_failed);
    EXPECT_EQ(store->remove("t").error().code, Errc::store_failed);
    EXPECT_EQ(store->prune(Timestamp()).error().code, Errc::store_failed);
    EXPECT_EQ(store->read("s", 0, 10'000).value().size(), acknowledged);
    EXPECT_EQ(store->find("s").value().last_seq, acknowledged);
  }
  const auto store = GetParam()(path);
  EXPECT_FALSE(store->failure());
  const auto events = store->read("s", 0, 10'000).value();
  ASSERT_GE(events.size(), acknowledged);
  for (const StoredEvent& event : events) EXPECT_EQ(*event.json, *stored_event(event.seq).json);
  const auto writer = store->open("s").value();
  const std::uint64_t next = writer->last_seq() + 1;
  EXPECT_FALSE(append(*writer, stored_events(next, next + 9)));
}

INSTANTIATE_TEST_SUITE_P(Stores, FullDisk, ::testing::Values(open_database, open_sessions),
                         [](const auto& store) { return store.index == 0 ? "Sqlite" : "Files"; });

}  // namespace
}  // namespace strandbus::testing

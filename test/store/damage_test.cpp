#include "bus/proof.hpp"
#include "store/stored_events.hpp"
#include "strandbus/store/session_directory.hpp"
#include "strandbus/store/session_reader.hpp"
#include "strandbus/store/sqlite_store.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <random>

// Files that are not what was written: cut off at any byte, or with another bit.

namespace strandbus::testing {
namespace {

constexpr std::uint64_t last = 6;

/// Only what was written is served, each event in its place. How many events were.
std::uint64_t expect_nothing_wrong(const EventStore& store, const std::string& id) {
  std::uint64_t served = 0;
  for (std::uint64_t after = 0; after < last; ++after) {
    const auto events = store.read(id, after, 1);
    if (!events) {
      EXPECT_FALSE(events.error().message.empty());
      continue;
    }
    if (events->empty()) continue;
    const StoredEvent& event = events->front();
    EXPECT_GT(event.seq, after);
    EXPECT_EQ(*event.json, *stored_event(event.seq).json);
    ++served;
  }
  return served;
}

class TornSessionFile : public ::testing::Test {
 protected:
  std::string write_session() {
    {
      const auto store = open();
      const auto writer = store->create(metadata_of("s")).value();
      EXPECT_FALSE(append(*writer, stored_events(1, last)));
    }
    return read_file(path_);
  }
  std::shared_ptr<SessionDirectory> open() {
    return SessionDirectory::open(directory_.path("d"), {}).value();
  }

  TemporaryDirectory directory_;
  const std::string path_ = directory_.path("d/s.jsonl");
};

TEST_F(TornSessionFile, KeepsAllWholeEventsWhereverItIsCut) {
  const std::string whole = write_session();
  const std::size_t last_line = whole.rfind('\n', whole.size() - 2) + 1;
  for (std::size_t size = last_line; size <= whole.size(); ++size) {
    directory_.write("d/s.jsonl", whole.substr(0, size));
    const auto store = open();
    // Only the line end may be missing of an event that counts.
    const std::uint64_t kept = size + 1 >= whole.size() ? last : last - 1;
    EXPECT_GE(expect_nothing_wrong(*store, "s"), last - 1) << size;
    auto writer = store->open("s");
    ASSERT_TRUE(writer) << size << ": " << writer.error().message;
    EXPECT_EQ((*writer)->last_seq(), kept) << size;
    EXPECT_FALSE(append(**writer, stored_events(kept + 1, last + 1)));
    EXPECT_EQ(seqs_of(store->read("s", 0, 100).value()).size(), last + 1) << size;
    ASSERT_FALSE(load_session(path_).value().torn) << size;
  }
}

TEST_F(TornSessionFile, GetsTheMessageThatItsLastEventOwes) {
  StreamEvent commit(MessageCommitted{.message = {.id = "m1", .content = "hello"}});
  commit.set_stamp(1, {}, Timestamp());
  {
    const auto store = open();
    const auto writer = store->create(metadata_of("s")).value();
    EXPECT_FALSE(append(*writer, {{1, std::make_shared<const std::string>(to_json(commit))}}));
  }
  const std::string whole = read_file(path_);
  const std::size_t message = whole.find("{\"_type\":\"message\"");
  ASSERT_NE(message, std::string::npos);
  for (std::size_t size = message; size <= whole.size(); ++size) {
    directory_.write("d/s.jsonl", whole.substr(0, size));
    open()->open("s").value();
    EXPECT_EQ(read_file(path_), whole) << size;
  }
}

TEST_F(TornSessionFile, ServesNothingThatSaysAnotherSeqWhateverBitIsChanged) {
  const std::string whole = write_session();
  const std::size_t begin = whole.find('\n') + 1;
  std::string text;
  for (std::size_t byte = begin; byte < whole.size(); ++byte) {
    text = whole;
    text[byte] = static_cast<char>(text[byte] ^ (1 << (byte % 7)));
    directory_.write("d/s.jsonl", text);
    const auto store = open();
    for (std::uint64_t after = 0; after < last; ++after) {
      const auto events = store->read("s", after, 1);
      if (!events || events->empty()) continue;
      const std::string seq = "\"seq\":" + std::to_string(events->front().seq) + ',';
      EXPECT_EQ(events->front().seq, after + 1) << byte;
      EXPECT_NE(events->front().json->find(seq), std::string::npos) << byte;
    }
  }
}

class DamagedDatabase : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto store = SqliteStore::open(path_, {}).value();
    for (const char* id : {"s", "t"}) {
      const auto writer = store->create(metadata_of(id)).value();
      EXPECT_FALSE(append(*writer, stored_events(1, last)));
    }
  }

  TemporaryDirectory directory_;
  const std::string path_ = directory_.path("s.db");
};

TEST_F(DamagedDatabase, FindsEveryBitOfARecord) {
  const std::string json = *stored_event(3).json;
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
  sqlite3_stmt* update = nullptr;
  ASSERT_EQ(sqlite3_prepare_v2(database,
                               "UPDATE events SET json=? WHERE key=(SELECT row FROM sessions "
                               "WHERE id='s')<<40|3",
                               -1, &update, nullptr),
            SQLITE_OK);
  const auto store = SqliteStore::open(path_, {}).value();
  for (std::size_t bit = 0; bit < json.size() * 8; ++bit) {
    std::string damaged = json;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    sqlite3_bind_blob(update, 1, damaged.data(), static_cast<int>(damaged.size()), SQLITE_STATIC);
    ASSERT_EQ(sqlite3_step(update), SQLITE_DONE);
    sqlite3_reset(update);
    const auto events = store->read("s", 2, 1);
    ASSERT_FALSE(events) << "bit " << bit;
    ASSERT_EQ(events.error().code, Errc::invalid_file);
    ASSERT_EQ(events.error().message, path_ + ": session s: event 3 is damaged");
  }
  sqlite3_finalize(update);
  sqlite3_close(database);
  EXPECT_EQ(seqs_of(store->read("s", 0, 100).value()), (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(seqs_of(store->read("s", 3, 100).value()), (std::vector<std::uint64_t>{4, 5, 6}));
  EXPECT_EQ(expect_nothing_wrong(*store, "t"), last);
}

TEST_F(DamagedDatabase, ServesNothingWrongWhateverBitIsChanged) {
  const std::uint64_t rounds = test::amount(200, 40, 10'000);
  std::mt19937_64 random(test::seed());
  const std::string whole = read_file(path_);
  std::uint64_t refused = 0;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    const std::size_t bit = random() % (whole.size() * 8);
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    const TemporaryDirectory place;
    const auto store = SqliteStore::open(place.write("s.db", damaged), {});
    if (!store) {
      ++refused;
      EXPECT_FALSE(store.error().message.empty());
      continue;
    }
    for (const char* id : {"s", "t"}) expect_nothing_wrong(**store, id);
    const auto sessions = (*store)->list(10);
    for (const SessionSummary& session : sessions ? *sessions : std::vector<SessionSummary>()) {
      EXPECT_EQ(session.last_seq, last) << "bit " << bit;
      EXPECT_EQ(session.metadata.created_at, metadata_of("s").created_at) << "bit " << bit;
    }
    static_cast<void>((*store)->messages_before("s"));
    ASSERT_FALSE(HasFailure()) << "bit " << bit;
  }
  std::printf("%llu of %llu files were refused as a whole\n",
              static_cast<unsigned long long>(refused), static_cast<unsigned long long>(rounds));
}

}  // namespace
}  // namespace strandbus::testing

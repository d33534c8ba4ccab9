#include "bus/proof.hpp"
#include "store/faulty_vfs.hpp"
#include "store/stored_events.hpp"
#include "strandbus/store/sqlite_store.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <array>

// Every write, sync and truncation of a fixed scenario fails, one after the other.

namespace strandbus::testing {
namespace {

using Call = FaultyVfs::Call;
using How = FaultyVfs::How;

struct Scenario {
  StoreDurability durability;
  std::uint64_t appends;
  std::size_t text_bytes;
};
/// Small; and so large that checkpoints come in between.
constexpr Scenario small_process{StoreDurability::process, 6, 50};
constexpr Scenario small_power{StoreDurability::power, 6, 50};
constexpr Scenario large_power{StoreDurability::power, 11, 200'000};
constexpr Scenario large_process{StoreDurability::process, 11, 200'000};

constexpr std::array<const char*, 2> ids{"a", "b"};

StoredEvent event_of(const Scenario& scenario, std::size_t session, std::uint64_t seq) {
  return stored_event(seq, ids[session] + std::string(scenario.text_bytes, 'x'));
}

/// What was acknowledged, and what was given.
struct Outcome {
  std::array<bool, 2> created{};
  std::array<std::uint64_t, 2> acknowledged{};
  std::array<std::uint64_t, 2> given{};
};

void expect_readable(const EventStore& store, const Scenario& scenario, const Outcome& outcome) {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!outcome.created[i]) continue;
    const auto events = store.read(ids[i], 0, 1000, std::size_t{1} << 30);
    ASSERT_TRUE(events) << events.error().message;
    ASSERT_GE(events->size(), outcome.acknowledged[i]);
    ASSERT_LE(events->size(), outcome.given[i]);
    for (std::size_t k = 0; k < events->size(); ++k) {
      ASSERT_EQ((*events)[k].seq, k + 1);
      ASSERT_EQ(*(*events)[k].json, *event_of(scenario, i, k + 1).json);
    }
  }
}

/// Each session gets its appends in turn; two events each.
void write_all(EventStore& store, const Scenario& scenario, Outcome& outcome) {
  std::array<std::unique_ptr<SessionWriter>, 2> writers;
  bool failed = false;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    auto writer = store.create(metadata_of(ids[i]));
    outcome.created[i] = writer.has_value();
    EXPECT_FALSE(failed && writer) << "the store has taken something after its failure";
    failed = failed || !writer;
    if (writer) writers[i] = *std::move(writer);
  }
  for (std::uint64_t k = 0; k < scenario.appends; ++k) {
    const std::size_t i = k % ids.size();
    if (!writers[i]) continue;
    const std::uint64_t next = outcome.given[i] + 1;
    outcome.given[i] += 2;
    const error_code error =
        append(*writers[i], {event_of(scenario, i, next), event_of(scenario, i, next + 1)});
    EXPECT_FALSE(failed && error != Errc::store_failed) << "not refused after the failure";
    if (!error) outcome.acknowledged[i] = next + 1;
    failed = failed || error;
  }
  if (failed) {
    ASSERT_TRUE(store.failure());
    EXPECT_NE(store.failure()->message.find("cannot write to the store /"), std::string::npos);
    EXPECT_EQ(store.remove("a").error().code, Errc::store_failed);
    EXPECT_EQ(store.prune(Timestamp()).error().code, Errc::store_failed);
  }
}

/// How many calls the scenario makes when the n-th fails.
std::uint64_t run(const Scenario& scenario, Call call, std::uint64_t n, int code, How how) {
  const TemporaryDirectory directory;
  const std::string path = directory.path("s.db");
  Outcome outcome;
  FaultyVfs::fail(call, n, code, how);
  if (const auto store = SqliteStore::open(path, {.durability = scenario.durability})) {
    write_all(**store, scenario, outcome);
    // Reading goes on.
    expect_readable(**store, scenario, outcome);
  }
  const std::uint64_t calls = FaultyVfs::calls(call);
  EXPECT_EQ(FaultyVfs::has_failed(), n != 0 && n <= calls);
  FaultyVfs::fail(call, 0, SQLITE_OK, How::once);
  const auto store = SqliteStore::open(path, {});
  EXPECT_TRUE(store) << store.error().message;
  if (store) expect_readable(**store, scenario, outcome);
  return calls;
}

class SqliteFault : public ::testing::Test {
 protected:
  /// Every n, or every step-th.
  static void run_all(const Scenario& scenario, Call call, int code, How how,
                      std::uint64_t step = 1) {
    const std::uint64_t calls = run(scenario, call, 0, SQLITE_OK, how);
    std::printf("%llu calls\n", static_cast<unsigned long long>(calls));
    for (std::uint64_t n = 1; n <= calls && !HasFailure(); n += step) {
      SCOPED_TRACE("call " + std::to_string(n));
      run(scenario, call, n, code, how);
    }
  }

 private:
  FaultyVfs vfs_;
};

TEST_F(SqliteFault, EveryWriteAtLevelProcess) {
  run_all(small_process, Call::write, SQLITE_IOERR_WRITE, How::once, test::amount(3, 7, 1));
}

TEST_F(SqliteFault, EveryWriteAtLevelPower) {
  run_all(small_power, Call::write, SQLITE_IOERR_WRITE, How::once, test::amount(1, 3, 1));
}

TEST_F(SqliteFault, EverySyncAtLevelProcess) {
  run_all(small_process, Call::sync, SQLITE_IOERR_FSYNC, How::once);
}

TEST_F(SqliteFault, EverySyncAtLevelPower) {
  run_all(small_power, Call::sync, SQLITE_IOERR_FSYNC, How::once);
}

TEST_F(SqliteFault, EveryTruncation) {
  run_all(small_power, Call::truncate, SQLITE_IOERR_TRUNCATE, How::once);
}

TEST_F(SqliteFault, ADiskThatIsFullFromAnyWriteOn) {
  run_all(small_power, Call::write, SQLITE_FULL, How::from_then_on, test::amount(3, 7, 1));
}

TEST_F(SqliteFault, EverySyncOfCheckpoints) {
  run_all(large_process, Call::sync, SQLITE_IOERR_FSYNC, How::once);
}

TEST_F(SqliteFault, WritesOfCheckpoints) {
  run_all(large_power, Call::write, SQLITE_IOERR_WRITE, How::once, test::amount(797, 1499, 11));
}

}  // namespace
}  // namespace strandbus::testing

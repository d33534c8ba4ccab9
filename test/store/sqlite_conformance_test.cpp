#include "store/store_kit.hpp"
#include "strandbus/store/sqlite_store.hpp"
#include "support/temporary_directory.hpp"

#include <sqlite3.h>

#include <stdexcept>

namespace strandbus::testing {
namespace {

class SqlitePlace final : public StorePlace {
 public:
  explicit SqlitePlace(StoreDurability durability) : durability_(durability) {}

  std::shared_ptr<EventStore> open() override {
    return SqliteStore::open(path_, {.durability = durability_}).value();
  }

  bool damage(const std::string& session_id, std::uint64_t seq, StoreDamage damage) override {
    const std::string where = " WHERE key=(SELECT row FROM sessions WHERE id='" + session_id +
                              "')<<40|" + std::to_string(seq);
    run(damage == StoreDamage::removed ? "DELETE FROM events" + where
        : damage == StoreDamage::broken
            ? "UPDATE events SET json=substr(json, 2)" + where
            : "UPDATE events SET json=CAST(replace(CAST(json AS TEXT), 'token', 'tokem') AS BLOB)" +
                  where);
    return true;
  }

 private:
  void run(const std::string& sql) const {
    sqlite3* database = nullptr;
    const bool done = sqlite3_open(path_.c_str(), &database) == SQLITE_OK &&
                      sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK &&
                      sqlite3_changes(database) == 1;
    sqlite3_close(database);
    if (!done) throw std::runtime_error("the damage failed: " + sql);
  }

  const StoreDurability durability_;
  TemporaryDirectory directory_;
  const std::string path_ = directory_.path("s.db");
};

class SqliteConformance : public ::testing::TestWithParam<StoreCheck> {};

TEST_P(SqliteConformance, AtLevelProcess) {
  expect_kept(GetParam(), {[] { return std::make_unique<SqlitePlace>(StoreDurability::process); }});
}

TEST_P(SqliteConformance, AtLevelPower) {
  expect_kept(GetParam(), {[] { return std::make_unique<SqlitePlace>(StoreDurability::power); }});
}

INSTANTIATE_TEST_SUITE_P(Kit, SqliteConformance, ::testing::ValuesIn(kit()), name_of);

}  // namespace
}  // namespace strandbus::testing

#include "store/store_kit.hpp"
#include "strandbus/store/session_directory.hpp"
#include "support/temporary_directory.hpp"

#include <sstream>

namespace strandbus::testing {
namespace {

class DirectoryPlace final : public StorePlace {
 public:
  explicit DirectoryPlace(StoreDurability durability) : durability_(durability) {}

  std::shared_ptr<EventStore> open() override {
    return SessionDirectory::open(directory_.path("sessions"), {.durability = durability_}).value();
  }

  bool damage(const std::string& session_id, std::uint64_t seq, StoreDamage damage) override {
    const std::string name = "sessions/" + session_id + ".jsonl";
    std::istringstream lines(read_file(directory_.path(name)));
    const std::string mark = "\"seq\":" + std::to_string(seq) + ',';
    std::string text;
    for (std::string line; std::getline(lines, line);) {
      const bool hit = line.find(mark) != std::string::npos;
      if (hit && damage == StoreDamage::removed) continue;
      if (hit && damage == StoreDamage::broken) line.pop_back();
      text += line + '\n';
    }
    directory_.write(name, text);
    return damage != StoreDamage::changed;
  }

 private:
  const StoreDurability durability_;
  TemporaryDirectory directory_;
};

class DirectoryConformance : public ::testing::TestWithParam<StoreCheck> {};

TEST_P(DirectoryConformance, AtLevelProcess) {
  expect_kept(GetParam(),
              {[] { return std::make_unique<DirectoryPlace>(StoreDurability::process); },
               StoreChecksums::no});
}

TEST_P(DirectoryConformance, AtLevelPower) {
  expect_kept(GetParam(), {[] { return std::make_unique<DirectoryPlace>(StoreDurability::power); },
                           StoreChecksums::no});
}

INSTANTIATE_TEST_SUITE_P(Kit, DirectoryConformance, ::testing::ValuesIn(kit()), name_of);

}  // namespace
}  // namespace strandbus::testing

#include "cli/process_environment.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <string>
#include <unistd.h>
#include <vector>

namespace strandbus::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;

/// An environment for the program to be started with; the real one comes back in the end.
class ProcessEnvironmentTest : public ::testing::Test {
 protected:
  ~ProcessEnvironmentTest() override { environ = before_; }

  ProcessEnvironment take(const std::vector<std::string>& entries,
                          const std::vector<std::string_view>& arguments = {"strandbus"}) {
    for (const std::string& entry : entries) {
      block_.emplace_back(entry.begin(), entry.end());
      block_.back().push_back('\0');
    }
    for (std::vector<char>& entry : block_) pointers_.push_back(entry.data());
    pointers_.push_back(nullptr);
    environ = pointers_.data();
    return ProcessEnvironment::take(arguments);
  }

  /// Whether nothing of the original is left.
  bool is_wiped() const {
    for (const std::vector<char>& entry : block_) {
      for (const char c : entry) {
        if (c != '\0') return false;
      }
    }
    return true;
  }

 private:
  char** const before_ = environ;
  std::vector<std::vector<char>> block_;
  std::vector<char*> pointers_;
};

TEST_F(ProcessEnvironmentTest, WipesWhatItFound) {
  const auto environment = take({"PATH=/bin", "OPENAI_API_KEY=k", "SECRET=s", "odd", "EMPTY="});
  EXPECT_TRUE(is_wiped());
}

TEST_F(ProcessEnvironmentTest, KnowsTheValuesThatNobodyMayRead) {
  const auto environment =
      take({"DB_PASSWORD=correct horse", "API_KEY=0123456789", "A_SECRET=short",
            "HOME=/home/me/long", "KEY_FILE=/etc/key.pem", "USE_TOKEN=disabled",
            "MY_PASS=pass-phrase", "PWD=not-a-password", "MINE=what nobody knows"},
           {"strandbus", "--api-key-env", "MINE"});
  EXPECT_THAT(environment.secret_values(),
              ElementsAre("correct horse", "0123456789", "pass-phrase", "what nobody knows"));
}

TEST_F(ProcessEnvironmentTest, KeepsWhatTheProgramNeeds) {
  const auto environment =
      take({"PATH=/bin", "SECRET=s", "TZ=UTC", "XDG_STATE_HOME=/x", "NO_COLOR=1", "PATHOLOGY=p"});
  EXPECT_THAT(environment.get("PATH"), Optional(std::string("/bin")));
  EXPECT_THAT(environment.get("XDG_STATE_HOME"), Optional(std::string("/x")));
  EXPECT_EQ(environment.get("SECRET"), std::nullopt);
  EXPECT_EQ(environment.get("PAT"), std::nullopt);
  std::vector<std::string> kept;
  for (const char* const* entry = environment.variables(); *entry != nullptr; ++entry)
    kept.emplace_back(*entry);
  EXPECT_THAT(kept, ElementsAre("PATH=/bin", "TZ=UTC", "XDG_STATE_HOME=/x", "NO_COLOR=1"));
}

TEST_F(ProcessEnvironmentTest, IsWhatGetenvKnowsFromThenOn) {
  const auto environment = take({"TZ=UTC", "SECRET=s", "GITHUB_TOKEN=t"});
  EXPECT_STREQ(std::getenv("TZ"), "UTC");
  EXPECT_EQ(std::getenv("SECRET"), nullptr);
  EXPECT_EQ(std::getenv("GITHUB_TOKEN"), nullptr);
}

TEST_F(ProcessEnvironmentTest, HandsASecretOverOnce) {
  auto environment = take({"OPENAI_API_KEY=k=1", "GITHUB_TOKEN=t"});
  EXPECT_EQ(environment.get("OPENAI_API_KEY"), std::nullopt);
  EXPECT_THAT(environment.take_secret("OPENAI_API_KEY"), Optional(std::string("k=1")));
  EXPECT_EQ(environment.take_secret("OPENAI_API_KEY"), std::nullopt);
  EXPECT_THAT(environment.take_secret("GITHUB_TOKEN"), Optional(std::string("t")));
}

TEST_F(ProcessEnvironmentTest, KnowsTheSecretThatTheArgumentsName) {
  auto environment = take({"ODD=o", "PATH=/bin"}, {"strandbus", "run", "--api-key-env", "ODD"});
  EXPECT_THAT(environment.take_secret("ODD"), Optional(std::string("o")));
}

TEST_F(ProcessEnvironmentTest, KnowsItInOneArgumentToo) {
  auto environment = take({"EVEN=e"}, {"strandbus", "--api-key-env=EVEN"});
  EXPECT_THAT(environment.take_secret("EVEN"), Optional(std::string("e")));
}

TEST_F(ProcessEnvironmentTest, TreatsANeededNameAsASecretWhenTheArgumentsNameIt) {
  auto environment = take({"PATH=/bin"}, {"strandbus", "--api-key-env", "PATH"});
  EXPECT_EQ(environment.get("PATH"), std::nullopt);
  EXPECT_THAT(environment.take_secret("PATH"), Optional(std::string("/bin")));
}

TEST_F(ProcessEnvironmentTest, MayBeEmpty) {
  auto environment = take({}, {"strandbus", "--api-key-env"});
  EXPECT_EQ(environment.variables()[0], nullptr);
  EXPECT_EQ(environment.take_secret("X"), std::nullopt);
}

}  // namespace
}  // namespace strandbus::cli

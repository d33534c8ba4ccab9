// Sessions of a store, named by their ids: listed, removed, shown again, checked, counted.

#include "cli/program.hpp"
#include "cli/stored_session.hpp"
#include "strandbus/store/sqlite_store.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/use_future.hpp>
#include <boost/json/parse.hpp>

#include <gmock/gmock.h>

#include <filesystem>
#include <string>

namespace strandbus::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class Sessions : public ::testing::Test {
 protected:
  Sessions() {
    std::filesystem::copy(recording(), file_);
    keep_session(store_, "sum_1", file_, "a sum");
    keep_session(store_, "sum_2", file_, "the same\x1b[31m again");
  }

  Finished run(Program::Arguments arguments, const Program::Options& options = {}) const {
    arguments.insert(arguments.end(), {"--store", store_});
    return run_program(arguments, options);
  }

  /// A session file that is made once.
  static const std::string& recording() {
    static const TemporaryDirectory directory;
    static const std::string file = [] {
      std::string path = directory.path("recorded.jsonl");
      run_program({"run", "Calculate 2+2", "--session", path});
      return path;
    }();
    return file;
  }

  TemporaryDirectory directory_;
  std::string file_ = directory_.path("s.jsonl");
  std::string store_ = directory_.path("s.db");
};

TEST_F(Sessions, AreListedTheOneWrittenLastFirst) {
  const Finished list = run({"sessions"});
  EXPECT_EQ(list.exit_code, 0) << list.err;
  EXPECT_THAT(list.out, StartsWith("session  written (UTC)"));
  EXPECT_THAT(list.out, AllOf(HasSubstr("a sum\n"), HasSubstr("␛[31m"), Not(HasSubstr("\x1b"))));
  EXPECT_LT(list.out.find("sum_2"), list.out.find("sum_1"));
  EXPECT_THAT(list.err, IsEmpty());
}

TEST_F(Sessions, AreListedAsJsonLineByLine) {
  const Finished list = run({"sessions", "--json"});
  EXPECT_EQ(list.exit_code, 0) << list.err;
  const json::value first = json::parse(list.out.substr(0, list.out.find('\n')));
  EXPECT_EQ(first.at("id").as_string(), "sum_2");
  EXPECT_EQ(first.at("title").as_string(), "the same\x1b[31m again");
  EXPECT_EQ(first.at("events"), first.at("last_seq"));
}

TEST_F(Sessions, OfAnEmptyStoreAreSaidToBeNone) {
  const std::string empty = directory_.path("empty.db");
  static_cast<void>(SqliteStore::open(empty, {}).value());
  const Finished list = run_program({"sessions", "--store", empty});
  EXPECT_EQ(list.exit_code, 0);
  EXPECT_THAT(list.out, IsEmpty());
  EXPECT_EQ(list.err, "strandbus: there are no sessions in " + empty + "\n");
}

TEST_F(Sessions, OfAStoreThatIsNotThereAreSaidToBeNoneAndItIsNotMade) {
  const Program::Options home{.environment = {"XDG_STATE_HOME=" + directory_.path("state")}};
  const Finished list = run_program({"sessions"}, home);
  EXPECT_EQ(list.exit_code, 0);
  EXPECT_THAT(list.err, HasSubstr("there is no store yet at "));
  const std::string named = directory_.path("none.db");
  const Finished refused = run_program({"sessions", "--store", named});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("--store: there is no store " + named));
  EXPECT_FALSE(std::filesystem::exists(named));
  EXPECT_FALSE(std::filesystem::exists(directory_.path("state")));
}

TEST_F(Sessions, OfAFileThatIsNoStoreAreRefused) {
  const Finished list = run_program({"sessions", "--store", file_});
  EXPECT_EQ(list.exit_code, 2);
  EXPECT_THAT(list.err, HasSubstr("cannot open the store " + file_));
}

TEST_F(Sessions, AreRemovedWithoutATerminalOnlyWhenYesIsSaid) {
  const Finished asked = run({"sessions", "--delete", "sum_1"});
  EXPECT_EQ(asked.exit_code, 2);
  EXPECT_THAT(asked.err, HasSubstr("add --yes to remove the session sum_1"));
  EXPECT_THAT(run({"sessions"}).out, HasSubstr("sum_1"));

  const Finished removed = run({"sessions", "--delete", "sum_1", "--yes"});
  EXPECT_EQ(removed.exit_code, 0) << removed.err;
  EXPECT_EQ(removed.err, "strandbus: the session sum_1 was removed\n");
  EXPECT_THAT(run({"sessions"}).out, AllOf(Not(HasSubstr("sum_1")), HasSubstr("sum_2")));
}

TEST_F(Sessions, AreRemovedOnATerminalWhenTheAnswerIsYes) {
  const auto answer = [&](const std::string& text) {
    Program program({"sessions", "--delete", "sum_1", "--store", store_}, {.terminal = true});
    program.read_until("Remove this session for ever? [y/N] ");
    program.type(text + "\n");
    return program.wait();
  };
  const Finished kept = answer("");
  EXPECT_EQ(kept.exit_code, 3);
  EXPECT_THAT(kept.out, HasSubstr("the session sum_1 stays"));
  EXPECT_THAT(run({"sessions"}).out, HasSubstr("sum_1"));
  EXPECT_EQ(answer("y").exit_code, 0);
  EXPECT_THAT(run({"sessions"}).out, Not(HasSubstr("sum_1")));
}

TEST_F(Sessions, AreNotRemovedWhileSomebodyWritesThem) {
  const auto store = SqliteStore::open(store_, {}).value();
  const auto writer = store->open("sum_1").value();
  const Finished refused = run({"sessions", "--delete", "sum_1", "--yes"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("another writer has it"));
  EXPECT_TRUE(store->find("sum_1"));
}

TEST_F(Sessions, AreShownAgainCheckedAndCountedLikeTheirFiles) {
  for (const Program::Arguments& command : {Program::Arguments{"replay"},
                                            {"replay", "--json"},
                                            {"replay", "--json", "--from", "9"},
                                            {"replay", "-v"},
                                            {"stats"},
                                            {"stats", "--format", "prometheus"}}) {
    Program::Arguments of_file = command;
    of_file.push_back(file_);
    Program::Arguments of_store = command;
    of_store.emplace_back("sum_1");
    const Finished stored = run(of_store);
    const Finished recorded = run(of_file);
    EXPECT_EQ(stored.exit_code, 0) << stored.err;
    EXPECT_EQ(stored.out, recorded.out) << command.back();
  }
  const Finished check = run({"check", "sum_1", file_});
  EXPECT_EQ(check.exit_code, 0) << check.out << check.err;
  EXPECT_THAT(check.out, AllOf(HasSubstr("sum_1: "), HasSubstr(file_ + ": "),
                               HasSubstr(" events in 1 run, no faults")));
}

TEST_F(Sessions, HaveFaultsThatNameNoLine) {
  const auto store = SqliteStore::open(store_, {}).value();
  std::vector<StoredEvent> events = store->read("sum_1", 0, 100).value();
  SessionMetadata metadata;
  metadata.session_id = "spoilt";
  const auto writer = store->create(metadata).value();
  events.erase(events.begin() + 3, events.end());
  const std::string first = *events.front().json;
  const std::size_t type = first.find("run_started");
  events.front().json =
      std::make_shared<const std::string>(std::string(first).replace(type, 11, "run_renamed"));
  writer->async_append(std::move(events), asio::use_future).get();
  const Finished check = run({"check", "spoilt"});
  EXPECT_EQ(check.exit_code, 1);
  EXPECT_THAT(check.out, HasSubstr("spoilt: seq 1, "));
  EXPECT_THAT(run({"check", "--json", "spoilt"}).out, StartsWith(R"({"session":"spoilt")"));
}

TEST_F(Sessions, AreFoundByTheBeginningOfTheirIdsWhenItIsTheOnlyOne) {
  keep_session(store_, "other", file_);
  EXPECT_EQ(run({"check", "othe"}).exit_code, 0);
  const Finished two = run({"check", "sum_"});
  EXPECT_EQ(two.exit_code, 2);
  EXPECT_THAT(two.err, HasSubstr("2 sessions of " + store_ +
                                 " begin with \"sum_\": sum_2 and "
                                 "sum_1; say more of the id"));
  const Finished too_short = run({"replay", "oth"});
  EXPECT_EQ(too_short.exit_code, 2);
  EXPECT_THAT(too_short.err, HasSubstr("no session of " + store_ + " has the id \"oth\""));
}

TEST_F(Sessions, AreNotMeantWhereAFileHasTheirName) {
  const std::string name = directory_.path("sum_1");
  std::filesystem::copy(file_, name);
  const Finished check = run({"check", name});
  EXPECT_THAT(check.out, StartsWith(name + ": "));
  const Finished missing = run({"check", directory_.path("no.jsonl")});
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_THAT(missing.err, AllOf(HasSubstr("no.jsonl: No such file"), HasSubstr("no session of ")));
}

TEST_F(Sessions, AreRefusedWithOptionsThatDoNotGoTogether) {
  EXPECT_EQ(run({"sessions", "--yes"}).exit_code, 2);
  EXPECT_EQ(run({"sessions", "--delete", "sum_1", "--json", "--yes"}).exit_code, 2);
  EXPECT_EQ(run({"sessions", "--delete", ""}).exit_code, 2);
  EXPECT_THAT(run({"sessions", "--delete", "nobody", "--yes"}).err, HasSubstr("no session of "));
}

}  // namespace
}  // namespace strandbus::testing

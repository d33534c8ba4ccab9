// `strandbus export`: a session of a store as a file, and as a trace for Perfetto.

#include "cli/program.hpp"
#include "cli/stored_session.hpp"
#include "sink/chrome_form.hpp"
#include "strandbus/store/session_reader.hpp"
#include "strandbus/store/sqlite_store.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/use_future.hpp>

#include <gmock/gmock.h>

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>

namespace strandbus::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Export : public ::testing::Test {
 protected:
  Export() {
    run_program({"run", "Calculate 2+2", "--session", file_});
    keep_session(store_, "sum_1", file_);
  }

  Finished run(Program::Arguments arguments) const {
    arguments.insert(arguments.begin(), "export");
    arguments.insert(arguments.end(), {"--store", store_});
    return run_program(arguments);
  }

  TemporaryDirectory directory_;
  std::string file_ = directory_.path("s.jsonl");
  std::string store_ = directory_.path("s.db");
  std::string out_ = directory_.path("out");
};

TEST_F(Export, GivesTheLinesThatTheProgramHasRecorded) {
  const Finished exported = run({"sum_1"});
  EXPECT_EQ(exported.exit_code, 0) << exported.err;
  // The id is another one; all else was recorded so.
  const std::string recorded = text_of(file_);
  EXPECT_EQ(exported.out.substr(exported.out.find('\n')), recorded.substr(recorded.find('\n')));
  EXPECT_THAT(exported.out.substr(0, exported.out.find('\n')),
              HasSubstr(R"("session_id":"sum_1")"));
}

TEST_F(Export, GivesAFileThatIsCheckedAndGoneOnWith) {
  const std::string id = load_session(file_).value().metadata.session_id;
  keep_session(store_, id, file_);
  EXPECT_EQ(run({id, "-o", out_}).exit_code, 0);
  struct stat status {};
  ASSERT_EQ(::stat(out_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_EQ(run_program({"check", out_}).exit_code, 0);
  const Finished more = run_program({"run", "Calculate 2+2", "--continue", out_});
  EXPECT_EQ(more.exit_code, 0) << more.err;
}

TEST_F(Export, KeepsTheBytesOfEachEvent) {
  const auto store = SqliteStore::open(store_, {}).value();
  const auto events = store->read("sum_1", 0, 1).value();
  std::string odd = *events.front().json;
  odd.replace(1, 0, R"( "of_later" : [1.0E+2],)");
  odd = odd.substr(0, 1) + odd.substr(2);
  SessionMetadata metadata;
  metadata.session_id = "odd_1";
  const std::vector<StoredMessage> before{{{"m0", Role::user, "earlier"}, {}}};
  const auto writer = store->create(metadata, before).value();
  writer->async_append({{1, std::make_shared<const std::string>(odd)}}, asio::use_future).get();
  const Finished exported = run({"odd_1"});
  EXPECT_THAT(exported.out, HasSubstr(R"({"_type":"event",)" + odd.substr(1) + "\n"));
  EXPECT_EQ(run({"odd_1", "-o", out_}).exit_code, 0);
  EXPECT_EQ(load_session(out_).value().messages.front().message.content, "earlier");
}

TEST_F(Export, OfAFileLeavesOutALastLineThatIsCutOff) {
  const std::string recorded = text_of(file_);
  std::ofstream(file_, std::ios::app | std::ios::binary) << R"({"_type":"ev)";
  const Finished exported = run({file_, "--format", "jsonl"});
  EXPECT_EQ(exported.exit_code, 0);
  EXPECT_EQ(exported.out, recorded);
  EXPECT_THAT(exported.err, HasSubstr(file_ + ":"));
}

TEST_F(Export, GivesATraceOfAFileAndOfAStoreAlike) {
  const Finished stored = run({"sum_1", "--format", "chrome"});
  const Finished recorded = run({file_, "--format", "chrome"});
  EXPECT_EQ(stored.exit_code, 0) << stored.err;
  EXPECT_THAT(faults_of_chrome_trace(stored.out), IsEmpty());
  EXPECT_THAT(chrome_events(stored.out, "B", "turn"), SizeIs(2));
  EXPECT_THAT(chrome_events(stored.out, "B", "tool"), SizeIs(1));
  EXPECT_EQ(chrome_events(stored.out, "E", "run"), chrome_events(recorded.out, "E", "run"));
}

TEST_F(Export, LeavesNoFileBehindWhenItFails) {
  const Finished unknown = run({"nobody", "-o", out_});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("no session of "));
  EXPECT_FALSE(std::filesystem::exists(out_));
  std::ofstream(file_, std::ios::app) << "no JSON\n";
  for (const char* format : {"jsonl", "chrome"}) {
    const Finished broken = run({file_, "-o", out_, "--format", format});
    EXPECT_EQ(broken.exit_code, 2);
    EXPECT_FALSE(std::filesystem::exists(out_));
  }
}

TEST_F(Export, KeepsAFileThatExists) {
  std::ofstream(out_) << "mine";
  const Finished refused = run({"sum_1", "-o", out_});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("-o: "), HasSubstr("exists; name a new file")));
  EXPECT_EQ(text_of(out_), "mine");
}

TEST_F(Export, SaysWhenStandardOutputTakesNothing) {
  const detail::FileDescriptor full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  const Finished refused = run_program({"export", "sum_1", "--store", store_}, {.out = full.get()});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("cannot write to standard output: No space left"));
}

}  // namespace
}  // namespace strandbus::testing

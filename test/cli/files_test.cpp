// A task with files from its beginning to its end: written, run, edited, run again.

#include "cli/program.hpp"
#include "cli/trace.hpp"
#include "strandbus/event/json_codec.hpp"
#include "strandbus/store/session_reader.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace strandbus::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Files : public ::testing::Test {
 protected:
  Files() { std::filesystem::create_directory(workspace_); }

  Finished run(Program::Arguments more) {
    Program::Arguments arguments{"run",         "Write a program",
                                 "--script",    source_file("examples/scripts/files.json"),
                                 "--approve",   "auto",
                                 "--workspace", workspace_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_program(arguments);
  }

  std::string text_of(const std::string& name) const {
    std::ifstream file(workspace_ + "/" + name);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  template <PayloadType T>
  static std::vector<T> all(const std::vector<StreamEvent>& events) {
    std::vector<T> found;
    for (const StreamEvent& event : events) {
      if (const T* payload = event.get_if<T>()) found.push_back(*payload);
    }
    return found;
  }

  TemporaryDirectory directory_;
  std::string workspace_ = directory_.path("workspace");
  std::string session_ = directory_.path("s.jsonl");
};

TEST_F(Files, AreWrittenRunAndEditedInTheWorkspace) {
  const Finished finished = run({"--json", "--session", session_});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_EQ(text_of("hello.sh"), "#!/bin/sh\nname=${1:-you}\necho \"Hello, $name\"\n");

  const auto events = events_of(finished.out);
  EXPECT_THAT(unbalanced(events), IsEmpty());
  const auto created = all<FileCreated>(events);
  ASSERT_EQ(created.size(), 1u);
  EXPECT_EQ(created[0].path, "hello.sh");
  EXPECT_EQ(created[0].line_count, 3);
  const auto modified = all<FileModified>(events);
  ASSERT_EQ(modified.size(), 1u);
  EXPECT_EQ(modified[0].path, "hello.sh");
  EXPECT_EQ(modified[0].old_size, created[0].size);
  EXPECT_EQ(modified[0].new_size, static_cast<std::int64_t>(text_of("hello.sh").size()));

  const auto commands = all<BashExecuted>(events);
  ASSERT_EQ(commands.size(), 2u);
  EXPECT_EQ(commands[0].stdout_, "Hello, World\n");
  EXPECT_EQ(commands[1].stdout_, "Hello, you\nhello.sh\n");
  EXPECT_EQ(commands[0].cwd, std::filesystem::canonical(workspace_));

  const auto calls = all<ToolCallCompleted>(events);
  ASSERT_EQ(calls.size(), 4u);
  EXPECT_THAT(calls[0].files_changed, ElementsAre("hello.sh"));
  EXPECT_THAT(calls[2].files_changed, ElementsAre("hello.sh"));
  EXPECT_THAT(calls[2].diffs.at(0).diff, HasSubstr("\n-name=World\n+name=${1:-you}\n"));
}

TEST_F(Files, AreInTheSessionAsTheyWereInTheRun) {
  const Finished finished = run({"--json", "--session", session_});
  const auto session = load_session(session_).value();
  std::string lines;
  for (const StreamEvent& event : session.events) lines += to_json(event) + "\n";
  EXPECT_EQ(lines, finished.out);
  EXPECT_EQ(session.metadata.workspace, std::filesystem::canonical(workspace_));
  EXPECT_EQ(session.messages.size(), 10u);
  for (const auto& entry : std::filesystem::directory_iterator(workspace_))
    EXPECT_EQ(entry.path().filename(), "hello.sh");
}

TEST_F(Files, AreShownWithTheirDiff) {
  const Finished finished = run({});
  EXPECT_EQ(finished.out, "hello.sh greets you now.\n");
  EXPECT_THAT(finished.err, HasSubstr("✓ write_file hello.sh · "));
  EXPECT_THAT(finished.err, HasSubstr("→ +1 -1\n"
                                      "   #!/bin/sh\n"
                                      "  -name=World\n"
                                      "  +name=${1:-you}\n"
                                      "   echo \"Hello, $name\"\n"));
}

TEST_F(Files, CannotBeReachedOutsideTheWorkspace) {
  std::ofstream(directory_.path("secret")) << "canary";
  const std::string script = directory_.write(
      "escape.json",
      R"({"schema":1,"model":"m","responses":[{"match":{"user":{"contains":""}},"tool_calls":[)"
      R"({"name":"read_file","arguments":{"path":"../secret"}},)"
      R"({"name":"write_file","arguments":{"path":"../new","content":"x"}},)"
      R"({"name":"list_files","arguments":{"path":".."}}]},)"
      R"({"match":{"tool_result":{}},"text":"Done."}]})");
  const Finished finished =
      run_program({"run", "go", "--script", script, "--workspace", workspace_, "--json"});
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_EQ(finished.out.find("canary"), std::string::npos);
  for (const auto& call : all<ToolCallCompleted>(events_of(finished.out))) {
    EXPECT_FALSE(call.success);
    EXPECT_EQ(call.error_code, ErrorCode::E_PERMISSIONS);
  }
  EXPECT_FALSE(std::filesystem::exists(directory_.path("new")));
}

}  // namespace
}  // namespace strandbus::testing

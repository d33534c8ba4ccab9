#include "strandbus/tools/file_tools.hpp"

#include "agent/agent_fixture.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <stdexcept>

namespace strandbus {
namespace {

using test::calls;
using test::says;
using test::tool_call;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::shared_ptr<Workspace> workspace_in(const testing::TemporaryDirectory& directory) {
  return std::make_shared<Workspace>(directory.path(""));
}

TEST(FileTools, AreSixAndDescribeThemselves) {
  const testing::TemporaryDirectory directory;
  ToolRegistry tools;
  add_file_tools(tools, workspace_in(directory));
  EXPECT_THAT(tools.names(), ElementsAre("read_file", "list_files", "search_files", "write_file",
                                         "edit_file", "delete_file"));
  for (const ToolDefinition& definition : tools.definitions()) {
    EXPECT_FALSE(definition.description.empty());
    EXPECT_FALSE(definition.requires_confirmation);
    const bool needs_reading = definition.name == "edit_file" || definition.name == "delete_file";
    EXPECT_EQ(definition.requires_read_first, needs_reading);
    for (const auto& property : definition.parameters.at("properties").as_object())
      EXPECT_TRUE(property.value().as_object().contains("description")) << property.key();
  }
  const auto& parameters = tools.find("read_file")->definition().parameters;
  const json::array required{"path"};
  EXPECT_EQ(parameters.at("required"), required);
}

TEST(FileTools, NeedAnApprovalToWriteWhereThatIsWanted) {
  const testing::TemporaryDirectory directory;
  ToolRegistry tools;
  add_file_tools(tools, workspace_in(directory), {.write_approval = WriteApproval::needed});
  for (const ToolDefinition& definition : tools.definitions()) {
    const bool writes = definition.name == "write_file" || definition.name == "edit_file" ||
                        definition.name == "delete_file";
    EXPECT_EQ(definition.requires_confirmation, writes) << definition.name;
  }
}

TEST(FileTools, RefuseOptionsThatCannotBe) {
  const testing::TemporaryDirectory directory;
  ToolRegistry tools;
  EXPECT_THROW(add_file_tools(tools, nullptr), std::invalid_argument);
  EXPECT_THROW(add_file_tools(tools, workspace_in(directory), {.max_file_bytes = 0}),
               std::invalid_argument);
  EXPECT_THROW(add_file_tools(tools, workspace_in(directory),
                              {.max_search_time = std::chrono::milliseconds(0)}),
               std::invalid_argument);
  EXPECT_TRUE(tools.empty());
}

/// An agent with the file tools.
class FileAgent : public test::AgentTest {
 protected:
  void SetUp() override {
    add_file_tools(tools_, workspace_in(directory_));
    options_.workspace = directory_.path("");
  }

  /// Runs the calls one after the other, one per turn.
  RunResult run(const std::vector<ToolCall>& list) {
    std::vector<test::PlayedProvider::Answer> answers;
    for (const ToolCall& call : list) answers.push_back(calls({call}));
    answers.push_back(says("done"));
    start(std::move(answers), options_);
    return process("go");
  }

  static ToolCall read(std::string_view path) {
    return tool_call("read", "read_file", {{"path", path}});
  }
  static ToolCall edit(std::string_view path) {
    return tool_call("edit", "edit_file",
                     {{"path", path}, {"old_text", "old"}, {"new_text", "new"}});
  }

  std::vector<std::string> denials() const {
    std::vector<std::string> reasons;
    for (const ToolCallDenied& denied : all<ToolCallDenied>())
      reasons.push_back(std::string(to_string(denied.error_code)) + " " + denied.reason);
    return reasons;
  }

  testing::TemporaryDirectory directory_;
  AgentOptions options_;
};

TEST_F(FileAgent, PublishesAChangeWithinItsCall) {
  run({tool_call("c1", "write_file", {{"path", "a.txt"}, {"content", "one\n"}})});
  EXPECT_TRUE(test::faults(events_).empty());
  const std::vector<std::string> published = types();
  const auto started = std::ranges::find(published, "tool_call_started");
  const auto created = std::ranges::find(published, "file_created");
  const auto completed = std::ranges::find(published, "tool_call_completed");
  EXPECT_TRUE(started < created && created < completed && completed < published.end());
  const ToolCallCompleted end = all<ToolCallCompleted>().front();
  EXPECT_TRUE(end.success);
  EXPECT_THAT(end.files_changed, ElementsAre("a.txt"));
  EXPECT_EQ(end.diffs.at(0).diff, "--- /dev/null\n+++ b/a.txt\n@@ -0,0 +1 @@\n+one\n");
}

TEST_F(FileAgent, IsDeniedAnEditOfWhatItHasNotReadBeforeAnybodyIsAsked) {
  tools_ = ToolRegistry(ToolRegistryOptions{.threads = 2, .executor = {}});
  add_file_tools(tools_, workspace_in(directory_), {.write_approval = WriteApproval::needed});
  directory_.write("a.txt", "old");
  run({edit("a.txt")});
  EXPECT_THAT(denials(), ElementsAre("E_VALIDATION read the file first, then repeat the call: "
                                     "\"a.txt\" was not read in this conversation"));
  EXPECT_TRUE(all<ApprovalRequested>().empty());
  EXPECT_EQ(testing::read_file(directory_.path("a.txt")), "old");
}

TEST_F(FileAgent, MayEditWhatItHasReadByAnyNameOfTheFile) {
  std::filesystem::create_symlink(".", directory_.path("link"));
  for (const std::string& path : {std::string("a.txt"), std::string("./link/./a.txt"),
                                  std::string("link/a.txt"), directory_.path("a.txt")}) {
    directory_.write("a.txt", "old");
    run({read(path), edit(path)});
    EXPECT_EQ(testing::read_file(directory_.path("a.txt")), "new") << path;
    directory_.write("a.txt", "old");
    run({read(path), edit("a.txt")});
    EXPECT_EQ(testing::read_file(directory_.path("a.txt")), "new") << path;
  }
  EXPECT_TRUE(denials().empty());
}

TEST_F(FileAgent, IsNotFooledByWordsInTheConversation) {
  directory_.write("a.txt", "old");
  directory_.write("b.txt", "I have read a.txt; path: a.txt; success");
  run({read("b.txt"), read("missing/a.txt"), edit("a.txt")});
  EXPECT_EQ(denials().size(), 1U);
  EXPECT_EQ(testing::read_file(directory_.path("a.txt")), "old");
}

TEST_F(FileAgent, RemembersItsReadsOverRunsAndSharesThemWithNoOtherAgent) {
  directory_.write("a.txt", "old");
  start({calls({read("a.txt")}), says("read"), calls({edit("a.txt")}), says("edited")}, options_);
  process("read");
  process("edit");
  EXPECT_EQ(testing::read_file(directory_.path("a.txt")), "new");
  directory_.write("a.txt", "old");
  run({edit("a.txt")});
  EXPECT_EQ(denials().size(), 1U);
}

TEST_F(FileAgent, IsToldToReadAgainWhatHasChanged) {
  directory_.write("a.txt", "old");
  on_event_ = [this](const StreamEvent& event) {
    if (event.is<ToolCallCompleted>()) directory_.write("a.txt", "old, but other");
  };
  run({read("a.txt"), edit("a.txt")});
  EXPECT_THAT(all<ToolCallCompleted>().back().error, HasSubstr("read it again"));
  EXPECT_EQ(testing::read_file(directory_.path("a.txt")), "old, but other");
}

struct PathArgument {
  std::string path{};
};
BOOST_DESCRIBE_STRUCT(PathArgument, (), (path))

TEST_F(FileAgent, HoldsOtherToolsToTheirReadFirstToo) {
  int ran = 0;
  tools_
      .add<PathArgument>("format", "Formats a file",
                         [&](const PathArgument&) {
                           ++ran;
                           return std::string("formatted");
                         })
      .requires_read_first();
  directory_.write("a.txt", "old");
  const ToolCall format = tool_call("f", "format", {{"path", "a.txt"}});
  run({format, read("a.txt"), format});
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(denials().size(), 1U);
}

}  // namespace
}  // namespace strandbus

#include "server/http_fixture.hpp"
#include "server/obedient_model.hpp"
#include "strandbus/wire/dialect.hpp"
#include "wire/ag_ui_random.hpp"
#include "wire/ag_ui_runs.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

// The client that the makers of AG-UI publish, against this server. Its own checks are on.

namespace strandbus {
namespace {

const std::string modules = STRANDBUS_CLIENTS_DIR;
const std::string programs = STRANDBUS_SOURCE_DIR "/test/server/clients/";

struct Said {
  int status = 0;
  std::string text{};
};

/// Runs a program of Node to its end.
Said run_node(const std::string& arguments) {
  if (!std::filesystem::exists(modules + "/node_modules/@ag-ui/client"))
    return {1, "the clients are not installed in " + modules + "; run: sh cmake/dev.sh test"};
  Said said;
  const std::string command = "timeout 120 node " + programs + arguments + " 2>&1";
  FILE* const pipe = ::popen(command.c_str(), "re");
  std::array<char, 4096> buffer{};
  while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe))
    said.text.append(buffer.data(), size);
  said.status = ::pclose(pipe);
  return said;
}

class AgUiClientTest : public test::HttpTest, public ::testing::WithParamInterface<const char*> {
 protected:
  AgUiClientTest() { factory_ = test::obedient_agents(); }
};

TEST_P(AgUiClientTest, UnderstandsTheServer) {
  HttpLimits limits;
  limits.keep_alive = std::chrono::milliseconds(1);  // its comments between the events
  start_server(limits);
  const Said said = run_node("ag_ui.mjs " + modules + ' ' + server_->url() + ' ' +
                             std::string(token) + ' ' + GetParam());
  EXPECT_EQ(said.status, 0) << said.text;
  EXPECT_EQ(said.text, "well done\n");
  for (const auto& session : wait(shared_hub_->list(10)).value())
    expect_sound(session.summary.metadata.session_id);
}

INSTANTIATE_TEST_SUITE_P(Scenarios, AgUiClientTest,
                         ::testing::Values("answer", "server_tool", "client_tool",
                                           "unanswered_tool", "approve",
                                           "approve_with_other_arguments", "deny",
                                           "several_at_once", "more_than_at_once", "subagent_asks",
                                           "error", "subagent", "turns", "history", "context",
                                           "refused_tool"),
                         [](const auto& scenario) { return std::string(scenario.param); });

/// The stream in the words of AG-UI, from one of its events on.
std::string encode(const testing::EventList& list, std::size_t from = 0) {
  const auto dialect = make_dialect("ag-ui");
  std::string lines;
  for (std::size_t i = from; i < list.events().size(); ++i)
    dialect->append(lines, list.events()[i]);
  return lines;
}

/// What the client says to these lines.
Said verify(const std::string& lines) {
  const std::string file = ::testing::TempDir() + "ag_ui_" + std::to_string(::getpid()) + ".jsonl";
  std::ofstream(file) << lines;
  Said said = run_node("verify.mjs " + modules + " < " + file);
  std::filesystem::remove(file);
  return said;
}

TEST(AgUiVerifier, TakesOurRunsFromEveryEventOn) {
  using namespace testing;
  std::string lines;
  for (const EventList& list : {golden_run(), retried_run(), run_with_approvals_and_subagent(),
                                cancelled_run(), failed_run(), workflow_of_several_runs()}) {
    for (std::size_t from = 0; from < list.events().size(); ++from) lines += encode(list, from);
  }
  const Said said = verify(lines);
  EXPECT_EQ(said.status, 0) << said.text;
}

/// The sessions in which every dialect is proven, as their golden traces have them.
TEST(AgUiVerifier, TakesTheGoldenTraces) {
  for (const std::string session : {"golden", "eventful", "stopped"}) {
    const std::string file = STRANDBUS_SOURCE_DIR "/test/wire/golden/" + session + ".ag-ui.jsonl";
    const Said said = run_node("verify.mjs " + modules + " < " + file);
    EXPECT_EQ(said.status, 0) << said.text;
    EXPECT_NE(said.text.find(" events, 1 runs"), std::string::npos) << said.text;
  }
}

TEST(AgUiVerifier, TakesWhateverComes) {
  std::mt19937_64 random(testing::test_seed());
  std::string lines;
  for (int round = 0; round < 50; ++round) {
    testing::EventList list = testing::random_events(random, 100);
    lines += encode(list.in(testing::EventList::run_context()).add(RunCompleted{}));
    testing::EventList workflow = testing::random_workflow_events(random, 200);
    lines += encode(workflow.in(testing::workflow_context()).add(WorkflowCompleted{}));
  }
  const Said said = verify(lines);
  EXPECT_EQ(said.status, 0) << said.text << "\nseed " << testing::test_seed();
  EXPECT_NE(said.text.find(" events, 100 runs"), std::string::npos) << said.text;
}

TEST(AgUiVerifier, RefusesWhatIsNotInOrder) {
  testing::EventList list;
  list.add(RunStarted{}).add(TokenDelta{.text = "open", .message_id = "m"});
  EXPECT_NE(verify(encode(list)).status, 0);
}

}  // namespace
}  // namespace strandbus

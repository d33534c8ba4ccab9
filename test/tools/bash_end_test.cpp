#include "strandbus/bus/event_bus.hpp"
#include "strandbus/tools/bash.hpp"
#include "support/life_line.hpp"
#include "tools/tool_harness.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <string>

// How commands end: by themselves, by a timeout, by a cancellation; and that nothing is left of
// them.

namespace strandbus {
namespace {

using namespace std::chrono_literals;
using test::LifeLine;
using testing::HasSubstr;

struct BashEndTest : testing::Test {
  BashEndTest() {
    options.kill_grace = 50ms;
    bash = make_bash(options);
  }

  std::shared_ptr<test::Call> start(const std::string& text, double timeout_s = 60) {
    return harness.start(*bash, {{"command", text}, {"timeout_s", timeout_s}});
  }
  void finish(const test::Call& call) {
    harness.run_until([&] { return call.outcome.done; });
  }
  void wait_for_output(const std::string& text) {
    harness.run_until(
        [&] { return harness.streamed(OutputStream::stdout_).find(text) != std::string::npos; });
  }
  BashExecuted executed() const { return harness.payloads<BashExecuted>().at(0); }

  test::ToolHarness harness;
  LifeLine life_line{harness.workspace.path() / "alive"};
  BashOptions options;
  std::shared_ptr<Tool> bash;
};

// Every process of a command inherits descriptor 9, so the life line knows them all.
const std::string tree = "exec 9> alive; sleep 1000 & (sleep 1000 & sleep 1000) & echo ready; wait";

TEST_F(BashEndTest, ATimeoutKillsTheWholeGroup) {
  const auto call = start(tree, 0.3);
  finish(*call);
  EXPECT_FALSE(call->outcome.result.success);
  EXPECT_EQ(call->outcome.result.error_code, ErrorCode::E_TIMEOUT);
  EXPECT_EQ(call->outcome.result.error,
            "timed out after 300 ms; the command and what it started were killed");
  EXPECT_FALSE(executed().success);
  EXPECT_EQ(executed().exit_code, 128 + SIGTERM);
  EXPECT_TRUE(life_line.all_gone());
}

TEST_F(BashEndTest, ATimeoutKeepsTheOutputSoFar) {
  const auto call = start("echo so far; sleep 1000", 0.5);
  wait_for_output("so far");
  finish(*call);
  EXPECT_EQ(call->outcome.result.error_code, ErrorCode::E_TIMEOUT);
  EXPECT_EQ(call->outcome.result.output, "so far\n");
}

TEST_F(BashEndTest, ACancellationKillsTheWholeGroupAndThenThrows) {
  const auto call = start(tree);
  wait_for_output("ready");
  harness.cancel(*call);
  finish(*call);
  EXPECT_TRUE(call->outcome.aborted());
  EXPECT_EQ(executed().exit_code, 128 + SIGTERM);
  EXPECT_EQ(harness.events().back().type(), EventType::bash_executed);
  EXPECT_TRUE(life_line.all_gone());
}

TEST_F(BashEndTest, ACommandThatIgnoresTheRequestIsKilled) {
  const auto call =
      start("exec 9> alive; trap '' TERM INT HUP; mkfifo never; echo ready; read -r x < never");
  wait_for_output("ready");
  harness.cancel(*call);
  finish(*call);
  EXPECT_TRUE(call->outcome.aborted());
  EXPECT_EQ(executed().exit_code, 128 + SIGKILL);
  EXPECT_TRUE(life_line.all_gone());
}

TEST_F(BashEndTest, ACommandMayTidyUpWithinTheGrace) {
  options.kill_grace = 20s;
  bash = make_bash(options);
  // A signal between the echo and a read that blocks for ever would not be answered.
  const auto call = start(
      "mkfifo never; exec 8<> never; trap 'echo tidy; exit 0' TERM; echo ready;"
      "while :; do read -t 0.05 -r x <&8; done");
  wait_for_output("ready");
  harness.cancel(*call);
  finish(*call);
  EXPECT_TRUE(call->outcome.aborted());
  EXPECT_EQ(executed().stdout_, "ready\ntidy\n");
  EXPECT_EQ(executed().exit_code, 0);
}

TEST_F(BashEndTest, ABackgroundProcessEndsWithTheCommand) {
  const auto call = start("exec 9> alive; sleep 1000 & echo done");
  finish(*call);
  EXPECT_TRUE(call->outcome.result.success);
  EXPECT_EQ(call->outcome.result.output, "done\n");
  EXPECT_TRUE(life_line.all_gone());
}

TEST_F(BashEndTest, AProcessThatLeftTheGroupEndsWithTheCommand) {
  const auto call = start(
      "exec 9> alive; setsid sh -c 'echo $$ > pid.part; mv pid.part pid; exec sleep 1000' &\n"
      "while [ ! -e pid ]; do :; done; echo done");
  finish(*call);
  EXPECT_TRUE(call->outcome.result.success);
  EXPECT_EQ(call->outcome.result.output, "done\n");
  EXPECT_TRUE(life_line.all_gone());
}

TEST_F(BashEndTest, ACallThatWasCancelledBeforeItStartedStartsNothing) {
  EXPECT_TRUE(harness.run_cancelled(*bash, {{"command", "touch started"}}).aborted());
  EXPECT_TRUE(harness.events().empty());
  EXPECT_FALSE(std::filesystem::exists(harness.workspace.path() / "started"));
}

TEST_F(BashEndTest, CancellingDuringTheStartKillsTheCommand) {
  const auto call = start(tree);
  harness.cancel(*call);
  finish(*call);
  EXPECT_TRUE(call->outcome.aborted());
  EXPECT_EQ(harness.payloads<BashStarted>().size(), harness.payloads<BashExecuted>().size());
  EXPECT_TRUE(life_line.all_gone());
}

TEST_F(BashEndTest, CancellingTwiceIsCancellingOnce) {
  const auto call = start(tree);
  wait_for_output("ready");
  harness.cancel(*call);
  harness.cancel(*call);
  harness.io.poll();
  harness.cancel(*call);
  finish(*call);
  EXPECT_TRUE(call->outcome.aborted());
  EXPECT_EQ(harness.payloads<BashExecuted>().size(), 1U);
}

TEST_F(BashEndTest, ACommandThatFloodsItsOutputCanBeCancelled) {
  const auto call = start("exec 9> alive; yes");
  wait_for_output("y\ny\n");
  harness.cancel(*call);
  finish(*call);
  EXPECT_TRUE(call->outcome.aborted());
  EXPECT_TRUE(executed().truncated || executed().stdout_.size() > 0);
  EXPECT_LE(executed().stdout_.size(), options.head_bytes + options.tail_bytes + 100);
  EXPECT_TRUE(life_line.all_gone());
}

TEST_F(BashEndTest, ManyCommandsAreCancelledAtOnce) {
  constexpr int count = 20;
  std::vector<std::shared_ptr<test::Call>> calls;
  for (int i = 0; i < count; ++i)
    calls.push_back(start("exec 9> alive; echo ready; sleep 1000 & sleep 1000"));
  harness.run_until([&] { return harness.payloads<ToolOutput>().size() == count; });
  for (const auto& call : calls) harness.cancel(*call);
  for (const auto& call : calls) finish(*call);
  for (const auto& call : calls) EXPECT_TRUE(call->outcome.aborted());
  EXPECT_TRUE(life_line.all_gone());
}

TEST(BashTeardown, DestroyingTheContextKillsTheCommand) {
  const test::TemporaryDirectory directory;
  const LifeLine life_line(directory.path() / "alive");
  const auto bash = make_bash();
  {
    test::ToolHarness harness;
    const auto call =
        harness.start(*bash, {{"command", "exec 9> " + (directory.path() / "alive").string() +
                                              "; echo ready; cat <&9"}});
    harness.run_until([&] { return !harness.streamed(OutputStream::stdout_).empty(); });
  }
  EXPECT_TRUE(life_line.all_gone());
}

TEST(BashBackpressure, ASlowLosslessReaderSlowsTheCommandDownAndLosesNothing) {
  constexpr std::size_t output_bytes = 2'000'000;
  constexpr std::uint64_t soft = 4;
  test::ToolHarness harness;
  EventBus bus(harness.io.get_executor(), {.backlog_soft = soft});
  EventStream stream = bus.stream({.overflow = Overflow::block});
  harness.set_publisher(bus.publisher(RunContext{}));
  BashOptions options;
  options.streamed_bytes = output_bytes;
  const auto bash = make_bash(options);

  const auto call = harness.start(
      *bash, {{"command", "head -c " + std::to_string(output_bytes) + " /dev/zero | tr '\\0' x"}});
  harness.run_until([&] { return bus.stats().published >= soft; });
  for (int i = 0; i < 1000; ++i) harness.io.poll();
  EXPECT_LE(bus.stats().published, soft + 1) << "nobody has read anything";
  EXPECT_FALSE(call->outcome.done);

  std::size_t read = 0;
  const auto read_all = [&] {
    while (const auto delivery = stream.try_next()) {
      if (const auto* output = delivery->event().get_if<ToolOutput>()) read += output->text.size();
    }
  };
  harness.run_until([&] {
    read_all();
    return call->outcome.done;
  });
  read_all();
  EXPECT_TRUE(call->outcome.result.success);
  EXPECT_EQ(read, output_bytes);
}

}  // namespace
}  // namespace strandbus

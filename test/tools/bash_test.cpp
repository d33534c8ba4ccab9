#include "strandbus/tools/bash.hpp"

#include "strandbus/agent/tool_registry.hpp"
#include "tools/tool_harness.hpp"

#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fcntl.h>
#include <string>
#include <unistd.h>

namespace strandbus {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

json::object command(const std::string& text) {
  json::object arguments;
  arguments["command"] = text;
  return arguments;
}

struct BashTest : testing::Test {
  ToolResult run(const std::string& text, BashOptions options = {}) {
    return harness.run(*make_bash(std::move(options)), command(text)).result;
  }

  test::ToolHarness harness;
};

TEST_F(BashTest, ReturnsWhatTheCommandPrints) {
  const ToolResult result = run("echo hello; echo world");
  EXPECT_TRUE(result.success);
  EXPECT_EQ(result.output, "hello\nworld\n");
  EXPECT_EQ(result.error, "");
  EXPECT_EQ(result.data, json::value({{"exit_code", 0}, {"truncated", false}}));
}

TEST_F(BashTest, PublishesItsStartItsOutputAndItsEndInThisOrder) {
  run("echo hello");
  std::vector<EventType> types;
  for (const StreamEvent& event : harness.events()) types.push_back(event.type());
  EXPECT_THAT(types, ElementsAre(EventType::bash_started, EventType::tool_output,
                                 EventType::bash_executed));

  const BashStarted started = harness.payloads<BashStarted>().front();
  EXPECT_EQ(started.call_id, "tc1");
  EXPECT_EQ(started.command, "echo hello");
  EXPECT_EQ(started.cwd, harness.workspace.path().string());

  const ToolOutput output = harness.payloads<ToolOutput>().front();
  EXPECT_EQ(output.call_id, "tc1");
  EXPECT_EQ(output.tool_name, "bash");
  EXPECT_EQ(output.stream, OutputStream::stdout_);
  EXPECT_EQ(output.text, "hello\n");

  const BashExecuted executed = harness.payloads<BashExecuted>().front();
  EXPECT_EQ(executed.call_id, "tc1");
  EXPECT_EQ(executed.exit_code, 0);
  EXPECT_EQ(executed.stdout_, "hello\n");
  EXPECT_EQ(executed.stderr_, "");
  EXPECT_TRUE(executed.success);
  EXPECT_FALSE(executed.truncated);
  EXPECT_GE(executed.duration_ms, 0);
}

TEST_F(BashTest, AnExitCodeIsAFailureWithBothOutputs) {
  const ToolResult result = run("printf out; printf err >&2; exit 3");
  EXPECT_FALSE(result.success);
  EXPECT_EQ(result.error, "exit code 3");
  EXPECT_EQ(result.error_code, std::nullopt);
  EXPECT_EQ(result.output, "out\n[stderr]\nerr");
  EXPECT_EQ(result.model_text(), "Error: exit code 3\nout\n[stderr]\nerr");
  const BashExecuted executed = harness.payloads<BashExecuted>().front();
  EXPECT_EQ(executed.exit_code, 3);
  EXPECT_EQ(executed.stdout_, "out");
  EXPECT_EQ(executed.stderr_, "err");
  EXPECT_FALSE(executed.success);
}

TEST_F(BashTest, ASignalIsAFailureThatNamesIt) {
  const ToolResult result = run("kill -SEGV $$");
  EXPECT_EQ(result.error, "killed by signal 11 (Segmentation fault)");
  EXPECT_EQ(result.data, json::value({{"exit_code", 139}, {"truncated", false}, {"signal", 11}}));
}

TEST_F(BashTest, RunsInTheWorkspace) {
  EXPECT_EQ(run("pwd").output, harness.workspace.path().string() + "\n");
}

TEST_F(BashTest, HasNothingToRead) { EXPECT_EQ(run("cat; echo end").output, "end\n"); }

TEST_F(BashTest, SeesOnlyTheEnvironmentOfTheOptions) {
  ::setenv("STRANDBUS_TEST_SECRET", "hidden", 1);
  BashOptions options;
  options.environment = {"PATH=/usr/bin:/bin", "GREETING=hi"};
  const ToolResult result =
      run("env | sed 's/=.*//' | sort | tr '\\n' ' '; echo $GREETING", options);
  EXPECT_EQ(result.output, "GREETING PATH PWD SHLVL _ hi\n");
  ::unsetenv("STRANDBUS_TEST_SECRET");
}

TEST_F(BashTest, InheritsNoDescriptorOfOurs) {
  constexpr int number = 200;
  ASSERT_EQ(::dup2(STDOUT_FILENO, number), number);
  const ToolResult result = run("[ -e /proc/self/fd/200 ] && echo inherited || echo closed");
  ::close(number);
  EXPECT_EQ(result.output, "closed\n");
}

TEST_F(BashTest, StartsWithDefaultSignals) {
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  sigset_t blocked;
  sigset_t old;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &blocked, &old);
  const ToolResult result = run("kill -PIPE $$; echo survived");
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
  std::signal(SIGPIPE, before);
  EXPECT_EQ(result.error, "killed by signal 13 (Broken pipe)");
}

TEST_F(BashTest, LeadsASessionOfItsOwn) {
  EXPECT_EQ(run("read -r pid name state parent group session rest < /proc/$$/stat\n"
                "[ $pid = $group ] && [ $pid = $session ] && echo leader")
                .output,
            "leader\n");
}

TEST_F(BashTest, RepairsWhatIsNotUtf8) {
  EXPECT_EQ(run("printf '\\377a\\000b\\303'").output, std::string("\uFFFDa\0b\uFFFD", 9));
}

TEST_F(BashTest, HoldsACodePointThatArrivesInTwoPieces) {
  const auto bash = make_bash();
  const auto call =
      harness.start(*bash, command("mkfifo go; printf 'a\\303'; read -r x < go; printf '\\244'"));
  harness.run_until([&] { return !harness.streamed(OutputStream::stdout_).empty(); });
  EXPECT_EQ(harness.streamed(OutputStream::stdout_), "a");
  const int go = ::open((harness.workspace.path() / "go").c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(::write(go, "\n", 1), 1);
  harness.run_until([&] { return call->outcome.done; });
  ::close(go);
  EXPECT_EQ(call->outcome.result.output, "aä");
  EXPECT_EQ(harness.streamed(OutputStream::stdout_), "aä");
}

TEST_F(BashTest, KeepsTheBeginningAndTheEndOfALongOutput) {
  BashOptions options;
  options.head_bytes = 10;
  options.tail_bytes = 10;
  const ToolResult result =
      run("printf begin; head -c 300000 /dev/zero | tr '\\0' x; printf end", options);
  EXPECT_EQ(result.output, "beginxxxxx\n[299988 bytes left out]\nxxxxxxxend");
  EXPECT_TRUE(harness.payloads<BashExecuted>().front().truncated);
  EXPECT_TRUE(result.data.at("truncated").as_bool());
}

TEST_F(BashTest, StreamsNoMoreThanItsLimitAndSaysSo) {
  BashOptions options;
  options.streamed_bytes = 1000;
  const ToolResult result = run("head -c 5000 /dev/zero | tr '\\0' x", options);
  EXPECT_EQ(result.output.size(), 5000U);
  EXPECT_EQ(harness.streamed(OutputStream::stdout_).size(), 1000U);
  EXPECT_EQ(harness.streamed(OutputStream::progress),
            "there is more output than is shown while the command runs");
}

TEST_F(BashTest, ReadsEverythingThatWasWrittenBeforeTheEnd) {
  BashOptions options;
  options.head_bytes = 400'000;
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(run("head -c 300000 /dev/zero | tr '\\0' x", options).output.size(), 300'000U);
  }
}

TEST_F(BashTest, AsksForConfirmation) {
  const auto bash = make_bash();
  EXPECT_TRUE(bash->definition().requires_confirmation);
  EXPECT_EQ(bash->definition().name, "bash");
}

TEST_F(BashTest, HasASchemaThatBoundsTheTimeout) {
  ToolRegistry registry;
  BashOptions options;
  options.max_timeout = 10s;
  registry.add(make_bash(options));
  EXPECT_TRUE(prepare_call(registry, "bash", {{"command", "ls"}, {"timeout_s", 10}}).has_value());
  EXPECT_TRUE(prepare_call(registry, "bash", {{"command", "ls"}, {"timeout_s", 10.5}}).has_error());
  EXPECT_TRUE(prepare_call(registry, "bash", {{"command", "ls"}, {"timeout_s", 0}}).has_error());
  EXPECT_TRUE(prepare_call(registry, "bash", {{"command", ""}}).has_error());
}

TEST_F(BashTest, RefusesArgumentsThatNobodyChecked) {
  const auto bash = make_bash();
  EXPECT_EQ(harness.run(*bash, {}).result.error_code, ErrorCode::E_VALIDATION);
  EXPECT_EQ(harness.run(*bash, {{"command", "ls"}, {"timeout_s", "1"}}).result.error_code,
            ErrorCode::E_VALIDATION);
  EXPECT_EQ(harness.run(*bash, {{"command", "ls"}, {"timeout_s", -1}}).result.error_code,
            ErrorCode::E_VALIDATION);
  EXPECT_EQ(run(std::string("echo a\0b", 8)).error_code, ErrorCode::E_VALIDATION);
  EXPECT_TRUE(harness.events().empty());
}

TEST_F(BashTest, RefusesACommandThatTheSystemCannotTake) {
  const ToolResult result = run("# " + std::string(4'000'000, 'x'));
  EXPECT_EQ(result.error_code, ErrorCode::E_VALIDATION);
  EXPECT_THAT(result.error, HasSubstr("Argument list too long"));
}

TEST_F(BashTest, NamesAShellThatIsMissing) {
  BashOptions options;
  options.shell = "/no/such/shell";
  const ToolResult result = run("true", options);
  EXPECT_EQ(result.error_code, ErrorCode::E_NOT_FOUND);
  EXPECT_EQ(result.error, "cannot start /no/such/shell: No such file or directory");
}

TEST_F(BashTest, NamesAShellThatMayNotRun) {
  BashOptions options;
  options.shell = "/etc/passwd";
  EXPECT_EQ(run("true", options).error_code, ErrorCode::E_PERMISSIONS);
}

TEST_F(BashTest, NamesAWorkspaceThatIsMissing) {
  const auto bash = make_bash();
  const auto call = harness.start(*bash, command("true"));
  call->context.workspace = "/no/such/place";
  harness.run_until([&] { return call->outcome.done; });
  EXPECT_EQ(call->outcome.result.error_code, ErrorCode::E_NOT_FOUND);
  EXPECT_EQ(call->outcome.result.error, "the workspace is no directory: \"/no/such/place\"");
}

TEST_F(BashTest, RefusesOptionsThatCannotBe) {
  BashOptions options;
  options.kill_grace = 0ms;
  EXPECT_THROW(make_bash(options), std::invalid_argument);
  options = {};
  options.shell = "bash";
  EXPECT_THROW(make_bash(options), std::invalid_argument);
}

TEST_F(BashTest, RunsManyCommandsSideBySide) {
  constexpr int count = 40;
  const auto bash = make_bash();
  std::vector<std::shared_ptr<test::Call>> calls;
  for (int i = 0; i < count; ++i) {
    const std::string text =
        "echo out " + std::to_string(i) + "; echo err >&2; exit " + std::to_string(i % 3);
    calls.push_back(harness.start(*bash, command(text), "tc" + std::to_string(i)));
  }
  harness.run_until([&] {
    return std::all_of(calls.begin(), calls.end(),
                       [](const auto& call) { return call->outcome.done; });
  });
  for (int i = 0; i < count; ++i) {
    const ToolResult& result = calls[static_cast<std::size_t>(i)]->outcome.result;
    EXPECT_EQ(result.output, "out " + std::to_string(i) + "\n[stderr]\nerr\n");
    EXPECT_EQ(result.data.at("exit_code").as_int64(), i % 3);
  }
}

TEST(BashThreads, MayStartCommandsAtTheSameTime) {
  constexpr int count = 40;
  const test::TemporaryDirectory workspace;
  const auto bash = make_bash();
  std::vector<ToolResult> results(count);
  std::vector<std::exception_ptr> thrown(count);
  std::vector<ToolContext> contexts(count);
  asio::thread_pool threads(4);
  for (std::size_t i = 0; i < count; ++i) {
    contexts[i].workspace = workspace.path();
    asio::co_spawn(asio::make_strand(threads),
                   bash->async_run(command("echo " + std::to_string(i)), contexts[i]),
                   [&, i](std::exception_ptr exception, ToolResult result) {
                     thrown[i] = std::move(exception);
                     results[i] = std::move(result);
                   });
  }
  threads.join();
  for (std::size_t i = 0; i < count; ++i) {
    EXPECT_FALSE(thrown[i]) << i;
    EXPECT_TRUE(results[i].success) << i << ": " << results[i].error;
    EXPECT_EQ(results[i].output, std::to_string(i) + "\n");
  }
}

TEST(BashEnvironment, TakesOnlyWhatIsAllowed) {
  const char* const environment[] = {"PATH=/bin",     "HOME=/root",  "AWS_SECRET_ACCESS_KEY=x",
                                     "LANG=C",        "LC_ALL=C",    "TERM=xterm",
                                     "TMPDIR=/t",     "PATHOLOGY=x", "BASH_ENV=x",
                                     "LD_PRELOAD=/x", nullptr};
  EXPECT_THAT(bash_environment(environment), ElementsAre("PATH=/bin", "HOME=/root", "LANG=C",
                                                         "LC_ALL=C", "TERM=xterm", "TMPDIR=/t"));
  EXPECT_TRUE(bash_environment(nullptr).empty());
}

}  // namespace
}  // namespace strandbus

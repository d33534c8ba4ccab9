#include "strandbus/tools/bash.hpp"
#include "tools/bubblewrap.hpp"
#include "tools/tool_harness.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>
#include <vector>

// What a sandbox keeps a command from. These tests need bubblewrap and the right to make
// namespaces.

namespace strandbus {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

BashOptions sandboxed() {
  BashOptions options;
  options.sandbox = Sandbox::bubblewrap;
  return options;
}

class BashSandbox : public testing::Test {
 protected:
  ToolResult run(const std::string& command, const BashOptions& options = sandboxed(),
                 double timeout_s = 60) {
    return harness_.run(*make_bash(options), {{"command", command}, {"timeout_s", timeout_s}})
        .result;
  }

  std::filesystem::path workspace() const { return harness_.workspace.path(); }

  test::ToolHarness harness_;
};

TEST_F(BashSandbox, CanBeMadeHere) {
  EXPECT_EQ(bash_obstacle(sandboxed(), workspace()), std::nullopt)
      << "install bubblewrap, or let this user make namespaces";
}

TEST_F(BashSandbox, LetsACommandWorkInItsWorkspace) {
  const ToolResult result = run("pwd; echo text > file; cat file; exit 3");
  EXPECT_EQ(result.output, workspace().string() + "\ntext\n");
  EXPECT_EQ(result.error, "exit code 3");
  EXPECT_TRUE(std::filesystem::exists(workspace() / "file"));
}

TEST_F(BashSandbox, LetsNothingBeWrittenOutside) {
  const test::TemporaryDirectory elsewhere;
  const std::string place = elsewhere.path().string();
  const ToolResult result = run(
      "for d in / /etc /usr /usr/bin /opt /home /root /var " + place +
      "; do (mkdir -p $d && echo x > $d/strandbus-was-here) 2> /dev/null && echo wrote $d; done; "
      "echo tried");
  EXPECT_THAT(result.output, Not(AllOf(HasSubstr("wrote"), Not(HasSubstr(place)))));
  EXPECT_THAT(result.output, HasSubstr("tried"));
  EXPECT_FALSE(std::filesystem::exists(elsewhere.path() / "strandbus-was-here"));
  EXPECT_FALSE(std::filesystem::exists("/etc/strandbus-was-here"));
}

TEST_F(BashSandbox, KeepsGitFromBeingChanged) {
  std::filesystem::create_directory(workspace() / ".git");
  std::ofstream(workspace() / ".git" / "config") << "mine\n";
  const ToolResult result =
      run("cat .git/config; echo x > .git/hook || rm -r .git || mv .git git || echo kept");
  EXPECT_THAT(result.output, StartsWith("mine\nkept\n"));
  EXPECT_FALSE(std::filesystem::exists(workspace() / ".git" / "hook"));
}

TEST_F(BashSandbox, HasNoNetwork) {
  const ToolResult result = run("tail -n +3 /proc/net/dev | cut -d : -f 1; ls /sys 2>&1");
  EXPECT_THAT(result.output, HasSubstr("lo\n"));
  EXPECT_THAT(result.output, Not(HasSubstr("eth")));
  EXPECT_FALSE(run("echo > /dev/tcp/192.0.2.1/80").success);
  EXPECT_THAT(run("echo > /dev/tcp/192.0.2.1/80").output, HasSubstr("Network is unreachable"));
}

TEST_F(BashSandbox, HidesHomesAndTheirSecrets) {
  const test::TemporaryDirectory home;
  std::ofstream(home.path() / "secret") << "planted-secret\n";
  BashOptions options = sandboxed();
  options.environment.push_back("HOME=" + home.path().string());
  const ToolResult result = run(
      "cat ~/secret; ls -A ~ /home /root; cat /etc/shadow; touch ~/own && echo own home", options);
  EXPECT_THAT(result.output, AllOf(HasSubstr("own home"), Not(HasSubstr("planted-secret")),
                                   Not(HasSubstr("root:")), Not(HasSubstr(".ssh"))));
  EXPECT_FALSE(std::filesystem::exists(home.path() / "own"));
}

TEST_F(BashSandbox, ShowsWhatMayBeRead) {
  const test::TemporaryDirectory library;
  std::ofstream(library.path() / "header") << "inside\n";
  BashOptions options = sandboxed();
  options.readable = {library.path().string()};
  const std::string place = library.path().string();
  EXPECT_EQ(run("cat " + place + "/header; echo x 2> /dev/null > " + place + "/header || echo kept",
                options)
                .output,
            "inside\nkept\n");
}

TEST_F(BashSandbox, ShowsNoProcessOfOurs) {
  const ToolResult result = run("cat /proc/[0-9]*/comm; kill -0 " + std::to_string(::getpid()));
  EXPECT_THAT(result.output, AllOf(HasSubstr("bash"), HasSubstr("No such process"),
                                   Not(HasSubstr("test_bash")), Not(HasSubstr("guard"))));
}

TEST_F(BashSandbox, GivesNoCapabilities) {
  EXPECT_THAT(run("grep CapEff /proc/self/status").output, HasSubstr("0000000000000000"));
}

TEST_F(BashSandbox, EndsWithEverythingInIt) {
  const ToolResult result =
      run("trap '' TERM; setsid sleep 1000 & (setsid nohup sleep 1000 &); kill -9 -1; echo on; "
          "sleep 1000",
          sandboxed(), 0.5);
  EXPECT_EQ(result.error_code, ErrorCode::E_TIMEOUT);
  EXPECT_EQ(result.output, "on\n") << "kill -9 -1 stays inside";
}

TEST_F(BashSandbox, NamesABubblewrapThatIsMissing) {
  BashOptions options = sandboxed();
  options.bubblewrap = "/no/such/bwrap";
  EXPECT_EQ(run("true", options).error_code, ErrorCode::E_NOT_FOUND);
  EXPECT_EQ(
      bash_obstacle(options, workspace()),
      "cannot start /no/such/bwrap: No such file or directory; install the package bubblewrap");
}

TEST_F(BashSandbox, SaysWhyThereIsNone) {
  BashOptions options = sandboxed();
  options.readable = {"/no/such/library"};
  const ToolResult result = run("true", options);
  EXPECT_EQ(result.error_code, ErrorCode::E_PERMISSIONS);
  EXPECT_THAT(result.error, AllOf(StartsWith("no sandbox: bwrap: "), HasSubstr("/no/such/library"),
                                  Not(HasSubstr("\n"))));
}

TEST_F(BashSandbox, RefusesAWorkspaceThatIsTheSystem) {
  for (const char* place : {"/", "/usr/lib", "/etc", "/home", "/proc/self", "/usr/../etc/"}) {
    const auto obstacle = bash_obstacle(sandboxed(), place);
    ASSERT_TRUE(obstacle) << place;
    EXPECT_THAT(*obstacle, HasSubstr("cannot be the workspace of a sandbox")) << place;
  }
  EXPECT_EQ(detail::sandbox_workspace_fault("/home/user/project"), "");
  EXPECT_EQ(detail::sandbox_workspace_fault("/usrlocal"), "");
}

TEST(BashSandboxCommand, SharesTheNetworkOnlyWhenAsked) {
  BashOptions options = sandboxed();
  EXPECT_THAT(detail::shell_command(options, "/w", "true").arguments,
              AllOf(Contains("--unshare-all"), Not(Contains("--share-net"))));
  options.network = SandboxNetwork::shared;
  EXPECT_THAT(detail::shell_command(options, "/w", "true").arguments, Contains("--share-net"));
}

TEST(BashSandboxCommand, IsAPlainShellWithoutASandbox) {
  const auto command = detail::shell_command(BashOptions(), "/w", "true");
  EXPECT_THAT(command.arguments, testing::ElementsAre("/bin/bash", "-c", "true"));
  EXPECT_EQ(command.directory, "/w");
}

TEST(BashSandboxCommand, PutsNoVariableIntoItsArguments) {
  BashOptions options = sandboxed();
  options.environment = {"PATH=/bin", "TMPDIR=/elsewhere", "NAME=value"};
  const auto command = detail::shell_command(options, "/w", "true");
  EXPECT_THAT(command.arguments, Not(Contains(HasSubstr("value"))));
  EXPECT_THAT(command.environment, testing::ElementsAre("PATH=/bin", "NAME=value"));
}

TEST(BashSandboxOptions, MustNameAbsolutePaths) {
  BashOptions options;
  options.bubblewrap = "bwrap";
  EXPECT_THROW(static_cast<void>(make_bash(options)), std::invalid_argument);
  options = {};
  options.readable = {"lib"};
  EXPECT_THROW(static_cast<void>(make_bash(options)), std::invalid_argument);
  options = {};
  options.max_processes = -1;
  EXPECT_THROW(static_cast<void>(make_bash(options)), std::invalid_argument);
}

}  // namespace
}  // namespace strandbus

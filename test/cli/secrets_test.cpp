#include "cli/program.hpp"
#include "cli/trace.hpp"
#include "support/life_line.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

// What the program was given stays with it, and what it has started goes with it.

namespace strandbus::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

class Commands : public ::testing::Test {
 protected:
  std::string script(const std::string& command) {
    return directory_.write("bash.json", bash_script(command));
  }

  TemporaryDirectory directory_;
  std::string session_ = directory_.path("s.jsonl");
};

TEST_F(Commands, SeeNoSecretOfTheProgram) {
  const std::vector<std::string> names{
      "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY",
      "MY_SERVICE_KEY", "DATABASE_URL",      "PGPASSWORD",   "SSH_AUTH_SOCK",
      "BASH_ENV",       "LC_ALL_SECRET"};
  Program::Options options;
  std::vector<std::string> values;
  for (const std::string& name : names) {
    values.push_back("vault-" + std::to_string(values.size()) + "-" + name);
    options.environment.push_back(name + "=" + values.back());
  }
  // What is looked for in each place, so that the places are known to be readable.
  options.environment.emplace_back("TMPDIR=/tmp/allowed-vault");
  const std::string command =
      "(env; set; export -p; cat /proc/self/environ; cat /proc/[0-9]*/environ; "
      "cat /proc/$PPID/cmdline; for d in /proc/self/fd/*; do timeout 0.05 head -c 9999 $d; done) "
      "2> /dev/null | tr '\\0' '\\n' | grep -a vault; sleep 0";
  const Finished finished =
      run_program({"run", "go", "--json", "--approve", "auto", "--session", session_, "--script",
                   script(command), "--log-level", "debug"},
                  options);
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("TMPDIR=/tmp/allowed-vault"));
  for (const std::string& value : values) {
    EXPECT_THAT(finished.out, Not(HasSubstr(value)));
    EXPECT_THAT(finished.err, Not(HasSubstr(value)));
    EXPECT_THAT(read_file(session_), Not(HasSubstr(value)));
  }
}

TEST_F(Commands, WouldSeeASecretThatIsNotWiped) {
  const Finished finished =
      run_program({"run", "go", "--json", "--approve", "auto", "--script",
                   script("DATABASE_URL=vault-of-another sleep 60 & "
                          "sleep 0.1; cat /proc/[0-9]*/environ 2> /dev/null | tr '\\0' '\\n' | "
                          "grep -a '^DATABASE_URL=va'")});
  EXPECT_THAT(finished.out, HasSubstr("\"stdout\":\"DATABASE_URL=vault-of-another"));
}

/// Commands that say secrets: of the environment, of a file, and of somebody else.
class SpokenSecrets : public Commands {
 protected:
  static constexpr const char* of_environment = "vault words of mine";
  static constexpr const char* of_somebody = "ghp_vaultABCDEFGHIJKLMNOPQRSTUVWXYZ0123";

  Finished run(std::vector<std::string> more) {
    Program::Options options;
    options.environment.emplace_back(std::string("DB_PASSWORD=") + of_environment);
    options.environment.emplace_back("SIGNING_KEY=/etc/vault/key.pem");
    std::vector<std::string> arguments{"run",
                                       "go",
                                       "--approve",
                                       "auto",
                                       "--session",
                                       session_,
                                       "--script",
                                       script(std::string("echo '") + of_environment + "' " +
                                              of_somebody + " /etc/vault/key.pem")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_program(arguments, options);
  }
};

TEST_F(SpokenSecrets, AreShownAndRecordedNowhere) {
  for (const std::vector<std::string>& output :
       {std::vector<std::string>{"--json"}, {"-v"}, {"--log-level", "debug"}}) {
    std::filesystem::remove(session_);
    const Finished finished = run(output);
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    for (const std::string& text : {finished.out, finished.err, read_file(session_)}) {
      EXPECT_THAT(text, Not(HasSubstr(of_environment)));
      EXPECT_THAT(text, Not(HasSubstr(of_somebody)));
    }
    EXPECT_THAT(read_file(session_), HasSubstr("[redacted-value]' [redacted-github-token]"));
    EXPECT_THAT(read_file(session_), HasSubstr("/etc/vault/key.pem"));
    EXPECT_THAT(finished.err, Not(HasSubstr("redaction")));
  }
}

TEST_F(SpokenSecrets, AreShownWhenRedactionIsSwitchedOff) {
  const Finished finished = run({"--json", "--no-redaction"});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(finished.out, HasSubstr(of_environment));
  EXPECT_THAT(read_file(session_), HasSubstr(of_somebody));
  EXPECT_THAT(finished.err,
              HasSubstr("redaction is off: keys, tokens and passwords are shown and recorded"));
}

TEST_F(Commands, RunInASandboxWhenAsked) {
  Program::Options options;
  options.environment.emplace_back("HOME=" + directory_.path("home"));
  const std::string outside = directory_.write("outside", "vault-outside");
  std::filesystem::create_directory(directory_.path("w"));
  const Finished finished = run_program(
      {"run", "go", "--json", "--sandbox", "--approve", "auto", "--workspace", directory_.path("w"),
       "--script",
       script("echo x > file && echo in''side; cat " + outside + "; echo > /dev/tcp/192.0.2.1/80")},
      options);
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("inside"));
  EXPECT_THAT(finished.out, Not(HasSubstr("vault-outside")));
  EXPECT_THAT(finished.out, HasSubstr("Network is unreachable"));
  EXPECT_EQ(read_file(directory_.path("w") + "/file"), "x\n");
}

TEST_F(Commands, AreNotRunWithoutTheSandboxThatWasAskedFor) {
  const Finished finished =
      run_program({"run", "go", "--sandbox", "--approve", "auto", "--workspace", "/", "--session",
                   session_, "--script", script("echo in''side")});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_EQ(finished.out, "");
  EXPECT_EQ(finished.err,
            "strandbus: --sandbox: \"/\" cannot be the workspace of a sandbox: name a directory of "
            "your own\n");
  EXPECT_FALSE(std::filesystem::exists(session_));
}

TEST_F(Commands, EndWithTheProgramHoweverItEnds) {
  for (const int signal : {SIGKILL, SIGQUIT, SIGSEGV}) {
    const std::string fifo = directory_.path("alive" + std::to_string(signal));
    const test::LifeLine life_line(fifo);
    Program run({"run", "go", "--json", "--approve", "auto", "--script",
                 script("exec 9> " + fifo +
                        "; trap '' TERM HUP INT; setsid sh -c 'trap \"\" TERM; sleep 1000' & "
                        "(setsid nohup sleep 1000 > /dev/null 2>&1 &); sleep 1000 & "
                        "echo it is u''p; sleep 1000")});
    run.read_until("it is up");
    EXPECT_FALSE(life_line.is_free());
    run.send_signal(signal);
    const Finished finished = run.wait();
    EXPECT_TRUE(finished.signal == signal || finished.exit_code >= 1) << signal;
    EXPECT_TRUE(life_line.all_gone()) << signal;
  }
}

}  // namespace
}  // namespace strandbus::testing

#include "strandbus/tools/bash.hpp"
#include "support/processes.hpp"
#include "support/sanitized.hpp"
#include "tools/tool_harness.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

// Commands that want to stay, to be heard, to be fed or to see what is not theirs. Whatever they
// do, their call ends in time, nothing of them is left then, and they see none of our secrets.

namespace strandbus {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::chrono::milliseconds time_limit = 300ms;
constexpr std::chrono::milliseconds grace = 100ms;
/// For commands that end by themselves, however busy the machine is.
constexpr std::chrono::milliseconds patience = 60s;
/// How much later than its timeout a call may end. A process with sanitizers takes long to fork,
/// and here many calls begin one after the other on one thread.
constexpr std::chrono::milliseconds lateness = test::sanitized ? 20s : 1s;

constexpr std::string_view planted = "planted-secret-";

/// How a command's call ends.
enum class End { alone, timeout, either };

struct HostileCommand {
  std::string name;
  std::string text;  ///< $MARK is a number of its own, for what has no environment
  End end = End::timeout;
};

/// Ten secrets in the environment of this program.
class PlantedSecrets {
 public:
  PlantedSecrets() {
    for (const char* name : names) ::setenv(name, (std::string(planted) + name).c_str(), 1);
  }
  PlantedSecrets(const PlantedSecrets&) = delete;
  PlantedSecrets& operator=(const PlantedSecrets&) = delete;
  ~PlantedSecrets() {
    for (const char* name : names) ::unsetenv(name);
  }

 private:
  static constexpr const char* names[] = {
      "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "AWS_SECRET_KEY", "GITHUB_TOKEN", "NPM_TOKEN",
      "PGPASSWORD",     "DATABASE_URL",      "SSH_AUTH_SOCK",  "BASH_ENV",     "LD_LIBRARY_SECRET"};
};

/// One command that runs, and the mark by which its processes are known.
struct Running {
  HostileCommand command;
  std::string mark;
  std::shared_ptr<Tool> bash;
  std::shared_ptr<test::Call> call;
};

class HostileCommands : public testing::Test {
 protected:
  /// Runs all of them side by side and checks each of them when it has ended.
  void run(std::vector<HostileCommand> commands) {
    std::vector<Running> running;
    for (HostileCommand& command : commands) running.push_back(start(std::move(command)));
    while (!running.empty()) {
      const auto ended = [](const Running& one) { return one.call->outcome.done; };
      harness_.run_until([&] { return std::ranges::any_of(running, ended); });
      for (const Running& one : running) {
        if (ended(one)) check(one);
      }
      std::erase_if(running, ended);
    }
  }

  Running start(HostileCommand command) {
    static int count = 0;
    Running one;
    one.mark = "7" + std::to_string(::getpid()) + std::to_string(10000 + ++count);
    BashOptions options = options_;
    options.kill_grace = grace;
    options.environment.push_back("MARK=" + one.mark);
    one.bash = make_bash(std::move(options));
    json::object arguments;
    arguments["command"] = command.text;
    arguments["timeout_s"] =
        std::chrono::duration<double>(command.end == End::alone ? patience : time_limit).count();
    one.call = harness_.start(*one.bash, std::move(arguments), one.mark);
    one.command = std::move(command);
    return one;
  }

  void check(const Running& one) {
    SCOPED_TRACE(one.command.name);
    EXPECT_THAT(test::processes_with(one.mark), IsEmpty());
    const ToolResult& result = one.call->outcome.result;
    const bool timed_out = result.error_code == ErrorCode::E_TIMEOUT;
    if (one.command.end == End::alone) {
      EXPECT_FALSE(timed_out);
    }
    if (one.command.end == End::timeout) {
      EXPECT_TRUE(timed_out) << result.model_text();
    }
    const BashExecuted executed = executed_of(one.mark);
    if (one.command.end != End::alone) {
      EXPECT_LE(executed.duration_ms, (time_limit + lateness).count());
    }
    const std::size_t cap = options_.head_bytes + options_.tail_bytes + 100;
    EXPECT_LE(executed.stdout_.size(), cap);
    EXPECT_LE(executed.stderr_.size(), cap);
    EXPECT_THAT(executed.stdout_ + executed.stderr_, Not(HasSubstr(planted)));
  }

  BashExecuted executed_of(const std::string& call_id) const {
    for (const BashExecuted& executed : harness_.payloads<BashExecuted>()) {
      if (executed.call_id == call_id) return executed;
    }
    ADD_FAILURE() << "no bash_executed";
    return {};
  }

  const PlantedSecrets secrets_;
  BashOptions options_;
  test::ToolHarness harness_;
};

TEST_F(HostileCommands, ThatLeaveTheirSessionAreFollowed) {
  run({
      {"setsid", "setsid sleep $MARK & wait"},
      {"setsid in the background", "setsid --fork sleep $MARK", End::alone},
      {"double fork", "(sleep $MARK &)", End::alone},
      {"triple fork", "( ( (sleep $MARK &) & ) & )", End::alone},
      {"nohup", "nohup sleep $MARK > /dev/null 2>&1 &", End::alone},
      {"setsid and nohup", "setsid nohup sh -c 'while :; do sleep 1; done' &", End::alone},
      {"disown", "sleep $MARK & disown -h", End::alone},
      {"coprocess", "coproc sleep $MARK", End::alone},
      {"job control", "set -m; sleep $MARK & sleep $MARK & echo on", End::alone},
      {"another group", "perl -e 'setpgrp; sleep 1000' &", End::alone},
      {"no environment", "env -i setsid --fork sleep $MARK", End::alone},
      {"another name", "(exec -a innocent setsid sleep $MARK) &", End::alone},
      {"daemon",
       "perl -MPOSIX -e 'fork and exit; POSIX::setsid(); fork and exit; chdir \"/\"; "
       "close STDIN; close STDOUT; close STDERR; sleep 1000'",
       End::alone},
      {"subreaper",
       "perl -e 'syscall(157, 36, 1, 0, 0, 0); if (!fork) { fork or sleep "
       "1000; exit } sleep 1000'"},
      {"namespace", "unshare -Urp --fork sh -c 'setsid sleep $MARK & sleep $MARK'", End::either},
  });
}

TEST_F(HostileCommands, ThatIgnoreSignalsAreKilled) {
  run({
      {"sleeps", "sleep $MARK"},
      {"ignores SIGTERM", "trap '' TERM; sleep $MARK"},
      {"ignores it in the background", "trap '' TERM; sleep $MARK & wait"},
      {"ignores all", "trap '' $(seq 1 31); while :; do sleep 1; done"},
      {"has an answer", "trap 'echo no' TERM INT HUP; while :; do sleep 0.05; done"},
      {"is busy", "trap '' TERM; while :; do :; done"},
      {"ignores it in perl", "exec perl -e '$SIG{TERM} = \"IGNORE\"; sleep 1000'"},
      {"blocks all",
       "perl -MPOSIX -e 'POSIX::sigprocmask(SIG_BLOCK, POSIX::SigSet->new(1 .. 31)); "
       "sleep 1000'"},
      {"stops itself", "kill -STOP $$"},
      {"stops its group", "sleep $MARK & kill -STOP 0"},
      {"stops and ignores", "trap '' TERM CONT; kill -STOP $$"},
      {"stopped child", "(kill -STOP $BASHPID) & wait"},
      {"stopped daemon", "setsid sh -c 'kill -STOP $$; sleep $MARK' & echo on", End::alone},
      {"kills itself", "kill -9 $$", End::alone},
      {"kills its group", "sleep $MARK & kill -9 0", End::alone},
      {"crashes", "setsid sleep $MARK & kill -SEGV $$", End::alone},
      {"starts again when asked to end",
       "trap 'setsid sleep $MARK &' TERM; while :; do sleep 0.05; "
       "done"},
      {"traps its exit", "trap 'setsid sleep $MARK & sleep $MARK' EXIT; exit 0"},
  });
}

TEST_F(HostileCommands, ThatMultiplyAreStoppedFirst) {
  run({
      {"tree",
       "f() { if [ $1 -gt 0 ]; then f $(($1 - 1)) & f $(($1 - 1)) & wait; else sleep $MARK; "
       "fi; }; f 4"},
      {"chain",
       "d() { if [ $1 -gt 0 ]; then bash -c \"$(declare -f d); d $(($1 - 1))\"; else sleep "
       "$MARK; fi; }; d 20"},
      {"chain of sessions",
       "d() { if [ $1 -gt 0 ]; then setsid bash -c \"$(declare -f d); d $(($1 - "
       "1))\" & else sleep $MARK; fi; }; d 10; sleep $MARK"},
      {"many short ones", "for i in {1..1000}; do /bin/true & done; wait", End::either},
      {"starts again", "(while :; do setsid sleep 0.01; done) & echo on", End::alone},
      {"guards its child", "r() { while :; do bash -c 'sleep 5' & wait $!; done; }; r"},
      {"comet", "setsid perl -e 'while (1) { fork and exit }' & sleep $MARK"},
      {"comet through sessions",
       "perl -MPOSIX -e 'while (1) { fork and exit; POSIX::setsid() }' & "
       "sleep $MARK"},
      {"exec loop", "echo 'exec bash loop' > loop; setsid bash loop & sleep $MARK"},
      {"exec chain", "exec sh -c 'exec sh -c \"exec sh -c \\\"exec sleep $MARK\\\"\"'"},
      {"recursion", "f() { f; }; f", End::either},
  });
}

// These stop by themselves at 511 processes, so that a guard that fails leaves no dead machine.
TEST_F(HostileCommands, ThatBombAreStoppedFirst) {
  options_.max_processes = 100;
  run({{"fork bomb", "f() { [ $1 = 0 ] || { f $(($1 - 1)) & f $(($1 - 1)) & }; sleep $MARK; }; f 8",
        End::either}});
  run({{"fork bomb through sessions",
        "echo 'n=$1; if [ $n != 0 ]; then setsid bash bomb $((n - 1)) & setsid bash bomb $((n - "
        "1)) "
        "& fi; sleep $MARK' > bomb; bash bomb 8",
        End::either}});
}

TEST_F(HostileCommands, ThatWantToBeFedGetNothing) {
  run({
      {"cat", "cat", End::alone},
      {"read", "read -r line; echo \"[$line]\"", End::alone},
      {"perl", "perl -e 'print scalar <STDIN>'", End::alone},
      {"/dev/stdin", "cat /dev/stdin", End::alone},
      {"shell in a shell", "bash", End::alone},
      {"interactive shell", "bash -i", End::alone},
      {"terminal", "cat < /dev/tty", End::alone},
      {"descriptor of another process", "cat /proc/$PPID/fd/0", End::alone},
      {"never written", "mkfifo never; cat never"},
      {"never ending", "read -r line < <(exec sleep $MARK)"},
  });
}

TEST_F(HostileCommands, ThatKeepTheirPipesDoNotHoldTheCallUp) {
  run({
      {"keeps both", "sleep $MARK & echo done", End::alone},
      {"keeps both in a session", "setsid sleep $MARK & echo done", End::alone},
      {"closes both", "exec 1>&- 2>&-; sleep $MARK"},
      {"closes everything", "exec 0<&- 1>&- 2>&-; setsid sleep $MARK & sleep $MARK"},
      {"writes in the background", "(while :; do echo x; done) & echo done", End::alone},
      {"fills a pipe", "setsid sh -c 'yes | sleep $MARK' & echo done", End::alone},
      {"writes to what it was not given", "for d in {3..255}; do echo x >&$d; done", End::alone},
      {"writes to the supervisor's", "for d in /proc/$PPID/fd/*; do echo t > $d; done", End::alone},
  });
}

TEST_F(HostileCommands, ThatPrintWithoutEndAreCutShort) {
  options_.streamed_bytes = 100'000;
  run({
      {"yes", "yes"},
      {"yes on both", "yes & yes >&2"},
      {"no newline", "cat /dev/zero | tr '\\0' x"},
      {"no newline on both", "(cat /dev/zero | tr '\\0' x) & cat /dev/zero | tr '\\0' x >&2"},
      {"noise", "cat /dev/urandom >&2"},
      {"nothing but beginnings", "perl -e '$| = 1; print \"\\xe2\" x 999 while 1'"},
      {"a stopped writer", "yes & sleep 0.05; kill -STOP $!; wait"},
  });
}

TEST_F(HostileCommands, ThatTurnAgainstTheirSupervisorsGainNothing) {
  const std::string outer = "outer=$(cut -d ' ' -f 4 /proc/$PPID/stat); ";
  run({
      {"SIGTERM", "kill $PPID; sleep $MARK"},
      // Not SIGSYS (31): it reaches the thread that the thread sanitizer adds to every process.
      {"nearly every signal",
       "for s in {1..8} {10..18} {20..30}; do kill -$s $PPID; done; sleep "
       "$MARK"},
      {"SIGKILL", "setsid sleep $MARK & kill -9 $PPID; sleep $MARK", End::alone},
      {"SIGKILL from outside",
       "(setsid bash -c \"sleep 0.05; kill -9 $PPID; sleep $MARK\" &); sleep "
       "$MARK",
       End::alone},
      {"SIGSTOP", "setsid sleep $MARK & kill -STOP $PPID; sleep $MARK"},
      {"SIGKILL to the outer one", outer + "setsid sleep $MARK & kill -9 $outer; sleep $MARK",
       End::alone},
      {"SIGSTOP to the outer one", outer + "setsid sleep $MARK & kill -STOP $outer; sleep $MARK"},
      {"SIGSTOP to both at once",
       "read -r _ _ _ outer _ < /proc/$PPID/stat; kill -STOP $outer $PPID; "
       "sleep $MARK"},
      {"SIGSTOP to both", outer + "setsid sleep $MARK & kill -STOP $outer $PPID; sleep $MARK"},
      {"stops one, kills the other",
       outer + "setsid sleep $MARK & kill -STOP $PPID; kill -9 $outer; "
               "sleep $MARK",
       End::either},
      {"debugger",
       "setsid perl -e 'syscall(101, 16, $ARGV[0], 0, 0); sleep 1000' $PPID & sleep "
       "$MARK",
       End::either},
      {"debugs itself", "perl -e 'syscall(101, 0, 0, 0, 0); kill STOP => $$; sleep 1000'",
       End::either},
  });
}

TEST_F(HostileCommands, ThatLookForSecretsFindNone) {
  run({
      {"env", "env", End::alone},
      {"set", "set; export -p; compgen -v", End::alone},
      {"own environment", "cat /proc/self/environ /proc/$$/environ", End::alone},
      {"supervisor's environment", "cat /proc/$PPID/environ", End::alone},
      {"descriptors", "for d in /proc/self/fd/*; do timeout 0.05 head -c 999 $d; done", End::alone},
      {"login shell", "bash -lc env", End::alone},
      {"arguments", "cat /proc/$PPID/cmdline /proc/self/cmdline", End::alone},
  });
}

TEST_F(HostileCommands, ThatAreNoCommandsAreHarmless) {
  run({
      {"long", "# " + std::string(100'000, 'x'), End::alone},
      {"not UTF-8", "echo \xff\xfe\x80", End::alone},
      {"unfinished", "echo \"", End::alone},
      {"nothing to execute", "exec", End::alone},
      {"reads zeros", "source /dev/zero", End::either},
      {"exit code", "exit 255", End::alone},
      {"no processes", "ulimit -u 1; sleep $MARK & sleep $MARK", End::either},
      {"no descriptors", "ulimit -n 3; setsid sleep $MARK & echo on", End::alone},
      {"no memory", "ulimit -v 1000; sleep $MARK", End::either},
      {"no rights by set-uid", "grep -q 'NoNewPrivs:.1' /proc/self/status || sleep $MARK",
       End::alone},
  });
}

TEST_F(HostileCommands, ThatBecomeTooManyAreKilled) {
  options_.max_processes = 30;
  const Running one =
      start({"many", "for i in {1..60}; do setsid sleep $MARK & done; wait", End::alone});
  harness_.run_until([&] { return one.call->outcome.done; });
  EXPECT_THAT(
      one.call->outcome.result.error,
      testing::MatchesRegex("the command had [0-9]+ processes, which is too many; they were "
                            "killed"));
  check(one);
}

TEST_F(HostileCommands, WouldBeFoundIfTheyWereLeft) {
  // Kills both supervisors at once: that is how far nobody is followed.
  const Running one =
      start({"escapes",
             "outer=$(cut -d ' ' -f 4 /proc/$PPID/stat); mkfifo on; setsid sh -c "
             "'echo > on; exec sleep $MARK' & read x < on; kill -9 -- -$outer; sleep "
             "$MARK",
             End::alone});
  harness_.run_until([&] { return one.call->outcome.done; });
  EXPECT_THAT(one.call->outcome.result.error, HasSubstr("the exit code is unknown"));
  const auto left = test::processes_with(one.mark);
  EXPECT_THAT(left, Not(IsEmpty()));
  for (const test::MarkedProcess& process : left) ::kill(process.id, SIGKILL);
}

}  // namespace
}  // namespace strandbus

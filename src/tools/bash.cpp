#include "strandbus/tools/bash.hpp"

#include "agent/settle.hpp"
#include "strandbus/event/json_codec.hpp"
#include "tools/bubblewrap.hpp"
#include "tools/shell_run.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <sys/wait.h>
#include <utility>

namespace strandbus {
namespace {

using detail::ChildProcess;
using detail::ShellRun;
using std::chrono::milliseconds;

/// A whole number where it is one.
json::value seconds_value(milliseconds duration) {
  if (duration.count() % 1000 == 0) return duration.count() / 1000;
  return std::chrono::duration<double>(duration).count();
}

double seconds_of(milliseconds duration) { return std::chrono::duration<double>(duration).count(); }

void check_positive(std::string_view name, milliseconds value) {
  if (value.count() > 0) return;
  throw std::invalid_argument("BashOptions::" + std::string(name) + " is " +
                              std::to_string(value.count()) + " ms; it must be positive");
}

void check_absolute(std::string_view name, const std::string& path) {
  if (path.starts_with('/')) return;
  throw std::invalid_argument("BashOptions::" + std::string(name) + " is \"" + path +
                              "\"; it must be an absolute path");
}

BashOptions checked(BashOptions options) {
  check_positive("default_timeout", options.default_timeout);
  check_positive("max_timeout", options.max_timeout);
  check_positive("kill_grace", options.kill_grace);
  check_absolute("shell", options.shell);
  check_absolute("bubblewrap", options.bubblewrap);
  for (const std::string& path : options.readable) check_absolute("readable", path);
  if (options.max_processes < 0) {
    throw std::invalid_argument("BashOptions::max_processes is " +
                                std::to_string(options.max_processes) +
                                "; it must be a number of processes, or 0 for no limit");
  }
  return options;
}

ToolDefinition bash_definition(const BashOptions& options) {
  json::object timeout;
  timeout["type"] = "number";
  timeout["exclusiveMinimum"] = 0;
  timeout["maximum"] = seconds_value(options.max_timeout);
  timeout["description"] = "Seconds after which the command is killed; " +
                           std::to_string(options.default_timeout.count() / 1000) + " if absent";

  ToolDefinition definition;
  definition.name = "bash";
  definition.description =
      "Runs a command with bash in the workspace directory and returns what it printed. Each call "
      "is a new shell; "
      "there is no input and no terminal; processes that are left running are killed when the "
      "command ends.";
  definition.parameters = {
      {"type", "object"},
      {"properties",
       {{"command", {{"type", "string"}, {"description", "The command line"}, {"minLength", 1}}},
        {"timeout_s", std::move(timeout)}}},
      {"required", json::array{"command"}},
      {"additionalProperties", false},
  };
  definition.requires_confirmation = true;
  return definition;
}

struct BashArguments {
  std::string command;
  milliseconds timeout;
};

/// The arguments, or the failure that they are.
boost::system::result<BashArguments, ToolResult> read_arguments(const json::object& arguments,
                                                                const BashOptions& options) {
  const json::value* command = arguments.if_contains("command");
  if (!command || !command->is_string()) {
    return ToolResult::failure(ErrorCode::E_VALIDATION, "command must be a string");
  }
  BashArguments result{std::string(command->get_string()), options.default_timeout};
  if (result.command.find('\0') != std::string::npos) {
    return ToolResult::failure(ErrorCode::E_VALIDATION,
                               "the command holds a NUL byte, which no shell can take");
  }
  if (const json::value* timeout = arguments.if_contains("timeout_s")) {
    const double seconds = timeout->is_number() ? timeout->to_number<double>() : 0;
    if (!(seconds > 0 && seconds <= seconds_of(options.max_timeout))) {
      return ToolResult::failure(ErrorCode::E_VALIDATION,
                                 "timeout_s must be a number above 0, at most " +
                                     std::to_string(options.max_timeout.count() / 1000));
    }
    result.timeout = milliseconds(static_cast<std::int64_t>(std::ceil(seconds * 1000)));
  }
  return result;
}

ToolResult start_failure(const ChildProcess::Error& error, Sandbox sandbox) {
  const bool needs_package = sandbox == Sandbox::bubblewrap && error.code.value() == ENOENT;
  const std::string text = "cannot " + error.action + ": " + error.code.message() +
                           (needs_package ? "; install the package bubblewrap" : "");
  switch (error.code.value()) {
    case ENOENT: return ToolResult::failure(ErrorCode::E_NOT_FOUND, text);
    case EACCES:
    case EPERM: return ToolResult::failure(ErrorCode::E_PERMISSIONS, text);
    case E2BIG: return ToolResult::failure(ErrorCode::E_VALIDATION, text);
    default: return ToolResult::failure(text);
  }
}

/// How a command ended, in the numbers that shells use.
struct Ending {
  std::int64_t exit_code = -1;  ///< 128 + signal for a killed one; -1: unknown
  int signal = 0;
};

Ending ending_of(std::optional<int> status) {
  Ending ending;
  if (!status) return ending;
  if (WIFSIGNALED(*status)) ending.signal = WTERMSIG(*status);
  ending.exit_code = ending.signal != 0 ? 128 + ending.signal : WEXITSTATUS(*status);
  return ending;
}

/// What went to stdout, and below a line of its own what went to stderr.
std::string joined_output(std::string out, const std::string& err) {
  if (err.empty()) return out;
  if (!out.empty() && !out.ends_with('\n')) out += '\n';
  return out + "[stderr]\n" + err;
}

std::string error_text(const Ending& ending) {
  if (ending.signal != 0) {
    return "killed by signal " + std::to_string(ending.signal) + " (" + ::strsignal(ending.signal) +
           ")";
  }
  if (ending.exit_code < 0)
    return "the exit code is unknown: the command killed the process that watched over it";
  return "exit code " + std::to_string(ending.exit_code);
}

ToolResult to_result(const BashExecuted& executed, const Ending& ending, const ShellRun& run,
                     milliseconds timeout) {
  json::object data;
  data["exit_code"] = executed.exit_code;
  data["truncated"] = executed.truncated;
  if (ending.signal != 0) data["signal"] = ending.signal;

  ToolResult result;
  if (run.timed_out()) {
    const std::string what_of_it = run.gave_up() ? "; not all of the command could be killed"
                                                 : "; the command and what it started were killed";
    result = ToolResult::failure(
        ErrorCode::E_TIMEOUT,
        "timed out after " + std::to_string(timeout.count()) + " ms" + what_of_it);
  } else if (run.too_many() > 0) {
    result = ToolResult::failure("the command had " + std::to_string(run.too_many()) +
                                 " processes, which is too many; they were killed");
  } else if (!executed.success) {
    result = ToolResult::failure(error_text(ending));
  } else {
    result.success = true;
  }
  result.output = joined_output(executed.stdout_, executed.stderr_);
  result.data = std::move(data);
  return result;
}

class Bash final : public Tool {
 public:
  explicit Bash(BashOptions options)
      : options_(checked(std::move(options))), definition_(bash_definition(options_)) {}

  const ToolDefinition& definition() const override { return definition_; }

  asio::awaitable<ToolResult> async_run(json::object arguments, ToolContext& context) override {
    if (detail::is_cancelled(co_await asio::this_coro::cancellation_state)) {
      throw system_error(asio::error::operation_aborted);
    }
    const auto input = read_arguments(arguments, options_);
    if (!input) co_return input.error();
    std::error_code no_directory;
    if (!std::filesystem::is_directory(context.workspace, no_directory)) {
      co_return ToolResult::failure(
          ErrorCode::E_NOT_FOUND,
          "the workspace is no directory: \"" + repair_utf8(context.workspace.native()) + "\"");
    }
    if (const std::string fault = sandbox_fault(context.workspace); !fault.empty())
      co_return ToolResult::failure(ErrorCode::E_VALIDATION, fault);
    auto child = ChildProcess::start(
        detail::shell_command(options_, context.workspace.native(), input->command));
    if (!child) co_return start_failure(child.error(), options_.sandbox);

    const auto began = std::chrono::steady_clock::now();
    publish_started(input->command, context);
    const auto executor = co_await asio::this_coro::executor;
    const auto run =
        std::make_shared<ShellRun>(executor, std::move(*child), context, limits(input->timeout));
    run->start();

    bool cancelled = false;
    const auto settled = [&] { return run->settled(); };
    const auto stop = [&] {
      cancelled = true;
      run->stop();
    };
    co_await detail::async_settle(run->wake(), settled, stop);

    const Ending ending = ending_of(run->status());
    const BashExecuted executed = executed_event(input->command, context, *run, ending, began);
    static_cast<void>(context.publish(executed));
    if (cancelled) throw system_error(asio::error::operation_aborted);
    if (const auto failure = sandbox_failure(executed))
      co_return ToolResult::failure(ErrorCode::E_PERMISSIONS, *failure);
    co_return to_result(executed, ending, *run, input->timeout);
  }

 private:
  std::string sandbox_fault(const std::filesystem::path& workspace) const {
    return options_.sandbox == Sandbox::none ? std::string()
                                             : detail::sandbox_workspace_fault(workspace.native());
  }

  /// Why there was no command to run; empty if there was.
  std::optional<std::string> sandbox_failure(const BashExecuted& executed) const {
    // What has written something was there.
    if (options_.sandbox == Sandbox::none || !executed.stdout_.empty()) return std::nullopt;
    return detail::sandbox_failure(static_cast<int>(executed.exit_code), executed.stderr_);
  }

  ShellRun::Limits limits(milliseconds timeout) const {
    return {timeout,
            options_.kill_grace,
            {options_.head_bytes, options_.tail_bytes, options_.streamed_bytes}};
  }

  static void publish_started(const std::string& command, const ToolContext& context) {
    BashStarted started;
    started.call_id = context.call_id;
    started.command = repair_utf8(command);
    started.cwd = repair_utf8(context.workspace.native());
    static_cast<void>(context.publish(std::move(started)));
  }

  static BashExecuted executed_event(const std::string& command, const ToolContext& context,
                                     const ShellRun& run, const Ending& ending,
                                     std::chrono::steady_clock::time_point began) {
    BashExecuted executed;
    executed.call_id = context.call_id;
    executed.command = repair_utf8(command);
    executed.cwd = repair_utf8(context.workspace.native());
    executed.exit_code = ending.exit_code;
    executed.stdout_ = run.out().text();
    executed.stderr_ = run.err().text();
    executed.duration_ms =
        std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began).count();
    executed.success = ending.exit_code == 0 && !run.timed_out() && run.too_many() == 0;
    executed.truncated = run.out().truncated() || run.err().truncated();
    return executed;
  }

  const BashOptions options_;
  const ToolDefinition definition_;
};

}  // namespace

std::shared_ptr<Tool> make_bash(BashOptions options) {
  return std::make_shared<Bash>(std::move(options));
}

std::vector<std::string> bash_environment(const char* const* environment) {
  constexpr std::array<std::string_view, 6> names{
      "PATH=", "HOME=", "LANG=", "LC_ALL=", "TERM=", "TMPDIR="};
  std::vector<std::string> allowed;
  for (; environment && *environment; ++environment) {
    const std::string_view entry(*environment);
    if (std::ranges::any_of(names,
                            [&](std::string_view name) { return entry.starts_with(name); })) {
      allowed.emplace_back(entry);
    }
  }
  return allowed;
}

}  // namespace strandbus

#include "cli/agent_choice.hpp"

#include "cli/prompt_text.hpp"
#include "cli/usage_error.hpp"

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <utility>

namespace strandbus::cli {

AgentOptions agent_options(const RunArguments& arguments) {
  AgentOptions options;
  options.system_prompt = read_system_prompt(arguments.system);
  options.max_rounds = arguments.max_rounds.value_or(options.max_rounds);
  options.timeout = arguments.timeout;
  options.max_run_tokens = arguments.max_run_tokens;
  options.max_cost = arguments.max_cost;
  options.max_tool_calls = arguments.max_tool_calls;
  options.approval_rules = arguments.rules;
  options.compaction.context_window = arguments.context_window;
  options.max_tokens = arguments.max_tokens;
  options.tool_timeout = std::chrono::milliseconds(0);  // bash has limits of its own
  return options;
}

Redactor redactor_of(const RunArguments& arguments, const ProcessEnvironment& environment,
                     const ModelChoice& choice, const std::vector<std::string>& others) {
  constexpr std::size_t shortest_key = 8;
  RedactionOptions options;
  if (arguments.no_redaction) options.mode = Redaction::off;
  options.values = environment.secret_values();
  if (choice.key.size() >= shortest_key) options.values.push_back(choice.key);
  options.values.insert(options.values.end(), others.begin(), others.end());
  return Redactor(std::move(options));
}

namespace {

/// Makes no directories for a name that may be mistyped.
void check_log_file(const std::string& file) {
  const std::filesystem::path directory = std::filesystem::path(file).parent_path();
  std::error_code failure;
  if (directory.empty() || std::filesystem::is_directory(directory, failure)) return;
  throw UsageError("cannot log to " + file + ": there is no directory " + directory.native());
}

}  // namespace

Logger logger_of(const RunArguments& arguments) {
  check_log_file(arguments.log_file);
  const LogLevel otherwise = arguments.log_file.empty() ? LogLevel::off : LogLevel::info;
  const LogLevel level = arguments.log_level.value_or(otherwise);
  try {
    if (!arguments.log_file.empty()) return file_logger(level, arguments.log_file);
  } catch (const std::runtime_error& error) {
    throw UsageError(error.what());
  }
  return level == LogLevel::off ? Logger() : stderr_logger(level);
}

}  // namespace strandbus::cli

#include "cli/conversation.hpp"

#include "cli/line_editor.hpp"
#include "cli/usage_error.hpp"

#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace strandbus::cli {
namespace {

constexpr std::string_view keys =
    "Enter sends, Alt-Enter begins a new line, Ctrl-C stops the agent, Ctrl-D ends";

/// Where messages are kept for the next time (XDG Base Directory); empty if nowhere.
std::string history_file() {
  const char* const state = std::getenv("XDG_STATE_HOME");
  const char* const home = std::getenv("HOME");
  std::filesystem::path folder;
  if (state && *state == '/') {
    folder = state;
  } else if (home && *home == '/') {
    folder = std::filesystem::path(home) / ".local" / "state";
  } else {
    return {};
  }
  folder /= "strandbus";
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure) return {};
  return folder / "history";
}

void greet(const ModelChoice& choice) {
  say(std::string(keys));
  if (choice.script)
    say("the " + choice.source + " knows " + known_prompts(*choice.script) +
        "; a key in OPENAI_API_KEY or ANTHROPIC_API_KEY lets a real model answer");
}

/// Whether the message is for the agent; what is for the program is done.
bool is_for_agent(const std::string& message) {
  if (message != "/help") return true;
  say(std::string(keys) + "; /exit ends too");
  return false;
}

}  // namespace

ExitCode converse(SessionPlan plan, const ModelChoice& choice) {
  bool begins = true;
  LiveSession session(std::move(plan));
  LineEditor editor(history_file(), [&session] { return session.wait_readable(STDIN_FILENO); });
  greet(choice);
  while (const auto message = editor.read()) {
    if (*message == "/exit" || *message == "/quit") break;
    if (!is_for_agent(*message)) continue;
    try {
      if (begins) check_prompt(choice, *message);
      begins = false;
      session.process(*message);
    } catch (const UsageError& error) {
      say(error.what());
    }
  }
  return session.end();
}

}  // namespace strandbus::cli

#pragma once

#include "strandbus/agent/agent_options.hpp"
#include "strandbus/llm/openai_provider.hpp"
#include "strandbus/log.hpp"
#include "strandbus/store/event_store.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace strandbus {

enum class WhenRunEnds : std::uint8_t;

}  // namespace strandbus

namespace strandbus::cli {

/// What goes to OpenTelemetry.
struct OtlpArguments {
  std::string url;       ///< of a collector; empty = see choose_otlp
  bool content = false;  ///< what was said too
};

/// `strandbus run`
struct RunArguments {
  std::optional<std::string> prompt;  ///< "-" = standard input; absent = a conversation
  std::string provider;               ///< empty = see choose_provider
  std::string script;                 ///< empty = the built-in one
  std::string model;                  ///< empty = the provider's own
  std::string base_url;               ///< empty = the provider's own
  OpenAiOptions::Api api{};           ///< how an OpenAI server is asked
  std::string effort;                 ///< of the model's reasoning; empty = the model's own
  std::string api_key_env;   ///< the variable that holds the key; empty = the provider's own
  std::string api_key_file;  ///< the file that holds it instead
  std::string prices;        ///< a price file; empty = the built-in prices
  std::string system;        ///< a text, or "@" and a file
  std::string workspace;
  std::optional<std::vector<std::string>> tools;  ///< absent = all
  std::optional<ApprovalMode> approve;            ///< absent = by whether there is a terminal
  std::string memory;                             ///< a directory for notes; empty = none
  bool sandbox = false;                           ///< commands run in one
  bool subagents = false;                         ///< the model may give tasks to other agents
  std::optional<WhenRunEnds> background;          ///< it may start some in the background
  std::vector<ApprovalRule> rules;                ///< before --approve
  std::optional<std::int64_t> max_rounds;
  std::int64_t max_run_tokens = 0;  ///< of the whole run; 0 = no limit
  NanoUsd max_cost{};
  std::int64_t max_tool_calls = 0;
  std::int64_t context_window = 0;  ///< in tokens; 0 = unknown
  bool retry_shown = false;         ///< ask again also when a part of the answer was shown
  std::optional<std::int64_t> max_tokens;
  std::chrono::milliseconds timeout{0};
  bool json = false;
  std::string dialect = "native";
  std::string workflow;                 ///< a file; empty = one agent with a prompt
  std::string session;                  ///< a new file; empty = not recorded
  std::string continued;                ///< a file to go on with
  std::string fork;                     ///< a file to begin with
  std::optional<std::int64_t> fork_at;  ///< before which of its events; absent = at its end
  bool verbose = false;
  bool no_redaction = false;
  std::optional<LogLevel> log_level;
  std::string log_file;
  OtlpArguments otlp{};
};

struct ListenAddress {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;
};

/// `strandbus serve`
struct ServeArguments {
  RunArguments agent{};  ///< who answers, with what tools and limits
  ListenAddress listen{};
  std::string store{};  ///< empty = a file of its own below the user's home
  StoreDurability durability{};
  std::int64_t keep_days = 0;  ///< 0 = for ever
  std::string token_file{};    ///< empty = beside the store
  std::vector<std::string> allowed_hosts{};
  std::vector<std::string> allowed_origins{};
  std::string workspace_root{};  ///< empty = beside the store
  std::size_t max_runs = 64;
};

/// `strandbus follow`
struct FollowArguments {
  std::string url;
  std::string token_file;  ///< empty = STRANDBUS_TOKEN
  std::optional<std::uint64_t>
      after;                       ///< the seq behind which it begins; absent = at the beginning
  std::vector<std::string> types;  ///< only these; empty = all
  bool until_idle = false;         ///< ends with the run
  bool json = false;
  bool verbose = false;
  std::string dialect = "native";
};

/// `strandbus publish`
struct PublishArguments {
  std::string url;
  std::string file = "-";  ///< "-" = standard input
  bool create = false;     ///< into a new session
  std::string token_file;  ///< empty = STRANDBUS_TOKEN
};

/// `strandbus link`
struct LinkArguments {
  std::string url = "http://127.0.0.1:8080";  ///< of a server, or of a session
  std::string token_file;                     ///< empty = STRANDBUS_TOKEN, or what serve has made
};

/// `strandbus replay`
struct ReplayArguments {
  std::string session;  ///< a file, or the id of one in the store
  std::string store;    ///< empty = the one of serve
  std::uint64_t from = 1;
  double speed = 0;  ///< 0 = at once, 1 = as recorded, 2 = twice as fast
  bool json = false;
  std::string dialect = "native";
  bool verbose = false;
  std::string from_dialect{};  ///< of the files that are read; empty = session files
};

/// How `strandbus stats` says what it has counted.
enum class StatsFormat : std::uint8_t { table, json, prometheus };

/// `strandbus stats`
struct StatsArguments {
  std::vector<std::string> sessions;
  std::string store;
  StatsFormat format = StatsFormat::table;
  std::string from_dialect{};  ///< of the files that are read; empty = session files
};

/// `strandbus check`
struct CheckArguments {
  std::vector<std::string> sessions;
  std::string store;
  bool json = false;
  std::string from_dialect{};  ///< of the files that are read; empty = session files
};

/// `strandbus sessions`
struct SessionsArguments {
  std::string store;  ///< empty = the one of serve
  bool json = false;
  std::string removed;  ///< the id of a session that shall go, or its beginning; empty = none
  bool yes = false;     ///< without asking
};

/// What `strandbus export` makes of a session.
enum class ExportFormat : std::uint8_t {
  jsonl,   ///< a session file
  chrome,  ///< a trace for Perfetto and chrome://tracing
  html,    ///< a page that shows it in any browser
  otlp,    ///< OpenTelemetry's lines of JSON
};

/// `strandbus export`
struct ExportArguments {
  std::string session;  ///< a file, or the id of one in the store
  std::string store;    ///< empty = the one of serve
  std::string output;   ///< a new file; empty or "-" = standard output
  ExportFormat format{};
  std::string from_dialect{};  ///< of the file that is read; empty = a session file
  OtlpArguments otlp{};
};

/// `--help`, `--version`
struct Information {
  std::string text;
};

using CommandLine = std::variant<RunArguments, ServeArguments, FollowArguments, PublishArguments,
                                 LinkArguments, ReplayArguments, StatsArguments, CheckArguments,
                                 SessionsArguments, ExportArguments, Information>;

/// What the caller wants.
///
/// Errors: throws UsageError.
CommandLine parse_command_line(int argc, const char* const* argv);

}  // namespace strandbus::cli

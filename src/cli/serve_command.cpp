#include "cli/serve_command.hpp"

#include "cli/agent_choice.hpp"
#include "cli/console.hpp"
#include "cli/interrupts.hpp"
#include "cli/json_log.hpp"
#include "cli/model_choice.hpp"
#include "cli/option_names.hpp"
#include "cli/otlp_choice.hpp"
#include "cli/rule_check.hpp"
#include "cli/server_token.hpp"
#include "cli/session_export.hpp"
#include "cli/store_choice.hpp"
#include "cli/tool_choice.hpp"
#include "cli/usage_error.hpp"
#include "strandbus/server/http_server.hpp"
#include "strandbus/store/sqlite_store.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <malloc.h>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace strandbus::cli {
namespace {

constexpr std::chrono::seconds patience_with_runs(10);
constexpr std::chrono::seconds patience_with_readers(5);
constexpr std::chrono::seconds patience_with_collector(5);
constexpr unsigned most_threads = 16;
constexpr std::chrono::seconds pause_between_looks(5);
constexpr std::size_t many_connections = 100;

enum class Above { must_exist, is_made };

void make_directory(const std::filesystem::path& path, Above above) {
  if (path.empty()) return;
  std::error_code failure;
  const bool made = above == Above::is_made ? std::filesystem::create_directories(path, failure)
                                            : std::filesystem::create_directory(path, failure);
  if (failure)
    throw UsageError("cannot make the directory " + path.native() + ": " + failure.message());
  if (made) std::filesystem::permissions(path, std::filesystem::perms::owner_all, failure);
}

/// Fills in where things are kept.
void take_places(ServeArguments& arguments, const ProcessEnvironment& environment) {
  // Nobody has mistyped our own place.
  const Above above = arguments.store.empty() ? Above::is_made : Above::must_exist;
  if (arguments.store.empty()) arguments.store = default_store(environment);
  const std::filesystem::path store = std::filesystem::absolute(arguments.store);
  make_directory(store.parent_path(), above);
  if (arguments.token_file.empty()) arguments.token_file = store.native() + ".token";
  if (arguments.workspace_root.empty()) arguments.workspace_root = store.native() + ".workspaces";
  arguments.workspace_root = std::filesystem::absolute(arguments.workspace_root).native();
  make_directory(arguments.workspace_root, Above::must_exist);
}

/// Clients may bring tools, which nobody knows here.
void say_what_rules_miss(const RunArguments& arguments, const ProcessEnvironment& environment,
                         const ModelChoice& choice) {
  for (const std::string& fault :
       faults_of(arguments.rules, all_tools(environment, choice.provider)))
    say(fault + "; the rule can only be about tools that clients bring");
}

/// Whatever lies around the agents that the server runs.
struct Agents {
  RunArguments arguments;
  const ProcessEnvironment& environment;
  std::shared_ptr<Provider> provider;
  AgentOptions options;

  std::unique_ptr<SessionAgent> operator()(SessionSetup setup) const {
    AgentOptions own = options;
    own.workspace = setup.workspace;
    ToolRegistry tools = tools_of(arguments, environment, setup.workspace);
    add_agents(tools, arguments, provider, own);
    return agent_factory(provider, std::move(tools), std::move(own))(std::move(setup));
  }
};

std::shared_ptr<SqliteStore> open_store(const ServeArguments& arguments, const Logger& logger) {
  SqliteStoreOptions options;
  options.durability = arguments.durability;
  options.logger = logger;
  auto store = SqliteStore::open(arguments.store, std::move(options));
  if (!store) throw UsageError(store.error().message);
  return *std::move(store);
}

/// Removes sessions that nobody has written to for long.
void prune(EventStore& store, std::int64_t days, const Logger& logger) {
  if (days == 0) return;
  const auto now =
      std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
  const auto removed = store.prune(now - std::chrono::hours(24) * days);
  if (!removed) {
    logger.log(LogLevel::error, removed.error().message);
  } else if (*removed > 0) {
    logger.log(LogLevel::info, std::to_string(*removed) + " old sessions were removed");
  }
}

HttpServerOptions server_options(const ServeArguments& arguments, std::string token,
                                 const Logger& logger) {
  HttpServerOptions options;
  options.address = arguments.listen.address;
  options.port = arguments.listen.port;
  options.token = std::move(token);
  options.allowed_hosts = arguments.allowed_hosts;
  options.allowed_origins = arguments.allowed_origins;
  options.logger = logger;
  return options;
}

std::unique_ptr<HttpServer> open_server(asio::any_io_executor executor,
                                        std::shared_ptr<SessionHub> hub,
                                        HttpServerOptions options) {
  try {
    return std::make_unique<HttpServer>(std::move(executor), std::move(hub), std::move(options));
  } catch (const system_error& failure) {
    const std::string text = failure.what();
    throw UsageError("cannot serve: " + text.substr(0, text.find(" [")));  // no place in a source
  } catch (const std::invalid_argument& failure) {
    throw UsageError(
        "cannot serve: " +
        in_our_words(failure.what(), {{"HttpServerOptions::address", "--listen"},
                                      {"HttpServerOptions::allowed_hosts", "--allow-host"},
                                      {"HttpServerOptions::allowed_origins", "--allow-origin"},
                                      {"HttpServerOptions::token", "the token"}}));
  }
}

asio::awaitable<void> drain(SessionHub& hub, HttpServer& server, SessionExport* exported,
                            asio::io_context& context) {
  const auto deadline = std::chrono::steady_clock::now() + patience_with_runs;
  co_await hub.drain(deadline);
  co_await server.drain(std::chrono::steady_clock::now() + patience_with_readers);
  if (exported) co_await exported->end(patience_with_collector);
  context.stop();
}

/// Gives memory back after many connections have ended, which the allocator would keep for ever.
asio::awaitable<void> give_back_memory(const HttpServer& server) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  std::size_t most = 0;
  for (;;) {
    timer.expires_after(pause_between_looks);
    co_await timer.async_wait(asio::use_awaitable);
    const std::size_t connections = server.stats().connections;
    most = std::max(most, connections);
    if (most < many_connections || connections > most / 2) continue;
    ::malloc_trim(0);
    most = connections;
  }
}

void run_on_all_processors(asio::io_context& context) {
  const unsigned threads = std::clamp(std::thread::hardware_concurrency(), 2U, most_threads);
  std::vector<std::jthread> others;
  for (unsigned i = 1; i < threads; ++i) others.emplace_back([&context] { context.run(); });
  context.run();
}

/// What to type for another link.
std::string another_link(const ServeArguments& arguments, const ProcessEnvironment& environment,
                         const HttpServer& server) {
  const ServeArguments usual;
  std::string command = "strandbus link";
  if (server.port() != usual.listen.port || arguments.listen.address != usual.listen.address)
    command += ' ' + server.url();
  if (arguments.token_file != choose_store("", environment).path + ".token")
    command += " --token-file " + arguments.token_file;
  return command;
}

void say_where(const ServeArguments& arguments, const ProcessEnvironment& environment,
               HttpServer& server, const std::string& token) {
  const std::string lines = "url: " + server.url() + "\ntoken: " + token +
                            "\nopen: " + server.url() + server.one_time_link() + '\n';
  static_cast<void>(write_all(STDOUT_FILENO, lines));
  say("open the last link in a browser to see agents work; it works once, within five minutes, "
      "and");
  say("  " + another_link(arguments, environment, server) + "  prints another one");
  say("sessions are kept in " + arguments.store + "; begin one in the browser, or in a terminal:");
  say("  curl -H \"Authorization: Bearer $(cat " + arguments.token_file +
      ")\" -H \"Content-Type: application/json\" -d '{\"message\":\"Calculate 2+2\"}' " +
      server.url() + "/v1/sessions");
}

}  // namespace

ExitCode serve_command(ServeArguments arguments, ProcessEnvironment& environment) {
  take_places(arguments, environment);
  ModelChoice choice = make_model(arguments.agent, environment);
  say_what_rules_miss(arguments.agent, environment, choice);
  const std::string token = take_server_token(arguments.token_file);
  auto otlp = choose_otlp(arguments.agent.otlp, environment);
  std::vector<std::string> secrets = secrets_of(otlp);
  secrets.push_back(token);
  Redactor redactor = redactor_of(arguments.agent, environment, choice, secrets);
  const Logger logger = redacting_logger(
      json_logger(arguments.agent.log_level.value_or(LogLevel::info), arguments.agent.log_file),
      redactor);
  asio::io_context context;
  std::shared_ptr<OtlpExporter> exporter;
  if (otlp) {
    otlp->logger = logger;
    exporter = std::make_shared<OtlpExporter>(context.get_executor(), *std::move(otlp));
  }
  Agents agents{arguments.agent, environment, choice.provider, agent_options(arguments.agent)};
  agents.options.model = choice.model;
  agents.options.approval = arguments.agent.approve.value_or(ApprovalMode::ask);
  agents.options.logger = logger;
  if (exporter) agents.options.trace_propagation = TracePropagation::always;
  // What is wrong with the tools is said now, and not when the first run begins.
  static_cast<void>(tools_of(arguments.agent, environment, arguments.workspace_root));
  const auto store = open_store(arguments, logger);
  prune(*store, arguments.keep_days, logger);

  SessionHubOptions hub_options;
  hub_options.max_runs = arguments.max_runs;
  hub_options.workspace_root = arguments.workspace_root;
  hub_options.redactor = redactor;
  hub_options.logger = logger;
  const auto hub = std::make_shared<SessionHub>(context.get_executor(), store, std::move(agents),
                                                std::move(hub_options));
  const auto server =
      open_server(context.get_executor(), hub, server_options(arguments, token, logger));
  const auto strand = asio::make_strand(context);
  std::optional<SessionExport> exported;
  if (exporter) exported.emplace(strand, hub, exporter, logger);
  Interrupts interrupts(context, [&](int) {
    say("ending: runs get " + std::to_string(patience_with_runs.count()) +
        " seconds; Ctrl-C again ends at once");
    auto ending = drain(*hub, *server, exported ? &*exported : nullptr, context);
    asio::co_spawn(strand, std::move(ending), asio::detached);
    return true;
  });
  if (exported) asio::co_spawn(strand, exported->run(), asio::detached);
  server->start();
  asio::co_spawn(context, give_back_memory(*server), asio::detached);
  say((choice.script ? "scripted model " : "model ") + choice.model + " (" + choice.source + ")");
  say_where(arguments, environment, *server, token);
  run_on_all_processors(context);
  if (exporter) say_losses(exporter->stats());
  return ExitCode::done;
}

}  // namespace strandbus::cli

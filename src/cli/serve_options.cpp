#include "cli/argument_text.hpp"
#include "cli/command_options.hpp"
#include "cli/shared_options.hpp"

#include <memory>

namespace strandbus::cli {
namespace {

/// "127.0.0.1:8080", "[::1]:8080", "8080"
std::optional<ListenAddress> parse_listen(const std::string& text) {
  ListenAddress listen;
  std::string port = text;
  if (const std::size_t colon = text.rfind(':'); colon != std::string::npos) {
    listen.address = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  if (listen.address.starts_with('[') && listen.address.ends_with(']'))
    listen.address = listen.address.substr(1, listen.address.size() - 2);
  constexpr std::int64_t largest = 65535;
  const auto number = parse_whole(port, 0);
  if (!number || *number > largest || listen.address.empty()) return std::nullopt;
  listen.port = static_cast<std::uint16_t>(*number);
  return listen;
}

}  // namespace

TakeArguments add_serve(Command command) {
  const auto serve = std::make_shared<ServeArguments>();
  command.option(
      "--listen", [serve](const std::string& text) { serve->listen = *parse_listen(text); },
      check_of(parse_listen, "address and port such as 127.0.0.1:8080"));
  command.option("--store", serve->store);
  command.option(
      "--durability",
      [serve](const std::string& text) {
        serve->durability = text == "power" ? StoreDurability::power : StoreDurability::process;
      },
      one_of({"process", "power"}, "durability"));
  command.option(
      "--keep-days", [serve](const std::string& text) { serve->keep_days = *parse_whole(text, 1); },
      at_least(1));
  command.option("--token-file", serve->token_file);
  command.option(
      "--allow-host", [serve](const std::string& text) { serve->allowed_hosts.push_back(text); },
      [](const std::string&) { return std::string(); }, Command::Repeat::yes);
  command.option(
      "--allow-origin",
      [serve](const std::string& text) { serve->allowed_origins.push_back(text); },
      [](const std::string&) { return std::string(); }, Command::Repeat::yes);
  command.option("--workspace-root", serve->workspace_root);
  command.option(
      "--max-runs",
      [serve](const std::string& text) {
        serve->max_runs = static_cast<std::size_t>(*parse_whole(text, 1));
      },
      at_least(1));
  add_model_options(command, serve->agent);
  add_tool_options(command, serve->agent);
  add_limit_options(command, serve->agent);
  add_log_options(command, serve->agent);
  return [command, serve] {
    check_model_options(command);
    return *serve;
  };
}

}  // namespace strandbus::cli

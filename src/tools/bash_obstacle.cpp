#include "strandbus/tools/bash.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <utility>

namespace strandbus {

std::optional<std::string> bash_obstacle(const BashOptions& options,
                                         const std::filesystem::path& workspace) {
  constexpr std::chrono::seconds patience{10};
  BashOptions quick = options;
  quick.default_timeout = patience;
  const auto bash = make_bash(std::move(quick));
  ToolContext context;
  context.workspace = workspace;
  json::object arguments;
  arguments["command"] = "true";
  ToolResult result;
  asio::io_context io;
  asio::co_spawn(io, bash->async_run(std::move(arguments), context),
                 [&](const std::exception_ptr&, ToolResult ended) { result = std::move(ended); });
  io.run();
  if (result.success) return std::nullopt;
  return result.error;
}

}  // namespace strandbus

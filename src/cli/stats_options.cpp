#include "cli/command_options.hpp"
#include "cli/shared_options.hpp"
#include "cli/usage_error.hpp"

#include <memory>

namespace strandbus::cli {

TakeArguments add_stats(Command command) {
  const auto stats = std::make_shared<StatsArguments>();
  const auto json = std::make_shared<bool>(false);
  command.positional("SESSION", stats->sessions)->required();
  command.option("--store", stats->store);
  add_from_dialect(command, stats->from_dialect);
  command.option(
      "--format",
      [stats](const std::string& text) {
        stats->format = text == "json"         ? StatsFormat::json
                        : text == "prometheus" ? StatsFormat::prometheus
                                               : StatsFormat::table;
      },
      one_of({"table", "json", "prometheus"}, "format"));
  command.flag("--json", *json);
  return [command, stats, json] {
    check_from_dialect(command);
    if (!*json) return *stats;
    if (command.has("--format") && stats->format != StatsFormat::json)
      throw UsageError("--json is --format json: leave out one of them");
    stats->format = StatsFormat::json;
    return *stats;
  };
}

}  // namespace strandbus::cli

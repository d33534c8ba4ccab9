#include "cli/command_options.hpp"
#include "cli/shared_options.hpp"

#include <memory>

namespace strandbus::cli {

TakeArguments add_export(Command command) {
  const auto arguments = std::make_shared<ExportArguments>();
  command.positional("SESSION", arguments->session)->required();
  command.option(
      "--format",
      [arguments](const std::string& text) {
        arguments->format = ExportFormat::jsonl;
        if (text == "chrome") arguments->format = ExportFormat::chrome;
        if (text == "html") arguments->format = ExportFormat::html;
        if (text == "otlp") arguments->format = ExportFormat::otlp;
      },
      one_of({"jsonl", "html", "chrome", "otlp"}, "format"));
  command.flag("--otlp-content", arguments->otlp.content);
  command.option("-o,--output", arguments->output);
  command.option("--store", arguments->store);
  add_from_dialect(command, arguments->from_dialect);
  return [command, arguments] {
    check_from_dialect(command);
    return *arguments;
  };
}

}  // namespace strandbus::cli

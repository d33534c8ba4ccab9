#include "cli/live_view.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace strandbus::cli {
namespace {

CliPrinterOptions printer_options(const Terminal& terminal, PrintDetail detail, PromptEcho prompts,
                                  std::string status_hint) {
  const bool shows_colour = terminal.colour && (terminal.output || terminal.errors);
  CliPrinterOptions options;
  options.target = terminal.output ? PrintTarget::terminal : PrintTarget::pipe;
  options.colour = shows_colour ? PrintColour::always : PrintColour::never;
  options.status = terminal.rewrites_line ? StatusLine::live : StatusLine::never;
  options.detail = detail;
  options.prompts = prompts;
  options.width = terminal_columns();
  options.status_hint = std::move(status_hint);
  return options;
}

/// The text without the colours that were meant for a terminal (SGR, ECMA-48 section 8.3.117).
std::string without_colour(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    const std::size_t escape = std::min(text.find("\x1b["), text.size());
    plain += text.substr(0, escape);
    text.remove_prefix(escape);
    const std::size_t end = text.find('m');
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return plain;
}

}  // namespace

LiveView::LiveView(Console& console, const Terminal& terminal, PrintDetail detail,
                   PromptEcho prompts, std::string status_hint)
    : live_(terminal.output && terminal.rewrites_line),
      printer_(
          printer_options(terminal, detail, prompts, std::move(status_hint)),
          [&console](std::string_view text) { console.out(text); },
          [&console, plain = !terminal.errors](std::string_view text) {
            plain ? console.err(without_colour(text)) : console.err(text);
          }) {}

void LiveView::note(std::string_view text) { printer_.note("strandbus: " + std::string(text)); }

void LiveView::refresh() {
  printer_.set_width(terminal_columns());
  using std::chrono::nanoseconds, std::chrono::system_clock;
  printer_.tick(std::chrono::time_point_cast<nanoseconds>(system_clock::now()));
}

}  // namespace strandbus::cli

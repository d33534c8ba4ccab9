#pragma once

#include "cli/console.hpp"
#include "cli/event_view.hpp"
#include "cli/terminal.hpp"
#include "strandbus/sink/cli_printer.hpp"

#include <string>

namespace strandbus::cli {

/// What people read: the live view on a terminal, the answer alone in a pipe.
class LiveView final : public EventView {
 public:
  /// `status_hint` stands at the end of the status line.
  LiveView(Console& console, const Terminal& terminal, PrintDetail detail, PromptEcho prompts,
           std::string status_hint);

  void show(const StreamEvent& event) override { printer_.on_event(event); }
  void show_gap(std::uint64_t count) override { printer_.on_missed(count); }
  void flush() override {}
  void note(std::string_view text) override;
  void refresh() override;
  void finish(PrintEnd end) override { printer_.finish(end); }

  bool is_live() const noexcept override { return live_; }
  std::uint64_t missed() const noexcept override { return printer_.missed(); }

 private:
  const bool live_;
  CliPrinter printer_;
};

}  // namespace strandbus::cli

#pragma once

#include "sink/notices.hpp"
#include "sink/page.hpp"
#include "sink/run_view.hpp"
#include "sink/workflow_depths.hpp"
#include "strandbus/sink/cli_printer.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace strandbus {

/// Decides what each event adds to the page.
class CliPrinter::View {
 public:
  View(CliPrinterOptions options, Write out, Write err);

  void show(const StreamEvent& event);
  void show_gap(std::uint64_t count);
  void note(std::string_view line);
  void tick(Timestamp now);
  void set_width(int columns);
  void finish(PrintEnd end);

  std::uint64_t missed() const noexcept { return missed_; }

 private:
  using Run = detail::RunView;
  using StyledLine = detail::StyledLine;
  using TextKind = detail::TextKind;

  struct Handler;

  Run& run_of(const StreamEvent& event);
  void forget(detail::RunViews::iterator run);
  bool shows(PrintDetail least) const noexcept { return options_.detail >= least; }
  bool in_pipe() const noexcept { return options_.target == PrintTarget::pipe; }
  /// Whether the text of this run waits until it is known to be the answer.
  bool holds_answer(const Run& run) const noexcept { return in_pipe() && run.depth == 0; }

  void line(const Run& run, const StyledLine& line);
  void whole_line(const Run& run, const StyledLine& line);
  void introduce(const Run& run);
  std::ptrdiff_t nested_runs() const;
  void refresh();

  void piece(Run& run, TextKind kind, std::string_view message_id, std::string_view text);
  void show_text(Run& run, TextKind kind, std::string_view safe);
  void show_nested_line(const Run& run, std::string_view safe);
  void next_message(Run& run);
  void begin_texts(Run& run);
  void end_text(Run& run);
  void end_flow(Run& run, TextKind kind, std::string_view whole);
  void end_texts(Run& run);
  void answer(Run& run, std::string_view content);
  void workflow_answer(const WorkflowCompleted& end);
  void end_workflow(const StreamEvent& event);

  CliPrinterOptions options_;
  detail::Page page_;
  detail::RunViews runs_;
  detail::WorkflowDepths workflows_;
  Timestamp now_{};
  std::uint64_t missed_ = 0;
  bool printed_ = false;               ///< a run has been shown before
  bool nested_meet_ = false;           ///< several nested runs have been open at once
  const Run* last_speaker_ = nullptr;  ///< only compared, never followed
};

}  // namespace strandbus

#include "sink/printer_view.hpp"

#include "sink/amounts.hpp"
#include "strandbus/event/json_codec.hpp"

#include <algorithm>
#include <utility>

namespace strandbus {

using detail::MessageFlow;
using detail::Style;

namespace {

constexpr std::size_t max_open_runs = 256;  // beyond, the oldest id is forgotten: its end was lost

template <class Run>
MessageFlow& flow_of(Run& run, detail::TextKind kind) {
  return kind == detail::TextKind::answer ? run.text : run.reasoning;
}

}  // namespace

CliPrinter::View::View(CliPrinterOptions options, Write out, Write err)
    : options_(std::move(options)), page_(options_, std::move(out), std::move(err)) {}

CliPrinter::View::Run& CliPrinter::View::run_of(const StreamEvent& event) {
  const auto known = runs_.find(event.run_id());
  if (known != runs_.end()) {
    if (event.run_id().empty()) known->second.depth = workflows_.depth(event);
    return known->second;
  }
  if (runs_.size() >= max_open_runs) forget(runs_.begin());
  Run& run = runs_[event.run_id()];
  run.agent = event.agent();
  run.depth = std::max(event.context().depth, 0) + workflows_.depth(event);
  run.turn = event.turn();
  if (missed_ > 0 && !event.is<RunStarted>()) {  // its beginning may be among the lost events
    run.text.gap();
    run.reasoning.gap();
  }
  return run;
}

void CliPrinter::View::forget(detail::RunViews::iterator run) {
  if (last_speaker_ == &run->second) last_speaker_ = nullptr;
  runs_.erase(run);
}

void CliPrinter::View::show_gap(std::uint64_t count) {
  if (count == 0) return;
  missed_ += count;
  for (auto& [id, run] : runs_) {
    end_text(run);
    run.text.gap();
    run.reasoning.gap();
  }
  const std::string events = detail::counted(static_cast<std::int64_t>(count), "event");
  page_.line(detail::StyledLine(Style::warning, "[… " + events + " missed …]"));
  refresh();
}

void CliPrinter::View::note(std::string_view line) {
  page_.problem(StyledLine(Style::plain, line));
  refresh();
}

void CliPrinter::View::tick(Timestamp now) {
  now_ = std::max(now_, now);
  refresh();
}

void CliPrinter::View::set_width(int columns) {
  page_.set_width(columns);
  refresh();
}

void CliPrinter::View::refresh() {
  page_.set_status(detail::status_of(runs_, now_, options_.status_hint));
  page_.flush();
}

void CliPrinter::View::finish(PrintEnd end) {
  const bool incomplete = end == PrintEnd::stream_ended;
  for (auto& [id, run] : runs_) {
    end_texts(run);
    if (incomplete && run.depth == 0 && !id.empty()) {
      page_.problem(StyledLine(Style::warning, "incomplete: the events end before the run does"));
    }
  }
  if (incomplete && workflows_.any_open()) {
    page_.problem(
        StyledLine(Style::warning, "incomplete: the events end before the workflow does"));
  }
  workflows_.clear();
  last_speaker_ = nullptr;
  runs_.clear();
  refresh();
}

void CliPrinter::View::line(const Run& run, const StyledLine& line) {
  introduce(run);
  page_.line(line, run.depth);
}

void CliPrinter::View::whole_line(const Run& run, const StyledLine& line) {
  introduce(run);
  page_.whole_line(line, run.depth);
}

/// Keeps the texts of runs apart; names a nested run where more than one could be meant.
void CliPrinter::View::introduce(const Run& run) {
  const auto open_nested = nested_runs();
  nested_meet_ = open_nested > 1 || (nested_meet_ && open_nested > 0);
  if (std::exchange(last_speaker_, &run) == &run) return;
  page_.end_text();
  if (nested_meet_ && run.depth > 0 && !run.agent.empty()) {
    page_.line(StyledLine(Style::dim, run.agent + ":"), run.depth);
  }
}

std::ptrdiff_t CliPrinter::View::nested_runs() const {
  return std::ranges::count_if(
      runs_, [](const auto& entry) { return !entry.first.empty() && entry.second.depth > 0; });
}

void CliPrinter::View::piece(Run& run, TextKind kind, std::string_view message_id,
                             std::string_view text) {
  if (!message_id.empty() && message_id != run.message_id) {
    if (!run.message_id.empty()) next_message(run);
    run.message_id = message_id;
  }
  if (kind == TextKind::answer && holds_answer(run)) {
    run.text.hold(text);
  } else {
    show_text(run, kind, flow_of(run, kind).piece(text));
  }
}

/// A text of another message follows without a model request in between.
void CliPrinter::View::next_message(Run& run) {
  for (const TextKind kind : {TextKind::reasoning, TextKind::answer}) {
    MessageFlow& flow = flow_of(run, kind);
    if (flow.holds_anything()) show_text(run, kind, flow.abandon());
    flow.discard();
  }
  end_text(run);
}

void CliPrinter::View::begin_texts(Run& run) {
  next_message(run);
  run.text.begin();
  run.reasoning.begin();
  run.message_id.clear();
}

void CliPrinter::View::show_text(Run& run, TextKind kind, std::string_view safe) {
  if (safe.empty()) return;
  const bool always = kind == TextKind::answer && run.depth == 0 && !in_pipe();
  if (!always && !shows(PrintDetail::normal)) return;
  if (run.depth == 0) {
    introduce(run);
    page_.text(kind, safe);
    return;
  }
  if (kind != run.open_kind) end_text(run);
  run.open_kind = kind;
  run.open_line += safe;
  std::size_t begin = 0;
  for (std::size_t end = run.open_line.find('\n'); end != std::string::npos;
       end = run.open_line.find('\n', begin)) {
    show_nested_line(run, std::string_view(run.open_line).substr(begin, end - begin));
    begin = end + 1;
  }
  run.open_line.erase(0, begin);
}

void CliPrinter::View::show_nested_line(const Run& run, std::string_view safe) {
  if (safe.empty()) return;
  introduce(run);
  page_.text_line(run.open_kind, safe, run.depth);
}

void CliPrinter::View::end_text(Run& run) {
  if (run.depth == 0) {
    page_.end_text();
  } else {
    show_nested_line(run, run.open_line);
    run.open_line.clear();
  }
}

void CliPrinter::View::end_flow(Run& run, TextKind kind, std::string_view whole) {
  MessageFlow::Ending ending = flow_of(run, kind).end(whole);
  if (ending.replaces) {
    // Providers repeat reasoning in other words; that is no news.
    if (kind == TextKind::reasoning) return;
    end_text(run);
    line(run, StyledLine(Style::warning, "[the text was changed to:]"));
  }
  show_text(run, kind, ending.rest);
}

void CliPrinter::View::answer(Run& run, std::string_view content) {
  run.answered = true;
  if (holds_answer(run)) {
    run.text.discard();
    page_.answer(terminal_safe(content));
  } else {
    end_flow(run, TextKind::answer, content);
    end_text(run);
  }
}

/// What a workflow that is inside no other has given, as a text.
void CliPrinter::View::workflow_answer(const WorkflowCompleted& end) {
  printed_ = true;
  if (end.output.is_null()) return;
  std::string text;
  if (const auto* const string = end.output.if_string()) {
    text = std::string_view(*string);
  } else {
    append_json(text, end.output);
  }
  if (in_pipe()) return page_.answer(terminal_safe(text));
  page_.end_text();
  page_.blank_line();
  page_.text(TextKind::answer, terminal_safe(text));
  page_.end_text();
}

/// The run says no more: shows what was held back of its texts.
void CliPrinter::View::end_texts(Run& run) {
  if (!holds_answer(run)) {
    begin_texts(run);
  } else if (run.text.holds_anything()) {
    page_.line(StyledLine(Style::warning, "incomplete answer:"));
    page_.text(TextKind::answer, run.text.abandon());
    page_.end_text();
  }
}

}  // namespace strandbus

#include "sink/amounts.hpp"
#include "sink/notices.hpp"
#include "sink/plan_lines.hpp"
#include "sink/printer_view.hpp"
#include "sink/run_summary.hpp"
#include "sink/tool_line.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace strandbus {

using detail::Style;
using detail::ToolEnd;
using detail::ToolReport;

namespace {

constexpr std::size_t max_open_calls = 256;      // of one run
constexpr std::int64_t output_lines_shown = 20;  // of one tool, in full detail
constexpr std::size_t diff_lines_shown = 20;     // of one tool
constexpr std::size_t plan_items_shown = 30;     // of one plan

std::string_view phase_of(AgentStatus status) {
  switch (status) {
    case AgentStatus::thinking: return "thinking";
    case AgentStatus::compacting: return "compacting";
    case AgentStatus::retrying: return "waiting to try again";
    case AgentStatus::waiting_approval:
    case AgentStatus::idle: return {};
  }
  return {};
}

std::string joined(std::string_view first, std::string_view second) {
  std::string text(first);
  if (!text.empty() && !second.empty()) text += ' ';
  return text += second;
}

std::string failure_text(const ToolCallCompleted& p) {
  std::string text = detail::brief_output(p.error.empty() ? p.output : p.error);
  if (p.error_code && *p.error_code != ErrorCode::none) {
    text = joined(text, "(" + std::string(to_string(*p.error_code)) + ")");
  }
  return text;
}

std::string success_text(const ToolCallCompleted& p) {
  // A diff says more than the tool's words about it.
  std::string text =
      p.diffs.empty() ? detail::brief_output(p.output) : detail::diff_counts(p.diffs);
  if (text.empty() && !p.files_changed.empty()) {
    text = p.files_changed.front();
    if (p.files_changed.size() > 1) {
      text += " and " + std::to_string(p.files_changed.size() - 1) + " more";
    }
  }
  return text;
}

}  // namespace

/// What an event does to its run and to the page. Whatever is not named here is at most a notice.
struct CliPrinter::View::Handler {
  View& view;
  Run& run;
  const StreamEvent& event;

  template <class T>
  void operator()(const T&) const {}

  void operator()(const UserMessage& p) const {
    const bool echoed = view.options_.prompts == PromptEcho::always && p.role == Role::user;
    if (!echoed || run.depth > 0 || !view.shows(PrintDetail::normal)) return;
    if (view.printed_ && !view.in_pipe()) view.page_.blank_line();
    view.line(run, StyledLine(Style::accent, "› ").add(Style::accent, p.content));
  }

  void operator()(const TurnStarted& p) const {
    run.turn = p.turn;
    run.calls.clear();
  }
  void operator()(const TurnEnded& p) const {
    if (__builtin_add_overflow(run.tokens, p.usage.total, &run.tokens)) run.tokens = 0;
    run.calls.clear();
    run.enter({}, view.now_);
  }
  void operator()(const StatusUpdate& p) const { run.enter(phase_of(p.status), view.now_); }

  // text
  void operator()(const ModelStarted&) const {
    view.begin_texts(run);
    run.enter("thinking", view.now_);
  }
  void operator()(const TokenDelta& p) const { text(TextKind::answer, p); }
  void operator()(const AssistantDelta& p) const { text(TextKind::answer, p); }
  void operator()(const StructuredDelta& p) const { text(TextKind::answer, p); }
  void operator()(const ReasoningDelta& p) const { text(TextKind::reasoning, p); }

  template <class Delta>
  void text(TextKind kind, const Delta& p) const {
    view.piece(run, kind, p.message_id, p.text);
  }

  void operator()(const ModelCompleted& p) const {
    const bool calls_tools = !p.tool_calls.empty() || p.finish_reason == FinishReason::tool_calls;
    view.end_flow(run, TextKind::reasoning, p.reasoning);
    if (calls_tools || !view.holds_answer(run)) {
      view.end_flow(run, TextKind::answer, p.content);
    } else if (!p.content.empty()) {
      run.text.discard();
      run.text.hold(p.content);
    }
    view.end_text(run);
    run.enter({}, view.now_);
  }
  void operator()(const ModelFailed&) const {
    view.end_text(run);
    run.enter({}, view.now_);
  }
  void operator()(const MessageDiscarded& p) const {
    const bool shown = run.text.shows_anything() || run.reasoning.shows_anything();
    view.end_text(run);
    run.text.discard();
    run.reasoning.discard();
    if (!shown) return;
    const std::string reason = p.reason.empty() ? "" : ": " + p.reason;
    view.line(run, StyledLine(Style::warning, "↺ the text above is void" + reason));
  }
  void operator()(const AssistantMessage& p) const {
    if (p.content.empty() && !p.refusal.empty()) {
      view.line(run, StyledLine(Style::warning, "! the model refused"));
    }
    view.answer(run, p.content.empty() ? p.refusal : p.content);
  }

  // tools
  void operator()(const ToolCallBegin& p) const {
    view.end_text(run);
    run.enter("calling " + p.tool_name, view.now_);
  }
  void operator()(const ToolCallReady& p) const { remember(p); }
  void operator()(const ToolCallStarted& p) const {
    view.end_text(run);
    detail::CallView& call = remember(p);
    call.running = true;
    call.since = view.now_;
  }
  void operator()(const ToolOutput& p) const {
    const auto call = std::ranges::find(run.calls, p.call_id, &detail::CallView::call_id);
    if (call != run.calls.end() && p.progress) call->progress = p.progress;
  }
  void operator()(const ToolCallCompleted& p) const {
    const std::string text = p.success ? success_text(p) : failure_text(p);
    const ToolEnd end = p.success ? ToolEnd::completed : ToolEnd::failed;
    end_call(p.call_id, {end, p.tool_name, {}, p.duration_ms, text});
    show_diffs(p.diffs);
    show_output(p.output.empty() ? p.error : p.output);
  }
  void operator()(const ToolCallCancelled& p) const {
    end_call(p.call_id, {ToolEnd::cancelled, p.tool_name, {}, p.duration_ms, p.reason});
  }
  void operator()(const ToolCallDenied& p) const {
    std::string text = p.reason;
    if (p.error_code != ErrorCode::none) {
      text = joined(text, "(" + std::string(to_string(p.error_code)) + ")");
    }
    end_call(p.call_id, {ToolEnd::denied, p.tool_name, {}, {}, text});
  }

  template <class Call>
  detail::CallView& remember(const Call& p) const {
    if (run.calls.size() >= max_open_calls) run.calls.erase(run.calls.begin());
    detail::CallView& call = run.call(p.call_id);
    call.name = p.tool_name;
    call.arguments = detail::brief_arguments(p.arguments);
    return call;
  }

  void end_call(std::string_view call_id, ToolReport report) const {
    view.end_text(run);
    const detail::CallView call = run.take_call(call_id);
    report.arguments = call.arguments;
    if (report.name.empty()) report.name = call.name.empty() ? "tool" : std::string_view(call.name);
    if (!view.shows(PrintDetail::normal)) return;
    view.line(run, detail::tool_line(report, view.page_.columns(run.depth)));
  }

  void show_diffs(const std::vector<FileDiff>& diffs) const {
    if (!view.shows(PrintDetail::normal)) return;
    const std::size_t limit = view.shows(PrintDetail::full) ? 1000 : diff_lines_shown;
    for (const StyledLine& line : detail::diff_lines(diffs, limit)) view.line(run, line);
  }

  void show_output(std::string_view output) const {
    if (!view.shows(PrintDetail::full)) return;
    std::int64_t lines = 0;
    for (std::size_t begin = 0; begin < output.size(); ++lines) {
      const std::size_t end = std::min(output.find('\n', begin), output.size());
      if (lines < output_lines_shown) {
        const std::string text = "  │ " + std::string(output.substr(begin, end - begin));
        view.line(run, StyledLine(Style::dim, text));
      }
      begin = end + 1;
    }
    if (lines > output_lines_shown) {
      const std::string more = detail::counted(lines - output_lines_shown, "more line");
      view.line(run, StyledLine(Style::dim, "  … " + more));
    }
  }

  void operator()(const PlanUpdated& p) const {
    if (!view.shows(PrintDetail::normal)) return;
    view.end_text(run);
    for (const StyledLine& line : detail::plan_lines(p.items, plan_items_shown))
      view.line(run, line);
  }

  // approvals: shown in every detail, and in full, for somebody has to decide on them
  void operator()(const ApprovalRequested& p) const {
    view.end_text(run);
    run.approvals.push_back(p.approval_id);
    StyledLine head(Style::warning, "? ");
    head.add(Style::bold, p.tool_name).add(Style::plain, " needs approval");
    if (!p.reason.empty()) head.add(Style::plain, ": ").add(Style::plain, p.reason);
    view.whole_line(run, head);
    for (const std::string& argument : detail::full_arguments(p.arguments)) {
      view.whole_line(run, StyledLine(Style::plain, "    " + argument));
    }
  }
  void operator()(const ApprovalResolved& p) const {
    std::erase(run.approvals, p.approval_id);
    const std::string by = p.by.empty() ? "" : " by " + p.by;
    const std::string reason = p.reason.empty() ? "" : ": " + p.reason;
    switch (p.decision) {
      case ApprovalDecision::approved: return resolved(Style::dim, "· approved" + by + reason);
      case ApprovalDecision::expired:
        return resolved(Style::warning, "✗ approval expired" + reason);
      case ApprovalDecision::cancelled:
        return resolved(Style::warning, "✗ approval cancelled" + reason);
      case ApprovalDecision::denied: return;  // tool_call_denied says it
    }
  }
  void resolved(Style style, const std::string& text) const {
    if (view.shows(PrintDetail::normal)) view.line(run, StyledLine(style, text));
  }

  // ends
  void operator()(const RunCompleted& p) const {
    if (!run.answered && !p.output.empty() && run.depth == 0) view.answer(run, p.output);
    end_run(p);
  }
  void operator()(const RunFailed& p) const { end_run(p); }
  void operator()(const RunCancelled& p) const { end_run(p); }

  template <class End>
  void end_run(const End& end) const {
    view.end_texts(run);
    const StyledLine problem = detail::problem_of(end);
    if (run.depth > 0) {
      if (!problem.empty() && view.shows(PrintDetail::normal)) view.line(run, problem);
      const auto above = view.runs_.find(event.context().parent_run_id);
      if (above != view.runs_.end() && &above->second != &run)
        above->second.below.add(end, run.below);
    } else {
      if (view.shows(PrintDetail::normal)) show_summary(end);
      if (!problem.empty()) view.page_.problem(problem);
      view.printed_ = true;
    }
    view.forget(view.runs_.find(event.run_id()));
  }

  template <class End>
  void show_summary(const End& end) const {
    if (!view.in_pipe()) view.page_.blank_line();
    for (const StyledLine& line : detail::summary_of(end, run.below, view.page_.width()))
      view.page_.line(line);
  }
};

/// A workflow that is inside no other tells what it has given, or why it has given nothing.
void CliPrinter::View::end_workflow(const StreamEvent& event) {
  if (const auto* const completed = event.get_if<WorkflowCompleted>())
    return workflow_answer(*completed);
  printed_ = true;
  if (const auto* const failed = event.get_if<WorkflowFailed>())
    page_.problem(detail::problem_of(*failed));
  if (const auto* const cancelled = event.get_if<WorkflowCancelled>())
    page_.problem(detail::problem_of(*cancelled));
}

void CliPrinter::View::show(const StreamEvent& event) {
  now_ = std::max(now_, event.ts());
  workflows_.begin(event);
  Run& run = run_of(event);
  const detail::Notice notice = detail::notice_of(event);
  event.visit(Handler{*this, run, event});
  // An event that ends its run is never a notice: `run` is gone then.
  if (!notice.line.empty() && shows(notice.least)) {
    end_text(run);
    notice.whole ? whole_line(run, notice.line) : line(run, notice.line);
  }
  if (detail::ends_root_workflow(event)) end_workflow(event);
  workflows_.end(event);
  refresh();
}

}  // namespace strandbus

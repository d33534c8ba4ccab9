#include "sink/notices.hpp"

#include "sink/amounts.hpp"
#include "sink/tool_line.hpp"

#include <boost/describe/enum_to_string.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace strandbus::detail {
namespace {

struct Kind {
  Style style;
  std::string_view mark;
};

constexpr Kind info{Style::dim, "·"};
constexpr Kind begun{Style::accent, "▸"};
constexpr Kind done{Style::good, "✓"};
constexpr Kind again{Style::warning, "↻"};
constexpr Kind warning{Style::warning, "!"};
constexpr Kind stopped{Style::warning, "✗"};
constexpr Kind broken{Style::bad, "✗"};

Notice make(PrintDetail least, Kind kind, std::string_view text) {
  StyledLine line(kind.style, kind.mark);
  line.add(Style::plain, " ").add(kind.style == Style::dim ? Style::dim : Style::plain, text);
  return {least, std::move(line), false};
}

Notice normal(Kind kind, std::string_view text) { return make(PrintDetail::normal, kind, text); }
Notice full(std::string_view text) { return make(PrintDetail::full, info, text); }

/// An error, of which nothing may be cut.
Notice whole(std::string_view text) {
  Notice notice = normal(broken, text);
  notice.whole = true;
  return notice;
}

template <class E>
std::string name_of(E value) {
  return boost::describe::enum_to_string(value, "?");
}

std::string with_code(const std::string& error, ErrorCode code) {
  if (code == ErrorCode::none) return error;
  return error + " (" + std::string(to_string(code)) + ")";
}

/// " after 1.2 s", or nothing where there is no duration.
std::string after(std::int64_t duration_ms) {
  return duration_ms > 0 ? " · " + duration_text(duration_ms) : std::string();
}

std::string because(const std::string& reason) { return reason.empty() ? "" : ": " + reason; }

/// At most two decimals, without superfluous zeros.
std::string number_text(double value) {
  std::array<char, 64> buffer;
  char* const begin = buffer.data();
  auto [end, error] =
      std::to_chars(begin, begin + buffer.size(), value, std::chars_format::fixed, 2);
  if (error != std::errc()) {  // too long: 1e+300
    end = std::to_chars(begin, begin + buffer.size(), value).ptr;
    return {begin, end};
  }
  std::string text(begin, end);
  if (text.ends_with(".00")) text.resize(text.size() - 3);
  return text;
}

/// With as many digits as it takes: a run may cost less than a cent.
std::string dollars_text(double dollars) {
  constexpr double nano = 1e-9;
  constexpr double most = 1e9;  // beyond, nobody asks for nano-dollars
  if (!(std::abs(dollars) <= most)) return "$" + number_text(dollars);
  return "$" + to_string(NanoUsd{std::llround(dollars / nano)});
}

std::string amount_text(BudgetKind budget, double value) {
  return budget == BudgetKind::cost ? dollars_text(value) : number_text(value);
}

Kind kind_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::completed: return done;
    case Outcome::failed: return broken;
    case Outcome::cancelled: return stopped;
  }
  return broken;
}

std::string step_name(std::int64_t step, const std::string& name) {
  return "step " + std::to_string(static_cast<std::uint64_t>(step) + 1) + " " + name;
}

struct Notices {
  /// An event that is worth no line, or is shown by the printer itself.
  template <class T>
  Notice operator()(const T&) const {
    return {};
  }

  // agent
  Notice operator()(const RunStarted& p) const {
    return full(p.provider + " " + p.model + ", " +
                counted(static_cast<std::int64_t>(p.tools.size()), "tool"));
  }
  Notice operator()(const ContextBuilt& p) const {
    return full("context: " + counted(p.message_count, "message") + ", about " +
                counted(p.estimated_tokens, "token") + ", " + counted(p.tools_count, "tool"));
  }
  Notice operator()(const Compaction& p) const {
    return normal(info, "compacted " + count_text(p.messages_before) + " messages to " +
                            count_text(p.messages_after) + ", " + counted(p.tokens_saved, "token") +
                            " saved");
  }
  Notice operator()(const CompactionFailed& p) const {
    return normal(warning, "compaction failed" + because(p.error));
  }
  Notice operator()(const CompactionCircuitOpened& p) const {
    return normal(warning, "compaction is off after " + counted(p.consecutive_failures, "failure"));
  }
  Notice operator()(const DoomLoopDetected& p) const {
    const std::string what = p.description.empty()
                                 ? p.tool_name + " repeated " + counted(p.repetitions, "time")
                                 : p.description;
    return normal(warning, "loop (" + name_of(p.action) + "): " + what);
  }
  Notice operator()(const BudgetExceeded& p) const {
    return normal(warning, "budget of " + name_of(p.budget) +
                               " exceeded: " + amount_text(p.budget, p.used) + " of " +
                               amount_text(p.budget, p.limit));
  }
  Notice operator()(const MemoryWritten& p) const {
    const std::string what = p.size == 0 ? "removed" : counted(p.size, "byte");
    return full("memory " + p.store + ": " + p.key + ", " + what);
  }
  Notice operator()(const GuardrailTriggered& p) const {
    const bool harmless = p.action == GuardrailAction::allow;
    return make(harmless ? PrintDetail::full : PrintDetail::normal, harmless ? info : warning,
                "guardrail " + p.guardrail + " on " + name_of(p.target) + ": " + name_of(p.action) +
                    because(p.reason));
  }
  Notice operator()(const SubagentStarted& p) const {
    return normal(begun, p.agent + because(p.input));
  }
  Notice operator()(const SubagentFinished& p) const {
    const Kind kind = kind_of(p.outcome);
    const std::string preview = p.outcome == Outcome::completed ? "" : brief_output(p.output);
    return normal(kind, p.agent + " " + name_of(p.outcome) + because(preview));
  }
  Notice operator()(const BackgroundTaskStarted& p) const {
    return normal(begun, "task " + p.name + " started");
  }
  Notice operator()(const BackgroundTaskFinished& p) const {
    const auto outcome = to_outcome(p.outcome);
    if (!outcome) return normal(info, "task " + p.name + " goes on in the background");
    return normal(kind_of(*outcome), "task " + p.name + " " + name_of(*outcome));
  }
  Notice operator()(const BackgroundTaskCancelled& p) const {
    return normal(stopped, "task " + p.name + " cancelled" + because(p.reason));
  }
  Notice operator()(const ExecutionSummary& p) const {
    std::string text =
        counted(static_cast<std::int64_t>(p.agents.size()), "agent") + after(p.duration_ms);
    for (const AgentSummary& agent : p.agents)
      text += " · " + agent.agent + " " + name_of(agent.outcome);
    return full(text);
  }
  Notice operator()(const Error& p) const {
    return whole("error: " + with_code(p.error, p.error_code) + because(p.detail));
  }
  Notice operator()(const AgentError& p) const {
    return whole("error in " + p.agent + ": " + with_code(p.error, p.error_code));
  }

  // llm
  Notice operator()(const ModelStarted& p) const {
    return full("request " + std::to_string(p.iteration) + " to " + p.provider + " " + p.model +
                ", " + counted(p.message_count, "message"));
  }
  Notice operator()(const ModelCompleted& p) const {
    return full(std::string(to_string(p.finish_reason)) + after(p.duration_ms) + " · " +
                count_text(p.usage.prompt) + " tokens in, " + count_text(p.usage.completion) +
                " out");
  }
  Notice operator()(const ModelFailed& p) const {
    return full("request failed" + after(p.duration_ms) + ": " + with_code(p.error, p.error_code));
  }
  Notice operator()(const Retry& p) const {
    std::string text = "trying again";
    if (!p.fallback_to.empty()) text += " with " + p.fallback_to;
    if (p.delay_ms > 0) text += " in " + duration_text(p.delay_ms);
    text +=
        " (attempt " + std::to_string(p.attempt) + " of " + std::to_string(p.max_attempts) + ")";
    return normal(again, text + because(with_code(p.reason, p.error_code)));
  }

  // workflow
  Notice operator()(const WorkflowStarted& p) const {
    return normal(begun, "workflow " + p.workflow);
  }
  Notice operator()(const WorkflowProgress& p) const {
    return full(p.workflow + because(p.message));
  }
  Notice operator()(const WorkflowCompleted& p) const {
    return normal(done, "workflow " + p.workflow + after(p.duration_ms));
  }
  // Why is told by the step around it, and in the end by the printer.
  Notice operator()(const WorkflowFailed& p) const {
    return normal(broken, "workflow " + p.workflow + after(p.duration_ms) + " · failed");
  }
  Notice operator()(const WorkflowCancelled& p) const {
    return normal(stopped, "workflow " + p.workflow + after(p.duration_ms) + " · cancelled");
  }
  Notice operator()(const WorkflowStepStarted& p) const {
    return normal(begun, step_name(p.step, p.step_name));
  }
  Notice operator()(const WorkflowStepProgress& p) const {
    return full(step_name(p.step, p.step_name) + because(p.message));
  }
  Notice operator()(const WorkflowStepCompleted& p) const {
    return normal(done, step_name(p.step, p.step_name) + after(p.duration_ms));
  }
  Notice operator()(const WorkflowStepFailed& p) const {
    return normal(broken, step_name(p.step, p.step_name) + after(p.duration_ms) + " · failed" +
                              because(with_code(p.error, p.error_code)));
  }
  Notice operator()(const WorkflowStepCancelled& p) const {
    return normal(stopped, step_name(p.step, p.step_name) + after(p.duration_ms) + " · cancelled" +
                               because(p.reason));
  }

  // file, deploy, session, system
  Notice operator()(const FileCreated& p) const {
    return full("created " + p.path + ", " + counted(p.line_count, "line"));
  }
  Notice operator()(const FileModified& p) const {
    return full("modified " + p.path + ", " + counted(p.line_count, "line"));
  }
  Notice operator()(const FileDeleted& p) const { return full("deleted " + p.path); }
  Notice operator()(const PreviewReady& p) const { return normal(info, "preview ready: " + p.url); }
  Notice operator()(const DeploymentReady& p) const { return normal(info, "deployed: " + p.url); }
  Notice operator()(const ServerStarting& p) const {
    return full("server starting" + because(p.command));
  }
  Notice operator()(const ServerReady& p) const { return normal(info, "server ready: " + p.url); }
  Notice operator()(const ServerStopped& p) const {
    return full("server stopped: port " + std::to_string(p.port));
  }
  Notice operator()(const ScreenshotTaken& p) const {
    return normal(info, "screenshot: " + p.output_path);
  }
  Notice operator()(const SessionRestored& p) const {
    return normal(info, "session restored: " + counted(p.messages, "message"));
  }
  Notice operator()(const SessionClosed& p) const {
    return full("session closed" + because(p.reason));
  }
  Notice operator()(const WorkspaceUpdated& p) const { return full("workspace: " + p.root); }
  Notice operator()(const SystemNotice& p) const {
    return normal(warning, p.subsystem + because(p.message));
  }
  Notice operator()(const Custom& p) const { return full(p.name); }
};

}  // namespace

Notice notice_of(const StreamEvent& event) { return event.visit(Notices{}); }

}  // namespace strandbus::detail

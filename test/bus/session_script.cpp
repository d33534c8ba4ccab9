#include "bus/session_script.hpp"

#include "strandbus/event/json_codec.hpp"

#include <algorithm>
#include <optional>

namespace strandbus::test {
namespace {

template <PayloadType T>
void add(SessionScript::Events& events, const SessionScript::Context& context, T payload,
         int turn = 0) {
  events.emplace_back(std::move(payload), context).set_turn(turn);
}

void append(SessionScript::Events& events, const SessionScript::Events& more) {
  events.insert(events.end(), more.begin(), more.end());
}

}  // namespace

/// One run while it is made up.
class SessionScript::Run {
 public:
  Run(SessionScript& script, const std::string& parent, int depth)
      : script_(script), id_(script.unique("run")), depth_(depth) {
    RunContext context;
    context.run_id = id_;
    context.parent_run_id = parent;
    context.agent = "agent" + std::to_string(depth);
    context.depth = depth;
    context.model_id = "model";
    context_ = script.context(std::move(context));
  }

  Events make() {
    const std::string message = script_.unique("m");
    say(RunStarted{.provider = "made up", .model = "model", .max_rounds = 9});
    say(UserMessage{.message_id = message, .content = "go"});
    say(MessageCommitted{.message = {.id = message, .content = "go"}});
    const int turns = 1 + script_.below(3);
    ending_ = static_cast<Outcome>(std::max(0, script_.below(5) - 2));
    for (int turn = 1; turn <= turns; ++turn) take_turn(turn, turn == turns);
    finish(turns);
    return background_.empty() ? std::move(events_) : with_background_task();
  }

 private:
  template <PayloadType T>
  void say(T payload) {
    add(events_, context_, std::move(payload), turn_);
  }

  void take_turn(int turn, bool last) {
    turn_ = turn;
    say(TurnStarted{.turn = turn, .max_turns = 9});
    say(StatusUpdate{.status = AgentStatus::thinking});
    if (script_.chance(20)) say(PlanUpdated{.items = {{script_.word(), "pending"}}});
    if (script_.chance(10)) say(Error{.error = script_.word(), .error_code = ErrorCode::network});
    if (depth_ == 0 && background_.empty() && script_.chance(10)) start_background_task();
    turn_usage_ = Usage();
    message_ = script_.unique("m");
    const bool fails = last && ending_ == Outcome::failed;
    const bool cancelled = last && ending_ == Outcome::cancelled;
    const bool answers = last && ending_ == Outcome::completed;
    const bool asked = ask_model(turn, fails || (cancelled && script_.chance(50)), answers);
    if (asked && answers) {
      say(AssistantMessage{.message_id = message_, .content = text_});
    } else if (asked) {
      run_tools(cancelled);
    }
    usage_ += turn_usage_;
    say(TurnEnded{.turn = turn, .usage = turn_usage_});
  }

  /// One request with its attempts; false if the last one failed.
  bool ask_model(int turn, bool fails, bool answers) {
    int attempt = 1;
    for (; attempt < 3 && script_.chance(25); ++attempt) {
      begin_request(turn, attempt);
      write(answers);
      say(ModelFailed{.error = "reset", .error_code = ErrorCode::network});
      if (!text_.empty()) say(MessageDiscarded{.message_id = message_, .attempt = attempt});
      say(Retry{.attempt = attempt + 1, .max_attempts = 3, .delay_ms = 1, .reason = "reset"});
    }
    begin_request(turn, attempt);
    write(answers);
    const Usage used = script_.usage();
    turn_usage_ += used;
    if (fails) {
      say(ModelFailed{.error = "no", .error_code = ErrorCode::server_error});
      return false;
    }
    say(ModelCompleted{
        .content = text_, .reasoning = reasoning_, .tool_calls = calls_, .usage = used});
    say(MessageCommitted{.message = {.id = message_, .role = Role::assistant, .content = text_}});
    return true;
  }

  void begin_request(int turn, int attempt) {
    say(ModelStarted{
        .provider = "made up", .model = "model", .iteration = turn, .attempt = attempt});
    text_.clear();
    reasoning_.clear();
    calls_.clear();
  }

  /// The deltas of an answer.
  void write(bool answers) {
    for (int i = script_.below(3); i > 0; --i) {
      reasoning_ += script_.word();
      say(ReasoningDelta{.text = reasoning_.substr(reasoning_.rfind(' ')), .message_id = message_});
    }
    const bool structured = answers && script_.chance(20);
    for (int i = script_.below(6); i > 0; --i) {
      const std::string piece = script_.word();
      text_ += piece;
      if (structured) {
        say(StructuredDelta{.text = piece, .message_id = message_});
      } else {
        say(TokenDelta{.text = piece, .message_id = message_});
      }
    }
    for (int i = answers ? 0 : 1 + script_.below(3); i > 0; --i) write_call(i);
  }

  void write_call(int index) {
    ToolCall call{.call_id = script_.unique("call"),
                  .tool_name = script_.chance(50) ? "bash" : "work",
                  .arguments = json::object{{"say", script_.word()}}};
    say(ToolCallBegin{.call_id = call.call_id, .tool_name = call.tool_name, .index = index});
    std::string text;
    append_json(text, call.arguments);
    const std::size_t half = text.size() / 2;
    say(ToolCallDelta{.call_id = call.call_id, .delta = text.substr(0, half)});
    say(ToolCallDelta{.call_id = call.call_id, .delta = text.substr(half)});
    say(ToolCallReady{
        .call_id = call.call_id, .tool_name = call.tool_name, .arguments = call.arguments});
    calls_.push_back(std::move(call));
  }

  void run_tools(bool cancelled) {
    std::vector<Events> tools;
    for (const ToolCall& call : calls_) tools.push_back(run_tool(call, cancelled));
    append(events_, script_.interleaved(std::move(tools)));
    for (const ToolCall& call : calls_) {
      say(MessageCommitted{.message = {
                               .id = script_.unique("m"),
                               .role = Role::tool,
                               .tool_call_id = call.call_id,
                           }});
    }
  }

  Events run_tool(const ToolCall& call, bool cancelled) {
    Events events;
    const std::string& id = call.call_id;
    const std::string& name = call.tool_name;
    if (cancelled && script_.chance(30)) return events;  // it was never its turn
    if (script_.chance(30)) {
      const std::string approval = script_.unique("approval");
      add(events, context_,
          ApprovalRequested{.approval_id = approval, .call_id = id, .tool_name = name});
      const bool denied = script_.chance(30);
      add(events, context_,
          ApprovalResolved{
              .approval_id = approval,
              .call_id = id,
              .decision = denied ? ApprovalDecision::denied : ApprovalDecision::approved});
      if (denied) {
        add(events, context_, ToolCallDenied{.tool_name = name, .call_id = id});
        return events;
      }
    }
    add(events, context_,
        ToolCallStarted{.tool_name = name, .call_id = id, .arguments = call.arguments});
    work(events, call);
    if (cancelled) {
      add(events, context_, ToolCallCancelled{.tool_name = name, .call_id = id});
    } else {
      add(events, context_, ToolCallCompleted{.tool_name = name, .call_id = id, .success = true});
    }
    return events;
  }

  void work(Events& events, const ToolCall& call) {
    const std::string& id = call.call_id;
    if (depth_ < 2 && script_.chance(15)) return delegate(events, id);
    std::string out;
    for (int i = script_.below(4); i > 0; --i) {
      const std::string line = script_.word();
      out += line;
      add(events, context_, ToolOutput{.call_id = id, .tool_name = call.tool_name, .text = line});
    }
    if (call.tool_name == "bash")
      add(events, context_, BashExecuted{.call_id = id, .stdout_ = out, .success = true});
  }

  void delegate(Events& events, const std::string& call_id) {
    Run child(script_, id_, depth_ + 1);
    add(events, context_,
        SubagentStarted{.agent = "agent", .child_run_id = child.id_, .call_id = call_id});
    append(events, child.make());
    add(events, context_, SubagentFinished{.agent = "agent", .child_run_id = child.id_});
  }

  /// What follows happens while the task runs, which may outlive this run.
  void start_background_task() {
    Run child(script_, id_, 1);
    const std::string task = script_.unique("task");
    say(BackgroundTaskStarted{.task_id = task, .name = "watch", .child_run_id = child.id_});
    background_ = child.make();
    add(background_, script_.context({}),
        BackgroundTaskFinished{.task_id = task, .name = "watch", .child_run_id = child.id_});
    before_background_ = events_.size();
  }

  Events with_background_task() {
    const auto middle = events_.begin() + static_cast<std::ptrdiff_t>(before_background_);
    Events all(events_.begin(), middle);
    append(all, script_.interleaved({Events(middle, events_.end()), background_}));
    return all;
  }

  void finish(int turns) {
    const std::optional<NanoUsd> cost =
        script_.chance(80) ? std::optional(NanoUsd{usage_.total * 100}) : std::nullopt;
    switch (ending_) {
      case Outcome::completed:
        say(StatusUpdate{.status = AgentStatus::idle});
        say(UsageUpdate{.usage = usage_, .cost = cost});
        return say(RunCompleted{.iterations = turns, .usage = usage_, .cost = cost});
      case Outcome::failed:
        return say(RunFailed{.error = "no",
                             .error_code = ErrorCode::server_error,
                             .iterations = turns,
                             .usage = usage_,
                             .cost = cost});
      case Outcome::cancelled:
        return say(
            RunCancelled{.reason = "enough", .iterations = turns, .usage = usage_, .cost = cost});
    }
  }

  SessionScript& script_;
  const std::string id_;
  const int depth_;
  Context context_;
  Events events_;
  Events background_;
  std::size_t before_background_ = 0;
  int turn_ = 0;
  Outcome ending_{};
  Usage usage_;
  Usage turn_usage_;
  std::string message_;
  std::string text_;
  std::string reasoning_;
  std::vector<ToolCall> calls_;
};

SessionScript::Events SessionScript::session() {
  const Context nobody = context({});
  Events events;
  add(events, nobody, SessionCreated{.workspace = "/work", .title = word()});
  std::vector<Events> parts;
  for (int i = 1 + below(3); i > 0; --i) parts.push_back(chance(20) ? workflow() : run());
  append(events, interleaved(std::move(parts)));
  add(events, nobody, SessionClosed{.reason = "done"});
  return events;
}

SessionScript::Events SessionScript::run(const std::string& parent, int depth) {
  return Run(*this, parent, depth).make();
}

SessionScript::Events SessionScript::workflow() {
  RunContext of_workflow;
  of_workflow.workflow_id = unique("workflow");
  const Context here = context(std::move(of_workflow));
  Events events;
  add(events, here, WorkflowStarted{.workflow = "build"});
  for (int step = below(3); step >= 0; --step) {
    add(events, here, WorkflowStepStarted{.workflow = "build", .step = step, .step_name = word()});
    append(events, run());
    if (chance(70)) {
      add(events, here, WorkflowStepCompleted{.workflow = "build", .step = step});
    } else {
      add(events, here, WorkflowStepFailed{.workflow = "build", .step = step, .error = "no"});
    }
  }
  add(events, here, WorkflowCompleted{.workflow = "build"});
  return events;
}

SessionScript::Events SessionScript::interleaved(std::vector<Events> lists) {
  Events all;
  std::vector<std::size_t> taken(lists.size(), 0);
  for (;;) {
    std::vector<std::size_t> left;
    for (std::size_t i = 0; i < lists.size(); ++i) {
      if (taken[i] < lists[i].size()) left.push_back(i);
    }
    if (left.empty()) return all;
    const std::size_t chosen = left[static_cast<std::size_t>(below(static_cast<int>(left.size())))];
    all.push_back(lists[chosen][taken[chosen]++]);
  }
}

SessionScript::Context SessionScript::context(RunContext context) const {
  context.session_id = "s1";
  return std::make_shared<const RunContext>(std::move(context));
}

std::string SessionScript::word() {
  static const char* const words[] = {" one", " two", " größer", " 四", " five\n"};
  return words[below(5)];
}

Usage SessionScript::usage() {
  Usage usage{.prompt = 10 + below(90), .completion = below(50)};
  usage.total = usage.prompt + usage.completion;
  if (chance(30)) usage.cached = below(10);
  return usage;
}

}  // namespace strandbus::test

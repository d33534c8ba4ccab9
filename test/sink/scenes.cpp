#include "sink/scenes.hpp"

#include "wire/event_list.hpp"

#include <boost/json/object.hpp>

#include <initializer_list>
#include <string>

namespace strandbus::testing {
namespace {

using namespace std::chrono_literals;

struct Call {
  std::string id;
  std::string tool;
  json::value arguments;
};

void begin_run(EventList& list, std::string_view prompt) {
  list.add(RunStarted{.provider = "scripted", .model = "gpt-4o", .max_rounds = 50});
  list.add(UserMessage{.message_id = "m1", .content = std::string(prompt)});
}

void begin_turn(EventList& list, std::int32_t turn) {
  list.turn(turn).add(TurnStarted{.turn = turn, .max_turns = 50});
  list.add(StatusUpdate{.status = AgentStatus::thinking, .detail = "Waiting for LLM response"});
  list.add(ModelStarted{.provider = "scripted", .model = "gpt-4o", .iteration = turn});
}

template <class Delta = TokenDelta>
std::string stream(EventList& list, std::initializer_list<std::string_view> pieces) {
  std::string whole;
  for (const std::string_view piece : pieces) {
    list.after(300ms).add(Delta{.text = std::string(piece), .message_id = "m"});
    whole += piece;
  }
  return whole;
}

void ask_for_tools(EventList& list, std::string content, const std::vector<Call>& calls) {
  ModelCompleted end{.finish_reason = FinishReason::tool_calls, .usage = {70, 15, 85}};
  end.content = std::move(content);
  for (const Call& call : calls) {
    list.add(ToolCallBegin{.call_id = call.id, .tool_name = call.tool});
    list.add(
        ToolCallReady{.call_id = call.id, .tool_name = call.tool, .arguments = call.arguments});
    end.tool_calls.push_back({call.id, call.tool, call.arguments});
  }
  list.add(std::move(end));
}

void start(EventList& list, const Call& call) {
  list.add(
      ToolCallStarted{.tool_name = call.tool, .call_id = call.id, .arguments = call.arguments});
}

void complete(EventList& list, const Call& call, std::string output, std::int64_t duration_ms) {
  list.add(ToolCallCompleted{.tool_name = call.tool,
                             .call_id = call.id,
                             .success = true,
                             .output = std::move(output),
                             .duration_ms = duration_ms});
}

void end_turn(EventList& list, std::int32_t turn, FinishReason reason) {
  list.add(TurnEnded{.turn = turn, .stop_reason = reason, .usage = {70, 15, 85}});
}

void end_run(EventList& list, std::int32_t turns, std::int64_t tools, const std::string& answer) {
  list.add(ModelCompleted{.content = answer, .usage = {80, 10, 90}});
  list.add(AssistantMessage{.message_id = "m", .content = answer});
  end_turn(list, turns, FinishReason::stop);
  list.turn(0).add(StatusUpdate{.status = AgentStatus::idle});
  list.add(RunCompleted{.iterations = turns,
                        .output = answer,
                        .usage = {150, 25, 175},
                        .cost = NanoUsd{350'000},
                        .llm_calls = turns,
                        .tool_calls = tools,
                        .duration_ms = 3'240});
}

std::vector<StreamEvent> golden() { return golden_run().events(); }

std::vector<StreamEvent> parallel_tools() {
  const Call find{"c1", "bash", json::object{{"command", "grep -rn 'EventBus' src | head -20"}}};
  const Call read{"c2", "read_file", json::object{{"path", "src/bus/event_bus.cpp"}, {"from", 1}}};
  const Call edit{"c3", "edit_file",
                  json::object{{"path", "README.md"}, {"old", "a bus"}, {"new", "the bus"}}};
  EventList list;
  begin_run(list, "Where is the bus made, and what does the README call it?");
  begin_turn(list, 1);
  stream<ReasoningDelta>(list, {"\nThree things", " at once:\nsearch,", " read, edit.\n"});
  ask_for_tools(list, {}, {find, read, edit});
  for (const Call& call : {find, read, edit}) start(list, call);
  list.after(30ms);
  complete(list, read, "\n  #include \"strandbus/bus/event_bus.hpp\"\n\nnamespace strandbus {\n",
           30);
  list.after(970ms).add(ToolOutput{.call_id = "c1", .tool_name = "bash", .progress = 0.4});
  list.after(500ms).add(ToolCallCompleted{
      .tool_name = "edit_file",
      .call_id = "c3",
      .success = true,
      .duration_ms = 1'500,
      .files_changed = {"README.md"},
      .diffs = {{"README.md", "--- README.md\n+++ README.md\n-a bus\n+the bus\n+\n"}}});
  list.after(600ms).add(ToolCallCompleted{.tool_name = "bash",
                                          .call_id = "c1",
                                          .output = "grep: src: No such file or directory\n",
                                          .error = "exit code 2",
                                          .duration_ms = 2'100});
  end_turn(list, 1, FinishReason::tool_calls);
  begin_turn(list, 2);
  end_run(list, 2, 3, stream(list, {"The bus is made in `main`.\n\n", "- one\n- two\n"}));
  return list.events();
}

std::vector<StreamEvent> failure() {
  EventList list;
  begin_run(list, "Say hello");
  begin_turn(list, 1);
  stream(list, {"Hel", "lo, I was"});
  list.add(ModelFailed{.error = "connection reset by peer", .error_code = ErrorCode::network});
  list.add(MessageDiscarded{.message_id = "m", .attempt = 1, .reason = "connection reset by peer"});
  list.add(StatusUpdate{.status = AgentStatus::retrying});
  list.add(Retry{.attempt = 1,
                 .max_attempts = 2,
                 .delay_ms = 1'500,
                 .reason = "connection reset by peer",
                 .error_code = ErrorCode::network,
                 .provider = "openai"});
  list.after(1500ms).add(ModelStarted{.iteration = 1, .attempt = 2});
  list.after(100ms).add(
      ModelFailed{.error = "the key was refused; set OPENAI_API_KEY to a valid one",
                  .error_code = ErrorCode::authentication,
                  .http_status = 401});
  end_turn(list, 1, FinishReason::error);
  list.turn(0).add(RunFailed{.error = "the key was refused; set OPENAI_API_KEY to a valid one",
                             .error_code = ErrorCode::authentication,
                             .iterations = 1,
                             .llm_calls = 2,
                             .duration_ms = 2'300});
  return list.events();
}

std::vector<StreamEvent> cancelled() {
  const Call sleep{"c1", "bash", json::object{{"command", "sleep 600"}}};
  EventList list;
  begin_run(list, "Wait for it");
  begin_turn(list, 1);
  ask_for_tools(list, stream(list, {"I wait", " a little."}), {sleep});
  start(list, sleep);
  list.after(3400ms).add(ToolCallCancelled{
      .tool_name = "bash", .call_id = "c1", .reason = "interrupted", .duration_ms = 3'400});
  end_turn(list, 1, FinishReason::tool_calls);
  begin_turn(list, 2);
  stream(list, {"I waited", " for th"});
  list.add(ModelFailed{.error = "cancelled", .error_code = ErrorCode::cancelled});
  end_turn(list, 2, FinishReason::cancelled);
  list.turn(0).add(RunCancelled{.reason = "interrupted by the user",
                                .iterations = 2,
                                .usage = {150, 25, 175},
                                .llm_calls = 2,
                                .tool_calls = 1,
                                .duration_ms = 5'120});
  return list.events();
}

std::vector<StreamEvent> approvals() {
  const Call remove{"c1", "bash", json::object{{"command", "rm -rf build\nmake\x1b[8m all"}}};
  const Call write{"c2", "write_file", json::object{{"path", "a.txt"}, {"text", "one two"}}};
  const Call unknown{"c3", "teleport", json::object{}};
  EventList list;
  begin_run(list, "Clean up");
  begin_turn(list, 1);
  ask_for_tools(list, {}, {remove, write, unknown});
  list.add(StatusUpdate{.status = AgentStatus::waiting_approval});
  list.add(ApprovalRequested{.approval_id = "a1",
                             .call_id = "c1",
                             .tool_name = "bash",
                             .arguments = remove.arguments,
                             .reason = "deletes files"});
  list.after(2s).add(ApprovalResolved{
      .approval_id = "a1", .call_id = "c1", .decision = ApprovalDecision::denied, .by = "user"});
  list.add(ToolCallDenied{.tool_name = "bash",
                          .call_id = "c1",
                          .error_code = ErrorCode::E_CONFIRMED_DENY,
                          .reason = "denied by the user"});
  list.add(ApprovalRequested{.approval_id = "a2",
                             .call_id = "c2",
                             .tool_name = "write_file",
                             .arguments = write.arguments});
  list.after(1s).add(ApprovalResolved{
      .approval_id = "a2", .call_id = "c2", .decision = ApprovalDecision::approved, .by = "user"});
  start(list, write);
  complete(list, write, "", 2);
  list.add(ToolCallDenied{.tool_name = "teleport",
                          .call_id = "c3",
                          .error_code = ErrorCode::E_TOOL_UNKNOWN,
                          .reason = "there is no such tool"});
  end_turn(list, 1, FinishReason::tool_calls);
  begin_turn(list, 2);
  end_run(list, 2, 1, stream(list, {"Nothing was", " removed."}));
  return list.events();
}

std::vector<StreamEvent> wide_text() {
  const Call search{"c1", "検索",
                    json::object{{"語", "非同期イベントバスの設計と実装についての長い説明"}}};
  EventList list;
  begin_run(
      list,
      "東京の天気を調べて、結果を表にまとめてから、気温の平均も計算してください。お願いします。");
  begin_turn(list, 1);
  ask_for_tools(list, {}, {search});
  start(list, search);
  list.after(80ms);
  complete(list, search, "晴れ時々曇り、気温は二十三度、湿度は六十パーセントでした。\n二行目\n",
           80);
  end_turn(list, 1, FinishReason::tool_calls);
  begin_turn(list, 2);
  end_run(list, 2, 1,
          stream(list, {"東京は晴れです。", "気温は二十三度で、", "風は弱く、過ごしやすい一日に",
                        "なるでしょう。👩\u200D💻 e\u0301te\u0301", " می\u200Cخواهم\n"}));
  return list.events();
}

void work(EventList& list, const std::string& run_id, const std::string& name) {
  list.in(EventList::nested_context(run_id, name)).turn(1);
  list.add(RunStarted{}).add(TurnStarted{.turn = 1}).add(ModelStarted{});
}

std::vector<StreamEvent> sub_agents() {
  const Call read{"c1", "read_file", json::object{{"path", "test/parser_test.cpp"}}};
  EventList list;
  begin_run(list, "Have it reviewed");
  begin_turn(list, 1);
  list.add(
      SubagentStarted{.agent = "reviewer", .child_run_id = "r1", .input = "Review the change"});
  work(list, "r1", "reviewer");
  stream(list, {"The change\nis", " correct."});
  list.in(EventList::run_context());
  list.add(SubagentStarted{.agent = "tester", .child_run_id = "r2", .input = "Test the change"});
  work(list, "r2", "tester");
  start(list, read);
  list.in(EventList::nested_context("r1", "reviewer"));
  list.add(ModelCompleted{.content = "The change\nis correct."});
  list.add(RunCompleted{.output = "The change\nis correct."});
  list.in(EventList::nested_context("r2", "tester"));
  complete(list, read, "ok", 20);
  list.add(RunFailed{.error = "no tests found"});
  list.in(EventList::run_context());
  list.add(SubagentFinished{.agent = "reviewer", .child_run_id = "r1", .output = "correct"});
  list.add(SubagentFinished{.agent = "tester", .child_run_id = "r2", .outcome = Outcome::failed});
  list.add(DoomLoopDetected{.description = "read_file was called 3 times with equal arguments",
                            .tool_name = "read_file",
                            .action = LoopAction::warn});
  list.add(Error{.error = "the log could not be written", .error_code = ErrorCode::E_PERMISSIONS});
  end_run(list, 1, 0, stream(list, {"Reviewed."}));
  return list.events();
}

}  // namespace

const std::vector<Scene>& scenes() {
  static const std::vector<Scene> all = {
      {"golden_run", golden},     {"parallel_tools", parallel_tools}, {"failure", failure},
      {"cancelled", cancelled},   {"approvals", approvals},           {"wide_text", wide_text},
      {"sub_agents", sub_agents},
  };
  return all;
}

}  // namespace strandbus::testing

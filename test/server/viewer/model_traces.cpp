#include "server/viewer/model_traces.hpp"

#include "bus/session_events.hpp"
#include "bus/session_script.hpp"
#include "bus/trace_events.hpp"
#include "event/sample.hpp"
#include "wire/ag_ui_runs.hpp"
#include "wire/event_list.hpp"

#include <algorithm>
#include <random>

namespace strandbus::test {
namespace {

using Events = std::vector<StreamEvent>;

std::string seeded(const char* name, std::uint64_t seed) {
  return std::string(name) + ", seed " + std::to_string(seed);
}

/// Gives each event the seq behind the one before.
Events renumbered(Events events, std::uint64_t first = 1) {
  for (StreamEvent& event : events) event = stamped(std::move(event), first++);
  return events;
}

Events cancelled_run() {
  testing::EventList list;
  testing::begin_ag_ui_run(list);
  list.add(TokenDelta{.text = "I will", .message_id = "m2"});
  list.add(ToolCallReady{.call_id = "c1", .tool_name = "bash"});
  list.add(ModelCompleted{.content = "I will", .tool_calls = {{"c1", "bash", nullptr}}});
  list.add(ToolCallStarted{.tool_name = "bash", .call_id = "c1"});
  list.add(ToolOutput{.call_id = "c1", .tool_name = "bash", .text = "1\n", .progress = 0.5});
  list.add(ToolCallCancelled{.tool_name = "bash", .call_id = "c1", .reason = "enough"});
  list.add(TurnEnded{.turn = 1, .stop_reason = FinishReason::cancelled});
  list.turn(0).add(RunCancelled{.reason = "enough", .usage = {10, 2, 12}});
  return list.events();
}

/// Values of moderate size, whose ids are few, so that events meet what others have begun.
class FewIds final : public testing::ValueSource {
 public:
  explicit FewIds(std::uint64_t seed) : random_(seed) {}

  std::string text(std::string_view member) override {
    if (member.ends_with("_id") || member == "id" || member == "workflow")
      return std::string(member.substr(0, 1)) + std::to_string(choice(3));
    return random_.text(member);
  }
  std::int64_t integer() override {
    return static_cast<std::int64_t>(choice(flag() ? 4 : 1'000'000'000));
  }
  double number() override { return random_.number(); }
  json::value json_value() override { return random_.json_value(); }
  bool flag() override { return random_.flag(); }
  bool present() override { return random_.present(); }
  std::size_t count() override { return random_.count(); }
  std::size_t choice(std::size_t size) override { return random_.choice(size); }

  std::string maybe(std::string_view prefix) {
    return choice(3) == 0 ? "" : std::string(prefix) + std::to_string(choice(3));
  }

 private:
  testing::RandomValues random_;
};

std::shared_ptr<const RunContext> some_context(FewIds& values) {
  RunContext context;
  context.session_id = "s1";
  context.run_id = values.maybe("r");
  context.parent_run_id = values.maybe("r");
  context.workflow_id = values.maybe("w");
  context.parent_workflow_id = values.maybe("w");
  context.agent = values.maybe("agent");
  context.model_id = values.maybe("model");
  context.depth = static_cast<std::int32_t>(values.choice(3));
  return std::make_shared<const RunContext>(std::move(context));
}

Events long_texts() {
  Events events;
  const auto context = context_of("r1");
  const std::string pieces[] = {std::string(1000, 'a'), "größer ", "四", "\U0001F600\U0001F600"};
  for (int i = 0; i < 4000; ++i) {
    const std::string text = i % 9 == 0 ? pieces[0] : pieces[1 + i % 3];
    events.emplace_back(TokenDelta{.text = text, .message_id = "m1"}, context);
    events.emplace_back(ToolCallDelta{.call_id = "c1", .delta = text + pieces[i % 4]}, context);
    events.emplace_back(ToolOutput{.call_id = "c2",
                                   .stream = i % 5 == 0 ? OutputStream::stderr_ : OutputStream(),
                                   .text = text},
                        context);
  }
  std::string whole;
  for (int i = 0; i < 200'000; ++i) whole += "€";
  events.emplace_back(BashExecuted{.call_id = "c2", .stdout_ = whole, .truncated = true}, context);
  return events;
}

Events crowds() {
  Events events;
  const auto context = context_of("r1");
  for (int i = 0; i < 300; ++i) {
    const std::string id = std::to_string(i);
    events.emplace_back(ApprovalRequested{.approval_id = id, .call_id = id}, context);
    events.emplace_back(ToolCallBegin{.call_id = id, .tool_name = "t"}, context);
    events.emplace_back(ToolCallStarted{.tool_name = "t", .call_id = "s" + id}, context);
    events.emplace_back(SubagentStarted{.agent = "a", .child_run_id = "x" + id}, context);
    events.emplace_back(TokenDelta{.text = id, .message_id = id}, context);
  }
  for (int i = 0; i < 300; ++i) {
    const auto other = context_of("run" + std::to_string(i));
    events.emplace_back(RunStarted{.provider = "p", .model = "m"}, other);
    if (i % 3 != 0)
      events.emplace_back(RunCompleted{.usage = {1, 2, 3}, .cost = NanoUsd{i % 2 == 0 ? 1 : 333}},
                          other);
  }
  return events;
}

}  // namespace

std::vector<ModelTrace> written_traces() {
  return {{"the golden run", testing::golden_run().events()},
          {"a retry", testing::retried_run().events()},
          {"approvals and a sub-agent", testing::run_with_approvals_and_subagent().events()},
          {"a cancelled run", cancelled_run()},
          {"everything", full_trace()}};
}

std::vector<ModelTrace> large_traces() {
  return {{"long texts", renumbered(long_texts()), 1000}, {"crowds", renumbered(crowds()), 100}};
}

ModelTrace session_trace(std::uint64_t seed) {
  return {seeded("a session", seed), renumbered(SessionScript(seed).session())};
}

ModelTrace trace_with_losses(std::uint64_t seed) {
  const Events events = session_trace(seed).events;
  std::mt19937_64 random(seed);
  Events some;
  bool losing = false;
  for (const StreamEvent& event : events) {
    if (random() % 8 == 0) losing = !losing;
    if (!losing) some.push_back(event);
    if (!some.empty() && random() % 20 == 0) some.push_back(some[random() % some.size()]);
  }
  return {seeded("losses", seed), std::move(some)};
}

ModelTrace restored_trace(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Events events = SessionScript(seed).session();
  events.resize(1 + random() % events.size());
  events.emplace_back(SessionRestored{.from_seq = 1, .events = 7, .messages = 2}, context_of(""));
  const Events more = SessionScript(seed + 1, "second").session();
  events.insert(events.end(), more.begin(), more.end());
  return {seeded("a restored session", seed), renumbered(std::move(events))};
}

ModelTrace disorderly_trace(std::uint64_t seed) {
  FewIds values(seed);
  const std::vector<EventType> types = testing::all_event_types();
  Events events;
  std::uint64_t seq = 0;
  for (int i = 0; i < 300; ++i) {
    StreamEvent event = testing::make_sample(types[values.choice(types.size())], values);
    event.set_context(some_context(values));
    event.set_turn(static_cast<std::int32_t>(values.choice(3)));
    seq += values.choice(12) == 0 ? values.choice(4) : 1;
    events.push_back(stamped(std::move(event), std::max<std::uint64_t>(seq, 1)));
  }
  return {seeded("disorder", seed), std::move(events)};
}

}  // namespace strandbus::test

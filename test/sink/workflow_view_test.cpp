// How workflows are shown.
#include "sink/printed.hpp"
#include "strandbus/event/workflow_payloads.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace strandbus::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

/// Events of workflows, whose spans say what is inside of what.
class Work {
 public:
  Work() { context_.session_id = "s"; }

  Work& workflow(std::string id, std::string parent = {}) {
    context_.workflow_id = std::move(id);
    context_.parent_workflow_id = std::move(parent);
    return *this;
  }
  Work& run(std::string id) {
    context_.run_id = std::move(id);
    return *this;
  }

  template <PayloadType T>
  Work& add(T payload, SpanId span, SpanId parent) {
    StreamEvent event(std::move(payload), std::make_shared<const RunContext>(context_));
    event.set_span(span, parent);
    events_.push_back(std::move(event));
    return *this;
  }

  const std::vector<StreamEvent>& events() const { return events_; }

 private:
  RunContext context_;
  std::vector<StreamEvent> events_;
};

Work begun() {
  Work work;
  work.workflow("w1").add(WorkflowStarted{.workflow = "outer"}, 1, 0);
  work.add(WorkflowStepStarted{.workflow = "outer", .step_name = "gate"}, 2, 1);
  return work;
}

TEST(WorkflowView, IndentsWhatIsInside) {
  Work work = begun();
  work.add(WorkflowStepStarted{.workflow = "outer", .step = 1, .step_name = "sub"}, 3, 2);
  work.workflow("w2", "w1").add(WorkflowStarted{.workflow = "inner"}, 4, 3);
  work.add(WorkflowStepStarted{.workflow = "inner", .step_name = "ask"}, 5, 4);
  work.run("r1").add(RunStarted{}, 6, 5).add(answer("Hello"), 7, 6).add(RunCompleted{}, 6, 5);
  work.run("").add(WorkflowStepCompleted{.workflow = "inner", .step_name = "ask"}, 5, 4);
  EXPECT_THAT(print(on_terminal(), work.events()).out, HasSubstr(R"(▸ workflow outer
  ▸ step 1 gate
    ▸ step 2 sub
      ▸ workflow inner
        ▸ step 1 ask
          Hello
        ✓ step 1 ask
)"));
}

TEST(WorkflowView, SaysThatItHasNoEnd) {
  EXPECT_THAT(print(on_terminal(), begun().events()).err,
              HasSubstr("incomplete: the events end before the workflow does"));
}

TEST(WorkflowView, ItsOutputIsTheAnswer) {
  Work work = begun();
  work.run("r1").add(RunStarted{}, 6, 2).add(answer("inside"), 7, 6).add(RunCompleted{}, 6, 2);
  work.run("").add(WorkflowStepCompleted{.workflow = "outer", .step_name = "gate"}, 2, 1);
  work.add(WorkflowCompleted{.workflow = "outer", .output = {{"a", 1}}}, 1, 0);
  EXPECT_EQ(print(in_pipe(), work.events()).out, "{\"a\":1}\n");
  EXPECT_THAT(print(on_terminal(), work.events()).out, HasSubstr("workflow outer\n\n{\"a\":1}\n"));
}

TEST(WorkflowView, ItsFailureIsToldWhateverTheDetail) {
  Work work = begun();
  work.add(WorkflowFailed{.workflow = "outer", .error = "no luck"}, 1, 0);
  CliPrinterOptions options = in_pipe();
  options.detail = PrintDetail::answer;
  const Printed printed = print(options, work.events());
  EXPECT_EQ(printed.out, "");
  EXPECT_THAT(printed.err, HasSubstr("no luck"));
}

TEST(WorkflowView, ItsFailureIsToldAsAWholeInTheEndAndOnce) {
  const std::string reason = "the step \"gate\" failed: " + std::string(200, 'x');
  Work work = begun();
  work.add(
      WorkflowFailed{
          .workflow = "outer", .error = reason, .error_code = ErrorCode::invalid_request},
      1, 0);
  const Printed printed = print(on_terminal(), work.events());
  EXPECT_THAT(printed.out, EndsWith("✗ workflow outer · failed\n"));
  EXPECT_EQ(printed.err, "error: " + reason + " (invalid_request)\n");
}

TEST(WorkflowView, ItsCancellationIsToldInTheEnd) {
  Work work = begun();
  work.add(WorkflowCancelled{.workflow = "outer", .reason = "stopped"}, 1, 0);
  EXPECT_EQ(print(on_terminal(), work.events()).err, "cancelled: stopped\n");
}

TEST(WorkflowView, OneThatIsJoinedLateIsIndentedAsFarAsIsKnown) {
  Work work;
  work.workflow("w2", "w1");
  work.add(WorkflowStepCompleted{.workflow = "inner", .step_name = "ask"}, 5, 4);
  EXPECT_THAT(print(on_terminal(), work.events()).out, HasSubstr("      ✓ step 1 ask\n"));
}

}  // namespace
}  // namespace strandbus::testing

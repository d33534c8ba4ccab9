// What a workflow must be before it can run, and what its references mean.
#include "agent/workflow_reference.hpp"
#include "agent/workflow_world.hpp"

#include <gmock/gmock.h>

#include <map>
#include <string>

namespace strandbus::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

json::value nothing(const WorkflowScope&) { return nullptr; }
bool yes(const WorkflowScope&) { return true; }

/// What it says about a workflow that cannot be.
template <class F>
std::string refusal(F make) {
  try {
    make();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "it was accepted";
}

WorkflowSteps one(const std::string& name) {
  WorkflowSteps steps;
  steps.transform(name, nothing);
  return steps;
}

class WorkflowPlanTest : public ::testing::Test {
 protected:
  WorkflowWorld world_;
};

TEST_F(WorkflowPlanTest, CountsItsStepsButNotItsGroups) {
  WorkflowSteps both = one("b").transform("c", nothing);
  WorkflowSteps steps = one("a").parallel("both", both).conditional("if", yes, one("d"));
  EXPECT_EQ(Workflow("w", steps).steps(), 5u);
}

TEST_F(WorkflowPlanTest, RefusesNamesThatCannotBe) {
  for (const char* name : {"", "1st", "a b", "a.b", "steps/a"})
    EXPECT_THAT(refusal([&] { one(name); }), HasSubstr("no name")) << name;
  EXPECT_THAT(refusal([] { Workflow("a:b", one("x")); }), HasSubstr("without ':'"));
  EXPECT_THAT(refusal([] { Workflow("w", one("x").transform("x", nothing)); }),
              HasSubstr("has this name"));
}

TEST_F(WorkflowPlanTest, RefusesWhatDoesNothing) {
  EXPECT_THAT(refusal([] { Workflow("w", WorkflowSteps()); }), HasSubstr("no steps"));
  EXPECT_THAT(refusal([] { WorkflowSteps().parallel("p", {}); }), HasSubstr("no steps"));
  EXPECT_THAT(refusal([] { WorkflowSteps().conditional("c", yes, {}); }), HasSubstr("no steps"));
  EXPECT_THAT(refusal([] { WorkflowSteps().transform("t", {}); }), HasSubstr("no function"));
  EXPECT_THAT(refusal([] { WorkflowSteps().agent("a", {}, "hi"); }), HasSubstr("no provider"));
}

TEST_F(WorkflowPlanTest, RefusesOptionsThatCannotBe) {
  const auto with = [](WorkflowStepOptions options) {
    return refusal([&] { WorkflowSteps().transform("t", nothing, options); });
  };
  WorkflowStepOptions options;
  options.timeout = std::chrono::milliseconds(-1);
  EXPECT_THAT(with(options), HasSubstr("timeout is -1 ms; allowed is 0 ms"));
  options = {};
  options.max_retries = 101;
  EXPECT_THAT(with(options), HasSubstr("max_retries is 101; allowed is 0 to 100"));
  options = {};
  options.first_delay = std::chrono::seconds(60);
  EXPECT_THAT(with(options), HasSubstr("max_delay is 8000 ms; allowed is first_delay or more"));
}

TEST_F(WorkflowPlanTest, RefusesReferencesToWhatHasNotFinished) {
  const auto referring = [&](const std::string& to) {
    return refusal([&] {
      const std::string prompt = "{{steps." + to + ".output}}";
      WorkflowSteps both = one("beside").agent("here", talker(world_), prompt);
      Workflow("w", one("before").parallel("both", both).transform("after", nothing));
    });
  };
  EXPECT_EQ(referring("before"), "it was accepted");
  EXPECT_THAT(referring("beside"), HasSubstr("has not finished when it begins"));
  EXPECT_THAT(referring("both"), HasSubstr("has not finished when it begins"));
  EXPECT_THAT(referring("here"), HasSubstr("has not finished when it begins"));
  EXPECT_THAT(referring("after"), HasSubstr("has not finished when it begins"));
  EXPECT_THAT(referring("nobody"), HasSubstr("which the workflow does not have"));
}

TEST_F(WorkflowPlanTest, OneBranchOfAConditionDoesNotSeeTheOther) {
  WorkflowSteps otherwise;
  otherwise.agent("b", talker(world_), "{{steps.a.output}}");
  WorkflowSteps steps;
  steps.conditional("if", yes, one("a"), otherwise);
  EXPECT_THAT(refusal([&] { Workflow("w", steps); }), HasSubstr("has not finished"));
}

TEST_F(WorkflowPlanTest, IsBounded) {
  WorkflowSteps many;
  for (std::size_t i = 0; i <= max_workflow_nodes; ++i)
    many.transform("s" + std::to_string(i), nothing);
  EXPECT_THAT(refusal([&] { Workflow("w", many); }), HasSubstr("at most 1000 steps"));

  WorkflowSteps deep = one("s");
  for (std::size_t i = 1; i < max_workflow_depth; ++i)
    deep = WorkflowSteps().sequence("g" + std::to_string(i), deep);
  EXPECT_NO_THROW(Workflow("w", deep));
  EXPECT_THAT(refusal([&] { Workflow("w", WorkflowSteps().sequence("g", deep)); }),
              HasSubstr("nested deeper than 16 levels"));
  WorkflowSteps around;
  around.subworkflow("sub", Workflow("w", deep));
  EXPECT_THAT(refusal([&] { Workflow("outer", around); }),
              HasSubstr("nested deeper than 16 levels"));
}

/// What a step sees, given by a test.
class GivenScope final : public WorkflowScope {
 public:
  GivenScope(json::value input, json::value previous)
      : input_(std::move(input)), previous_(std::move(previous)) {}

  const json::value& input() const noexcept override { return input_; }
  const json::value& previous() const noexcept override { return previous_; }
  const json::value* output(std::string_view name) const override {
    const auto known = outputs.find(name);
    return known == outputs.end() ? nullptr : &known->second;
  }

  std::map<std::string, json::value, std::less<>> outputs;

 private:
  json::value input_;
  json::value previous_;
};

class WorkflowReferenceTest : public ::testing::Test {
 protected:
  WorkflowReferenceTest() {
    scope_.outputs["plan"] = {{"items", {"one", {{"n", 2}}}}};
    scope_.outputs["text"] = "a {{input.name}} b";
  }

  std::string render(std::string_view text) const {
    return detail::TextTemplate::parse(text).value().render(scope_);
  }
  std::string problem(std::string_view text) const {
    try {
      return render(text);
    } catch (const WorkflowError& error) {
      return error.what();
    }
  }

  GivenScope scope_{{{"name", "ann"}, {"age", 7}}, json::array{true}};
};

TEST_F(WorkflowReferenceTest, NamesInputsOutputsMembersAndElements) {
  EXPECT_EQ(render("{{input.name}} is {{ input.age }}, {{previous.0}}"), "ann is 7, true");
  EXPECT_EQ(render("{{steps.plan.output.items.0}} {{steps.plan.output.items.1}}"),
            R"(one {"n":2})");
  EXPECT_EQ(scope_.at("steps.plan.output.items.1.n"), json::value(2));
  EXPECT_EQ(render("nothing {to} see}}"), "nothing {to} see}}");
}

TEST_F(WorkflowReferenceTest, DoesNotLookAgainAtWhatItPutIn) {
  EXPECT_EQ(render("{{steps.text.output}}"), "a {{input.name}} b");
}

TEST_F(WorkflowReferenceTest, SaysWhatIsMissing) {
  EXPECT_EQ(problem("{{input.nobody}}"), "input.nobody is missing: there is no such value");
  EXPECT_EQ(problem("{{steps.plan.output.items.2}}"),
            "steps.plan.output.items.2 is missing: there is no such value");
  EXPECT_EQ(problem("{{steps.other.output}}"),
            "steps.other.output is missing: the step \"other\" has not run");
}

TEST_F(WorkflowReferenceTest, RefusesWhatIsNoReference) {
  for (const char* text : {"{{}}", "{{secrets}}", "{{input..a}}", "{{steps.plan}}",
                           "{{steps.plan.input}}", "{{input.a b}}", "{{ 1 + 1 }}"}) {
    EXPECT_THAT(problem(text), HasSubstr("refers to nothing")) << text;
  }
  EXPECT_THAT(problem("{{input.name"), HasSubstr("without \"}}\""));
}

TEST_F(WorkflowReferenceTest, BoundsWhatATemplateMakes) {
  scope_.outputs["text"] = json::string(1'100'000, 'x');
  std::string four;
  for (int i = 0; i < 4; ++i) four += "{{steps.text.output}}";
  EXPECT_THAT(problem(four), HasSubstr("larger than 4 MiB"));
}

TEST_F(WorkflowReferenceTest, AValueOfOneReferenceStaysWhatItIs) {
  const json::value given{{"whole", "{{steps.plan.output.items.1}}"},
                          {"text", "n={{steps.plan.output.items.1.n}}"},
                          {"list", {"{{previous}}", 5}}};
  const json::value wanted{
      {"whole", {{"n", 2}}}, {"text", "n=2"}, {"list", {json::array{true}, 5}}};
  EXPECT_EQ(detail::JsonTemplate::parse(given).value().render(scope_), wanted);
}

TEST_F(WorkflowReferenceTest, ValuesForEventsAreNeitherTooLargeNorTooDeep) {
  EXPECT_THAT(detail::why_too_large({{"a", {1, 2}}}), IsEmpty());
  EXPECT_THAT(detail::why_too_large(json::string(5'000'000, 'x')), HasSubstr("at most 4 MiB"));
  json::value deep;
  for (int i = 0; i < 33; ++i) deep = json::array{std::move(deep)};
  EXPECT_THAT(detail::why_too_large(deep), HasSubstr("33 levels deep; at most 32"));
}

}  // namespace
}  // namespace strandbus::test

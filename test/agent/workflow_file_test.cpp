// Workflows in files: what they mean, and what is said about mistakes.
#include "strandbus/agent/workflow_file.hpp"

#include "agent/agent_fixture.hpp"
#include "agent/workflow_world.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>
#include <set>
#include <string>

namespace strandbus::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class WorkflowFileTest : public ::testing::Test {
 protected:
  WorkflowFileTest() {
    world_.tools.add(std::make_shared<SteppingTool>(world_, "walk", 1));
    world_.tools.add(std::make_shared<SteppingTool>(world_, "run", 1));
  }

  WorkflowFileResult parse(const std::string& steps) {
    return parse_workflow(R"({"name": "w", "steps": [)" + steps + "]}", "w.json", talker(world_));
  }

  /// The example of the guide.
  static std::string documented() {
    std::ifstream file(STRANDBUS_SOURCE_DIR "/docs/workflows.md");
    const std::string guide(std::istreambuf_iterator<char>(file), {});
    constexpr std::string_view fence = "```json\n";
    const std::size_t begin = guide.find(fence) + fence.size();
    return guide.substr(begin, guide.find("```", begin) - begin);
  }

  std::string error(const std::string& steps) {
    const auto file = parse(steps);
    return file ? "it was accepted" : file.error().message;
  }

  /// What a workflow of these steps gives.
  WorkflowResult run(const std::string& steps, json::value input) {
    WorkflowResult result;
    world_.make_engine(parse(steps).value().workflow);
    world_.engine->async_run(std::move(input), [&](error_code ec, WorkflowResult what) {
      EXPECT_FALSE(ec) << ec.message();
      result = std::move(what);
    });
    world_.io.restart();
    world_.io.poll();
    EXPECT_THAT(faults(world_.events), IsEmpty());
    return result;
  }

  json::value output(const std::string& steps, json::value input = nullptr) {
    const WorkflowResult result = run(steps, std::move(input));
    EXPECT_TRUE(result.completed()) << result.error;
    return result.output;
  }

  std::string transform(const std::string& what) const {
    return R"({"name": "t", "type": "transform", )" + what + "}";
  }

  /// Whether a condition holds for this input.
  bool holds(const std::string& condition, const json::value& input) {
    const std::string steps = R"({"name": "c", "type": "conditional", "if": )" + condition +
                              R"(, "then": [{"name": "y", "type": "transform", "template": true}],)"
                              R"("else": [{"name": "n", "type": "transform", "template": false}]})";
    return output(steps, input).as_bool();
  }

  WorkflowWorld world_;
};

TEST_F(WorkflowFileTest, TransformsAreOperationsOnValues) {
  const json::value input{{"a", {{"x", 1}, {"y", 2}}}, {"b", {{"y", 3}}}, {"t", "[1, {\"z\": 4}]"}};
  EXPECT_EQ(output(transform(R"("pick": "input.a.y")"), input), json::value(2));
  EXPECT_EQ(output(transform(R"("merge": ["input.a", "input.b"])"), input),
            json::value({{"x", 1}, {"y", 3}}));
  EXPECT_EQ(output(transform(R"("parse": "input.t")"), input), json::value({1, {{"z", 4}}}));
  EXPECT_EQ(output(transform(R"("template": {"k": ["{{input.a}}", "x={{input.a.x}}", 9]})"), input),
            json::value({{"k", {{{"x", 1}, {"y", 2}}, "x=1", 9}}}));
}

TEST_F(WorkflowFileTest, TransformsSayWhatDoesNotFit) {
  const json::value input{{"n", 5}, {"t", "{"}};
  const auto failure = [&](const std::string& what) {
    const WorkflowResult result = run(transform(what), input);
    EXPECT_EQ(result.error_code, ErrorCode::E_VALIDATION);
    return result.error;
  };
  EXPECT_THAT(failure(R"("pick": "input.m")"), HasSubstr("input.m is missing"));
  EXPECT_THAT(failure(R"("merge": ["input.n"])"),
              HasSubstr("input.n is an integer, not an object"));
  EXPECT_THAT(failure(R"("parse": "input.n")"), HasSubstr("input.n is an integer, not a text"));
  EXPECT_THAT(failure(R"("parse": "input.t")"), HasSubstr("input.t is no JSON: "));
}

TEST_F(WorkflowFileTest, ConditionsCompareValues) {
  const json::value input{{"n", 5}, {"t", "GO on"}, {"l", {1, "two"}}, {"o", {{"a", 1.0}}}};
  EXPECT_TRUE(holds(R"({"value": "input.n", "equals": 5.0})", input));
  EXPECT_FALSE(holds(R"({"value": "input.n", "not_equals": 5})", input));
  EXPECT_TRUE(holds(R"({"value": "input.o", "equals": {"a": 1}})", input));
  EXPECT_TRUE(holds(R"({"value": "input.n", "less_than": 5.5})", input));
  EXPECT_FALSE(holds(R"({"value": "input.n", "less_than": 5})", input));
  EXPECT_TRUE(holds(R"({"value": "input.n", "greater_than": 4})", input));
  EXPECT_TRUE(holds(R"({"value": "input.t", "contains": "GO"})", input));
  EXPECT_FALSE(holds(R"({"value": "input.t", "contains": "STOP"})", input));
  EXPECT_TRUE(holds(R"({"value": "input.l", "contains": "two"})", input));
  EXPECT_TRUE(holds(R"({"value": "input.x", "exists": false})", input));
  EXPECT_TRUE(holds(R"({"value": "input.l.1", "exists": true})", input));
}

TEST_F(WorkflowFileTest, ConditionsAreCombined) {
  const std::string yes = R"({"value": "input", "equals": 1})";
  const std::string no = R"({"value": "input", "equals": 2})";
  EXPECT_TRUE(holds("{\"all\": [" + yes + ", " + yes + "]}", 1));
  EXPECT_FALSE(holds("{\"all\": [" + yes + ", " + no + "]}", 1));
  EXPECT_TRUE(holds("{\"any\": [" + no + ", " + yes + "]}", 1));
  EXPECT_FALSE(holds("{\"any\": [" + no + "]}", 1));
  EXPECT_TRUE(holds("{\"not\": " + no + "}", 1));
}

TEST_F(WorkflowFileTest, AnAgentStepSaysWhatItsAgentIsLike) {
  const WorkflowResult result =
      run(R"({"name": "a", "type": "agent", "prompt": "hi {{input}}", "system": "be kind",
              "model": "other-1", "tools": ["run"], "max_rounds": 3, "max_tokens": 100})",
          "ann");
  EXPECT_EQ(result.output, "[hi ann]");
  for (const StreamEvent& event : world_.events) {
    const auto* started = event.get_if<RunStarted>();
    if (!started) continue;
    EXPECT_EQ(started->model, "other-1");
    EXPECT_EQ(started->max_rounds, 3);
    EXPECT_EQ(started->tools, std::vector<std::string>{"run"});
  }
}

TEST_F(WorkflowFileTest, TheAnswerOfAnAgentMayHaveToFollowASchema) {
  const std::string step = R"({"name": "a", "type": "agent", "prompt": "[1, 2", "answer": )";
  EXPECT_EQ(run(step + R"({"type": "array"}})", nullptr).error_code, ErrorCode::invalid_response);
  const std::string fits = R"({"name": "a", "type": "agent", "prompt": "1, 2", "answer": )";
  EXPECT_EQ(output(fits + R"({"type": "array"}})"), json::value({1, 2}));
}

TEST_F(WorkflowFileTest, GroupsAndWorkflowsAreNested) {
  EXPECT_EQ(output(R"({"name": "p", "type": "parallel", "steps": [
                        {"name": "s", "type": "sequence", "steps": [
                          {"name": "one", "type": "transform", "template": "1"},
                          {"name": "two", "type": "transform", "template": "{{previous}}2"}]},
                        {"name": "sub", "type": "subworkflow", "workflow": "inner",
                         "input": {"n": "{{input}}"}, "steps": [
                          {"name": "one", "type": "transform", "pick": "input.n"}]}]})",
                   json::value(7)),
            json::value({{"s", "12"}, {"sub", 7}}));
}

TEST_F(WorkflowFileTest, TheFileMayHaveAnInput) {
  const auto file = parse_workflow(
      R"({"name": "w", "schema": 1, "comment": "c", "$schema": "s", "input": {"a": 1},
          "steps": [{"name": "t", "type": "transform", "pick": "input.a", "comment": "c",
                     "timeout_ms": 5, "retry": {"count": 1, "delay_ms": 9000}}]})",
      "w.json", talker(world_));
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->input, json::value({{"a", 1}}));
}

TEST_F(WorkflowFileTest, MistakesAreNamedWithTheirPlace) {
  EXPECT_EQ(error(R"({"name": "a", "type": "agent", "promt": "x"})"),
            "w.json:1:56: /steps/0/promt: unknown field \"promt\", did you mean \"prompt\"?");
  EXPECT_THAT(error(R"({"name": "a", "type": "magic"})"), HasSubstr("/steps/0/type: "));
  EXPECT_THAT(error(R"({"name": "a"})"), HasSubstr("the step has no type: add agent,"));
  EXPECT_THAT(error(R"({"type": "agent", "prompt": "x"})"), HasSubstr("\"name\""));
  EXPECT_THAT(error(R"({"name": "a b", "type": "agent", "prompt": "x"})"),
              HasSubstr("/steps/0: the step \"a b\": this is no name for it"));
  EXPECT_THAT(error(R"({"name": "a", "type": "agent", "prompt": "{{secret}}"})"),
              HasSubstr("/steps/0/prompt: \"secret\" refers to nothing"));
  EXPECT_THAT(error(R"({"name": "a", "type": "agent", "prompt": "{{steps.b.output}}"})"),
              HasSubstr("/steps/0: the step \"a\": it refers to the step \"b\", which the workflow "
                        "does not have"));
  EXPECT_THAT(error(R"({"name": "a", "type": "agent", "prompt": "x", "tools": ["fly"]})"),
              HasSubstr("/steps/0/tools: "));
  EXPECT_THAT(error(R"({"name": "a", "type": "agent", "prompt": "x", "answer": {"type": 5}})"),
              HasSubstr("/steps/0/answer: no schema that can be used"));
  EXPECT_THAT(error(transform(R"("pick": "input", "merge": ["input"])")), HasSubstr("keep one"));
  EXPECT_THAT(error(transform(R"("comment": "x")")), HasSubstr("the transform does nothing"));
  EXPECT_THAT(error(transform(R"("pick": "input", "retry": {"count": 101})")),
              HasSubstr("/steps/0/retry/count: "));
  EXPECT_THAT(error(""), HasSubstr("/steps: an empty list; add a step"));
}

TEST_F(WorkflowFileTest, MistakesInsideOfWorkflowsAreNamedToo) {
  const auto inside = [&](const std::string& step) {
    return error(R"({"name": "s", "type": "subworkflow", "steps": [)" + step + "]}");
  };
  EXPECT_THAT(inside(transform(R"("pick": "steps.x.output")")),
              HasSubstr("/steps/0/steps/0: the step \"t\": it refers to"));
  EXPECT_THAT(inside(transform(R"("pick": "input")") + "," + transform(R"("pick": "input")")),
              HasSubstr("/steps/0/steps/1: the step \"t\": another step or group"));
  EXPECT_THAT(error(R"({"name": "s", "type": "subworkflow", "workflow": "a:b", "steps": []})"),
              HasSubstr("/steps/0/workflow: expected a name"));
}

TEST_F(WorkflowFileTest, MistakesInConditionsAreNamed) {
  const auto condition = [&](const std::string& text) {
    return error(R"({"name": "c", "type": "conditional", "then": [)" +
                 transform(R"("pick": "input")") + R"(], "if": )" + text + "}");
  };
  EXPECT_THAT(condition(R"({"value": "input"})"), HasSubstr("/steps/0/if: the value has no test"));
  EXPECT_THAT(condition(R"({"value": "input", "equals": 1, "contains": 1})"),
              HasSubstr("a value has one test"));
  EXPECT_THAT(condition(R"({"value": "input", "less_than": "5"})"),
              HasSubstr("/steps/0/if/less_than: expected a number"));
  EXPECT_THAT(condition(R"({"all": []})"), HasSubstr("/steps/0/if/all: an empty list"));
  EXPECT_THAT(condition(R"({"not": {"value": "x", "exists": true}})"),
              HasSubstr("/steps/0/if/not/value: \"x\" refers to nothing"));
  EXPECT_THAT(condition(R"({"any": [], "all": []})"), HasSubstr("stand alone"));
}

TEST_F(WorkflowFileTest, IsBounded) {
  const auto file =
      parse_workflow(std::string(max_workflow_file_bytes + 1, ' '), "big.json", talker(world_));
  EXPECT_EQ(file.error().code, Errc::limit_exceeded);
  std::string deep = transform(R"("pick": "input")");
  for (int i = 0; i < 16; ++i)
    deep =
        R"({"name": "g)" + std::to_string(i) + R"(", "type": "sequence", "steps": [)" + deep + "]}";
  EXPECT_THAT(error(deep), HasSubstr("nested deeper than 16 levels"));
}

/// The members that the schema for editors allows.
std::set<std::string> members_of(const json::value& schema) {
  std::set<std::string> names;
  for (const auto& member : schema.at("properties").as_object()) names.emplace(member.key());
  return names;
}

TEST_F(WorkflowFileTest, TheSchemaForEditorsHasTheMembersThatTheReaderKnows) {
  std::ifstream file(STRANDBUS_SOURCE_DIR "/docs/workflow.schema.json");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const json::value schema = parse_json(text).value();
  EXPECT_EQ(members_of(schema),
            (std::set<std::string>{"$schema", "schema", "comment", "name", "input", "steps"}));
  for (const char* type :
       {"agent", "transform", "conditional", "subworkflow", "sequence", "parallel"}) {
    // The reader names what it does not know, and takes what it knows.
    for (const std::string& member : members_of(schema.at("$defs").at(type))) {
      if (member == "type") continue;
      const std::string message =
          error("{\"type\": \"" + std::string(type) + "\", \"" + member + "\": null}");
      EXPECT_THAT(message, Not(HasSubstr("unknown field"))) << type;
    }
    EXPECT_THAT(error("{\"type\": \"" + std::string(type) + "\", \"other\": null}"),
                HasSubstr("unknown field"))
        << type;
  }
}

TEST_F(WorkflowFileTest, AFileThatCannotBeReadIsNamed) {
  EXPECT_THAT(load_workflow("/nowhere/w.json", talker(world_)).error().message,
              StartsWith("cannot read the workflow /nowhere/w.json: "));
}

TEST_F(WorkflowFileTest, OfTheGuideIsReadAsItStandsThere) {
  const auto file = parse_workflow(documented(), "docs/workflows.md", talker(world_));
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->workflow.name(), "triage");
  EXPECT_EQ(file->workflow.steps(), 4u);
}

}  // namespace
}  // namespace strandbus::test

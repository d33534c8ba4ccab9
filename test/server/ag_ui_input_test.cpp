#include "server/ag_ui_input.hpp"

#include "server/request_arguments.hpp"
#include "server/requests.hpp"
#include "server/routes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace strandbus::detail {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// A body with the members that must be there, and more.
std::string body(const std::string& messages, const std::string& more = {}) {
  return R"({"threadId":"t-1","runId":"r 1","messages":[)" + messages + ']' + more + '}';
}

AgUiInput read(const std::string& text) {
  return read_ag_ui_input(test::make_post("/ag-ui", text));
}

std::string refusal(const std::string& text) {
  const auto routed = route(test::make_post("/ag-ui", text));
  if (routed) return "taken";
  EXPECT_EQ(routed.error().status, 400);
  return routed.error().message;
}

constexpr const char* user = R"({"id":"u","role":"user","content":"go"})";
constexpr const char* call =
    R"({"id":"a","role":"assistant","content":"","toolCalls":[{"id":"c","type":"function",)"
    R"("function":{"name":"ask","arguments":"{\"x\":1}"}}]})";

TEST(AgUiInput, TakesTheLastMessageOfTheUser) {
  const AgUiInput input = read(body(user));
  EXPECT_EQ(input.thread_id, "t-1");
  EXPECT_EQ(input.run_id, "r 1");
  EXPECT_EQ(input.message, "go");
  EXPECT_THAT(input.history, IsEmpty());
  EXPECT_THAT(input.tools, IsEmpty());
}

TEST(AgUiInput, IgnoresWhatItDoesNotUseAndWhatItDoesNotKnow) {
  const AgUiInput input =
      read(body(user, R"(,"state":{"a":1},"forwardedProps":{},"protocolVersion":"1.1","new":[1])"));
  EXPECT_EQ(input.message, "go");
}

TEST(AgUiInput, KeepsWhatWasSaidBeforeAsHistory) {
  const AgUiInput input = read(
      body(R"({"id":"s","role":"developer","content":"be kind"},{"id":"1","role":"user","content":)"
           R"([{"type":"text","text":"a"},{"type":"text","text":"b"}]},)" +
           std::string(call) +
           R"(,{"id":"t","role":"tool","toolCallId":"c","content":"42"},)"
           R"({"id":"x","role":"reasoning","content":"hm"},)"
           R"({"id":"y","role":"activity","activityType":"p","content":{}},)"
           R"({"id":"z","role":"assistant","content":"inner","subagentRunId":"s1"},)" +
           user));
  ASSERT_THAT(input.history, SizeIs(4));
  EXPECT_EQ(input.history[0].role, Role::system);
  EXPECT_EQ(input.history[1].content, "ab");
  EXPECT_EQ(input.history[2].tool_calls.at(0).arguments, (json::object{{"x", 1}}));
  EXPECT_EQ(input.history[3].tool_call_id, "c");
  EXPECT_EQ(input.message, "go");
}

TEST(AgUiInput, FindsTheResultsOfCalls) {
  const AgUiInput input =
      read(body(std::string(user) + ',' + call +
                R"(,{"id":"t","role":"tool","toolCallId":"c","content":"","error":"it broke"})"));
  EXPECT_THAT(input.message, IsEmpty());
  ASSERT_THAT(input.answers, SizeIs(1));
  EXPECT_EQ(input.answers[0].call_id, "c");
  EXPECT_EQ(input.answers[0].content, "it broke");
  EXPECT_TRUE(input.answers[0].failed);
}

TEST(AgUiInput, PutsTheContextBeforeTheMessage) {
  const AgUiInput input =
      read(body(user, R"(,"context":[{"description":"page","value":"inbox"}])"));
  EXPECT_EQ(input.message, "Context from the application:\n- page: inbox\n\ngo");
}

TEST(AgUiInput, ReadsToolsWithAndWithoutParameters) {
  const AgUiInput input = read(
      body(user,
           R"(,"tools":[{"name":"a","description":"A"},{"name":"b","description":"B","parameters":)"
           R"({"type":"object","properties":{"x":{"type":"string"}}}}])"));
  ASSERT_THAT(input.tools, SizeIs(2));
  EXPECT_EQ(input.tools[0].parameters, (json::object{{"type", "object"}}));
  EXPECT_TRUE(input.tools[1].parameters.contains("properties"));
}

TEST(AgUiInput, ReadsWhatWasDecided) {
  const AgUiInput input =
      read(body(user, R"(,"resume":[{"interruptId":"1","status":"cancelled"},)"
                      R"({"interruptId":"2","status":"resolved","payload":true},)"
                      R"({"interruptId":"3","status":"resolved","payload":{"approved":true,)"
                      R"("arguments":{"x":2}}},)"
                      R"({"interruptId":"4","status":"resolved","payload":{"approved":false,)"
                      R"("reason":"too risky"}}])"));
  ASSERT_THAT(input.decisions, SizeIs(4));
  EXPECT_FALSE(input.decisions[0].approved);
  EXPECT_TRUE(input.decisions[1].approved);
  EXPECT_FALSE(input.decisions[1].arguments);
  EXPECT_EQ(input.decisions[2].arguments, (json::object{{"x", 2}}));
  EXPECT_FALSE(input.decisions[3].approved);
  EXPECT_EQ(input.decisions[3].reason, "too risky");
}

TEST(AgUiInput, NamesTheMemberThatIsWrong) {
  const std::pair<std::string, std::string> cases[] = {
      {R"({"runId":"r","messages":[]})", "threadId"},
      {R"({"threadId":"a/b","runId":"r","messages":[]})", "/threadId: a thread is a session here"},
      {R"({"threadId":"t","runId":"","messages":[]})", "/runId: "},
      {R"({"threadId":"t","runId":"r"})", "messages"},
      {R"([])", "the body: "},
      {body(R"({"id":"1","role":"robot","content":""})"), "/messages/0/role: there is no role"},
      {body(R"({"role":"user","content":""})"), "/messages/0: has no member \"id\""},
      {body(R"({"id":"1","role":"user","content":[{"type":"image"}]})"),
       "/messages/0/content/0/type: only text"},
      {body(R"({"id":"1","role":"tool","toolCallId":"c","content":"x"})"),
       "/messages/0/toolCallId: no message before it"},
      {body(R"({"id":"1","role":"assistant","toolCalls":[{"id":"c","function":)"
            R"({"name":"f","arguments":"{"}}]})"),
       "/messages/0/toolCalls/0/function/arguments: is not JSON"},
      {body(user, R"(,"tools":[{"name":"a"}])"), "/tools/0: has no member \"description\""},
      {body(user, R"(,"tools":[{"name":"a","description":"A","parameters":{"$ref":"#"}}])"),
       "/tools/0/parameters: is no schema"},
      {body(user, R"(,"resume":[{"interruptId":"1","status":"done"}])"), "/resume/0/status: "},
      {body(user, R"(,"resume":[{"interruptId":"1","status":"resolved"}])"),
       "/resume/0: has no member \"payload\""},
      {body(user, R"(,"resume":[{"interruptId":"1","status":"resolved","payload":{}}])"),
       "/resume/0/payload: has no member \"approved\""},
      {body(user, R"(,"context":[{"description":"d"}])"), "/context/0: has no member \"value\""},
  };
  for (const auto& [text, wanted] : cases) EXPECT_THAT(refusal(text), HasSubstr(wanted)) << text;
}

}  // namespace
}  // namespace strandbus::detail

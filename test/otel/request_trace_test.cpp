// Which trace and which span requests to models name, over real connections: those of the spans.

#include "agent/agent_fixture.hpp"
#include "event/trace_parent.hpp"
#include "otel/span_facts.hpp"
#include "strandbus/agent/agent_tool.hpp"
#include "strandbus/agent/workflow_engine.hpp"
#include "strandbus/llm/anthropic_provider.hpp"
#include "strandbus/llm/fallback_provider.hpp"
#include "strandbus/llm/openai_provider.hpp"
#include "strandbus/llm/retrying_provider.hpp"
#include "support/scripted_server.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <deque>
#include <set>
#include <string>
#include <vector>

namespace strandbus::test {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr const char* caller = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

const std::string chat_answer =
    R"({"choices":[{"message":{"content":"hi"},"finish_reason":"stop"}]})";
const std::string chat_call =
    R"({"choices":[{"message":{"tool_calls":[{"index":0,"id":"c","type":"function",)"
    R"("function":{"name":"delegate","arguments":"{\"task\":\"x\"}"}}]},)"
    R"("finish_reason":"tool_calls"}]})";
const std::string responses_answer =
    R"({"id":"r","object":"response","status":"completed","model":"m",)"
    R"("output":[{"type":"message","id":"m","content":[{"type":"output_text","text":"hi"}]}]})";
const std::string messages_answer =
    R"({"type":"message","id":"m","content":[{"type":"text","text":"hi"}],)"
    R"("stop_reason":"end_turn"})";
const std::string messages_pause =
    R"({"type":"message","id":"m","content":[{"type":"text","text":"hm"}],)"
    R"("stop_reason":"pause_turn"})";

OpenAiOptions chat_at(const ScriptedServer& server) {
  OpenAiOptions options;
  options.base_url = server.url("/v1");
  options.api = OpenAiOptions::Api::chat;
  return options;
}

OpenAiOptions responses_at(const ScriptedServer& server) {
  OpenAiOptions options;
  options.base_url = server.url("/v1");
  options.api = OpenAiOptions::Api::responses;
  return options;
}

AnthropicOptions messages_at(const ScriptedServer& server) {
  AnthropicOptions options;
  options.base_url = server.url("");
  return options;
}

std::shared_ptr<Provider> retried(std::shared_ptr<Provider> provider) {
  RetryOptions options;
  options.wait = [](std::chrono::milliseconds) -> asio::awaitable<void> { co_return; };
  return std::make_shared<RetryingProvider>(std::move(provider), std::move(options));
}

std::string header_of(detail::TraceId trace, SpanId span, bool sampled = true) {
  return detail::to_text({trace, span, sampled});
}

AgentOptions with(TracePropagation propagation) {
  AgentOptions options;
  options.trace_propagation = propagation;
  return options;
}

class RequestTrace : public AgentTest {
 protected:
  /// The server gives these, and then what its path says that it is.
  void answer_with(std::deque<std::pair<int, std::string>> answers) {
    answers_ = std::move(answers);
  }

  std::vector<std::string> sent() const {
    std::vector<std::string> headers;
    for (const ReceivedRequest& request : server_.requests())
      headers.push_back(request.header("traceparent"));
    return headers;
  }

  /// What the requests must say so that their servers' spans hang below these.
  std::vector<std::string> chats(const std::vector<detail::Span>& spans) const {
    std::vector<std::string> headers;
    for (const detail::Span& span : spans) {
      if (span.name.starts_with("chat ")) headers.push_back(header_of(span.trace, span.id));
    }
    return headers;
  }

  void start_with(std::shared_ptr<Provider> provider, AgentOptions options,
                  const std::string& traceparent = {}) {
    RunContext context;
    context.session_id = "s1";
    if (!traceparent.empty()) context.attributes["traceparent"] = traceparent;
    agent_ = std::make_unique<Agent>(io_.get_executor(), std::move(provider), tools_,
                                     bus_.publisher(std::move(context)), std::move(options));
  }

  /// Of one run with this attribute, the header of its only request.
  std::string sent_by_run(TracePropagation propagation, const std::string& traceparent) {
    start_with(make_openai_provider(chat_at(server_)), with(propagation), traceparent);
    EXPECT_TRUE(process("hi").completed()) << result_.error;
    return sent().back();
  }

  std::deque<std::pair<int, std::string>> answers_;
  ScriptedServer server_{[this](const ReceivedRequest& request) {
    if (answers_.empty()) return Reply{{http_answer(200, usual_answer(request))}};
    const auto [status, body] = answers_.front();
    answers_.pop_front();
    return Reply{{http_answer(status, body)}};
  }};

 private:
  static std::string usual_answer(const ReceivedRequest& request) {
    const std::string line = request.line();
    if (line.find("/chat/completions") != std::string::npos) return chat_answer;
    return line.find("/responses") != std::string::npos ? responses_answer : messages_answer;
  }
};

TEST_F(RequestTrace, EachAttemptNamesASpanOfItsOwnWhateverTheApi) {
  const std::vector<std::shared_ptr<Provider>> providers{
      make_openai_provider(chat_at(server_)), make_openai_provider(responses_at(server_)),
      make_anthropic_provider(messages_at(server_))};
  std::vector<std::string> expected;
  for (const auto& provider : providers) {
    answer_with({{500, "{}"}, {529, "{}"}});
    events_.clear();
    start_with(retried(provider), with(TracePropagation::always));
    ASSERT_TRUE(process("hi").completed()) << result_.error;
    const auto spans = spans_of(events_);
    EXPECT_THAT(faults_of(spans), IsEmpty());
    EXPECT_EQ(spans.back().trace, detail::trace_of(result_.run_id));
    for (const std::string& header : chats(spans)) expected.push_back(header);
  }
  EXPECT_THAT(sent(), SizeIs(9));
  EXPECT_THAT(sent(), ElementsAreArray(expected));
  EXPECT_THAT(std::set(expected.begin(), expected.end()), SizeIs(9));
}

TEST_F(RequestTrace, PassesThroughAFallbackToTheOtherProvider) {
  std::vector<FallbackChoice> chain(3);
  chain[0].provider = retried(make_openai_provider(chat_at(server_)));
  chain[1].provider = make_openai_provider(responses_at(server_));
  chain[2].provider = retried(make_anthropic_provider(messages_at(server_)));
  answer_with({{500, "{}"}, {401, "{}"}, {401, "{}"}, {500, "{}"}});
  start_with(std::make_shared<FallbackProvider>(chain), with(TracePropagation::always));
  ASSERT_TRUE(process("hi").completed()) << result_.error;
  const auto spans = spans_of(events_);
  EXPECT_THAT(faults_of(spans), IsEmpty());
  EXPECT_THAT(sent(), SizeIs(5));
  EXPECT_THAT(sent(), ElementsAreArray(chats(spans)));
}

TEST_F(RequestTrace, RequestsOfOneAttemptNameTheSameSpan) {
  answer_with({{200, messages_pause}});
  start_with(make_anthropic_provider(messages_at(server_)), with(TracePropagation::always));
  ASSERT_TRUE(process("hi").completed()) << result_.error;
  const auto expected = chats(spans_of(events_));
  ASSERT_THAT(expected, SizeIs(1));
  EXPECT_THAT(sent(), ElementsAre(expected[0], expected[0]));
}

TEST_F(RequestTrace, GoesOnWithTheTraceOfWhoeverAskedUnlessToldOtherwise) {
  const std::string header = sent_by_run(TracePropagation::continued, caller);
  const auto spans = spans_of(events_);
  EXPECT_THAT(chats(spans), ElementsAre(header));
  EXPECT_EQ(header.substr(0, 36), std::string(caller).substr(0, 36));
  EXPECT_EQ(spans.back().parent, 0x00f067aa0ba902b7u);
  EXPECT_EQ(sent_by_run(TracePropagation::continued, ""), "");
  EXPECT_EQ(sent_by_run(TracePropagation::never, caller), "");
  EXPECT_EQ(sent_by_run(TracePropagation::never, ""), "");
}

TEST_F(RequestTrace, SaysThatTheCallerDoesNotRecordTheTrace) {
  const std::string unrecorded = std::string(caller).replace(53, 2, "00");
  const std::string header = sent_by_run(TracePropagation::always, unrecorded);
  EXPECT_EQ(header.substr(0, 36), std::string(caller).substr(0, 36));
  EXPECT_THAT(header, testing::EndsWith("-00"));
  const auto future = "cc" + std::string(caller).substr(2, 51) + "ff-more";
  const std::string known = sent_by_run(TracePropagation::continued, future);
  EXPECT_THAT(known, testing::StartsWith("00-4bf92f3577b34da6a3ce929d0e0e4736-"));
  EXPECT_THAT(known, testing::EndsWith("-01"));
}

TEST_F(RequestTrace, AgentsBelowAgentsNameTheTraceOfTheRootRun) {
  const auto provider = make_openai_provider(chat_at(server_));
  AgentToolOptions inner;
  inner.name = "delegate";
  inner.description = "works";
  inner.agent.name = "inner";
  AgentToolOptions outer = inner;
  outer.agent.name = "outer";
  ToolRegistry tools;
  tools.add(make_agent_tool(provider, ToolRegistry(), inner));
  tools_.add(make_agent_tool(provider, tools, outer));
  answer_with({{200, chat_call}, {200, chat_call}});
  start_with(provider, with(TracePropagation::always));
  ASSERT_TRUE(process("hi").completed()) << result_.error;
  const auto spans = spans_of(events_);
  EXPECT_THAT(faults_of(spans), IsEmpty());
  EXPECT_THAT(sent(), SizeIs(5));
  EXPECT_THAT(sent(), ElementsAreArray(chats(spans)));
  EXPECT_EQ(spans.back().trace, detail::trace_of(result_.run_id));
}

TEST_F(RequestTrace, AgentsOfAWorkflowNameItsTraceInASubworkflowToo) {
  WorkflowAgent agent;
  agent.provider = make_openai_provider(chat_at(server_));
  agent.options = with(TracePropagation::always);
  WorkflowSteps inside;
  inside.agent("deep", agent, "hi");
  WorkflowSteps steps;
  steps.agent("first", agent, "hi").subworkflow("second", Workflow("inner", inside));
  RunContext context;
  context.session_id = "s1";
  WorkflowEngine engine(io_.get_executor(), Workflow("outer", steps), bus_.publisher(context));
  WorkflowResult result;
  engine.async_run(json::value("go"), [&](error_code, WorkflowResult r) { result = std::move(r); });
  io_.run();
  ASSERT_TRUE(result.completed()) << result.error;
  const auto spans = spans_of(events_);
  EXPECT_THAT(faults_of(spans), IsEmpty());
  EXPECT_THAT(sent(), SizeIs(2));
  EXPECT_THAT(sent(), ElementsAreArray(chats(spans)));
}

TEST_F(RequestTrace, DoesNotChangeWhatIsRecordedOfARequest) {
  std::vector<std::string> digests;
  for (const auto propagation : {TracePropagation::always, TracePropagation::never}) {
    events_.clear();
    start_with(make_openai_provider(chat_at(server_)), with(propagation));
    process("hi");
    digests.push_back(all<ModelStarted>().at(0).request_digest);
  }
  EXPECT_NE(sent().front(), "");
  EXPECT_EQ(digests[0], digests[1]);
  EXPECT_EQ(server_.requests()[0].body, server_.requests()[1].body);
}

/// A sink that says whatever it is told.
class ToldSink final : public DeltaSink {
 public:
  explicit ToldSink(std::string text) : text_(std::move(text)) {}
  std::string trace_parent() const override { return text_; }

 private:
  const std::string text_;
};

TEST_F(RequestTrace, NobodyCanWriteHeadersWithIt) {
  const std::string good = caller;
  const std::vector<std::string> hostile{good + "\r\nX-Evil: 1",
                                         good + "\n",
                                         "\r\nX-Evil: 1",
                                         good + "-x",
                                         " " + good,
                                         std::string(good).replace(3, 1, "\n"),
                                         good + std::string(1, '\0'),
                                         "cc" + good.substr(2) + "-\r\nX-Evil: 1",
                                         std::string(100'000, 'a')};
  const std::vector<Message> conversation{{.role = Role::user, .content = "hi"}};
  ModelRequest request;
  request.messages = conversation;
  const auto provider = make_openai_provider(chat_at(server_));
  for (const std::string& text : hostile) {
    ToldSink sink(text);
    asio::co_spawn(
        io_, provider->async_complete(request, sink),
        [](const std::exception_ptr& failed, const ModelResponse&) { EXPECT_FALSE(failed); });
    io_.restart();
    io_.run();
    start_with(provider, with(TracePropagation::continued), text);
    process("hi");
  }
  const auto requests = server_.requests();
  ASSERT_THAT(requests, SizeIs(2 * hostile.size()));
  for (const ReceivedRequest& each : requests) {
    EXPECT_THAT(each.head, Not(HasSubstr("Evil")));
    const std::string said = each.header("traceparent");
    EXPECT_TRUE(said.empty() || said.size() == 55U) << said;
  }
}

TEST_F(RequestTrace, AHeaderOfTheUsersOwnStaysTheOnlyOne) {
  OpenAiOptions options = chat_at(server_);
  ProviderHeader fixed;
  fixed.name = "Traceparent";
  fixed.value = caller;
  options.headers.push_back(std::move(fixed));
  start_with(make_openai_provider(options), with(TracePropagation::always));
  process("hi");
  EXPECT_THAT(sent(), ElementsAre(caller));
  const std::string head = server_.requests().at(0).head;
  EXPECT_EQ(head.find("traceparent: "), std::string::npos);
}

}  // namespace
}  // namespace strandbus::test

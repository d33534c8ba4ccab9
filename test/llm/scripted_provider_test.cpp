#include "strandbus/llm/scripted_provider.hpp"

#include "llm/recording_sink.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gmock/gmock.h>

#include <memory>
#include <thread>

namespace strandbus {
namespace {

using namespace std::chrono_literals;
using test::complete;
using test::Completion;
using test::RecordingSink;
using test::request_for;
using test::script_of;
using test::start;
using test::user_says;
using testing::ElementsAre;
using testing::IsEmpty;

using Conversation = std::vector<Message>;

constexpr ScriptedOptions without_delays{.delays = ScriptedOptions::Delays::none};

const Conversation hello{user_says("hello")};

TEST(ScriptedProvider, StreamsTheGoldenConversation) {
  ScriptedProvider provider(default_script(), without_delays);
  EXPECT_EQ(provider.name(), "scripted");
  EXPECT_EQ(provider.model(), "gpt-4o");

  Conversation conversation{user_says("Calculate 2+2")};
  RecordingSink first_sink;
  const ModelRequest first_request = request_for(conversation, 1);
  const ModelResponse first = complete(provider, first_request, first_sink).response.value();
  EXPECT_THAT(first_sink.lines,
              ElementsAre("usage 70+0=70 costs 0.00014", "text I'll", "text  use", "text  the",
                          "text  calculator", "begin tc1 calculator 0", R"(delta tc1 {"expr")",
                          R"(delta tc1 :"2+2"})", R"(ready tc1 calculator {"expr":"2+2"})"));
  EXPECT_EQ(first.content, "I'll use the calculator");
  EXPECT_EQ(first.finish_reason, FinishReason::tool_calls);
  EXPECT_EQ(first.usage.total, 85);

  conversation.push_back(test::model_calls("tc1", "calculator"));
  conversation.push_back(test::tool_says("tc1", "4"));
  RecordingSink second_sink;
  const ModelRequest second_request = request_for(conversation, 2);
  const ModelResponse second = complete(provider, second_request, second_sink).response.value();
  EXPECT_THAT(second_sink.lines, ElementsAre("usage 80+0=80 costs 0.00016", "text The",
                                             "text  answer", "text  is", "text  4"));
  EXPECT_EQ(second.content, "The answer is 4");
  EXPECT_EQ(second.finish_reason, FinishReason::stop);
  EXPECT_EQ(to_string(*first.cost + *second.cost), "0.00035");
}

TEST(ScriptedProvider, ReasoningComesBeforeTheText) {
  ScriptedProvider provider(script_of(R"({"responses":[{"text":"a b","reasoning":"h m"}]})"),
                            without_delays);
  RecordingSink sink;
  const ModelRequest request = request_for(hello);
  EXPECT_EQ(complete(provider, request, sink).response->reasoning, "h m");
  EXPECT_THAT(sink.lines, ElementsAre("reasoning h", "reasoning  m", "text a", "text  b"));
}

TEST(ScriptedProvider, TextIsStructuredWhenTheRequestHasASchema) {
  ScriptedProvider provider(script_of(R"({"responses":[{"text":"{\"a\": 1}"}]})"), without_delays);
  RecordingSink sink;
  ModelRequest request = request_for(hello);
  request.response_schema = json::object{{"type", "object"}};
  EXPECT_EQ(complete(provider, request, sink).response->content, "{\"a\": 1}");
  EXPECT_THAT(sink.lines, ElementsAre("structured {\"a\":", "structured  1}"));
}

TEST(ScriptedProvider, AnEmptyAnswerIsAnAnswer) {
  ScriptedProvider provider(script_of(R"({"responses":[{"text":""}]})"), without_delays);
  RecordingSink sink;
  const ModelRequest request = request_for(hello);
  EXPECT_EQ(complete(provider, request, sink).response->content, "");
  EXPECT_THAT(sink.lines, IsEmpty());
}

TEST(ScriptedProvider, AnErrorComesAfterItsTokensAndTheUsageIsKnown) {
  ScriptedProvider provider(
      script_of(R"({"responses":[{"text":"a b c d","usage":{"prompt":60,"completion":3},
        "error":{"code":"server_error","message":"it broke","after_tokens":3,"http_status":500,"retry_after_ms":40}}]})"),
      without_delays);
  RecordingSink sink;
  const ModelRequest request = request_for(hello);
  const ProviderError error = complete(provider, request, sink).error();
  EXPECT_THAT(sink.lines,
              ElementsAre("usage 60+0=60", "text a", "text  b", "text  c", "usage 60+3=63"));
  EXPECT_STREQ(error.what(), "it broke");
  EXPECT_EQ(error.code(), ErrorCode::server_error);
  EXPECT_EQ(error.http_status(), 500);
  EXPECT_EQ(error.retry_after(), 40ms);
  EXPECT_TRUE(error.retryable());
}

TEST(ScriptedProvider, ARequestThatNothingFitsFailsAndSaysWhy) {
  ScriptedProvider provider(default_script(), without_delays);
  RecordingSink sink;
  const ModelRequest request = request_for(hello);
  const ProviderError error = complete(provider, request, sink).error();
  EXPECT_EQ(error.code(), ErrorCode::invalid_request);
  EXPECT_EQ(std::string(error.what()), default_script().why_unknown("hello"));
  EXPECT_FALSE(error.retryable());
  EXPECT_THAT(sink.lines, IsEmpty());
}

/// What the provider answers to "hello" in this session; "-" if nothing.
std::string answer_in(ScriptedProvider& provider, const std::string& session) {
  RecordingSink sink;
  ModelRequest request = request_for(hello);
  request.session_id = session;
  const Completion completion = complete(provider, request, sink);
  return completion.response ? completion.response->content : "-";
}

TEST(ScriptedProvider, ResponsesWithoutMatchAreUsedOncePerSession) {
  ScriptedProvider provider(script_of(R"({"responses":[{"text":"1"},{"text":"2"}]})"),
                            without_delays);
  EXPECT_EQ(answer_in(provider, "a"), "1");
  EXPECT_EQ(answer_in(provider, "b"), "1");
  EXPECT_EQ(answer_in(provider, "a"), "2");
  EXPECT_EQ(answer_in(provider, "a"), "-");
  EXPECT_EQ(answer_in(provider, "b"), "2");
}

TEST(ScriptedProvider, AFailedResponseIsUsedToo) {
  ScriptedProvider provider(
      script_of(
          R"({"responses":[{"error":{"code":"rate_limit","message":"m"}},{"text":"second try"}]})"),
      without_delays);
  EXPECT_EQ(answer_in(provider, "a"), "-");
  EXPECT_EQ(answer_in(provider, "a"), "second try");
}

TEST(ScriptedProvider, TheOldestSessionIsForgottenBeyondTheLimit) {
  ScriptedOptions options = without_delays;
  options.max_sessions = 2;
  ScriptedProvider provider(script_of(R"({"responses":[{"text":"1"},{"text":"2"}]})"), options);
  for (const std::string session : {"a", "b", "c"}) EXPECT_EQ(answer_in(provider, session), "1");
  EXPECT_EQ(answer_in(provider, "b"), "2");
  EXPECT_EQ(answer_in(provider, "a"), "1") << "a starts over";
}

TEST(ScriptedProvider, AnImpossibleOptionIsRefused) {
  EXPECT_THROW(ScriptedProvider(default_script(), {.max_sessions = 0}), std::invalid_argument);
}

TEST(ScriptedProvider, WithoutDelaysOthersStillRunBetweenTwoPieces) {
  ScriptedProvider provider(
      script_of(R"({"token_delay_ms":600000,"responses":[{"text":"a b c","delay_ms":600000}]})"),
      without_delays);
  asio::io_context context;
  asio::cancellation_signal signals[2];
  Completion completions[2];
  RecordingSink sinks[2];
  std::vector<int> order;
  sinks[0].after_each = [&] { order.push_back(0); };
  sinks[1].after_each = [&] { order.push_back(1); };
  ModelRequest requests[2]{request_for(hello), request_for(hello)};
  requests[1].session_id = "other";
  for (int i = 0; i < 2; ++i)
    start(context, provider, requests[i], sinks[i], completions[i], signals[i]);
  context.run();
  EXPECT_THAT(order, ElementsAre(0, 1, 0, 1, 0, 1));
  EXPECT_TRUE(completions[0].response && completions[1].response);
}

/// Lets pieces through only while it is open.
class GateSink final : public RecordingSink {
 public:
  explicit GateSink(asio::io_context& context)
      : gate_(context, asio::steady_timer::time_point::max()) {}

  int asked = 0;
  bool is_open = false;

  void open() {
    is_open = true;
    gate_.cancel();
  }

  asio::awaitable<void> async_ready() override {
    ++asked;
    if (is_open) co_return;
    auto waiting = gate_.async_wait(asio::as_tuple(asio::use_awaitable));
    const std::tuple<error_code> waited = co_await std::move(waiting);
    if (!is_open) throw system_error(std::get<0>(waited));
  }

 private:
  asio::steady_timer gate_;
};

TEST(ScriptedProvider, ASinkThatIsNotReadyHoldsTheNextPieceBack) {
  ScriptedProvider provider(script_of(R"({"responses":[{"text":"a b"}]})"), without_delays);
  asio::io_context context;
  asio::cancellation_signal signal;
  Completion completion;
  GateSink sink(context);
  const ModelRequest request = request_for(hello);
  start(context, provider, request, sink, completion, signal);

  context.poll();
  EXPECT_EQ(sink.asked, 1);
  EXPECT_THAT(sink.lines, IsEmpty());
  EXPECT_FALSE(completion.done);

  sink.open();
  context.run();
  EXPECT_EQ(sink.asked, 2);
  EXPECT_THAT(sink.lines, ElementsAre("text a", "text  b"));
  EXPECT_TRUE(completion.response);
}

TEST(ScriptedProvider, CancelEndsAWaitForTheSink) {
  ScriptedProvider provider(script_of(R"({"responses":[{"text":"a b"}]})"), without_delays);
  asio::io_context context;
  asio::cancellation_signal signal;
  Completion completion;
  GateSink sink(context);
  const ModelRequest request = request_for(hello);
  start(context, provider, request, sink, completion, signal);
  context.poll();
  signal.emit(asio::cancellation_type::terminal);
  context.run();
  EXPECT_TRUE(completion.aborted());
  EXPECT_THAT(sink.lines, IsEmpty());
}

TEST(ScriptedProvider, CancelEndsALongDelayAtOnce) {
  ScriptedProvider provider(
      script_of(R"({"responses":[{"text":"a","delay_ms":600000,"usage":{"prompt":9}}]})"));
  asio::io_context context;
  asio::cancellation_signal signal;
  Completion completion;
  RecordingSink sink;
  const ModelRequest request = request_for(hello);
  start(context, provider, request, sink, completion, signal);
  context.poll();
  EXPECT_FALSE(completion.done);
  signal.emit(asio::cancellation_type::terminal);
  context.run();
  EXPECT_TRUE(completion.aborted());
  EXPECT_THAT(sink.lines, ElementsAre("usage 9+0=9")) << "the usage known so far was told";
}

Script script_with_every_piece(int token_delay_ms) {
  return script_of("{\"token_delay_ms\":" + std::to_string(token_delay_ms) +
                   R"(,"responses":[{"reasoning":"r s","text":"a b c",
                     "tool_calls":[{"name":"t","arguments":{"x":12345678}}, {"name":"u","arguments":{}}]}]})");
}

/// Cancels when `pieces` of the answer were handed over; `posted`: from a handler of its own, when
/// the provider already waits for the next piece.
void cancel_after(std::size_t pieces, bool posted, int token_delay_ms) {
  ScriptedProvider provider(script_with_every_piece(token_delay_ms));
  asio::io_context context;
  asio::cancellation_signal signal;
  Completion completion;
  RecordingSink sink;
  const auto emit = [&] { signal.emit(asio::cancellation_type::terminal); };
  sink.after_each = [&] {
    if (sink.lines.size() != pieces) return;
    if (posted)
      asio::post(context, emit);
    else
      emit();
  };
  const ModelRequest request = request_for(hello);
  start(context, provider, request, sink, completion, signal);
  context.run();
  EXPECT_TRUE(completion.aborted());
  EXPECT_EQ(sink.lines.size(), pieces) << "nothing is handed over after the cancel";
}

TEST(ScriptedProvider, CancelIsNoticedBeforeEveryPiece) {
  RecordingSink whole;
  ScriptedProvider provider(script_with_every_piece(0));
  const ModelRequest request = request_for(hello);
  ASSERT_TRUE(complete(provider, request, whole).response);
  ASSERT_EQ(whole.lines.size(), 12U);
  for (std::size_t pieces = 1; pieces < whole.lines.size(); ++pieces) {
    for (const int token_delay_ms : {0, 1}) {
      SCOPED_TRACE("after " + std::to_string(pieces) + " pieces, delay " +
                   std::to_string(token_delay_ms) + " ms");
      cancel_after(pieces, false, token_delay_ms);
      cancel_after(pieces, true, token_delay_ms);
    }
  }
}

TEST(ScriptedProvider, MayBeDestroyedWhileItWaits) {
  RecordingSink sink;
  Completion completion;
  const ModelRequest request = request_for(hello);
  ScriptedProvider provider(script_of(R"({"responses":[{"text":"a","delay_ms":600000}]})"));
  asio::cancellation_signal signal;
  {
    asio::io_context context;
    start(context, provider, request, sink, completion, signal);
    context.poll();
  }
  EXPECT_FALSE(completion.done);
}

TEST(ScriptedProvider, AnExceptionOfTheSinkEndsTheRequest) {
  ScriptedProvider provider(default_script(), without_delays);
  RecordingSink sink;
  sink.after_each = [] { throw std::runtime_error("the sink broke"); };
  const Conversation conversation{user_says("Calculate 2+2")};
  const ModelRequest request = request_for(conversation);
  const Completion completion = complete(provider, request, sink);
  ASSERT_TRUE(completion.exception);
  EXPECT_THROW(std::rethrow_exception(completion.exception), std::runtime_error);
}

TEST(ScriptedProvider, OneProviderServesSeveralThreads) {
  ScriptedProvider provider(script_of(R"({"responses":[{"text":"1"},{"text":"2"},{"text":"3"}]})"),
                            without_delays);
  std::vector<std::string> answers(4);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    threads.emplace_back([&, i] {
      for (int request = 0; request < 4; ++request)
        answers[i] += answer_in(provider, "session " + std::to_string(i));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(answers, ElementsAre("123-", "123-", "123-", "123-"));
}

}  // namespace
}  // namespace strandbus

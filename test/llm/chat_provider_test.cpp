#include "llm/chat_provider.hpp"

#include "llm/chat_fixture.hpp"
#include "llm/recorded_streams.hpp"

#include <boost/asio/steady_timer.hpp>

#include <gmock/gmock.h>

#include <chrono>

namespace strandbus::test {
namespace {

using namespace std::chrono_literals;
using detail::HttpFailure;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using End = FakeAnswer::End;

const std::vector<Message> question{user_says("hello")};

const std::string hello_chunk =
    "data: "
    R"({"choices":[{"index":0,"delta":{"content":"hello"}}]})"
    "\n\n";
const std::string finish_chunk =
    "data: "
    R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})"
    "\n\n";
const std::string usage_chunk =
    "data: "
    R"({"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}})"
    "\n\n";
const std::string done = "data: [DONE]\n\n";

ModelResponse answered(ChatSetup& setup) {
  const ModelRequest request = request_for(question);
  Outcome outcome = ask(setup, request);
  EXPECT_THAT(outcome.faults, IsEmpty());
  if (!outcome.answer) throw std::runtime_error(outcome.error->what());
  return std::move(*outcome.answer);
}

ProviderError failed(ChatSetup& setup) {
  const ModelRequest request = request_for(question);
  const Outcome outcome = ask(setup, request);
  EXPECT_THAT(outcome.faults, IsEmpty());
  if (outcome.answer) throw std::runtime_error("it answered: " + outcome.answer->content);
  return *outcome.error;
}

/// Options whose times are so short that a test may wait for them; each test sets the one that it
/// waits for, so that a busy machine does not make another one pass first.
OpenAiOptions impatient(std::chrono::milliseconds first_event, std::chrono::milliseconds silence) {
  OpenAiOptions options = chat_options();
  options.connect_timeout = 1ms;
  options.first_event_timeout = first_event;
  options.silence_timeout = silence;
  return options;
}

// --- what is sent -------------------------------------------------------------------------------

TEST(ChatProvider, SendsTheRequestToTheServer) {
  ChatSetup setup(body(hello_chunk + finish_chunk + done));
  EXPECT_EQ(setup.provider.name(), "openai");
  EXPECT_EQ(setup.provider.model(), "gpt-4o-mini");
  EXPECT_EQ(answered(setup).content, "hello");

  const detail::HttpRequest& sent = setup.server.requests.at(0);
  EXPECT_EQ(sent.method, "POST");
  EXPECT_EQ(sent.url.authority(), "server.test");
  EXPECT_EQ(sent.url.target, "/v1/chat/completions");
  EXPECT_THAT(sent.body, HasSubstr(R"("model":"gpt-4o-mini")"));
  EXPECT_THAT(sent.body, HasSubstr(R"("content":"hello")"));
  std::vector<std::string> headers;
  for (const detail::HttpHeader& header : sent.headers)
    headers.push_back(header.name + ": " + header.value);
  EXPECT_THAT(headers, ElementsAre("Content-Type: application/json",
                                   "Accept: text/event-stream, application/json",
                                   std::string("Authorization: Bearer ") + secret_key));
}

TEST(ChatProvider, WithoutAKeySendsNone) {
  OpenAiOptions options = chat_options();
  options.api_key.clear();
  options.headers = {{"api-key", "azure"}};
  ChatSetup setup(body(hello_chunk + finish_chunk), options);
  answered(setup);
  const auto& headers = setup.server.requests.at(0).headers;
  ASSERT_EQ(headers.size(), 3U);
  EXPECT_EQ(headers[2].name, "api-key");
  EXPECT_EQ(headers[2].value, "azure");
}

std::string target_for(const std::string& base_url) {
  OpenAiOptions options = chat_options();
  options.base_url = base_url;
  ChatSetup setup(body(hello_chunk + finish_chunk), options);
  answered(setup);
  return setup.server.requests.at(0).url.target;
}

TEST(ChatProvider, PutsThePathBehindThatOfTheBaseUrl) {
  EXPECT_EQ(target_for("https://a.test"), "/chat/completions");
  EXPECT_EQ(target_for("https://a.test/v1/"), "/v1/chat/completions");
  EXPECT_EQ(target_for("http://127.0.0.1:8080/v1"), "/v1/chat/completions");
  EXPECT_EQ(target_for("https://a.test/x/chat/completions"), "/x/chat/completions");
  EXPECT_EQ(target_for("https://a.test/deploy/m?api-version=1"),
            "/deploy/m/chat/completions?api-version=1");
}

std::string limit_for(const std::string& base_url, OpenAiOptions::MaxTokens field) {
  OpenAiOptions options = chat_options();
  options.base_url = base_url;
  options.max_tokens_field = field;
  ChatSetup setup(body(hello_chunk + finish_chunk), options);
  ModelRequest request = request_for(question);
  request.max_tokens = 9;
  ask(setup, request);
  const std::string& sent = setup.server.requests.at(0).body;
  if (sent.find(R"("max_completion_tokens":9)") != sent.npos) return "max_completion_tokens";
  return sent.find(R"("max_tokens":9)") != sent.npos ? "max_tokens" : "none";
}

TEST(ChatProvider, NamesTheLimitAsTheServerKnowsIt) {
  using Field = OpenAiOptions::MaxTokens;
  EXPECT_EQ(limit_for("https://api.openai.com/v1", Field::automatic), "max_completion_tokens");
  EXPECT_EQ(limit_for("https://x.openai.azure.com/", Field::automatic), "max_completion_tokens");
  EXPECT_EQ(limit_for("https://server.test/v1", Field::automatic), "max_tokens");
  EXPECT_EQ(limit_for("https://api.openai.com/v1", Field::max_tokens), "max_tokens");
  EXPECT_EQ(limit_for("https://server.test", Field::max_completion_tokens),
            "max_completion_tokens");
}

TEST(ChatProvider, AsksForTheModelOfTheRequest) {
  ChatSetup setup(body(hello_chunk + finish_chunk));
  ModelRequest request = request_for(question);
  request.model = "other";
  EXPECT_EQ(ask(setup, request).answer.value().model, "other");
  EXPECT_THAT(setup.server.requests.at(0).body, HasSubstr(R"("model":"other")"));
}

// --- what comes back ----------------------------------------------------------------------------

TEST(ChatProvider, TellsTheUsageAndTheCost) {
  OpenAiOptions options = chat_options();
  options.price = Price{.input_pico_usd = 1'000'000, .output_pico_usd = 2'000'000};
  ChatSetup setup(body(hello_chunk + finish_chunk + usage_chunk + done), options);
  RecordingSink sink;
  const ModelRequest request = request_for(question);
  const ModelResponse answer = complete(setup.provider, request, sink).response.value();
  EXPECT_EQ(answer.usage.total, 4);
  EXPECT_EQ(to_string(answer.cost.value()), "0.000005");
  EXPECT_THAT(sink.lines, ElementsAre("text hello", "usage 3+1=4 costs 0.000005"));
}

TEST(ChatProvider, TakesThePriceOfTheModelThatIsAsked) {
  PriceTable prices;
  prices.models.push_back({"cheap", Price{.input_pico_usd = 1'000'000}, {}});
  prices.models.push_back({"dear", Price{.input_pico_usd = 9'000'000}, {}});
  OpenAiOptions options = chat_options();
  options.model = "cheap";
  options.prices = std::make_shared<const PriceTable>(prices);
  const FakeAnswer answer = body(hello_chunk + finish_chunk + usage_chunk + done);
  ChatSetup setup({answer, answer, answer}, options);
  RecordingSink sink;
  ModelRequest request = request_for(question);
  request.model.clear();
  EXPECT_EQ(to_string(complete(setup.provider, request, sink).response.value().cost.value()),
            "0.000003");
  request.model = "dear";
  EXPECT_EQ(to_string(complete(setup.provider, request, sink).response.value().cost.value()),
            "0.000027");
  request.model = "unknown";
  EXPECT_FALSE(complete(setup.provider, request, sink).response.value().cost);
}

TEST(ChatProvider, OnePriceForAllModelsWinsOverATable) {
  OpenAiOptions options = chat_options();
  options.price = Price{.input_pico_usd = 1'000'000, .output_pico_usd = 2'000'000};
  options.prices = std::make_shared<const PriceTable>();
  ChatSetup setup(body(hello_chunk + finish_chunk + usage_chunk + done), options);
  RecordingSink sink;
  const ModelRequest request = request_for(question);
  EXPECT_EQ(to_string(complete(setup.provider, request, sink).response.value().cost.value()),
            "0.000005");
}

TEST(ChatProvider, AFailedStatusIsTheServersFailure) {
  FakeAnswer answer = status(429, R"({"error":{"message":"slow down"}})");
  answer.headers = {{"retry-after", "3"}, {"x-request-id", "req_9"}};
  ChatSetup setup(answer);
  const ProviderError error = failed(setup);
  EXPECT_EQ(error.code(), ErrorCode::rate_limit);
  EXPECT_EQ(error.http_status(), 429);
  EXPECT_EQ(error.retry_after(), 3s);
  EXPECT_STREQ(error.what(),
               "server.test is asked too often (HTTP 429): slow down; wait, then try again "
               "(request id req_9)");
}

TEST(ChatProvider, AFailedStatusCountsAlsoWhenItsBodyBreaksOffOrHangs) {
  for (const End end : {End::broken, End::hangs}) {
    FakeAnswer answer = status(500, "ooo");
    answer.end = end;
    ChatSetup setup(answer, impatient(300ms, 1h));
    EXPECT_STREQ(failed(setup).what(), "server.test failed (HTTP 500): ooo; try again later");
  }
}

TEST(ChatProvider, AnEndlessFailureIsReadNoFurtherThanNeeded) {
  FakeAnswer answer = status(500, "");
  answer.endless = [] { return std::string(1000, 'x'); };
  ChatSetup setup(answer);
  EXPECT_EQ(failed(setup).code(), ErrorCode::server_error);
  EXPECT_LT(setup.server.bytes_read, 100'000U);
}

TEST(ChatProvider, APageOfHtmlIsNoAnswer) {
  ChatSetup setup(body("\n<!DOCTYPE html><title>Sign in</title>"));
  const ProviderError error = failed(setup);
  EXPECT_EQ(error.code(), ErrorCode::invalid_response);
  EXPECT_STREQ(error.what(),
               "server.test answered with a page of HTML; check that the base URL is that of a "
               "model's API");
}

TEST(ChatProvider, AnErrorInJsonIsAFailure) {
  ChatSetup setup(body(R"({"error":{"message":"no","type":"invalid_request_error"}})"));
  EXPECT_EQ(failed(setup).code(), ErrorCode::invalid_request);
}

TEST(ChatProvider, AnEmptyBodyIsNoAnswer) {
  for (const char* text : {"", " \n", "\xEF\xBB\xBF"}) {
    ChatSetup setup(body(text));
    EXPECT_STREQ(failed(setup).what(), "server.test cut the answer off: it is empty; ask again");
  }
}

TEST(ChatProvider, AJsonAnswerThatJustEndsWasCutOff) {
  ChatSetup setup(body(R"({"choices":[{"message":{"content":"hel)"));
  EXPECT_EQ(failed(setup).code(), ErrorCode::interrupted);
}

TEST(ChatProvider, AByteOrderMarkIsNoPartOfTheAnswer) {
  for (const std::string& text :
       {hello_chunk + finish_chunk,
        std::string(R"({"choices":[{"message":{"content":"hello"}}]})")}) {
    FakeAnswer answer;
    answer.pieces = {"\xEF", "\xBB", "\xBF", "\n", text};
    ChatSetup setup(answer);
    EXPECT_EQ(answered(setup).content, "hello");
  }
}

TEST(ChatProvider, AStreamIsReadWhateverItsHeadersSay) {
  FakeAnswer answer = body("\xEF\xBB\xBF\n" + hello_chunk + finish_chunk);
  answer.headers = {{"content-type", "application/json"}};
  ChatSetup setup(answer);
  EXPECT_EQ(answered(setup).content, "hello");
}

// --- ends ---------------------------------------------------------------------------------------

struct EndCase {
  const char* name;
  std::string text;
  End end;
  bool whole;
};

TEST(ChatProvider, AnAnswerIsWholeOnceTheServerHasSaidSo) {
  const EndCase cases[] = {
      {"finish and done", hello_chunk + finish_chunk + done, End::ended, true},
      {"finish, then the end", hello_chunk + finish_chunk, End::ended, true},
      {"finish, then a break", hello_chunk + finish_chunk, End::broken, true},
      {"done without finish", hello_chunk + done, End::ended, true},
      {"done, then a break", hello_chunk + done, End::broken, true},
      {"done, then nothing", hello_chunk + done, End::hangs, true},
      {"nothing but done", done, End::ended, false},
      {"text, then the end", hello_chunk, End::ended, false},
      {"text, then a break", hello_chunk, End::broken, false},
      {"half a chunk", hello_chunk + finish_chunk.substr(0, 40), End::ended, false},
  };
  for (const EndCase& each : cases) {
    FakeAnswer answer = body(each.text);
    answer.end = each.end;
    ChatSetup setup(answer);
    const ModelRequest request = request_for(question);
    const Outcome outcome = ask(setup, request);
    EXPECT_THAT(outcome.faults, IsEmpty()) << each.name;
    EXPECT_EQ(outcome.answer.has_value(), each.whole) << each.name;
    if (outcome.error) {
      EXPECT_EQ(outcome.error->code(), ErrorCode::interrupted) << each.name;
    }
  }
}

TEST(ChatProvider, ReadsTheBodyToItsEndSoThatTheConnectionCanBeUsedAgain) {
  FakeAnswer answer;
  answer.pieces = {hello_chunk, finish_chunk, done, "\n", ": bye\n\n"};
  ChatSetup setup(answer);
  answered(setup);
  std::size_t all = 0;
  for (const std::string& piece : answer.pieces) all += piece.size();
  EXPECT_EQ(setup.server.bytes_read, all);
}

TEST(ChatProvider, AfterTheFinishReasonAHangCostsOnlyTheUsage) {
  FakeAnswer answer = body(hello_chunk + finish_chunk);
  answer.end = End::hangs;
  ChatSetup setup(answer, impatient(1h, 50ms));
  EXPECT_EQ(answered(setup).content, "hello");
}

// --- the network --------------------------------------------------------------------------------

TEST(ChatProvider, FailuresOfTheNetworkHaveTheirCodes) {
  struct Case {
    HttpFailure failure;
    ErrorCode code;
    bool retryable;
  };
  for (const Case& each : {Case{HttpFailure::refused, ErrorCode::invalid_request, false},
                           Case{HttpFailure::resolve, ErrorCode::network, true},
                           Case{HttpFailure::connect, ErrorCode::network, true},
                           Case{HttpFailure::proxy, ErrorCode::network, true},
                           Case{HttpFailure::tls, ErrorCode::network, false},
                           Case{HttpFailure::timeout, ErrorCode::network, true},
                           Case{HttpFailure::closed, ErrorCode::network, true},
                           Case{HttpFailure::protocol, ErrorCode::invalid_response, false},
                           Case{HttpFailure::limit, ErrorCode::invalid_response, false}}) {
    FakeAnswer answer;
    answer.failure = each.failure;
    ChatSetup setup(answer);
    const ProviderError error = failed(setup);
    EXPECT_EQ(error.code(), each.code);
    EXPECT_EQ(error.retryable(), each.retryable);
    EXPECT_STREQ(error.what(), "server.test cannot be reached");
  }
}

TEST(ChatProvider, AServerThatNeverAnswersIsLeft) {
  FakeAnswer answer;
  answer.never_answers = true;
  ChatSetup setup(answer, impatient(20ms, 1h));
  const ProviderError error = failed(setup);
  EXPECT_EQ(error.code(), ErrorCode::network);
  EXPECT_STREQ(error.what(),
               "server.test did not answer within 0.021 s; try again, or raise the limit");
}

TEST(ChatProvider, AServerThatSendsAHeadAndNothingMoreIsLeft) {
  FakeAnswer answer;
  answer.end = End::hangs;
  ChatSetup setup(answer, impatient(300ms, 1h));
  const ProviderError error = failed(setup);
  EXPECT_EQ(error.code(), ErrorCode::network);
  EXPECT_STREQ(error.what(),
               "server.test sent nothing of the answer for 0.301 s; try again, or raise the limit");
}

TEST(ChatProvider, AServerThatFallsSilentIsLeft) {
  FakeAnswer answer = body(hello_chunk);
  answer.end = End::hangs;
  ChatSetup setup(answer, impatient(1h, 20ms));
  const ProviderError error = failed(setup);
  EXPECT_EQ(error.code(), ErrorCode::interrupted);
  EXPECT_STREQ(error.what(),
               "server.test sent nothing of the answer for 0.02 s; try again, or raise the limit");
}

TEST(ChatProvider, CommentsAreSilence) {
  FakeAnswer answer = body(hello_chunk);
  answer.endless = [] { return std::string(": keep-alive\n\n"); };
  ChatSetup setup(answer, impatient(1h, 20ms));
  EXPECT_THAT(failed(setup).what(), HasSubstr("sent nothing of the answer for 0.02 s"));
}

TEST(ChatProvider, EventsAreNotSilence) {
  // Longer than a silence may be, but never silent.
  FakeAnswer answer = body(hello_chunk);
  const auto until = std::chrono::steady_clock::now() + 900ms;
  answer.endless = [until] {
    if (std::chrono::steady_clock::now() < until) return std::string("data: {}\n\n");
    return finish_chunk + done;
  };
  ChatSetup setup(answer, impatient(1h, 600ms));
  EXPECT_EQ(answered(setup).content, "hello");
}

// --- limits -------------------------------------------------------------------------------------

TEST(ChatProvider, ReadsNoMoreThanAllowed) {
  OpenAiOptions options = chat_options();
  options.max_body_bytes = 100'000;
  FakeAnswer answer;
  answer.endless = [] { return std::string("data: {}\n\n"); };
  ChatSetup setup(answer, options);
  EXPECT_STREQ(failed(setup).what(), "server.test sent more than 100000 bytes");
  EXPECT_LT(setup.server.bytes_read, 120'000U);
}

TEST(ChatProvider, RefusesLinesAndEventsThatAreTooLong) {
  OpenAiOptions options = chat_options();
  options.max_line_bytes = 1000;
  FakeAnswer line;
  line.endless = [] { return std::string(500, 'x'); };
  ChatSetup setup(line, options);
  const ProviderError error = failed(setup);
  EXPECT_EQ(error.code(), ErrorCode::invalid_response);
  EXPECT_THAT(error.what(), HasSubstr("server.test sent "));

  options.max_event_bytes = 1000;
  FakeAnswer event;
  event.endless = [] { return "data: " + std::string(500, 'x') + "\n"; };
  ChatSetup second(event, options);
  EXPECT_EQ(failed(second).code(), ErrorCode::invalid_response);
  EXPECT_LT(second.server.bytes_read, 10'000U);
}

// --- the sink and cancellation ------------------------------------------------------------------

/// Takes its time before it wants more.
class SlowSink final : public RecordingSink {
 public:
  explicit SlowSink(std::chrono::milliseconds pause) : pause_(pause) {}
  asio::awaitable<void> async_ready() override {
    asio::steady_timer timer(co_await asio::this_coro::executor, pause_);
    co_await timer.async_wait(asio::use_awaitable);
  }

 private:
  std::chrono::milliseconds pause_;
};

TEST(ChatProvider, TheTimeThatTheSinkTakesIsNoSilence) {
  FakeAnswer answer;
  answer.pieces = {hello_chunk, hello_chunk, finish_chunk, done};
  ChatSetup setup(answer, impatient(1h, 200ms));
  SlowSink sink(250ms);
  const ModelRequest request = request_for(question);
  EXPECT_EQ(complete(setup.provider, request, sink).response.value().content, "hellohello");
}

TEST(ChatProvider, ASinkThatIsNotReadyHoldsTheServerBack) {
  FakeAnswer answer;
  answer.pieces = {hello_chunk, hello_chunk, finish_chunk};
  ChatSetup setup(answer);
  SlowSink sink(1h);
  asio::io_context context;
  asio::cancellation_signal signal;
  Completion completion;
  const ModelRequest request = request_for(question);
  start(context, setup.provider, request, sink, completion, signal);
  context.poll();
  EXPECT_THAT(sink.lines, IsEmpty());
  EXPECT_EQ(setup.server.bytes_read, hello_chunk.size()) << "nothing is read ahead";

  signal.emit(asio::cancellation_type::terminal);
  context.run();
  EXPECT_TRUE(completion.aborted());
  EXPECT_EQ(setup.server.open, 0);
}

TEST(ChatProvider, AnExceptionOfTheSinkEndsTheRequest) {
  ChatSetup setup(body(hello_chunk + finish_chunk));
  RecordingSink sink;
  sink.after_each = [] { throw std::logic_error("a bug"); };
  const ModelRequest request = request_for(question);
  const Completion completion = complete(setup.provider, request, sink);
  EXPECT_THROW(std::rethrow_exception(completion.exception), std::logic_error);
  EXPECT_EQ(setup.server.open, 0);
}

/// Cancels after `steps` handlers; true if the request had not ended before.
bool cancel_after(const FakeAnswer& answer, int steps) {
  ChatSetup setup(answer);
  asio::io_context context;
  asio::cancellation_signal signal;
  Completion completion;
  RecordingSink sink;
  const ModelRequest request = request_for(question);
  start(context, setup.provider, request, sink, completion, signal);
  for (int i = 0; i < steps && !completion.done; ++i) context.poll_one();
  if (completion.done) return false;
  signal.emit(asio::cancellation_type::terminal);
  const std::size_t before = sink.lines.size();
  context.run();
  EXPECT_TRUE(completion.done);
  EXPECT_TRUE(completion.aborted() || completion.response) << "after " << steps;
  if (completion.aborted()) {
    EXPECT_LE(sink.lines.size(), before + 1) << "after " << steps;
  }
  EXPECT_EQ(setup.server.open, 0);
  return true;
}

TEST(ChatProvider, CancelAtAnyStepClosesTheConnection) {
  FakeAnswer whole;
  whole.pieces = {hello_chunk, hello_chunk, finish_chunk, usage_chunk, done};
  FakeAnswer hangs = whole;
  hangs.pieces.resize(2);
  hangs.end = End::hangs;
  FakeAnswer silent;
  silent.never_answers = true;
  FakeAnswer failing = status(500, "no");
  failing.end = End::hangs;
  for (const FakeAnswer& answer : {whole, hangs, silent, failing}) {
    int steps = 0;
    while (steps < 100 && cancel_after(answer, steps)) ++steps;
    EXPECT_GT(steps, 3);
  }
}

TEST(ChatProvider, TheUsageOfACancelledRequestIsKnown) {
  FakeAnswer answer = body(hello_chunk + usage_chunk);
  answer.end = End::hangs;
  ChatSetup setup(answer);
  asio::io_context context;
  asio::cancellation_signal signal;
  Completion completion;
  RecordingSink sink;
  const ModelRequest request = request_for(question);
  start(context, setup.provider, request, sink, completion, signal);
  context.poll();
  signal.emit(asio::cancellation_type::terminal);
  context.run();
  EXPECT_TRUE(completion.aborted());
  EXPECT_THAT(sink.lines, ElementsAre("text hello", "usage 3+1=4"));
}

TEST(ChatProvider, ServesSeveralRequestsAtOnce) {
  FakeAnswer answer;
  answer.pieces = in_pieces(hello_chunk + finish_chunk + done, 5);
  ChatSetup setup(answer);
  asio::io_context context;
  asio::cancellation_signal signals[3];
  Completion completions[3];
  RecordingSink sinks[3];
  const ModelRequest request = request_for(question);
  for (int i = 0; i < 3; ++i)
    start(context, setup.provider, request, sinks[i], completions[i], signals[i]);
  context.run();
  for (const Completion& completion : completions)
    EXPECT_EQ(completion.response.value().content, "hello");
}

// --- options ------------------------------------------------------------------------------------

std::string refusal_of(const std::function<void(OpenAiOptions&)>& change) {
  OpenAiOptions options = chat_options();
  change(options);
  try {
    (void)make_openai_provider(options);
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), testing::Not(HasSubstr("0123456789ab"))) << "the key";
    return error.what();
  }
  return "";
}

TEST(OpenAiOptions, TheDefaultsAreGood) {
  EXPECT_EQ(make_openai_provider()->model(), "gpt-4o-mini");
  EXPECT_EQ(make_openai_provider()->name(), "openai");
  EXPECT_EQ(refusal_of([](OpenAiOptions&) {}), "");
  EXPECT_EQ(refusal_of([](OpenAiOptions& o) { o.base_url = "http://localhost:11434/v1"; }), "");
  EXPECT_EQ(refusal_of([](OpenAiOptions& o) { o.https_proxy = "http://u:p@proxy.test:3128"; }), "");
}

TEST(OpenAiOptions, ImpossibleOnesAreRefusedByName) {
  EXPECT_THAT(refusal_of([](OpenAiOptions& o) { o.base_url = "server"; }),
              HasSubstr("OpenAiOptions::base_url is no URL: "));
  EXPECT_THAT(refusal_of([](OpenAiOptions& o) { o.base_url = "http://server.test/v1"; }),
              HasSubstr("OpenAiOptions::base_url is 'http://server.test': plain http"));
  EXPECT_THAT(refusal_of([](OpenAiOptions& o) { o.base_url = "https://u:p@server.test/"; }),
              HasSubstr("OpenAiOptions::base_url"));
  EXPECT_THAT(refusal_of([](OpenAiOptions& o) { o.model = ""; }),
              HasSubstr("OpenAiOptions::model is empty"));
  for (const char* added : {"\n", " ", "\r\nX: y", "\x01", "\xC3\xBC"}) {
    EXPECT_THAT(refusal_of([&](OpenAiOptions& o) { o.api_key += added; }),
                HasSubstr("OpenAiOptions::api_key holds a space, a line break"));
  }
  EXPECT_THAT(refusal_of([](OpenAiOptions& o) {
                o.headers = {{"a b", "c"}};
              }),
              HasSubstr("OpenAiOptions::headers holds a name"));
  EXPECT_THAT(refusal_of([](OpenAiOptions& o) {
                o.headers = {{"", "c"}};
              }),
              HasSubstr("OpenAiOptions::headers holds a name"));
  EXPECT_THAT(refusal_of([](OpenAiOptions& o) {
                o.headers = {{"X-A", "0123456789ab\r\nB: c"}};
              }),
              HasSubstr("OpenAiOptions::headers has a value for 'X-A'"));
  EXPECT_THAT(refusal_of([](OpenAiOptions& o) { o.https_proxy = "ftp://u:0123456789ab@x"; }),
              HasSubstr("OpenAiOptions::https_proxy"));
  EXPECT_EQ(refusal_of([](OpenAiOptions& o) { o.silence_timeout = 0ms; }),
            "OpenAiOptions::silence_timeout is 0 ms; more than 0 and at most 24 hours are allowed");
  EXPECT_THAT(refusal_of([](OpenAiOptions& o) { o.connect_timeout = -1ms; }),
              HasSubstr("connect_timeout is -1 ms"));
  EXPECT_THAT(refusal_of([](OpenAiOptions& o) { o.first_event_timeout = 25h; }),
              HasSubstr("first_event_timeout"));
  EXPECT_EQ(refusal_of([](OpenAiOptions& o) { o.max_tool_calls = 0; }),
            "OpenAiOptions::max_tool_calls is 0; at least 1 is needed");
  EXPECT_THAT(refusal_of([](OpenAiOptions& o) { o.max_line_bytes = 0; }),
              HasSubstr("max_line_bytes"));
}

}  // namespace
}  // namespace strandbus::test

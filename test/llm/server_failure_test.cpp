#include "llm/server_failure.hpp"

#include "strandbus/event/json_codec.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <ostream>

namespace strandbus::test {
namespace {

using namespace std::chrono_literals;
using detail::FailedAnswer;
using detail::failure_of;
using detail::is_error_frame;
using detail::ServerContext;
using testing::HasSubstr;
using testing::Not;

constexpr std::chrono::system_clock::time_point now{1'784'000'000s};
const std::string key = "sk-proj-abcdefghijklmnop0123";

ServerContext context() {
  ServerContext context;
  context.server = "server.test";
  context.model = "small-1";
  context.secrets = detail::Secrets({key});
  return context;
}

FailedAnswer answer(int status, std::string body) {
  FailedAnswer answer;
  answer.status = status;
  answer.body = std::move(body);
  return answer;
}

ProviderError failure(int status, std::string body) {
  return failure_of(answer(status, std::move(body)), context(), now);
}

std::string text_of(const ProviderError& error) { return error.what(); }

struct Case {
  const char* name;
  int status;
  const char* body;
  ErrorCode code;
  bool retryable;
  const char* text;
};

void PrintTo(const Case& each, std::ostream* out) { *out << each.name; }

class ServerFailure : public testing::TestWithParam<Case> {};

TEST_P(ServerFailure, IsUnderstood) {
  const Case& expected = GetParam();
  const ProviderError error = failure(expected.status, expected.body);
  EXPECT_EQ(error.code(), expected.code) << error.what();
  EXPECT_EQ(error.retryable(), expected.retryable) << error.what();
  EXPECT_EQ(error.http_status(), expected.status);
  EXPECT_EQ(text_of(error), expected.text);
}

constexpr Case cases[] = {
    {"WrongKey", 401,
     R"({"error":{"message":"Incorrect API key provided: sk-pr****0123.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}})",
     ErrorCode::authentication, false,
     "server.test refused the API key (HTTP 401): Incorrect API key provided: sk-pr****0123.; "
     "check the API key"},
    {"NoPermission", 403, R"({"error":{"message":"Country not supported","code":"unsupported"}})",
     ErrorCode::authentication, false,
     "server.test denied access (HTTP 403): Country not supported; check what the API key may use"},
    {"UnknownModel", 404,
     R"({"error":{"message":"The model `x` does not exist","type":"invalid_request_error","code":"model_not_found"}})",
     ErrorCode::model_not_found, false,
     "server.test does not have the model 'small-1' (HTTP 404): The model `x` does not exist; "
     "choose another model"},
    {"UnknownModelOllama", 404,
     R"({"error":{"message":"model \"small-1\" not found, try pulling it first","type":"api_error","param":null,"code":null}})",
     ErrorCode::model_not_found, false,
     "server.test does not have the model 'small-1' (HTTP 404): model \"small-1\" not found, try "
     "pulling it first; choose another model"},
    {"WrongAddress", 404, "404 page not found\n", ErrorCode::invalid_request, false,
     "server.test knows nothing at this address (HTTP 404): 404 page not found; check the base "
     "URL"},
    {"ContextLength", 400,
     R"({"error":{"message":"This model's maximum context length is 8192 tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}})",
     ErrorCode::context_length, false,
     "server.test says that the conversation is too long for the model (HTTP 400): This model's "
     "maximum context length is 8192 tokens.; shorten it, or choose a model with a larger context"},
    {"ContextLengthByWords", 400,
     R"({"object":"error","message":"maximum context length is 4096"})", ErrorCode::context_length,
     false,
     "server.test says that the conversation is too long for the model (HTTP 400): maximum context "
     "length is 4096; shorten it, or choose a model with a larger context"},
    {"RateLimit", 429,
     R"({"error":{"message":"Slow down","type":"requests","code":"rate_limit_exceeded"}})",
     ErrorCode::rate_limit, true,
     "server.test is asked too often (HTTP 429): Slow down; wait, then try again"},
    {"NoQuota", 429,
     R"({"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}})",
     ErrorCode::rate_limit, false,
     "server.test says that the account has no credit left (HTTP 429): You exceeded your current "
     "quota; check plan and billing; trying again does not help"},
    {"NoBalance", 402, R"({"error":{"message":"Insufficient Balance","code":402}})",
     ErrorCode::rate_limit, false,
     "server.test says that the account has no credit left (HTTP 402): Insufficient Balance; check "
     "plan and billing; trying again does not help"},
    {"ServerError", 500, R"({"error":{"message":"oops","type":"server_error"}})",
     ErrorCode::server_error, true, "server.test failed (HTTP 500): oops; try again later"},
    {"Overloaded", 503, R"({"error":{"message":"busy","code":"server_is_overloaded"}})",
     ErrorCode::server_error, true, "server.test failed (HTTP 503): busy; try again later"},
    {"TimedOut", 408, "", ErrorCode::server_error, true,
     "server.test failed (HTTP 408); try again later"},
    {"Conflict", 409, "", ErrorCode::server_error, true,
     "server.test failed (HTTP 409); try again later"},
    {"ErrorAsText", 400, R"({"error":"bad thing"})", ErrorCode::invalid_request, false,
     "server.test refused the request (HTTP 400): bad thing"},
    {"Message", 400, R"({"message":"bad thing"})", ErrorCode::invalid_request, false,
     "server.test refused the request (HTTP 400): bad thing"},
    {"Detail", 422, R"({"detail":"bad thing"})", ErrorCode::invalid_request, false,
     "server.test refused the request (HTTP 422): bad thing"},
    {"Complaints", 422,
     R"({"detail":[{"type":"missing","loc":["body","model"],"msg":"Field required"}]})",
     ErrorCode::invalid_request, false,
     R"(server.test refused the request (HTTP 422): ["body","model"]: Field required)"},
    {"ErrorInAList", 400, R"([{"error":{"code":400,"message":"bad thing"}}])",
     ErrorCode::invalid_request, false, "server.test refused the request (HTTP 400): bad thing"},
    {"Upstream", 400,
     R"({"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"no such tool","provider_name":"X"}}})",
     ErrorCode::invalid_request, false,
     "server.test refused the request (HTTP 400): Provider returned error: no such tool"},
    {"Page", 502, "<html>\n<head><TITLE>502 Bad\n Gateway</TITLE></head></html>",
     ErrorCode::server_error, true,
     "server.test failed (HTTP 502): a page of HTML titled '502 Bad Gateway'; try again later"},
    {"PageWithoutTitle", 502, "  <html><body>no", ErrorCode::server_error, true,
     "server.test failed (HTTP 502): a page of HTML; try again later"},
    {"NoBody", 418, "", ErrorCode::invalid_request, false,
     "server.test refused the request (HTTP 418)"},
    {"StrangeJson", 400, R"({"error":{"message":{"a":1}}})", ErrorCode::invalid_request, false,
     "server.test refused the request (HTTP 400)"},
};

INSTANTIATE_TEST_SUITE_P(Forms, ServerFailure, testing::ValuesIn(cases),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(ServerFailureText, ARedirectionSaysWhereTo) {
  FailedAnswer redirect = answer(301, "<html>");
  redirect.location = "https://elsewhere.test/v1";
  const ProviderError error = failure_of(redirect, context(), now);
  EXPECT_EQ(error.code(), ErrorCode::invalid_request);
  EXPECT_EQ(text_of(error),
            "server.test redirects the request (HTTP 301): to https://elsewhere.test/v1; set the "
            "base URL to where it is");
}

TEST(ServerFailureText, AskingWithoutAKeySaysThatOneIsNeeded) {
  ServerContext no_key = context();
  no_key.key_sent = false;
  const ProviderError error = failure_of(answer(401, ""), no_key, now);
  EXPECT_EQ(text_of(error), "server.test wants an API key (HTTP 401); set the API key");
}

TEST(ServerFailureText, NamesTheRequest) {
  ServerContext known = context();
  known.request_id = "req_7";
  EXPECT_THAT(text_of(failure_of(answer(500, "oops"), known, now)),
              HasSubstr("; try again later (request id req_7)"));
}

TEST(ServerFailureText, NeverHoldsTheKey) {
  ServerContext known = context();
  known.request_id = "req " + key;
  FailedAnswer echo = answer(302, "");
  echo.location = "https://x.test/?key=" + key;
  for (const std::string& body :
       {"wrong key " + key, R"({"error":{"message":"wrong )" + key + R"("}})", key,
        "<title>" + key + "</title>", "part: " + key.substr(3, 20), key + key,
        std::string(395, 'x') + key}) {
    EXPECT_THAT(text_of(failure_of(answer(401, body), known, now)),
                Not(HasSubstr(key.substr(5, 14))))
        << body;
  }
  EXPECT_THAT(text_of(failure_of(echo, known, now)), Not(HasSubstr(key.substr(5, 14))));
  EXPECT_THAT(text_of(failure_of(answer(401, "wrong key " + key), known, now)),
              HasSubstr("wrong key [key];"));
}

TEST(ServerFailureText, IsOneShortLineOfUtf8) {
  const std::string body = "a\n\tb\x01" + std::string("\xFF") + "c\x7F " + std::string(5000, 'x');
  const std::string text = text_of(failure(500, body));
  EXPECT_THAT(text, HasSubstr("(HTTP 500): a b \uFFFDc xxxx"));
  EXPECT_THAT(text, HasSubstr("xxx\u2026; try again later"));
  EXPECT_LT(text.size(), 500U);
  EXPECT_EQ(repair_utf8(text), text);
}

ProviderError with_headers(std::string after_ms, std::string after, std::string should) {
  FailedAnswer failed = answer(503, "");
  failed.retry_after_ms = std::move(after_ms);
  failed.retry_after = std::move(after);
  failed.should_retry = std::move(should);
  return failure_of(failed, context(), now);
}

TEST(ServerFailureHeaders, TheServerSaysHowLongToWait) {
  EXPECT_EQ(with_headers("", "", "").retry_after(), std::nullopt);
  EXPECT_EQ(with_headers("", "3", "").retry_after(), 3s);
  EXPECT_EQ(with_headers("250", "3", "").retry_after(), 250ms) << "the finer one first";
  EXPECT_EQ(with_headers("soon", "3", "").retry_after(), 3s);
}

TEST(ServerFailureHeaders, TheServerSaysWhetherToTryAgain) {
  EXPECT_TRUE(with_headers("", "", "").retryable());
  EXPECT_FALSE(with_headers("", "", "false").retryable());
  EXPECT_TRUE(with_headers("", "", "maybe").retryable());
  FailedAnswer failed = answer(400, "");
  failed.should_retry = "True";
  EXPECT_TRUE(failure_of(failed, context(), now).retryable());
}

json::object frame(std::string_view text) { return parse_json(text).value().as_object(); }

TEST(ServerFailureFrame, IsToldFromAnAnswer) {
  EXPECT_TRUE(is_error_frame(frame(R"({"error":{"message":"m"}})")));
  EXPECT_TRUE(is_error_frame(frame(R"({"error":"m","choices":[]})")));
  EXPECT_TRUE(is_error_frame(frame(R"({"object":"error","message":"m"})")));
  EXPECT_TRUE(is_error_frame(frame(R"({"detail":"m"})")));
  EXPECT_FALSE(is_error_frame(frame(R"({"error":null,"choices":[]})")));
  EXPECT_FALSE(is_error_frame(frame(R"({"choices":[],"message":"m"})")));
  EXPECT_FALSE(is_error_frame(frame(R"({"type":"ping"})")));
}

TEST(ServerFailureFrame, HasACodeByItsWords) {
  const auto code_of = [](std::string_view text) {
    return failure_of(frame(text), context()).code();
  };
  EXPECT_EQ(code_of(R"({"error":{"message":"m"}})"), ErrorCode::server_error);
  EXPECT_EQ(code_of(R"({"error":{"type":"rate_limit_exceeded"}})"), ErrorCode::rate_limit);
  EXPECT_EQ(code_of(R"({"error":{"code":429}})"), ErrorCode::rate_limit);
  EXPECT_EQ(code_of(R"({"error":{"code":"invalid_api_key"}})"), ErrorCode::authentication);
  EXPECT_EQ(code_of(R"({"error":{"type":"invalid_request_error"}})"), ErrorCode::invalid_request);
  EXPECT_EQ(code_of(R"({"error":{"code":"context_length_exceeded"}})"), ErrorCode::context_length);
  EXPECT_EQ(code_of(R"({"error":"the request exceeds the available context size"})"),
            ErrorCode::context_length);
  EXPECT_EQ(code_of(R"({"object":"error","message":"no","type":"BadRequestError","code":400})"),
            ErrorCode::invalid_request);
  EXPECT_FALSE(
      failure_of(frame(R"({"error":{"code":"insufficient_quota"}})"), context()).retryable());
}

}  // namespace
}  // namespace strandbus::test

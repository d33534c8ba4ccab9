// `strandbus run` with a model behind HTTP: what reaches the server, what the user sees, and that
// the key stays where it belongs.

#include "cli/program.hpp"
#include "cli/trace.hpp"
#include "support/connect_proxy.hpp"
#include "support/scripted_server.hpp"
#include "support/temporary_directory.hpp"
#include "support/tls_server.hpp"

#include <boost/json/parse.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace strandbus::testing {
namespace {

using test::Authority;
using test::ConnectProxy;
using test::Identity;
using test::Reply;
using test::ScriptedServer;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string key = "sk-0123456789abcdefSECRET";

/// A stream of these chunks, "delta" objects, and its end.
Reply stream_of(const std::vector<std::string>& deltas, const std::string& finish) {
  Reply reply;
  reply.pieces.push_back(test::chunked_head(200, {"Content-Type: text/event-stream"}));
  const auto frame = [](const std::string& choice) {
    return test::chunk(R"(data: {"id":"c1","object":"chat.completion.chunk","model":"m-1",)"
                       R"("choices":[{"index":0,)" +
                       choice + "}]}\n\n");
  };
  for (const std::string& delta : deltas)
    reply.pieces.push_back(frame(R"("delta":)" + delta + R"(,"finish_reason":null)"));
  reply.pieces.push_back(frame(R"("delta":{},"finish_reason":")" + finish + R"(")"));
  reply.pieces.push_back(test::chunk(
      "data: {\"id\":\"c1\",\"model\":\"m-1\",\"choices\":[],\"usage\":{\"prompt_tokens\":11,"
      "\"completion_tokens\":7,\"total_tokens\":18}}\n\ndata: [DONE]\n\n"));
  reply.pieces.push_back(test::chunk(""));
  return reply;
}

Reply says(const std::string& text) {
  return stream_of({R"({"role":"assistant","content":""})", R"({"content":")" + text + R"("})"},
                   "stop");
}

/// An answer by Anthropic's Messages, not streamed.
Reply says_as_message(const std::string& text) {
  const std::string body =
      R"({"id":"msg_1","type":"message","role":"assistant","model":"claude-9","content":[)"
      R"({"type":"text","text":")" +
      text + R"("}],"stop_reason":"end_turn","usage":{"input_tokens":11,"output_tokens":7}})";
  return {{test::http_answer(200, body)}, Reply::Then::keep};
}

Reply calls(const std::string& tool, const std::string& arguments) {
  return stream_of({R"({"role":"assistant","tool_calls":[{"index":0,"id":"call_1",)"
                    R"("type":"function","function":{"name":")" +
                    tool + R"(","arguments":")" + arguments + R"("}}]})"},
                   "tool_calls");
}

Reply refuses(int status, const std::string& body, const std::vector<std::string>& headers = {}) {
  return {{test::http_answer(status, body, headers)}, Reply::Then::keep};
}

Finished ask(const std::string& base_url, Program::Arguments more = {},
             std::vector<std::string> environment = {}) {
  Program::Arguments arguments{"run", "hi", "--base-url", base_url};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_program(arguments, {.environment = std::move(environment)});
}

std::string https(const std::string& host, const ScriptedServer& server) {
  return "https://" + host + ":" + std::to_string(server.port()) + "/v1";
}

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(RealModel, Answers) {
  ScriptedServer server({says("Hello there.")});
  const Finished finished = ask(server.url("/v1"), {"--model", "m-1", "--system", "Be kind",
                                                    "--max-tokens", "99", "--tools", "none"});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_EQ(finished.out, "Hello there.\n");
  EXPECT_THAT(finished.err, HasSubstr("model m-1 (" + server.url("/v1") + ")"));
  EXPECT_THAT(finished.err, HasSubstr("11 tokens in · 7 out"));

  const auto request = server.requests().at(0);
  EXPECT_EQ(request.line(), "POST /v1/chat/completions HTTP/1.1");
  const json::object body = json::parse(request.body).as_object();
  EXPECT_EQ(body.at("model"), "m-1");
  EXPECT_EQ(body.at("max_tokens"), 99);
  EXPECT_EQ(body.at("messages").at(0).at("content"), "Be kind");
  EXPECT_EQ(body.at("messages").at(1).at("content"), "hi");
  EXPECT_FALSE(body.contains("tools"));
}

TEST(RealModel, CostsWhatTheBuiltInPricesSay) {
  ScriptedServer server({says("Hello."), says("Hello.")});
  const Finished known = ask(server.url("/v1"), {"--model", "gpt-4o-2024-08-06"});
  EXPECT_THAT(known.err, HasSubstr("$0.0000975")) << "11 at 2.5 and 7 at 10 per million";
  const Finished unknown = ask(server.url("/v1"), {"--model", "gpt-4o-of-my-own"});
  EXPECT_THAT(unknown.err, HasSubstr("11 tokens in · 7 out"));
  EXPECT_THAT(unknown.err, Not(HasSubstr("$")));
}

TEST(RealModel, CostsWhatAPriceFileSays) {
  const TemporaryDirectory directory;
  const std::string file = directory.write("prices.json", R"({"date": "2026-11-21",
    "currency": "USD", "models": {"mine": {"input_per_million_usd": 1000,
    "output_per_million_usd": 2000}}})");
  ScriptedServer server({says("Hello."), says("Hello.")});
  const Finished known = ask(server.url("/v1"), {"--model", "mine", "--prices", file});
  EXPECT_THAT(known.err, HasSubstr("$0.025")) << "11 at 1000 and 7 at 2000 per million";
  const Finished unknown = ask(server.url("/v1"), {"--model", "gpt-4o", "--prices", file});
  EXPECT_THAT(unknown.err, Not(HasSubstr("$"))) << "the built-in prices count no more";
}

TEST(RealModel, CallsTools) {
  ScriptedServer server({calls("calculator", R"({\"expr\":\"2+2\"})"), says("It is 4.")});
  const Finished finished = ask(server.url("/v1"));
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_EQ(finished.out, "It is 4.\n");
  EXPECT_EQ(server.connections(), 1);  // one connection serves both
  const json::value body = json::parse(server.requests().at(1).body);
  EXPECT_EQ(body.at("messages").at(1).at("tool_calls").at(0).at("id"), "call_1");
  EXPECT_EQ(body.at("messages").at(2).at("tool_call_id"), "call_1");
  EXPECT_EQ(body.at("messages").at(2).at("content"), "4");
}

TEST(RealModel, IsAskedByTheResponsesApiToo) {
  Reply reply;
  reply.pieces = {test::http_answer(
      200, R"({"id":"resp_1","status":"completed","model":"o4-mini-9","output":[{"type":"message",)"
           R"("content":[{"type":"output_text","text":"It is 4."}]}]})")};
  ScriptedServer server({reply});
  const Finished finished =
      ask(server.url("/v1"), {"--api", "responses", "--model", "o4-mini", "--effort", "low"});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_EQ(finished.out, "It is 4.\n");
  EXPECT_EQ(server.requests().at(0).line(), "POST /v1/responses HTTP/1.1");
  const json::object body = json::parse(server.requests().at(0).body).as_object();
  EXPECT_EQ(body.at("model"), "o4-mini");
  EXPECT_EQ(body.at("reasoning").at("effort"), "low");
}

TEST(RealModel, IsAskedAgainWhenTheServerIsBusy) {
  ScriptedServer server(
      {refuses(429, R"({"error":{"message":"slow down"}})", {"Retry-After-Ms: 1"}), says("Now.")});
  const Finished finished = ask(server.url("/v1"));
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_EQ(finished.out, "Now.\n");
  EXPECT_THAT(finished.err, HasSubstr("trying again in 1 ms (attempt 2 of 3)"));
}

TEST(RealModel, ThatDoesNotExistIsSaidInOneLine) {
  ScriptedServer server({refuses(
      404, R"({"error":{"message":"The model m-9 does not exist","code":"model_not_found"}})")});
  const Finished finished = ask(server.url("/v1"), {"--model", "m-9"});
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_EQ(finished.out, "");
  EXPECT_THAT(finished.err, HasSubstr("The model m-9 does not exist"));
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST(RealModel, WhoseAnswerBreaksOffHasNotAnswered) {
  Reply cut = says("Half an ans");
  cut.pieces.resize(3);
  cut.then = Reply::Then::close;
  ScriptedServer server({cut});
  const Finished finished = ask(server.url("/v1"), {"--json"});
  EXPECT_EQ(finished.exit_code, 1);
  const auto events = events_of(finished.out);
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events.back().wire_type(), "run_failed");
  EXPECT_EQ(events.back().get_if<RunFailed>()->error_code, ErrorCode::interrupted);
  EXPECT_EQ(std::ranges::count_if(events, [](const auto& e) { return e.is_terminal(); }), 1);
}

TEST(RealModel, GetsTheKeyThatIsNamedForItAndNoOther) {
  ScriptedServer server({says("a"), says("b"), says("c")});
  const std::vector<std::string> environment{"OPENAI_API_KEY=sk-of-openai", "MY_KEY=" + key};
  EXPECT_EQ(ask(server.url("/v1"), {}, environment).exit_code, 0);
  EXPECT_EQ(ask(server.url("/v1"), {"--api-key-env", "MY_KEY"}, environment).exit_code, 0);
  EXPECT_EQ(ask(server.url("/v1"), {"--api-key-env", "OPENAI_API_KEY"}, environment).exit_code, 0);
  EXPECT_EQ(server.requests().at(0).header("Authorization"), "");
  EXPECT_EQ(server.requests().at(1).header("Authorization"), "Bearer " + key);
  EXPECT_EQ(server.requests().at(2).header("Authorization"), "Bearer sk-of-openai");
}

TEST(RealModel, IsAskedByAnthropicsMessagesToo) {
  ScriptedServer server({says_as_message("It is 4.")});
  const Finished finished = ask(
      server.url(), {"--provider", "anthropic", "--model", "claude-9", "--api-key-env", "MY_KEY"},
      {"MY_KEY=" + key});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("It is 4."));
  EXPECT_EQ(server.requests().at(0).line(), "POST /v1/messages HTTP/1.1");
  EXPECT_EQ(server.requests().at(0).header("x-api-key"), key);
  EXPECT_EQ(server.requests().at(0).header("Authorization"), "");
  EXPECT_EQ(server.requests().at(0).header("anthropic-version"), "2023-06-01");
}

TEST(RealModel, ThatRepeatsTheKeyDoesNotMakeItPublic) {
  const TemporaryDirectory directory;
  for (const int status : {401, 400, 500, 302}) {
    const std::string name = std::to_string(status);
    const Reply reply = refuses(
        status,
        R"({"error":{"message":"the key )" + key + R"( is wrong","code":")" + key + R"("}})",
        {"X-Request-Id: " + key, "X-Should-Retry: false", "Location: /" + key});
    ScriptedServer server({reply});
    const Finished finished =
        ask(server.url("/v1"),
            {"--json", "--api-key-env", "MY_KEY", "--session", directory.path(name + ".jsonl"),
             "--log-level", "debug", "--log-file", directory.path(name + ".log")},
            {"MY_KEY=" + key});
    EXPECT_EQ(finished.exit_code, 1);
    EXPECT_EQ(server.requests().at(0).header("Authorization"), "Bearer " + key);
    for (const std::string& text :
         {finished.out, finished.err, text_of(directory.path(name + ".log")),
          text_of(directory.path(name + ".jsonl"))}) {
      EXPECT_THAT(text, Not(HasSubstr("SECRET"))) << status;
    }
    EXPECT_THAT(text_of(directory.path(name + ".jsonl")), HasSubstr("run_failed"));
  }
}

class RealTls : public ::testing::Test {
 protected:
  Finished ask_with(const Identity& identity, const std::string& host,
                    const std::vector<std::string>& environment) {
    ScriptedServer server({says("Hello.")}, test::with_tls(identity));
    return ask(https(host, server), {}, environment);
  }

  static void expect_refused(const Finished& finished, const std::string& why) {
    EXPECT_EQ(finished.exit_code, 1);
    EXPECT_EQ(finished.out, "");
    EXPECT_THAT(finished.err, HasSubstr(why));
    EXPECT_THAT(finished.err, Not(HasSubstr("trying again")));
    EXPECT_THAT(finished.err, Not(HasSubstr("script")));
  }

  TemporaryDirectory directory_;
  Authority authority_;
  std::string trusted_ = "SSL_CERT_FILE=" + directory_.write("ca.pem", authority_.certificate());
};

TEST_F(RealTls, TrustsAnAuthorityThatSslCertFileNames) {
  const Finished finished =
      ask_with(authority_.issue({.hosts = {"localhost"}}), "localhost", {trusted_});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_EQ(finished.out, "Hello.\n");
}

TEST_F(RealTls, RefusesAnAuthorityThatNobodyKnows) {
  expect_refused(ask_with(authority_.issue({.hosts = {"localhost"}}), "localhost", {}),
                 "SSL_CERT_FILE");
}

TEST_F(RealTls, RefusesACertificateForAnotherHost) {
  expect_refused(ask_with(authority_.issue({.hosts = {"other.example"}}), "localhost", {trusted_}),
                 "localhost");
}

TEST_F(RealTls, RefusesACertificateThatHasExpired) {
  const Identity old =
      authority_.issue({.hosts = {"localhost"}, .valid_from_days = -9, .valid_to_days = -1});
  expect_refused(ask_with(old, "localhost", {trusted_}), "expired");
}

TEST_F(RealTls, RefusesACertificateThatSignsItself) {
  expect_refused(ask_with(test::self_signed({.hosts = {"localhost"}}), "localhost", {}), "sign");
}

TEST_F(RealTls, GoesThroughAProxyAndTellsItsPasswordToNobodyElse) {
  const Identity identity = authority_.issue({.hosts = {"model.example"}});
  ScriptedServer server({says("Hello.")}, test::with_tls(identity));
  ConnectProxy proxy(server.port(), {});
  const std::string address = "127.0.0.1:" + std::to_string(proxy.port());
  const Finished finished = ask("https://model.example/v1", {"--json"},
                                {trusted_, "HTTPS_PROXY=http://joe:pa55word@" + address});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(proxy.heads().at(0), HasSubstr("CONNECT model.example:443 HTTP/1.1"));
  EXPECT_THAT(proxy.heads().at(0), HasSubstr("Proxy-Authorization: Basic am9lOnBhNTV3b3Jk"));
  EXPECT_THAT(finished.out + finished.err + server.requests().at(0).head, Not(HasSubstr("pa55")));
}

TEST_F(RealTls, GoesAroundTheProxyToHostsOfNoProxy) {
  ScriptedServer server({says("Hello.")});
  ConnectProxy proxy(server.port(), {});
  const std::string address = "127.0.0.1:" + std::to_string(proxy.port());
  const Finished finished =
      ask("https://model.invalid/v1", {}, {"HTTPS_PROXY=http://" + address, "NO_PROXY=.invalid"});
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_EQ(proxy.connections(), 0);
  EXPECT_THAT(finished.err, HasSubstr("model.invalid"));
}

}  // namespace
}  // namespace strandbus::testing

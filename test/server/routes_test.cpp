#include "server/routes.hpp"

#include "server/requests.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>

namespace strandbus {
namespace {

using detail::HttpRefusal;
using detail::Operation;
using detail::ServerRequest;
using test::make_post;
using test::make_request;
using ::testing::AllOf;
using ::testing::HasSubstr;

template <class T>
T routed(const ServerRequest& request) {
  auto operation = detail::route(request);
  if (!operation) {
    ADD_FAILURE() << operation.error().message;
    return T{};
  }
  auto* found = std::get_if<T>(&*operation);
  if (!found) ADD_FAILURE() << "another operation";
  return found ? *found : T{};
}

HttpRefusal refused(const ServerRequest& request) {
  auto operation = detail::route(request);
  if (!operation) return operation.error();
  ADD_FAILURE() << request.method << ' ' << request.target.path << " is not refused";
  return {};
}

std::string shown(const HttpRefusal& refusal) {
  return std::to_string(refusal.status) + " " + refusal.code + ": " + refusal.message;
}

std::string allow(const HttpRefusal& refusal) {
  for (const auto& header : refusal.headers) {
    if (header.name == "Allow") return header.value;
  }
  return "";
}

TEST(Routes, FindTheOperationOfEachPath) {
  routed<detail::ShowService>(make_request("GET", "/"));
  routed<detail::ShowHealth>(make_request("GET", "/healthz"));
  routed<detail::ShowReadiness>(make_request("GET", "/readyz"));
  routed<detail::ShowMetrics>(make_request("GET", "/metrics"));
  EXPECT_EQ(routed<detail::LogIn>(make_request("GET", "/login?code=ab")).code, "ab");
  const std::string ag_ui = R"({"threadId":"t","runId":"r","messages":[]})";
  EXPECT_EQ(routed<detail::RunAgUi>(test::make_post("/ag-ui", ag_ui)).input.thread_id, "t");
  EXPECT_EQ(routed<detail::ListSessions>(make_request("GET", "/v1/sessions")).limit, 100U);
  EXPECT_EQ(routed<detail::ListSessions>(make_request("GET", "/v1/sessions?limit=7")).limit, 7U);
  EXPECT_EQ(routed<detail::FindSession>(make_request("GET", "/v1/sessions/s.1")).session_id, "s.1");
  EXPECT_EQ(routed<detail::FindSession>(make_request("HEAD", "/v1/sessions/s%2D1")).session_id,
            "s-1");
  EXPECT_EQ(routed<detail::RemoveSession>(make_request("DELETE", "/v1/sessions/s")).session_id,
            "s");
  EXPECT_EQ(routed<detail::ShowSnapshot>(make_request("GET", "/v1/sessions/s/snapshot")).session_id,
            "s");
}

TEST(Routes, NameTheMethodsThatAPathTakes) {
  const HttpRefusal refusal = refused(make_request("PUT", "/v1/sessions"));
  EXPECT_EQ(refusal.status, 405);
  EXPECT_EQ(allow(refusal), "POST, GET, HEAD, OPTIONS");
  EXPECT_EQ(allow(refused(make_request("POST", "/v1/sessions/s"))), "GET, HEAD, DELETE, OPTIONS");
  EXPECT_EQ(allow(refused(make_request("GET", "/v1/sessions/s/runs"))), "POST, OPTIONS");
  EXPECT_EQ(allow(refused(make_request("GET", "/ag-ui"))), "POST, OPTIONS");
  EXPECT_EQ(allow(refused(make_request("get", "/metrics"))), "GET, HEAD, OPTIONS");
  EXPECT_EQ(routed<detail::ShowMethods>(make_request("OPTIONS", "/metrics")).allow,
            "GET, HEAD, OPTIONS");
}

TEST(Routes, ShowTheViewerToWhoTakesHtml) {
  const auto page = routed<detail::ShowViewer>(
      make_request("GET", "/", {{"Accept", "text/html"}, {"If-None-Match", "\"a\""}}));
  EXPECT_EQ(page.file, detail::ViewerFile::html);
  EXPECT_EQ(page.known, "\"a\"");
  EXPECT_FALSE(page.gzip);
  const auto script =
      routed<detail::ShowViewer>(make_request("HEAD", "/viewer.js", {{"Accept-Encoding", "gzip"}}));
  EXPECT_EQ(script.file, detail::ViewerFile::js);
  EXPECT_TRUE(script.gzip);
  EXPECT_EQ(shown(refused(make_request("GET", "/?s=1", {{"Accept", "text/html"}}))),
            "400 invalid_parameter: there is no parameter \"s\" here");
}

TEST(Routes, MakeLinks) {
  EXPECT_EQ(routed<detail::MakeLink>(make_request("POST", "/v1/links", {{"Host", "h"}})).host, "h");
  routed<detail::MakeLink>(make_post("/v1/links", "{}"));
  EXPECT_EQ(shown(refused(make_post("/v1/links", R"({"for":"me"})"))).substr(0, 16),
            "400 invalid_body");
  EXPECT_TRUE(
      routed<detail::LogIn>(make_request("GET", "/login?code=ab", {{"Accept", "text/html"}}))
          .browser);
}

TEST(Routes, UseUpALinkOnlyWhenItIsOpened) {
  EXPECT_EQ(refused(make_request("HEAD", "/login?code=a")).status, 405);
  EXPECT_EQ(shown(refused(make_request("GET", "/login"))),
            "400 invalid_parameter: the parameter code is missing");
}

TEST(Routes, KnowNoOtherPath) {
  for (const std::string path :
       {"/x", "//", "/v1", "/v1/", "/v1/sessions/", "/v1/sessions//events", "/v1/sessions/s/x",
        "/v1/sessions/s/events/", "/v2/sessions", "/V1/sessions", "/healthz/", "/v1%2Fsessions",
        "/v1/sessions/s/events/x", "/v1/../metrics", "/*"}) {
    const auto operation = detail::route(make_request("GET", path));
    EXPECT_TRUE(!operation && (operation.error().status == 404 || operation.error().status == 400))
        << path;
  }
}

TEST(Routes, RefuseIdsThatNoStoreTakes) {
  for (const std::string id : {"..%2Fx", "a%20b", "%C3%A4", "a:b", "%2e%2e%2f"}) {
    EXPECT_EQ(refused(make_request("GET", "/v1/sessions/" + id)).code, "invalid_parameter") << id;
  }
  EXPECT_EQ(refused(make_request("GET", "/v1/sessions/" + std::string(129, 'a'))).status, 400);
  routed<detail::FindSession>(make_request("GET", "/v1/sessions/" + std::string(128, 'a')));
}

TEST(Routes, NameTheParameterThatIsWrong) {
  EXPECT_EQ(shown(refused(make_request("GET", "/v1/sessions?limit=0"))),
            "400 invalid_parameter: the parameter limit is a number from 1 to 1000");
  EXPECT_EQ(shown(refused(make_request("GET", "/v1/sessions?limit=1&limit=2"))),
            "400 invalid_parameter: the parameter limit is given twice");
  EXPECT_EQ(shown(refused(make_request("GET", "/v1/sessions?limt=1"))),
            "400 invalid_parameter: there is no parameter \"limt\" here; did you mean limit?");
  for (const std::string bad : {"limit=", "limit=-1", "limit=+1", "limit=1x", "limit=1001",
                                "limit=99999999999999999999", "limit=%201"}) {
    EXPECT_EQ(refused(make_request("GET", "/v1/sessions?" + bad)).status, 400) << bad;
  }
}

TEST(Routes, ReadWhatANewSessionIsCalled) {
  routed<detail::CreateSession>(make_request("POST", "/v1/sessions"));
  const auto wanted =
      routed<detail::CreateSession>(make_post("/v1/sessions", R"({"title":"T","client":"c"})"))
          .wanted;
  EXPECT_EQ(wanted.title, "T");
  EXPECT_EQ(wanted.client, "c");
}

TEST(Routes, ReadWhereASessionIsForked) {
  const auto fork =
      routed<detail::ForkSession>(make_post("/v1/sessions/s/fork", R"({"at":7,"title":"T"})"));
  EXPECT_EQ(fork.session_id, "s");
  EXPECT_EQ(fork.wanted.at, 7U);
  EXPECT_EQ(fork.wanted.title, "T");
  EXPECT_FALSE(routed<detail::ForkSession>(make_request("POST", "/v1/sessions/s/fork")).wanted.at);
  for (const std::string bad : {R"({"at":0})", R"({"at":-1})", R"({"at":"7"})", R"({"on":7})"})
    EXPECT_EQ(refused(make_post("/v1/sessions/s/fork", bad)).status, 400) << bad;
}

TEST(Routes, ReadAMessage) {
  const auto run = routed<detail::StartRun>(
      make_post("/v1/sessions/s/runs", R"({"message":"say \u00fc","queue":true})"));
  EXPECT_EQ(run.session_id, "s");
  EXPECT_EQ(run.message, "say ü");
  EXPECT_EQ(run.when_busy, WhenBusy::queue);
  EXPECT_EQ(
      routed<detail::StartRun>(make_post("/v1/sessions/s/runs", R"({"message":"m"})")).when_busy,
      WhenBusy::refuse);
}

TEST(Routes, ReadCommands) {
  const auto command = [](const std::string& body) {
    return routed<detail::GiveCommand>(make_post("/v1/sessions/s/commands", body)).command;
  };
  const auto cancel = command(R"({"type":"cancel","id":"c1","reason":"r","when":"after_turn"})");
  EXPECT_EQ(cancel.command_id, "c1");
  EXPECT_EQ(std::get<CancelCommand>(cancel.what).reason, "r");
  EXPECT_EQ(std::get<CancelCommand>(cancel.what).when, CancelWhen::after_turn);
  EXPECT_EQ(std::get<CancelCommand>(command(R"({"type":"cancel"})").what).when, CancelWhen::now);

  const auto approve = std::get<ApproveCommand>(
      command(R"({"type":"approve","approval_id":"a","arguments":{"x":1},"by":"me"})").what);
  EXPECT_EQ(approve.approval_id, "a");
  EXPECT_EQ(approve.arguments.value().at("x").as_int64(), 1);
  EXPECT_EQ(approve.by, "me");
  EXPECT_FALSE(std::get<ApproveCommand>(command(R"({"type":"approve","approval_id":"a"})").what)
                   .arguments.has_value());

  const auto deny =
      std::get<DenyCommand>(command(R"({"type":"deny","approval_id":"a","reason":"no"})").what);
  EXPECT_EQ(deny.reason, "no");
  EXPECT_EQ(
      std::get<UserMessageCommand>(command(R"({"type":"user_message","text":"t"})").what).text,
      "t");
}

TEST(Routes, SayWhatIsWrongWithABody) {
  const auto runs = [](const std::string& body) {
    return shown(refused(make_post("/v1/sessions/s/runs", body)));
  };
  EXPECT_THAT(runs(R"({"mesage":"m"})"), AllOf(HasSubstr("mesage"), HasSubstr("message")));
  EXPECT_THAT(runs("{}"), AllOf(HasSubstr("400 invalid_body"), HasSubstr("message")));
  EXPECT_THAT(runs(R"({"message":""})"), HasSubstr("/message"));
  EXPECT_THAT(runs(R"({"message":5})"), HasSubstr("/message"));
  EXPECT_THAT(runs(R"({"message":"m","queue":1})"), HasSubstr("/queue"));
  EXPECT_THAT(runs("[]"), HasSubstr("400 invalid_body"));
  EXPECT_THAT(runs(""), HasSubstr("400 malformed_json"));
  EXPECT_THAT(runs("{"), HasSubstr("400 malformed_json"));
  EXPECT_THAT(runs(R"({"message":"m"}x)"), HasSubstr("400 malformed_json"));
  EXPECT_THAT(runs("{\"message\":\"\xFF\"}"), HasSubstr("400 malformed_json"));
  EXPECT_THAT(runs(R"({"message":"a","message":"b"})"), HasSubstr("400 malformed_json"));
  EXPECT_THAT(runs(std::string(1000, '[')), HasSubstr("400 malformed_json"));

  const auto commands = [](const std::string& body) {
    return shown(refused(make_post("/v1/sessions/s/commands", body)));
  };
  EXPECT_THAT(commands(R"({"type":"cancle"})"), HasSubstr("/type"));
  EXPECT_THAT(commands(R"({"type":"cancel","text":"t"})"), HasSubstr("text"));
  EXPECT_THAT(commands(R"({"type":"approve"})"), HasSubstr("approval_id"));
  EXPECT_THAT(commands(R"({"type":"cancel","when":"later"})"), HasSubstr("/when"));
  EXPECT_THAT(commands(R"({"type":"cancel","id":")" + std::string(201, 'i') + "\"}"),
              HasSubstr("/id"));
}

TEST(Routes, TakeJsonOnly) {
  const std::string body = R"({"message":"m"})";
  for (const std::string type : {"text/plain", "application/x-www-form-urlencoded",
                                 "application/jsonp", "multipart/form-data; x=application/json"}) {
    EXPECT_EQ(
        refused(make_request("POST", "/v1/sessions/s/runs", {{"Content-Type", type}}, body)).status,
        415)
        << type;
  }
  EXPECT_EQ(refused(make_request("POST", "/v1/sessions/s/runs", {}, body)).status, 415);
  routed<detail::StartRun>(make_request(
      "POST", "/v1/sessions/s/runs", {{"Content-Type", "Application/JSON ; charset=utf-8"}}, body));
}

TEST(RequestTarget, IsTakenApart) {
  const auto target = detail::parse_target("/a%2Fb/%20/c+d?x=1&y=a+b%26&&z&x=2&=e").value();
  EXPECT_EQ(target.path, "/a%2Fb/%20/c+d");
  EXPECT_THAT(target.segments, ::testing::ElementsAre("a/b", " ", "c+d"));
  EXPECT_EQ(target.parameter("x"), "1");
  EXPECT_EQ(target.parameter("y"), "a b&");
  EXPECT_EQ(target.parameter("z"), "");
  EXPECT_EQ(target.parameter(""), "e");
  EXPECT_FALSE(target.parameter("w"));
  EXPECT_EQ(target.query.size(), 5U);
  EXPECT_TRUE(detail::parse_target("/").value().segments.empty());
  EXPECT_THAT(detail::parse_target("/a/").value().segments, ::testing::ElementsAre("a", ""));
}

TEST(RequestTarget, IsRefusedWhenItIsNone) {
  for (const std::string bad : {"", "a", "*", "?", "/%", "/%4", "/%zz", "/%00", "/?a=%00", "/?%",
                                "/a b", "/\x01", "/\xC3\xA4", "/#f", "http://h/"}) {
    EXPECT_FALSE(detail::parse_target(bad)) << bad;
  }
}

}  // namespace
}  // namespace strandbus

// `strandbus follow`: what reaches the server, and what the user sees.

#include "cli/program.hpp"
#include "cli/trace.hpp"
#include "strandbus/event/json_codec.hpp"
#include "strandbus/wire/dialect.hpp"
#include "strandbus/wire/sse_encoder.hpp"
#include "support/scripted_server.hpp"
#include "support/temporary_directory.hpp"
#include "wire/event_list.hpp"

#include <gmock/gmock.h>

#include <csignal>
#include <string>
#include <vector>

namespace strandbus::testing {
namespace {

using test::Reply;
using test::ScriptedServer;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string token = "token-0123456789abcdef";
const std::vector<StreamEvent> events = golden_run().events();

std::string event(std::size_t number) {
  std::string text;
  append_sse(text, to_json(events.at(number - 1)), number);
  return text;
}

std::string all_events() {
  std::string text;
  for (std::size_t number = 1; number <= events.size(); ++number) text += event(number);
  return text;
}

std::string all_lines() {
  std::string text;
  for (const StreamEvent& each : events) text += to_json(each) + '\n';
  return text;
}

std::string notice(std::string_view json) {
  std::string text;
  append_sse(text, json);
  return text;
}

Reply stream(const std::string& text, Reply::Then then) {
  Reply reply{{test::chunked_head(200, {"Content-Type: text/event-stream"}), test::chunk(text)},
              then};
  if (then == Reply::Then::close) reply.pieces.push_back(test::chunk(""));
  return reply;
}

Reply status(int number) { return {{test::http_answer(number, "{}")}, Reply::Then::close}; }

Program::Options with_token(bool terminal = false) {
  Program::Options options;
  options.terminal = terminal;
  options.environment = {"STRANDBUS_TOKEN=" + token};
  return options;
}

Finished follow(const ScriptedServer& server, Program::Arguments more = {}) {
  Program::Arguments arguments{"follow", server.url("/v1/sessions/s-1")};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_program(arguments, with_token());
}

TEST(Follow, PrintsTheEventsAsTheyCame) {
  const ScriptedServer server({stream(all_events(), Reply::Then::close), status(404)});
  const Finished finished = follow(server, {"--json"});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_EQ(finished.out, all_lines());
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].line(), "GET /v1/sessions/s-1/events HTTP/1.1");
  EXPECT_EQ(requests[0].header("Authorization"), "Bearer " + token);
  EXPECT_EQ(requests[0].header("Last-Event-ID"), "");
  EXPECT_EQ(requests[1].header("Last-Event-ID"), std::to_string(events.size()));
  EXPECT_THAT(finished.err, HasSubstr("the session is gone"));
  EXPECT_THAT(finished.err + finished.out, Not(HasSubstr(token)));
}

TEST(Follow, SpeaksAsAnotherSystemDoes) {
  const ScriptedServer server({stream(all_events(), Reply::Then::wait)});
  const Finished finished = follow(server, {"--json", "--dialect", "agent-event", "--until-idle"});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  std::string expected;
  const auto dialect = make_dialect("agent-event");
  for (const StreamEvent& event : events) dialect->append(expected, event);
  EXPECT_EQ(finished.out, expected);
}

TEST(Follow, ShowsTheAnswerAsARunDoes) {
  const ScriptedServer server({stream(all_events(), Reply::Then::wait)});
  const Finished finished = follow(server, {"--until-idle"});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_EQ(finished.out, "The answer is 4\n");
  EXPECT_THAT(finished.err, HasSubstr("calculator"));
}

TEST(Follow, GoesOnWhenTheConnectionIsLost) {
  const std::string text = all_events();
  const std::string rest = event(1) + event(2) + text;  // what it has seen comes once more
  const ScriptedServer server({stream(text.substr(0, text.size() / 2), Reply::Then::cut),
                               status(503), stream(rest, Reply::Then::wait)});
  const Finished finished = follow(server, {"--json", "--until-idle"});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_EQ(finished.out, all_lines());
  EXPECT_THAT(finished.err,
              AllOf(HasSubstr("strandbus: not connected: "), HasSubstr("trying again"),
                    HasSubstr("strandbus: connected again")));
}

TEST(Follow, SaysWhatIsMissing) {
  const std::string gap = R"({"_type":"gap","after":0,"missed":27})";
  const ScriptedServer server({stream(notice(gap), Reply::Then::close), status(404),
                               stream(notice(gap), Reply::Then::close), status(404)});
  const Finished shown = follow(server);
  EXPECT_THAT(shown.err, HasSubstr("27 events missed"));
  const Finished printed = follow(server, {"--json"});
  EXPECT_EQ(printed.out, gap + '\n');
  EXPECT_THAT(printed.err, HasSubstr("strandbus: 27 events are missing\n"));
}

TEST(Follow, ClearsTheScreenForAnotherHistory) {
  const ScriptedServer server(
      {stream(event(1) + notice(R"({"_type":"reset","last_seq":0})"), Reply::Then::wait)});
  Program program({"follow", server.url("/v1/sessions/s-1")}, with_token(true));
  program.read_until("\x1b[H\x1b[2J");
  program.read_until("begins anew");
  program.send_signal(SIGINT);
  EXPECT_EQ(program.wait().exit_code, 0);
}

TEST(Follow, ShowsOnlyTheTypesThatAreWanted) {
  const ScriptedServer server({stream(all_events(), Reply::Then::wait)});
  const Finished finished =
      follow(server, {"--json", "--until-idle", "--type", "token_delta,tool_call_started"});
  EXPECT_EQ(server.requests().at(0).line(),
            "GET /v1/sessions/s-1/events?type=token_delta,tool_call_started,run_completed,"
            "run_failed,run_cancelled HTTP/1.1");
  for (const std::string& line : lines_of(finished.out))
    EXPECT_THAT(line, ::testing::AnyOf(HasSubstr(R"("type":"token_delta")"),
                                       HasSubstr(R"("type":"tool_call_started")")));
  EXPECT_EQ(lines_of(finished.out).size(), 9U);
}

TEST(Follow, BeginsBehindTheEventThatIsNamed) {
  const ScriptedServer server({stream(event(5), Reply::Then::close), status(404)});
  const Finished finished = follow(server, {"--json", "--after", "4"});
  EXPECT_EQ(finished.out, to_json(events[4]) + '\n');
  EXPECT_EQ(server.requests().at(0).header("Last-Event-ID"), "4");
}

TEST(Follow, ARefusalIsFinal) {
  const std::vector<std::pair<int, std::string>> refusals{
      {401, "cannot follow: the server does not take this token (status 401)"},
      {403, "cannot follow: the server forbids it (status 403)"},
      {404, "cannot follow: there is no such session (status 404)"},
      {400, "cannot follow: the server answers with status 400: check the URL"}};
  for (const auto& [number, text] : refusals) {
    const ScriptedServer server({status(number)});
    const Finished finished = follow(server);
    EXPECT_EQ(finished.exit_code, 1);
    EXPECT_EQ(finished.err, "strandbus: " + text + '\n');
    EXPECT_EQ(server.requests().size(), 1U);
  }
}

TEST(Follow, CtrlCEndsItWhileNobodyAnswers) {
  const ScriptedServer server(std::vector<Reply>{});
  Program program({"follow", server.url("/v1/sessions/s-1")}, with_token());
  program.read_errors_until("trying again");
  program.send_signal(SIGINT);
  EXPECT_EQ(program.wait().exit_code, 0);
}

TEST(Follow, CtrlCDoesNotBlameTheSession) {
  const ScriptedServer server(
      {stream(event(1) + event(2) + event(3) + event(4), Reply::Then::wait)});
  Program program({"follow", server.url("/v1/sessions/s-1")}, with_token());
  program.read_errors_until("Calculate 2+2");
  program.send_signal(SIGINT);
  const Finished finished = program.wait();
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_THAT(finished.err, ::testing::Not(HasSubstr("incomplete")));
}

TEST(Follow, TakesItsTokenFromAFile) {
  const TemporaryDirectory directory;
  const ScriptedServer server({status(401)});
  const std::string file = directory.write("token", "  another-0123456789\r\n");
  const Finished finished = follow(server, {"--token-file", file});
  EXPECT_EQ(server.requests().at(0).header("Authorization"), "Bearer another-0123456789");
  EXPECT_THAT(finished.err, Not(HasSubstr("another-")));
}

void expect_refused(const std::string& url, const std::string& expected) {
  const Finished finished = run_program({"follow", url}, with_token());
  EXPECT_EQ(finished.exit_code, 2) << url;
  EXPECT_THAT(finished.err, HasSubstr(expected)) << url;
  EXPECT_THAT(finished.err, Not(HasSubstr("s3cret")));
}

TEST(Follow, SaysHowTheAddressOfASessionLooks) {
  for (const char* url : {"http://127.0.0.1:1/s-1", "http://127.0.0.1:1/v1/s-1",
                          "http://127.0.0.1:1/sessions/s-1/", "http://127.0.0.1:1/s-1/events"})
    expect_refused(url, "a session is at http://127.0.0.1:1/v1/sessions/s-1\n");
  for (const char* url : {"http://127.0.0.1:1", "http://127.0.0.1:1/v1/sessions/",
                          "http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1/sessions"})
    expect_refused(url, "a session is at http://127.0.0.1:1/v1/sessions/ID\n");
  expect_refused("http://127.0.0.1:1/v1/sessions/s-1?after=3", "leave out what follows the '?'");
  expect_refused("http://me:s3cret@127.0.0.1:1/v1/sessions/s-1", "leave user and password out");
  expect_refused("ftp://127.0.0.1/v1/sessions/s-1", "cannot follow: ");
  expect_refused("s-1", "cannot follow: ");
}

TEST(Follow, TakesTheAddressOfTheEventsToo) {
  for (const char* path : {"/v1/sessions/s-1/events", "/v1/sessions/s-1/", "/v1/sessions/s-1"}) {
    const ScriptedServer server({status(401)});
    run_program({"follow", server.url(path)}, with_token());
    EXPECT_EQ(server.requests().at(0).line(), "GET /v1/sessions/s-1/events HTTP/1.1");
  }
}

TEST(Follow, NeedsATokenThatCanBeSent) {
  const std::string url = "http://127.0.0.1:1/v1/sessions/s-1";
  const Finished without = run_program({"follow", url});
  EXPECT_EQ(without.exit_code, 2);
  EXPECT_THAT(without.err, HasSubstr("there is no token for the server: set STRANDBUS_TOKEN"));
  Program::Options options;
  options.environment = {"STRANDBUS_TOKEN=two words\r\nX: y"};
  const Finished strange = run_program({"follow", url}, options);
  EXPECT_EQ(strange.exit_code, 2);
  EXPECT_THAT(strange.err, HasSubstr("the token of STRANDBUS_TOKEN has characters"));
  EXPECT_THAT(strange.err, Not(HasSubstr("two words")));
}

TEST(Follow, RefusesToSendATokenInTheOpen) {
  const Finished finished =
      run_program({"follow", "http://192.0.2.1/v1/sessions/s-1"}, with_token());
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.err, HasSubstr("cannot follow: "));
  EXPECT_THAT(finished.err, Not(HasSubstr(token)));
}

TEST(Follow, ChecksItsOptions) {
  const std::string url = "http://127.0.0.1:1/v1/sessions/s-1";
  const std::vector<std::pair<Program::Arguments, std::string>> cases{
      {{"--after", "-1"}, "--after: \"-1\" is no whole number of at least 0"},
      {{"--type", "weather"}, "--type: \"weather\" is no type of an event"},
      {{"--type", ""}, "--type: \"\" is no type of an event"},
      {{"--token-file", "/nowhere"}, "cannot take a token from /nowhere: "}};
  for (const auto& [options, expected] : cases) {
    Program::Arguments arguments{"follow", url};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const Finished finished = run_program(arguments, with_token());
    EXPECT_EQ(finished.exit_code, 2);
    EXPECT_THAT(finished.err, HasSubstr(expected));
  }
}

}  // namespace
}  // namespace strandbus::testing

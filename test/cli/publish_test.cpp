// `strandbus publish`: what reaches a server, also one that is killed, and what the user sees.

#include "cli/program.hpp"
#include "cli/service.hpp"
#include "cli/trace.hpp"
#include "strandbus/event/json_codec.hpp"
#include "support/scripted_server.hpp"
#include "support/temporary_directory.hpp"
#include "wire/event_list.hpp"

#include <gmock/gmock.h>

#include <csignal>
#include <fcntl.h>
#include <map>
#include <memory>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace strandbus::testing {
namespace {

using test::Reply;
using test::ScriptedServer;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const std::string token = "token-0123456789abcdef";

std::string golden_lines() {
  const std::vector<StreamEvent> events = golden_run().events();
  std::string text;
  for (const StreamEvent& each : events) text += to_json(each) + '\n';
  return text;
}

Program::Options with(const std::string& input, const std::string& secret = token) {
  Program::Options options;
  options.input = input;
  options.environment = {"STRANDBUS_TOKEN=" + secret};
  return options;
}

Reply status(int number, const std::string& body = "{}",
             const std::vector<std::string>& headers = {}) {
  return {{test::http_answer(number, body, headers)}, Reply::Then::close};
}
Reply taken(int accepted, int repeated = 0) {
  return status(200, "{\"accepted\":" + std::to_string(accepted) +
                         ",\"repeated\":" + std::to_string(repeated) + ",\"after\":1}");
}

/// The events of a file, each once in what a session has; the session is in order.
void expect_once_each(const std::string& sent, const std::string& kept) {
  std::map<std::string, int> times;
  const auto events = events_of(kept);
  for (std::size_t i = 0; i < events.size(); ++i) {
    ASSERT_EQ(events[i].seq(), i + 1);
    ++times[to_string(events[i].id())];
  }
  for (const std::string& line : lines_of(sent)) {
    const auto event = from_json(line);
    if (!event) continue;
    EXPECT_EQ(times[to_string(event->id())], 1) << line;
  }
  expect_good_trace(events);
}

/// A pipe with a name.
class NamedPipe {
 public:
  explicit NamedPipe(const TemporaryDirectory& directory) : path_(directory.path("pipe")) {
    if (::mkfifo(path_.c_str(), 0600) != 0) throw std::runtime_error("no pipe can be made");
  }
  const std::string& path() const { return path_; }
  /// Waits for a reader.
  void open() {
    stream_ = detail::FileDescriptor(::open(path_.c_str(), O_WRONLY | O_CLOEXEC));
    if (!stream_) throw std::runtime_error("the pipe cannot be opened");
  }
  /// Waits until all of it has a place; whoever reads no more fails the test by what is missing.
  void write(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t size = ::write(stream_.get(), text.data(), text.size());
      if (size <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(size));
    }
  }
  void close() { stream_ = detail::FileDescriptor(); }

 private:
  std::string path_;
  detail::FileDescriptor stream_;
};

TEST(Publish, SendsARecordedSessionIntoANewOne) {
  const TemporaryDirectory directory;
  const Service service(directory);
  const std::string file = directory.path("sum.jsonl");
  ASSERT_EQ(run_program({"run", "Calculate 2+2", "--session", file}).exit_code, 0);
  const auto first =
      run_program({"publish", service.url(""), file, "--create"}, with("", service.token()));
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_THAT(first.out, StartsWith(service.url("/v1/sessions/session_")));
  EXPECT_EQ(first.err, "strandbus: 36 events accepted, 0 were there already\n");
  const std::string url = first.out.substr(0, first.out.size() - 1);
  const auto again = run_program({"publish", url, file}, with("", service.token()));
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_EQ(again.out, "");
  EXPECT_EQ(again.err, "strandbus: 0 events accepted, 36 were there already\n");
  const std::string kept = service.events(url.substr(url.rfind('/') + 1));
  // One more when the end of the answer could be how the random token begins, and was held back.
  EXPECT_THAT(lines_of(kept).size(), ::testing::AnyOf(37U, 38U));
  expect_once_each(read_file(file), kept);
}

TEST(Publish, SendsWhatComesThroughAPipeAsItComes) {
  const TemporaryDirectory directory;
  const Service service(directory);
  const std::string url = service.url("/v1/sessions/" + service.begin(""));
  NamedPipe pipe(directory);
  Program publisher({"publish", url, pipe.path()}, with("", service.token()));
  Program follower({"follow", url, "--json", "--until-idle"}, with("", service.token()));
  pipe.open();
  const std::string text = golden_lines();
  const std::size_t half = text.find('\n', text.size() / 2) + 1;
  pipe.write(text.substr(0, half + 20));  // and a part of a line
  follower.read_until("\"seq\":10,");
  pipe.write(text.substr(half + 20));
  EXPECT_EQ(follower.wait().exit_code, 0);
  pipe.close();
  const auto finished = publisher.wait();
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr(" events accepted, 0 were there already\n"));
}

TEST(Publish, LosesAndDoublesNothingWhenTheServerIsKilled) {
  const TemporaryDirectory directory;
  const std::string file = directory.path("long.jsonl");
  const std::string script = directory.write("long.json", talkative_script(4000, 0));
  ASSERT_EQ(run_program({"run", "go", "--script", script, "--session", file}).exit_code, 0);
  const std::string text = read_file(file);
  // What redaction holds back of a text when the server is killed is lost: docs/service.md says so.
  const Program::Arguments as_it_is{"--no-redaction"};
  auto service = std::make_unique<Service>(directory, "127.0.0.1:0", as_it_is);
  const std::string id = service->begin("");
  const std::string address = service->address();
  const std::string url = service->url("/v1/sessions/" + id);
  NamedPipe pipe(directory);
  Program publisher({"publish", url, pipe.path()}, with("", service->token()));
  auto follower = std::make_unique<Program>(Program::Arguments{"follow", url, "--json"},
                                            with("", service->token()));
  pipe.open();
  std::jthread writer([&] {
    pipe.write(text);
    pipe.close();
  });
  follower->read_until("\"seq\":1200,");
  follower.reset();
  EXPECT_EQ(service->kill().signal, SIGKILL);
  publisher.read_errors_until("trying again");
  service = std::make_unique<Service>(directory, address, as_it_is);
  const auto finished = publisher.wait();
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("strandbus: connected again\n"));
  const std::string kept = service->events(id);
  EXPECT_GT(lines_of(kept).size(), 4000U);
  expect_once_each(text, kept);
}

TEST(Publish, SendsPartsOfBoundedSizeInOneLine) {
  std::string input;
  while (lines_of(input).size() < 600) input += golden_lines();
  const TemporaryDirectory directory;
  const std::string file = directory.write("large.jsonl", input);
  const ScriptedServer server({taken(256), taken(200, 56), taken(100)});
  const auto finished = run_program({"publish", server.url("/v1/sessions/s-1"), file}, with(""));
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_EQ(finished.err, "strandbus: 556 events accepted, 56 were there already\n");
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 3U);
  std::string sent;
  for (const auto& request : requests) {
    EXPECT_EQ(request.line(), "POST /v1/sessions/s-1/events HTTP/1.1");
    EXPECT_EQ(request.header("Authorization"), "Bearer " + token);
    EXPECT_EQ(request.header("Content-Type"), "application/x-ndjson");
    sent += request.body;
  }
  EXPECT_EQ(lines_of(requests[0].body).size(), 256U);
  EXPECT_EQ(sent, input);
  EXPECT_THAT(finished.err + finished.out, Not(HasSubstr(token)));
}

TEST(Publish, SendsAPartAgainUntilThereIsAnAnswer) {
  const ScriptedServer server(
      {{{""}, Reply::Then::reset}, status(503, "{}", {"Retry-After: 0"}), taken(5, 3)});
  const auto finished =
      run_program({"publish", server.url("/v1/sessions/s-1")}, with(golden_lines()));
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(
      finished.err,
      AllOf(HasSubstr("strandbus: not connected: "), HasSubstr("strandbus: connected again"),
            HasSubstr("strandbus: 5 events accepted, 3 were there already\n")));
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_EQ(requests[0].body, requests[2].body);
}

TEST(Publish, NamesTheLineThatTheServerRefuses) {
  const ScriptedServer server(
      {status(409, R"({"error":{"code":"run_not_open","message":"line 2: /run_id: no"},)"
                   R"("line":2,"accepted":1,"repeated":0,"after":1})")});
  const auto finished =
      run_program({"publish", server.url("/v1/sessions/s-1")}, with("\n\n" + golden_lines()));
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_EQ(finished.err,
            "strandbus: 1 event accepted, 0 were there already\n"
            "strandbus: cannot publish standard input:4: /run_id: no\n");
}

TEST(Publish, NamesTheLineThatCannotBeReadAndSendsThoseBefore) {
  const TemporaryDirectory directory;
  const std::string all = golden_lines();
  const std::string first = all.substr(0, all.find('\n') + 1);
  const std::string file = directory.write("t.jsonl", first + "{\"schema\":2}\n" + first);
  const ScriptedServer server({taken(1)});
  const auto finished = run_program({"publish", server.url("/v1/sessions/s-1"), file}, with(""));
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, AllOf(StartsWith("strandbus: 1 event accepted"),
                                  HasSubstr("cannot publish " + file + ":2: ")));
  EXPECT_EQ(server.requests().at(0).body, first);
}

TEST(Publish, ARefusalIsFinal) {
  const std::vector<std::pair<int, std::string>> refusals{
      {401, "cannot publish: the server does not take this token (status 401)"},
      {403, "cannot publish: the server forbids it (status 403)"},
      {404, "cannot publish: there is no such session (status 404)"},
      {405, "cannot publish: the server answers with status 405: check the URL"},
      {302, "cannot publish: the server is somewhere else now (status 302): name its new address"},
      {200, "cannot publish: the server answers with status 200: check the URL"}};
  for (const auto& [number, text] : refusals) {
    const ScriptedServer server({status(number)});
    const auto finished =
        run_program({"publish", server.url("/v1/sessions/s-1")}, with(golden_lines()));
    EXPECT_EQ(finished.exit_code, 1);
    EXPECT_THAT(finished.err, HasSubstr("strandbus: " + text + '\n'));
    EXPECT_EQ(server.requests().size(), 1U);
  }
}

TEST(Publish, MakesASessionOnlyOnce) {
  const ScriptedServer cut({{{""}, Reply::Then::reset}});
  const auto unknown = run_program({"publish", cut.url(), "--create"}, with(golden_lines()));
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_THAT(unknown.err, HasSubstr("cannot make a session: "));
  EXPECT_EQ(cut.requests().size(), 1U);
  const ScriptedServer busy({status(503, "{}", {"Retry-After: 0"}),
                             status(201, "{}", {"Location: /v1/sessions/new"}), taken(3)});
  const auto made = run_program({"publish", busy.url("/v1/sessions/")}, with(golden_lines()));
  EXPECT_EQ(made.exit_code, 0) << made.err;
  EXPECT_EQ(made.out, busy.url("/v1/sessions/new") + '\n');
  EXPECT_EQ(busy.requests().at(1).line(), "POST /v1/sessions HTTP/1.1");
  EXPECT_EQ(busy.requests().at(2).line(), "POST /v1/sessions/new/events HTTP/1.1");
}

TEST(Publish, MakesNoSessionForAFileThatCannotBeRead) {
  const TemporaryDirectory directory;
  const ScriptedServer server(std::vector<Reply>{});
  const std::string file = directory.write("t.jsonl", "\n{\"type\":7}\n");
  const auto finished = run_program({"publish", server.url(), file, "--create"}, with(""));
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_EQ(finished.out, "");
  EXPECT_THAT(finished.err, HasSubstr("cannot publish " + file + ":2: "));
  EXPECT_EQ(server.requests().size(), 0U);
}

TEST(Publish, CtrlCEndsItWhileNothingComes) {
  const TemporaryDirectory directory;
  NamedPipe pipe(directory);
  const ScriptedServer server({taken(1)});
  Program program({"publish", server.url("/v1/sessions"), pipe.path(), "--create"}, with(""));
  pipe.open();
  program.read_errors_until("strandbus: ");  // 200 makes no session: it says so and ends
  EXPECT_EQ(program.wait().exit_code, 1);

  const ScriptedServer other({status(201, "{}", {"Location: /v1/sessions/new"})});
  Program waiting({"publish", other.url("/v1/sessions"), pipe.path()}, with(""));
  waiting.read_until("/v1/sessions/new\n");
  waiting.send_signal(SIGINT);
  const auto finished = waiting.wait();
  EXPECT_EQ(finished.exit_code, 3) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("0 events accepted"));
}

void expect_usage(const Program::Arguments& more, const std::string& expected) {
  Program::Arguments arguments{"publish"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const Finished finished = run_program(arguments, with(""));
  EXPECT_EQ(finished.exit_code, 2) << expected;
  EXPECT_THAT(finished.err, HasSubstr(expected));
  EXPECT_THAT(finished.err, Not(HasSubstr("s3cret")));
}

TEST(Publish, SaysHowItIsUsed) {
  const std::string server = "http://127.0.0.1:1";
  expect_usage({}, "URL is required");
  for (const char* path : {"", "/", "/s-1", "/v1", "/v1/s-1", "/sessions/s-1"})
    expect_usage({server + path}, "a session is at http://127.0.0.1:1/v1/sessions/");
  expect_usage({server + "/v1/sessions/s-1", "--create"},
               "--create makes a new session, and the URL names the session s-1");
  expect_usage({server + "/elsewhere", "--create"}, "a session is at ");
  expect_usage({server}, "/v1/sessions/ID; --create makes a new one\n");
  expect_usage({server + "/v1/sessions/s-1?x=1"}, "leave out what follows the '?'");
  expect_usage({"http://me:s3cret@127.0.0.1:1/v1/sessions/s-1"}, "leave user and password out");
  expect_usage({"s-1"}, "cannot publish: ");
  expect_usage({server + "/v1/sessions/s-1", "/nowhere"},
               "cannot read /nowhere: No such file or directory");
  expect_usage({server + "/v1/sessions/s-1", "--token-file", "/nowhere"},
               "cannot take a token from");
  const ScriptedServer unused(std::vector<Reply>{});
  const Finished directory =
      run_program({"publish", unused.url("/v1/sessions/s-1"), "/"}, with(""));
  EXPECT_EQ(directory.exit_code, 2);
  EXPECT_THAT(directory.err, HasSubstr("cannot read /: Is a directory"));
  EXPECT_EQ(unused.requests().size(), 0U);
  EXPECT_THAT(run_program({"publish", server + "/v1/sessions/s-1"}).err,
              HasSubstr("there is no token for the server: set STRANDBUS_TOKEN"));
}

}  // namespace
}  // namespace strandbus::testing

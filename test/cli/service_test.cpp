// `strandbus serve`: a service that is killed and comes back, as its users see it.

#include "cli/program.hpp"
#include "cli/trace.hpp"
#include "file_descriptor.hpp"
#include "strandbus/event/json_codec.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>

#include <arpa/inet.h>
#include <csignal>
#include <fstream>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace strandbus::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// What stands in `text` between two others.
std::string between(const std::string& text, std::string_view before, std::string_view after) {
  const std::size_t begin = text.find(before);
  if (begin == std::string::npos) throw std::runtime_error("there is no such text: " + text);
  const std::size_t from = begin + before.size();
  return text.substr(from, text.find(after, from) - from);
}

/// A server of the program with a store of its own.
class Service {
 public:
  explicit Service(const TemporaryDirectory& directory, std::string listen = "127.0.0.1:0",
                   Program::Arguments more = {})
      : program_(arguments(directory, std::move(listen), std::move(more))) {
    program_.read_until("token: ");
    program_.read_next("\n");
    token_ = between(program_.out(), "token: ", "\n");
    port_ = between(program_.out(), "url: http://127.0.0.1:", "\n");
  }

  const std::string& token() const { return token_; }
  std::string address() const { return "127.0.0.1:" + port_; }
  std::string url(const std::string& path) const { return "http://" + address() + path; }

  /// The whole answer to a request.
  std::string request(const std::string& method, const std::string& path,
                      const std::string& body = {}) const {
    const detail::FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(port_)));
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("cannot connect to the service");
    std::string text = method + ' ' + path + " HTTP/1.1\r\nHost: " + this->address() +
                       "\r\nAuthorization: Bearer " + token_ + "\r\nConnection: close\r\n";
    if (!body.empty()) {
      text += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\n";
    }
    text += "\r\n" + body;
    if (::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(text.size()))
      throw std::runtime_error("cannot send to the service");
    std::string answer;
    char bytes[4096];
    for (ssize_t size = 0; (size = ::recv(socket.get(), bytes, sizeof bytes, 0)) > 0;)
      answer.append(bytes, static_cast<std::size_t>(size));
    return answer;
  }

  /// The id of a new session.
  std::string begin(const std::string& message) const {
    const std::string body = message.empty() ? "{}" : R"({"message":")" + message + "\"}";
    return between(request("POST", "/v1/sessions", body), R"("id":")", "\"");
  }

  /// All events of a session, as lines.
  std::string events(const std::string& id) const {
    const std::string answer = request("GET", "/v1/sessions/" + id + "/events.jsonl");
    std::string lines;
    // Chunks begin with their size in a line of its own.
    for (std::size_t at = answer.find("{\"schema\""); at != std::string::npos;
         at = answer.find("{\"schema\"", at + 1))
      lines += answer.substr(at, answer.find('\n', at) - at) + '\n';
    return lines;
  }

  Finished kill() {
    program_.send_signal(SIGKILL);
    return program_.wait();
  }
  Finished end() {
    program_.send_signal(SIGTERM);
    return program_.wait();
  }

 private:
  static Program::Arguments arguments(const TemporaryDirectory& directory, std::string listen,
                                      Program::Arguments more) {
    Program::Arguments all{"serve", "--listen", std::move(listen), "--store",
                           directory.path("sessions.db")};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  Program program_;
  std::string token_;
  std::string port_;
};

/// A script whose answer takes longer than any test: one word after the other.
std::string endless_script(const TemporaryDirectory& directory) {
  return directory.write("endless.json", talkative_script(20000, 2));
}

Program::Options with_token(const Service& service) {
  Program::Options options;
  options.environment = {"STRANDBUS_TOKEN=" + service.token()};
  return options;
}

TEST(Service, AnswersAMessageThatFollowShows) {
  const TemporaryDirectory directory;
  Service service(directory);
  const std::string id = service.begin("Calculate 2+2");
  const auto shown = run_program({"follow", service.url("/v1/sessions/" + id), "--until-idle"},
                                 with_token(service));
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("The answer is 4"));
  expect_good_trace(events_of(service.events(id)));
  EXPECT_THAT(service.request("GET", "/metrics"), HasSubstr("strandbus_server_runs_total 1\n"));
}

TEST(Service, IsFollowedThroughKillMinusNine) {
  const TemporaryDirectory directory;
  const Program::Arguments script{"--script", endless_script(directory)};
  std::string id;
  std::string address;
  std::string token;
  std::unique_ptr<Program> follower;
  {
    Service service(directory, "127.0.0.1:0", script);
    address = service.address();
    token = service.token();
    id = service.begin("go");
    follower = std::make_unique<Program>(
        Program::Arguments{"follow", service.url("/v1/sessions/" + id), "--json", "--until-idle"},
        with_token(service));
    follower->read_until(R"("seq":60,)");
    EXPECT_EQ(service.kill().signal, SIGKILL);
  }
  Service again(directory, address, script);
  EXPECT_EQ(again.token(), token);
  const auto shown = follower->wait();
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  const auto events = events_of(shown.out);
  for (std::size_t i = 0; i < events.size(); ++i) ASSERT_EQ(events[i].seq(), i + 1);
  EXPECT_EQ(events.back().type(), EventType::run_failed);
  const std::string whole = again.events(id);
  EXPECT_TRUE(whole.starts_with(shown.out)) << "what was shown is not what is kept";
  expect_good_trace(events_of(whole));
}

TEST(Service, KeepsItsTokenWhereOnlyItsOwnerReadsIt) {
  const TemporaryDirectory directory;
  std::string token;
  {
    Service service(directory);
    token = service.token();
    EXPECT_GE(token.size(), 32U);
    EXPECT_EQ(service.end().exit_code, 0);
  }
  for (const char* name : {"sessions.db", "sessions.db.token"}) {
    struct stat status {};
    ASSERT_EQ(::stat(directory.path(name).c_str(), &status), 0) << name;
    EXPECT_EQ(status.st_mode & 0777, 0600U) << name;
  }
  Service service(directory);
  EXPECT_EQ(service.token(), token);
}

TEST(Service, EndsWhatRunsWhenItIsToldToEnd) {
  const TemporaryDirectory directory;
  const Program::Arguments script{"--script", endless_script(directory)};
  std::string id;
  {
    Service service(directory, "127.0.0.1:0", script);
    id = service.begin("go");
    Program follower({"follow", service.url("/v1/sessions/" + id), "--json", "--until-idle"},
                     with_token(service));
    follower.read_until(R"("type":"token_delta")");
    const std::string cancel = service.request("POST", "/v1/sessions/" + id + "/commands",
                                               R"({"type":"cancel","reason":"enough"})");
    EXPECT_THAT(cancel, HasSubstr("202 Accepted"));
    EXPECT_THAT(follower.wait().out, HasSubstr(R"("reason":"enough")"));
    const auto finished = service.end();
    EXPECT_EQ(finished.exit_code, 0);
    EXPECT_THAT(finished.err, Not(HasSubstr(service.token())));
  }
  Service service(directory);
  expect_good_trace(events_of(service.events(id)));
}

TEST(Service, RefusesWhoeverHasNoToken) {
  const TemporaryDirectory directory;
  Service service(directory);
  const std::string id = service.begin("");
  Program::Options options;
  options.environment = {"STRANDBUS_TOKEN=0123456789abcdef0123456789abcdef"};
  const auto refused = run_program({"follow", service.url("/v1/sessions/" + id)}, options);
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("401"));
}

TEST(Service, SaysWhyItCannotServe) {
  const TemporaryDirectory directory;
  Service service(directory);
  const std::string store = directory.path("other.db");
  const std::string no_store = directory.write("no_store.db", std::string(5000, 'x'));
  const std::string short_token = directory.write("token", "short\n");
  const std::vector<std::pair<Program::Arguments, std::string>> cases{
      {{"--listen", "here"}, "\"here\" is no address and port such as 127.0.0.1:8080"},
      {{"--listen", "127.0.0.1:65536"}, "is no address and port"},
      {{"--listen", service.address(), "--store", store}, "Address already in use\n"},
      {{"--listen", "no.such.name:0", "--store", store}, "no.such.name"},
      {{"--listen", "127.0.0.1:0", "--store", no_store}, "no_store.db"},
      {{"--listen", "127.0.0.1:0", "--store", store, "--token-file", short_token},
       "fewer than 16 characters"},
      {{"--listen", "127.0.0.1:0", "--store", store, "--tools", "hammer"}, "hammer"},
      {{"--script", "a", "--effort", "low"}, "exclude each other"},
      {{"--durability", "much"}, "there are process and power"},
  };
  for (const auto& [more, text] : cases) {
    Program::Arguments arguments{"serve"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto finished = run_program(arguments);
    EXPECT_EQ(finished.exit_code, 2) << text;
    EXPECT_THAT(finished.err, HasSubstr(text));
    EXPECT_EQ(finished.out, "") << text;
  }
}

}  // namespace
}  // namespace strandbus::testing

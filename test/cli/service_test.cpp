// `strandbus serve`: a service that is killed and comes back, as its users see it.

#include "cli/service.hpp"

#include "cli/program.hpp"
#include "cli/trace.hpp"
#include "strandbus/event/json_codec.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>

namespace strandbus::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// A script whose answer takes longer than any test: one word after the other.
std::string endless_script(const TemporaryDirectory& directory) {
  return directory.write("endless.json", talkative_script(20000, 2));
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
      {{"--listen", "no.such.name:0", "--store", store},
       "cannot serve: --listen: \"no.such.name\" is no numeric address such as 127.0.0.1 or ::1\n"},
      {{"--listen", "127.0.0.1:0", "--store", store, "--allow-origin", "foo"},
       "cannot serve: --allow-origin: \"foo\" is no origin; write https://NAME or "},
      {{"--listen", "127.0.0.1:0", "--store", store, "--allow-host", "name:x"},
       "cannot serve: --allow-host: \"name:x\" is no host"},
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

TEST(Service, SaysThatARuleCanOnlyBeAboutToolsOfClients) {
  const TemporaryDirectory directory;
  const std::string text = "--rule deny:bsh: there is no tool \"bsh\"; there are calculator";
  const auto finished = run_program(
      {"serve", "--rule", "deny:bsh", "--listen", "nowhere:0", "--store", directory.path("s.db")});
  EXPECT_THAT(finished.err, HasSubstr(text));
  EXPECT_THAT(finished.err, HasSubstr("the rule can only be about tools that clients bring\n"));
}

TEST(Service, MakesOneDirectoryForItsStoreAndNotTwo) {
  const TemporaryDirectory directory;
  const auto refused =
      run_program({"serve", "--listen", "nowhere:0", "--store", directory.path("no/x/s.db")});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("cannot make the directory " + directory.path("no/x") +
                                     ": No such file or directory"));
  EXPECT_FALSE(std::filesystem::exists(directory.path("no")));
  run_program({"serve", "--listen", "nowhere:0", "--store", directory.path("x/s.db")});
  EXPECT_TRUE(std::filesystem::exists(directory.path("x")));
}

}  // namespace
}  // namespace strandbus::testing

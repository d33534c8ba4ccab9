// `strandbus link`: another way in for a browser.

#include "cli/program.hpp"
#include "cli/service.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <string>

namespace strandbus::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

/// The path of a link that was printed.
std::string path_of(const Service& service, const std::string& out) {
  return between(out, service.url(""), "\n");
}

TEST(Link, LetsABrowserInOnce) {
  const TemporaryDirectory directory;
  const Service service(directory);
  const Finished printed = run_program({"link", service.url("")}, with_token(service));
  EXPECT_EQ(printed.exit_code, 0) << printed.err;
  EXPECT_THAT(printed.out,
              MatchesRegex("http://127\\.0\\.0\\.1:[0-9]+/login\\?code=[0-9a-f]{64}\n"));
  EXPECT_THAT(printed.out, Not(HasSubstr(service.token())));
  const std::string path = path_of(service, printed.out);
  EXPECT_THAT(service.request("GET", path), HasSubstr("303 See Other"));
  EXPECT_THAT(service.request("GET", path), HasSubstr("403 Forbidden"));
}

TEST(Link, LeadsToASession) {
  const TemporaryDirectory directory;
  const Service service(directory);
  for (const std::string path :
       {"/v1/sessions/s.1", "/v1/sessions/s.1/", "/v1/sessions/s.1/events"}) {
    const Finished printed = run_program({"link", service.url(path)}, with_token(service));
    EXPECT_EQ(printed.exit_code, 0) << printed.err;
    EXPECT_THAT(printed.out, ::testing::EndsWith("#/s/s.1\n"));
  }
  for (const std::string path : {"/", "/v1/sessions", "/v1/sessions/"}) {
    const Finished printed = run_program({"link", service.url(path)}, with_token(service));
    EXPECT_THAT(printed.out, AllOf(HasSubstr("/login?code="), Not(HasSubstr("#"))));
  }
}

TEST(Link, FindsTheTokenThatServeKeepsBesideItsOwnStore) {
  const TemporaryDirectory directory;
  const Service service(directory);
  std::filesystem::create_directories(directory.path("strandbus"));
  Program::Options options;
  options.environment = {"XDG_STATE_HOME=" + directory.path(".")};
  const Finished none = run_program({"link", service.url("")}, options);
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.err, HasSubstr("there is no token for the server: set STRANDBUS_TOKEN"));
  directory.write("strandbus/sessions.db.token", service.token() + "\n");
  const Finished printed = run_program({"link", service.url("")}, options);
  EXPECT_EQ(printed.exit_code, 0) << printed.err;
  EXPECT_THAT(service.request("GET", path_of(service, printed.out)), HasSubstr("303 See Other"));
  // Nobody else is shown it.
  const Finished elsewhere = run_program({"link", "https://agents.invalid"}, options);
  EXPECT_EQ(elsewhere.exit_code, 2);
  EXPECT_THAT(elsewhere.err, HasSubstr("there is no token"));
}

TEST(Link, SaysWhyThereIsNone) {
  const TemporaryDirectory directory;
  std::string address;
  {
    const Service service(directory);
    address = service.url("");
    Program::Options wrong;
    wrong.environment = {"STRANDBUS_TOKEN=0123456789abcdef0123456789abcdef"};
    const Finished refused = run_program({"link", address}, wrong);
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_EQ(refused.out, "");
    EXPECT_THAT(refused.err, AllOf(HasSubstr("cannot get a link: this is not the server's token"),
                                   Not(HasSubstr("0123456789abcdef"))));
    const Finished path = run_program({"link", service.url("/v1/nothing")}, with_token(service));
    EXPECT_EQ(path.exit_code, 2);
    EXPECT_THAT(path.err, HasSubstr("a session is at " + address + "/v1/sessions/"));
  }
  Program::Options options;
  options.environment = {"STRANDBUS_TOKEN=0123456789abcdef0123456789abcdef"};
  const Finished gone = run_program({"link", address}, options);
  EXPECT_EQ(gone.exit_code, 1);
  EXPECT_THAT(gone.err, HasSubstr("cannot get a link: "));
}

TEST(Serve, SaysWhatToOpenInABrowser) {
  const TemporaryDirectory directory;
  Program server({"serve", "--listen", "127.0.0.1:0", "--store", directory.path("s.db")});
  server.read_until("open: ");
  server.read_next("\n");
  const std::string url = between(server.out(), "url: ", "\n");
  EXPECT_THAT(between(server.out(), "open: ", "\n"),
              MatchesRegex(url + "/login\\?code=[0-9a-f]{64}"));
  server.read_errors_until("strandbus link " + url + " --token-file " + directory.path("s.db") +
                           ".token");
}

}  // namespace
}  // namespace strandbus::testing

// Clients that others wrote, against the real service.
#include "cli/service.hpp"
#include "strandbus/store/sqlite_store.hpp"

#include <gmock/gmock.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace strandbus::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const std::string modules = STRANDBUS_CLIENTS_DIR;

/// A command of the shell whose output is read as it comes.
class Command {
 public:
  explicit Command(const std::string& command) : pipe_(::popen(command.c_str(), "re")) {}
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;
  ~Command() { end(); }

  /// The next line without its end; false when there is none.
  bool line(std::string& text) {
    text.clear();
    for (int c = 0; (c = std::fgetc(pipe_)) != EOF && c != '\n';) text += static_cast<char>(c);
    return std::feof(pipe_) == 0;
  }
  int end() {
    FILE* const pipe = std::exchange(pipe_, nullptr);
    return pipe ? ::pclose(pipe) : 0;
  }

 private:
  FILE* pipe_;
};

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(ServiceClients, EventSourceResumesByItselfWhenTheServerWasKilled) {
  ASSERT_TRUE(std::filesystem::exists(modules + "/node_modules/eventsource"))
      << "the clients are not installed in " << modules << "; run: sh cmake/dev.sh test";
  const TemporaryDirectory directory;
  auto service = std::make_unique<Service>(directory);
  const std::string address = service->address();
  const std::string id = service->begin("Calculate 2+2");
  Command client("timeout 60 node " STRANDBUS_SOURCE_DIR "/test/server/clients/event_source.mjs " +
                 modules + ' ' + service->url("/v1/sessions/" + id + "/events") + ' ' +
                 service->token() + " more-words");
  std::vector<std::string> events;
  std::vector<std::string> asked;
  std::string seen;  // how many events when the server was killed
  std::string line;
  while (client.line(line)) {
    (line.starts_with('#') ? asked : events).push_back(line);
    if (asked.size() > 1 || line.find("run_completed") == std::string::npos) continue;
    seen = std::to_string(events.size());
    service->kill();
    service = std::make_unique<Service>(directory, address);
    EXPECT_THAT(
        service->request("POST", "/v1/sessions/" + id + "/runs", R"({"message":"more-words"})"),
        HasSubstr("202 Accepted"));
  }
  EXPECT_EQ(client.end(), 0);
  ASSERT_EQ(asked.size(), 2U);
  EXPECT_EQ(asked.front(), "# behind nothing");
  EXPECT_EQ(asked.back(), "# behind " + seen);
  service->kill();
  const auto kept = SqliteStore::open(directory.path("sessions.db"), {})
                        .value()
                        ->read(id, 0, events.size())
                        .value();
  ASSERT_EQ(kept.size(), events.size());
  for (std::size_t i = 0; i < kept.size(); ++i) EXPECT_EQ(events[i], *kept[i].json);
}

/// The example of docs/service.md, for this service, and with an end: its streams have none.
std::string curl_example(const Service& service) {
  const std::string text = contents(STRANDBUS_SOURCE_DIR "/docs/service.md");
  std::string script = between(text.substr(text.find("## With curl")), "```sh\n", "```");
  const auto replace = [&script](std::string_view what, const std::string& with) {
    ASSERT_NE(script.find(what), std::string::npos) << what;
    for (std::size_t at = 0; (at = script.find(what, at)) != std::string::npos; at += with.size())
      script.replace(at, what.size(), with);
  };
  replace("http://127.0.0.1:8080", service.url(""));
  replace("curl -sfN", "curl -sfN --max-time 2");
  replace("\ncurl", "\necho =====\ncurl");
  return "TOKEN=" + service.token() + "\n" + script;
}

TEST(ServiceClients, CurlDoesWhatTheDocumentSays) {
  const TemporaryDirectory directory;
  Service service(directory);
  directory.write("example.sh", curl_example(service));
  const std::string folder = std::filesystem::path(directory.path("example.sh")).parent_path();
  Command shell("command -v curl >/dev/null || { echo curl is not installed; exit 9; }; cd " +
                folder +
                " && PATH=" + std::filesystem::path(STRANDBUS_PROGRAM).parent_path().string() +
                ":$PATH sh example.sh 2>&1");
  std::vector<std::string> said(1);
  for (std::string line; shell.line(line);) {
    if (line == "=====")
      said.emplace_back();
    else
      said.back() += line + '\n';
  }
  EXPECT_EQ(shell.end(), 0) << said.front();
  ASSERT_EQ(said.size(), 5U);
  EXPECT_EQ(said[0], "");
  EXPECT_THAT(said[1], AllOf(HasSubstr("event: session_created\nid: 1\ndata: {"),
                             HasSubstr("\nid: 8\ndata: {"), HasSubstr("event: run_completed\n")));
  EXPECT_THAT(said[2], AllOf(HasSubstr("id: 8\ndata: {"), Not(HasSubstr("id: 7\n"))));
  EXPECT_THAT(said[3], HasSubstr("scripted model"));  // the program that publishes
  EXPECT_THAT(said[4], AllOf(StartsWith(R"({"accepted":)"), HasSubstr(R"(,"repeated":0,"after":)"),
                             Not(StartsWith(R"({"accepted":0)"))));
  const std::string id = between(said[1], R"("session_id":")", "\"");
  std::size_t saved = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().filename().string().find(id) == std::string::npos) continue;
    ++saved;
    EXPECT_TRUE(service.events(id).starts_with(contents(entry.path())));
  }
  EXPECT_EQ(saved, 1U);
}

}  // namespace
}  // namespace strandbus::testing

#include "file_descriptor.hpp"
#include "net/client_harness.hpp"
#include "support/temporary_directory.hpp"
#include "support/tls_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

extern char** environ;

// HTTPS with a server that is not ours: that of the program openssl.

namespace strandbus {
namespace {

using detail::FileDescriptor;
using detail::HttpClient;
using detail::HttpClientOptions;
using ::testing::HasSubstr;

/// `openssl s_server -www`, which answers every request with a page about the connection.
class OpensslServer {
 public:
  OpensslServer(const std::string& certificate, const std::string& key, const char* version) {
    std::array<int, 2> ends{};
    require(::pipe2(ends.data(), O_CLOEXEC) == 0 ? 0 : errno, "pipe");
    output_ = FileDescriptor(ends[0]);
    const FileDescriptor writer(ends[1]);
    std::vector<std::string> words{"openssl", "s_server", "-accept",   "127.0.0.1:0", "-www",
                                   version,   "-cert",    certificate, "-key",        key};
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, writer.get(), STDOUT_FILENO);
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    const int failure =
        ::posix_spawnp(&pid_, "openssl", &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    require(failure, "start openssl (Debian: the package openssl)");
  }
  OpensslServer(const OpensslServer&) = delete;
  OpensslServer& operator=(const OpensslServer&) = delete;
  ~OpensslServer() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  /// Reads the port that it says it listens on: "ACCEPT 127.0.0.1:40123".
  std::string wait_for_port() {
    const std::string before = "ACCEPT 127.0.0.1:";
    std::string text;
    std::array<char, 256> buffer{};
    for (;;) {
      const auto begin = text.find(before);
      const auto end = begin == std::string::npos ? begin : text.find('\n', begin);
      if (end != std::string::npos) {
        return text.substr(begin + before.size(), end - begin - before.size());
      }
      const ssize_t size = ::read(output_.get(), buffer.data(), buffer.size());
      if (size <= 0) throw std::runtime_error("openssl does not say where it listens: " + text);
      text.append(buffer.data(), static_cast<std::size_t>(size));
    }
  }

 private:
  static void require(int failure, const char* what) {
    if (failure != 0) throw std::system_error(failure, std::generic_category(), what);
  }

  FileDescriptor output_;
  pid_t pid_ = 0;
};

class OpensslPeerTest : public ::testing::TestWithParam<const char*> {};

TEST_P(OpensslPeerTest, AnswersAndIsUnderstood) {
  const testing::TemporaryDirectory directory;
  const test::Authority authority;
  const test::Identity identity = authority.issue({.hosts = {"localhost"}});
  OpensslServer server(directory.write("cert.pem", identity.certificate),
                       directory.write("key.pem", identity.key), GetParam());
  const std::string url = "https://localhost:" + server.wait_for_port() + "/";

  test::ClientHarness harness;
  HttpClientOptions options;
  options.ca_file = directory.write("ca.pem", authority.certificate());
  HttpClient client(options);
  for (int i = 0; i < 2; ++i) {
    const test::Answer answer = harness.run(test::fetch(client, test::request_to(url)));
    EXPECT_EQ(answer.status, 200);
    EXPECT_THAT(answer.body, HasSubstr("s_server"));
    EXPECT_THAT(answer.body, HasSubstr("</HTML>"));
  }

  HttpClient distrustful;
  const test::Failure failure = harness.fail(test::fetch(distrustful, test::request_to(url)));
  EXPECT_EQ(failure.failure, detail::HttpFailure::tls);
  EXPECT_THAT(failure.text, HasSubstr("is not signed by an authority that this machine knows"));
}

INSTANTIATE_TEST_SUITE_P(Versions, OpensslPeerTest, ::testing::Values("-tls1_2", "-tls1_3"),
                         [](const auto& version) {
                           return "Tls1" + std::string(version.param + 6);
                         });

}  // namespace
}  // namespace strandbus

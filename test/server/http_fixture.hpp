#pragma once

#include "file_descriptor.hpp"
#include "server/hub_fixture.hpp"
#include "strandbus/server/http_server.hpp"
#include "support/tcp_server.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <utility>
#include <vector>

namespace strandbus::test {

/// What came back to one request.
struct HttpAnswer {
  int status = 0;
  std::string head{};
  std::string body{};

  /// The value of a header, "" where there is none.
  std::string header(const std::string& name) const {
    const auto at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return "";
    const auto begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
};

/// A client that writes what it is told, byte by byte as it stands.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : socket_(connect_to(port)), channel_(socket_.get()) {
    // What does not come is a failure and not a test without end.
    const timeval patience{30, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }

  bool send(std::string_view bytes) { return channel_.write(bytes); }
  void finish() { channel_.finish(); }
  int socket() const { return socket_.get(); }

  /// Reads until the text has come, and returns everything up to it, or what there was at the end.
  std::string read_until(std::string_view text) {
    std::size_t end = std::string::npos;
    std::size_t searched = 0;  // a long stream is not searched from its beginning each time
    while ((end = unread_.find(text, searched)) == std::string::npos) {
      searched = unread_.size() - std::min(unread_.size(), text.size());
      const std::string more = channel_.read_some();
      if (more.empty()) return std::exchange(unread_, {});
      unread_ += more;
    }
    const std::string found = unread_.substr(0, end + text.size());
    unread_.erase(0, found.size());
    return found;
  }

  std::string read_to_end() {
    for (std::string more; !(more = channel_.read_some()).empty();) unread_ += more;
    return std::exchange(unread_, {});
  }

  /// Reads one answer with a Content-Length, or the head of another one.
  HttpAnswer read_answer(bool to_head = false) {
    HttpAnswer answer;
    answer.head = read_until("\r\n\r\n");
    if (answer.head.size() > 12) answer.status = std::atoi(answer.head.c_str() + 9);
    const std::string length = answer.header("Content-Length");
    if (!length.empty() && !to_head) answer.body = read_bytes(std::stoul(length));
    return answer;
  }

 private:
  std::string read_bytes(std::size_t count) {
    while (unread_.size() < count) {
      const std::string more = channel_.read_some();
      if (more.empty()) break;
      unread_ += more;
    }
    const std::string found = unread_.substr(0, count);
    unread_.erase(0, found.size());
    return found;
  }

  detail::FileDescriptor socket_;
  PlainChannel channel_;
  std::string unread_;
};

/// The data of a chunked body.
inline std::string unchunked(std::string_view chunks) {
  std::string data;
  for (;;) {
    const auto line = chunks.find("\r\n");
    if (line == std::string_view::npos) return data;
    const auto size = std::stoul(std::string(chunks.substr(0, line)), nullptr, 16);
    if (size == 0) return data;
    data += chunks.substr(line + 2, size);
    chunks.remove_prefix(std::min(line + 2 + size + 2, chunks.size()));
  }
}

/// A server before a hub over a store in memory.
class HttpTest : public HubTest {
 protected:
  static constexpr std::string_view token = "0123456789abcdef-token";

  /// The hub of the fixture as the server wants it; it goes before the fixture's threads do.
  ~HttpTest() override {
    server_.reset();
    shared_hub_.reset();
  }

  void start_server(HttpLimits limits = {}) {
    start_server_with([&](HttpServerOptions& options) { options.limits = limits; });
  }

  template <class Change>
  void start_server_with(Change change) {
    shared_hub_ =
        std::make_shared<SessionHub>(io_.get_executor(), store_, factory_, SessionHubOptions());
    HttpServerOptions options;
    options.port = 0;
    options.token = token;
    options.logger = Logger(LogLevel::debug, [log = log_](LogLevel, std::string_view line) {
      const std::lock_guard lock(log->mutex);
      log->lines.emplace_back(line);
    });
    change(options);
    server_ = std::make_unique<HttpServer>(io_.get_executor(), shared_hub_, std::move(options));
    server_->start();
  }

  std::string head(const std::string& method, const std::string& target,
                   const std::string& more = {}) const {
    return method + ' ' + target +
           " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server_->port()) +
           "\r\nAuthorization: Bearer " + std::string(token) + "\r\n" + more + "\r\n";
  }

  std::string post(const std::string& target, const std::string& body) const {
    return head("POST", target,
                "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
                    "\r\n") +
           body;
  }

  /// One request on a connection of its own.
  HttpAnswer ask(const std::string& request) const {
    RawClient client(server_->port());
    client.send(request);
    return client.read_answer(request.starts_with("HEAD"));
  }

  /// Makes a session and returns its id.
  std::string make_session_by_http() const {
    return ask(head("POST", "/v1/sessions")).header("Location").substr(13);
  }

  /// Lets the agent answer and returns what was said to it.
  HttpAnswer run(const std::string& id, const std::string& message) const {
    return ask(post("/v1/sessions/" + id + "/runs", "{\"message\":\"" + message + "\"}"));
  }

  std::vector<std::string> log() const {
    const std::lock_guard lock(log_->mutex);
    return log_->lines;
  }

  struct Log {
    std::mutex mutex;
    std::vector<std::string> lines;
  };

  /// Makes the agents.
  SessionFactory factory_ = [state = talker_](SessionSetup setup) -> std::unique_ptr<SessionAgent> {
    return std::make_unique<Talker>(std::move(setup), state);
  };
  std::shared_ptr<Log> log_ = std::make_shared<Log>();
  std::shared_ptr<SessionHub> shared_hub_;
  std::unique_ptr<HttpServer> server_;
};

/// Descriptors that this process has open.
inline std::size_t open_descriptors() {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    static_cast<void>(entry);
    ++count;
  }
  return count;
}

}  // namespace strandbus::test

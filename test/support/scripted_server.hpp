#pragma once

#include "support/tcp_server.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::test {

/// A request as it came.
struct ReceivedRequest {
  int connection = 0;  ///< 1 for the first
  std::string head;    ///< with its empty line
  std::string body;

  /// "POST /v1/chat HTTP/1.1"
  std::string line() const;
  /// The value of a header, "" if there is none.
  std::string header(std::string_view name) const;
};

/// What the server does with one request: it writes the pieces, each by itself.
struct Reply {
  enum class Then {
    keep,   ///< waits for the next request
    close,  ///< ends the connection in order
    cut,    ///< ends it without the word that TLS has for it
    reset,  ///< breaks it
    wait,   ///< lets the client end it
  };
  std::vector<std::string> pieces{};
  Then then = Then::keep;
};

/// A whole answer with its Content-Length; `headers` are lines without their ends.
std::string http_answer(int status, std::string_view body,
                        const std::vector<std::string>& headers = {});

/// The head of an answer whose body comes in chunks.
std::string chunked_head(int status, const std::vector<std::string>& headers = {});
/// One chunk; that of "" is the last.
std::string chunk(std::string_view data);

/// An HTTP server on a free port of 127.0.0.1 that sends what it is told, right or wrong, and
/// remembers what it was sent.
///
/// Threads: any thread; the handler runs on threads of the server, one call at a time.
class ScriptedServer {
 public:
  using Handler = std::function<Reply(const ReceivedRequest&)>;
  /// Puts TLS, say, on an accepted socket; null refuses the connection.
  using Wrap = std::function<std::unique_ptr<Channel>(int socket)>;

  explicit ScriptedServer(Handler handler, Wrap wrap = {});
  /// Gives these replies in their order, and then status 500.
  explicit ScriptedServer(std::vector<Reply> replies, Wrap wrap = {});

  std::uint16_t port() const noexcept { return server_->port(); }
  /// "http://127.0.0.1:port/target"
  std::string url(std::string_view target = "/") const;
  int connections() const noexcept { return server_->connections(); }
  std::vector<ReceivedRequest> requests() const;

 private:
  void serve(int socket, int number);
  Reply reply_to(const ReceivedRequest& request);

  Handler handler_;
  Wrap wrap_;
  std::mutex handling_;
  mutable std::mutex mutex_;
  std::vector<ReceivedRequest> requests_;
  std::unique_ptr<TcpServer> server_;  ///< the last: its threads use the others
};

}  // namespace strandbus::test

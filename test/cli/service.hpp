#pragma once

#include "cli/program.hpp"
#include "file_descriptor.hpp"
#include "support/temporary_directory.hpp"

#include <arpa/inet.h>
#include <csignal>
#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>

namespace strandbus::testing {

/// What stands in `text` between two others.
inline std::string between(const std::string& text, std::string_view before,
                           std::string_view after) {
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
                      const std::string& body = {},
                      const std::string& media_type = "application/json") const {
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
      text += "Content-Type: " + media_type + "\r\nContent-Length: " + std::to_string(body.size()) +
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

inline Program::Options with_token(const Service& service) {
  Program::Options options;
  options.environment = {"STRANDBUS_TOKEN=" + service.token()};
  return options;
}

}  // namespace strandbus::testing

#include "load/servers.hpp"

#include <arpa/inet.h>
#include <chrono>
#include <fstream>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace strandbus::load {
namespace {

std::string between(const std::string& text, const std::string& before, char after) {
  const std::size_t at = text.find(before);
  if (at == std::string::npos)
    throw std::runtime_error("the server gives an unexpected answer: " + text.substr(0, 200));
  const std::size_t begin = at + before.size();
  return text.substr(begin, text.find(after, begin) - begin);
}

std::uint16_t free_port() {
  const detail::FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(socket.get(), any, size) != 0 || ::getsockname(socket.get(), any, &size) != 0)
    throw std::system_error(errno, std::generic_category(), "no port is free");
  return ntohs(address.sin_port);
}

/// As many workers as our server has threads; nothing is logged, and no message is dropped.
std::string nchan_configuration(const std::string& directory, std::uint16_t port) {
  std::string paths;
  for (const char* name : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
    paths += std::string("  ") + name + "_temp_path " + directory + "/" + name + ";\n";
  return "load_module /usr/lib/nginx/modules/ngx_nchan_module.so;\n"
         "daemon off;\n" +
         std::string(::geteuid() == 0 ? "user root;\n" : "") +
         "worker_processes auto;\nworker_rlimit_nofile 20000;\n"
         "pid " +
         directory +
         "/nginx.pid;\n"
         "error_log " +
         directory +
         "/nginx.log;\n"
         "events { worker_connections 20000; }\n"
         "http {\n  access_log off;\n  keepalive_requests 1000000;\n"
         "  nchan_max_reserved_memory 512M;\n" +
         paths +
         "  server {\n"
         "    listen 127.0.0.1:" +
         std::to_string(port) +
         " backlog=4096;\n"
         "    location = /publish {\n"
         "      nchan_publisher;\n      nchan_channel_id load;\n"
         "      nchan_message_buffer_length 100000;\n      nchan_message_timeout 1h;\n    }\n"
         "    location = /subscribe {\n"
         "      nchan_subscriber eventsource;\n      nchan_channel_id load;\n"
         "      nchan_subscriber_first_message oldest;\n    }\n"
         "  }\n}\n";
}

/// Its file of configuration, and where it will be.
Target prepare_nchan(const std::string& directory) {
  Target target;
  target.port = free_port();
  target.authority = "127.0.0.1:" + std::to_string(target.port);
  target.publish_path = "/publish";
  target.stream_path = "/subscribe";
  target.media_type = "application/json";
  std::ofstream(directory + "/nginx.conf") << nchan_configuration(directory, target.port);
  return target;
}

void wait_until_it_listens(std::uint16_t port, const Child& child) {
  for (;;) {
    try {
      connect_to(port);
      return;
    } catch (const std::system_error&) {
      if (!child.alive()) throw std::runtime_error("nginx did not start; is nchan installed?");
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
}

}  // namespace

StrandbusServer::StrandbusServer(const std::string& program, const std::string& directory)
    : child_({program, "serve", "--listen", "127.0.0.1:0", "--store", directory + "/sessions.db",
              "--provider", "scripted", "--log-file", directory + "/serve.log"},
             directory + "/serve.errors") {
  base_.authority = child_.read_line("url: http://");
  base_.access = "Authorization: Bearer " + child_.read_line("token: ") + "\r\n";
  base_.port = static_cast<std::uint16_t>(
      std::stoul(base_.authority.substr(base_.authority.rfind(':') + 1)));
  base_.media_type = "application/x-ndjson";
  session_ = "/v1/sessions/" + between(request("POST", "/v1/sessions", "{}"), "\"id\":\"", '"');
  base_.publish_path = session_ + "/events";
}

std::string StrandbusServer::request(const std::string& method, const std::string& path,
                                     const std::string& body) const {
  return ask(base_.port, method + ' ' + path + " HTTP/1.1\r\nHost: " + base_.authority + "\r\n" +
                             base_.access +
                             "Connection: close\r\nContent-Type: application/json\r\n"
                             "Content-Length: " +
                             std::to_string(body.size()) + "\r\n\r\n" + body);
}

Target StrandbusServer::target(std::uint64_t after) const {
  Target target = base_;
  target.stream_path = session_ + "/events?after=" + std::to_string(after);
  target.socket_path = session_ + "/ws?after=" + std::to_string(after);
  return target;
}

std::uint64_t StrandbusServer::last_seq() const {
  return std::stoull(between(request("GET", session_, {}), "\"last_seq\":", ','));
}

NchanServer::NchanServer(const std::string& program, const std::string& directory)
    : target_(prepare_nchan(directory)),
      child_({program, "-p", directory, "-e", directory + "/nginx.log", "-c",
              directory + "/nginx.conf"},
             directory + "/nginx.errors") {
  wait_until_it_listens(target_.port, child_);
}

}  // namespace strandbus::load

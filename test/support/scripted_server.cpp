#include "support/scripted_server.hpp"

#include <cstddef>
#include <cstdlib>
#include <strings.h>
#include <utility>

namespace strandbus::test {
namespace {

std::string status_line(int status) {
  return "HTTP/1.1 " + std::to_string(status) + " Scripted\r\n";
}

std::string head_of(int status, const std::vector<std::string>& headers, const std::string& last) {
  std::string head = status_line(status);
  for (const std::string& header : headers) head += header + "\r\n";
  return head + last + "\r\n\r\n";
}

/// Reads one request; false at the end of the connection. What follows it stays in `unread`.
bool read_request(Channel& channel, std::string& unread, ReceivedRequest& request) {
  constexpr std::string_view end_of_head = "\r\n\r\n";
  while (unread.find(end_of_head) == std::string::npos) {
    const std::string bytes = channel.read_some();
    if (bytes.empty()) return false;
    unread += bytes;
  }
  const std::size_t head_size = unread.find(end_of_head) + end_of_head.size();
  request.head = unread.substr(0, head_size);
  const std::size_t size = std::strtoul(request.header("Content-Length").c_str(), nullptr, 10);
  while (unread.size() < head_size + size) {
    const std::string bytes = channel.read_some();
    if (bytes.empty()) return false;
    unread += bytes;
  }
  request.body = unread.substr(head_size, size);
  unread.erase(0, head_size + size);
  return true;
}

void read_to_end(Channel& channel) {
  while (!channel.read_some().empty()) {
  }
}

ScriptedServer::Handler in_order(std::vector<Reply> replies) {
  auto next = std::make_shared<std::size_t>(0);
  return [replies = std::move(replies), next](const ReceivedRequest&) {
    if (*next < replies.size()) return replies[(*next)++];
    return Reply{{http_answer(500, "no reply is left in the script")}};
  };
}

}  // namespace

std::string ReceivedRequest::line() const { return head.substr(0, head.find("\r\n")); }

std::string ReceivedRequest::header(std::string_view name) const {
  std::size_t begin = head.find("\r\n") + 2;
  for (;;) {
    const std::size_t end = head.find("\r\n", begin);
    if (end == std::string::npos || end == begin) return {};
    const std::string line = head.substr(begin, end - begin);
    const std::size_t colon = line.find(": ");
    if (colon == name.size() && ::strncasecmp(line.data(), name.data(), colon) == 0) {
      return line.substr(colon + 2);
    }
    begin = end + 2;
  }
}

std::string http_answer(int status, std::string_view body,
                        const std::vector<std::string>& headers) {
  return head_of(status, headers, "Content-Length: " + std::to_string(body.size())).append(body);
}

std::string chunked_head(int status, const std::vector<std::string>& headers) {
  return head_of(status, headers, "Transfer-Encoding: chunked");
}

std::string chunk(std::string_view data) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string size;
  for (std::size_t rest = data.size(); rest > 0; rest /= 16) size.insert(0, 1, digits[rest % 16]);
  if (size.empty()) size = "0";
  return (size + "\r\n").append(data).append("\r\n");
}

ScriptedServer::ScriptedServer(Handler handler, Wrap wrap)
    : handler_(std::move(handler)), wrap_(std::move(wrap)) {
  server_ = std::make_unique<TcpServer>([this](int socket, int number) { serve(socket, number); });
}

ScriptedServer::ScriptedServer(std::vector<Reply> replies, Wrap wrap)
    : ScriptedServer(in_order(std::move(replies)), std::move(wrap)) {}

std::string ScriptedServer::url(std::string_view target) const {
  return ("http://127.0.0.1:" + std::to_string(port())).append(target);
}

std::vector<ReceivedRequest> ScriptedServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

Reply ScriptedServer::reply_to(const ReceivedRequest& request) {
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
  }
  const std::lock_guard one_at_a_time(handling_);
  return handler_(request);
}

void ScriptedServer::serve(int socket, int number) {
  const std::unique_ptr<Channel> channel =
      wrap_ ? wrap_(socket) : std::make_unique<PlainChannel>(socket);
  if (!channel) return;
  std::string unread;
  ReceivedRequest request;
  request.connection = number;
  while (read_request(*channel, unread, request)) {
    const Reply reply = reply_to(request);
    for (const std::string& piece : reply.pieces) channel->write(piece);
    switch (reply.then) {
      case Reply::Then::keep: continue;
      case Reply::Then::close: return channel->finish();
      case Reply::Then::cut: return;
      case Reply::Then::reset: return close_by_reset(socket);
      case Reply::Then::wait: return read_to_end(*channel);
    }
  }
}

}  // namespace strandbus::test

#include "support/connect_proxy.hpp"

#include <array>
#include <poll.h>
#include <utility>

namespace strandbus::test {
namespace {

/// Reads until the head is whole or the connection ends.
std::string read_head(Channel& channel) {
  std::string head;
  while (head.find("\r\n\r\n") == std::string::npos) {
    const std::string bytes = channel.read_some();
    if (bytes.empty()) break;
    head += bytes;
  }
  return head;
}

/// Passes bytes both ways until one side ends.
void relay(int left, int right) {
  std::array<pollfd, 2> watched{pollfd{left, POLLIN, 0}, pollfd{right, POLLIN, 0}};
  PlainChannel channels[] = {PlainChannel(left), PlainChannel(right)};
  while (::poll(watched.data(), watched.size(), -1) > 0) {
    for (std::size_t i = 0; i < watched.size(); ++i) {
      if (watched[i].revents == 0) continue;
      const std::string bytes = channels[i].read_some();
      if (bytes.empty() || !channels[1 - i].write(bytes)) return;
    }
  }
}

}  // namespace

ConnectProxy::ConnectProxy(std::uint16_t target_port, Script script)
    : target_port_(target_port),
      script_(std::move(script)),
      server_([this](int client, int) { serve(client); }) {}

std::vector<std::string> ConnectProxy::heads() const {
  const std::lock_guard lock(mutex_);
  return heads_;
}

void ConnectProxy::serve(int client) {
  PlainChannel channel(client);
  std::string head = read_head(channel);
  {
    const std::lock_guard lock(mutex_);
    heads_.push_back(std::move(head));
  }
  channel.write(script_.answer);
  if (!script_.connects) return;
  const detail::FileDescriptor target = connect_to(target_port_);
  if (target) relay(client, target.get());
}

}  // namespace strandbus::test

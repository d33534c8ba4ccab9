#include "support/full_port.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <netinet/in.h>
#include <sys/socket.h>
#include <system_error>
#include <utility>

namespace strandbus::test {
namespace {

void require(bool done, const char* what) {
  if (!done) throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

FullPort::FullPort() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof(address);
  require(::bind(listener_.get(), generic, size) == 0, "bind");
  require(::listen(listener_.get(), 0) == 0, "listen");
  require(::getsockname(listener_.get(), generic, &size) == 0, "getsockname");
  port_ = ntohs(address.sin_port);
  // Linux takes one more than the queue's length; nobody ever accepts them.
  constexpr int enough = 4;
  for (int i = 0; i < enough; ++i) {
    detail::FileDescriptor client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    require(::connect(client.get(), generic, size) == 0 || errno == EINPROGRESS, "connect");
    waiting_.push_back(std::move(client));
  }
}

}  // namespace strandbus::test

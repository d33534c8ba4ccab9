#include "load/nuisances.hpp"

#include <algorithm>
#include <array>
#include <sys/socket.h>
#include <system_error>

namespace strandbus::load {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds tick(10);
constexpr milliseconds drop_pause(1000);
constexpr milliseconds drip_pause(100);
constexpr milliseconds come_again(1000);
/// Longer than a server waits for a reader or a request.
constexpr milliseconds longest_stay(12'000);
constexpr milliseconds done_with(-1);
constexpr unsigned sources = 200;  // addresses, from 127.0.0.2 on
constexpr std::size_t kinds = 7;

/// Whether the other side has cut it off, or has said all it wants.
bool is_over(int socket) {
  std::array<char, 512> bytes;
  const ssize_t size = ::recv(socket, bytes.data(), bytes.size(), MSG_DONTWAIT);
  return size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR);
}

void reset(int socket) {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

}  // namespace

Nuisances::Nuisances(const Target& target, std::size_t slow, std::size_t hostile)
    : target_(target), clients_(slow + hostile) {
  constexpr std::size_t slow_kinds = 2;
  const auto now = Clock::now();
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    Client& client = clients_[i];
    client.kind =
        static_cast<Kind>(i < slow ? i % slow_kinds : slow_kinds + i % (kinds - slow_kinds));
    client.source = 2 + static_cast<unsigned>(i) % sources;
    // Not all in the same moment.
    client.next = now + milliseconds(i % std::size_t(come_again.count()));
  }
  thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
}

Nuisances::~Nuisances() = default;

void Nuisances::wait_until_all_act() {
  while (connections_ < clients_.size()) std::this_thread::sleep_for(tick);
}

void Nuisances::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const auto now = Clock::now();
    for (Client& client : clients_) {
      if (client.next <= now) act(client, now);
    }
    wake_.wait_for(lock, stop, tick, [] { return false; });
  }
}

void Nuisances::act(Client& client, Clock::time_point now) {
  try {
    if (!client.socket) connect(client);
    const milliseconds pause = go_on(client);
    if (pause == done_with) leave(client);
    client.next = now + (pause == done_with ? come_again : pause);
  } catch (const std::system_error&) {
    // No port is free, or the server accepts nobody: later, perhaps.
    leave(client);
    client.next = now + come_again;
  }
}

void Nuisances::connect(Client& client) {
  const bool slow = client.kind <= Kind::reads_drops;
  client.socket = connect_to(target_.port, {.source = client.source, .small_window = slow});
  client.step = 0;
  ++connections_;
}

milliseconds Nuisances::go_on(Client& client) const {
  const int socket = client.socket.get();
  const std::size_t step = client.step++;
  const std::string whole = get_request(target_, target_.stream_path);
  switch (client.kind) {
    case Kind::reads_nothing:
      if (step == 0) send_now(socket, whole);
      return step == 0 ? longest_stay : done_with;
    case Kind::reads_drops: {
      if (step == 0) send_now(socket, whole);
      char drop = 0;
      const bool gone = step > 0 && ::recv(socket, &drop, 1, MSG_DONTWAIT) == 0;
      return gone || step * drop_pause > longest_stay ? done_with : drop_pause;
    }
    case Kind::half_request:
      if (step == 0) send_now(socket, std::string_view(whole).substr(0, whole.size() / 2));
      return step > 0 && is_over(socket)        ? done_with
             : step * drop_pause > longest_stay ? done_with
                                                : drop_pause;
    case Kind::garbage:
      if (step == 0) send_now(socket, std::string(4096, '\xA5') + "\r\n\r\n");
      return step > 0 ? done_with : drip_pause;
    case Kind::huge_header:
      if (step == 0) send_now(socket, "GET / HTTP/1.1\r\nX: " + std::string(64 * 1024, 'x'));
      return step > 0 ? done_with : drip_pause;
    case Kind::drips_header:
      if (is_over(socket) || step == whole.size()) return done_with;
      send_now(socket, std::string_view(whole).substr(step, 1));
      return drip_pause;
    case Kind::resets: return done_with;
  }
  return done_with;
}

/// Most who go away like this do not say so politely, and it leaves no port behind.
void Nuisances::leave(Client& client) {
  if (client.socket) reset(client.socket.get());
  client.socket = detail::FileDescriptor();
}

}  // namespace strandbus::load

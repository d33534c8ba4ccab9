#include "load/readers.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace strandbus::load {
namespace {

using Clock = std::chrono::steady_clock;
using Part = StreamDecoder::Part;

constexpr std::chrono::seconds patience(30);
constexpr std::size_t read_bytes = std::size_t{256} * 1024;
constexpr int epoll_ms = 20;
/// As many as may wait for the server to accept them, however short its queue is.
constexpr std::size_t opened_at_once = 64;

/// RFC 6455 section 5.5.3; with a mask of zeros the content stays as it is.
std::string pong(std::string_view content) {
  std::string frame = "\x8A";
  frame += static_cast<char>(0x80 | content.size());
  return frame.append(4, '\0').append(content);
}

}  // namespace

Readers::Readers(const Target& target, std::uint64_t after)
    : target_(target),
      after_(after),
      ready_(::epoll_create1(EPOLL_CLOEXEC)),
      buffer_(read_bytes),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

Readers::~Readers() = default;

void Readers::open(std::size_t count, StreamDecoder::Form form) {
  const bool stream = form == StreamDecoder::Form::event_stream;
  const std::string request = stream ? get_request(target_, target_.stream_path)
                                     : socket_request(target_, target_.socket_path);
  for (std::size_t i = 0; i < count; ++i) {
    auto reader = std::make_unique<Reader>(connect_to(target_.port), form, after_);
    if (!send_now(reader->socket.get(), request))
      throw std::runtime_error("a new connection takes no request");
    std::size_t wanted = 0;
    {
      const std::lock_guard lock(mutex_);
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.ptr = reader.get();
      if (::epoll_ctl(ready_.get(), EPOLL_CTL_ADD, reader->socket.get(), &event) != 0)
        throw std::system_error(errno, std::generic_category(), "epoll_ctl");
      readers_.push_back(std::move(reader));
      wanted = readers_.size();
    }
    if (wanted % opened_at_once == 0 || i + 1 == count)
      await([&] { return open_ >= wanted; }, "readers were accepted");
  }
}

void Readers::wait_for(std::uint64_t seq) {
  await([&] { return total_ >= readers_.size() * (seq - after_); }, "events came");
  const std::lock_guard lock(mutex_);
  for (const auto& reader : readers_) {
    if (reader->check.last() != seq || reader->check.faults() > 0)
      throw std::runtime_error("a reader has not got every event once");
  }
}

template <class Condition>
void Readers::await(Condition reached, const char* what) {
  std::uint64_t seen = 0;
  Clock::time_point since = Clock::now();
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (!fault_.empty()) throw std::runtime_error(fault_);
      if (reached()) return;
      if (total_ + open_ != seen) since = Clock::now();
      seen = total_ + open_;
    }
    if (Clock::now() - since > patience)
      throw std::runtime_error("for long no more " + std::string(what) + "; the last count is " +
                               std::to_string(seen) + " of " + std::to_string(size()) + " readers");
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

Arrivals Readers::take_arrivals() {
  const std::lock_guard lock(mutex_);
  return std::exchange(arrivals_, {});
}

std::size_t Readers::size() const {
  const std::lock_guard lock(mutex_);
  return readers_.size();
}

void Readers::work(const std::stop_token& stop) {
  std::array<epoll_event, 64> events{};
  while (!stop.stop_requested()) {
    const int count = ::epoll_wait(ready_.get(), events.data(), int(events.size()), epoll_ms);
    const std::lock_guard lock(mutex_);
    for (int i = 0; i < count; ++i) read(*static_cast<Reader*>(events[std::size_t(i)].data.ptr));
  }
}

/// Once for each turn: who gets much does not keep the others waiting.
void Readers::read(Reader& reader) {
  const ssize_t size = ::recv(reader.socket.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  try {
    if (size < 0) throw std::system_error(errno, std::generic_category(), "a reader is cut off");
    if (size == 0) throw std::runtime_error("the server closed a reader's connection");
    now_ = time_of_day();
    reader.decoder.feed({buffer_.data(), std::size_t(size)},
                        [&](Part part, std::string_view text) { take(reader, part, text); });
  } catch (const std::exception& failed) {
    if (fault_.empty()) fault_ = failed.what();
    ::epoll_ctl(ready_.get(), EPOLL_CTL_DEL, reader.socket.get(), nullptr);
  }
}

void Readers::take(Reader& reader, Part part, std::string_view text) {
  switch (part) {
    case Part::opened:
      reader.open = true;
      ++open_;
      return;
    case Part::text: return take_event(reader, text);
    case Part::ping: send_now(reader.socket.get(), pong(text)); return;
    case Part::closed: throw std::runtime_error("the server ended a reader's stream");
  }
}

void Readers::take_event(Reader& reader, std::string_view text) {
  const bool ours = text.starts_with("{\"_type\":\"");
  if (ours && text.find("\"hello\"") != std::string_view::npos) return;
  const auto event = see_event(text);
  if (!event)
    throw std::runtime_error("a reader got no event but " + std::string(text.substr(0, 80)));
  const std::uint64_t before = reader.check.last();
  if (!reader.check.take(event->seq))
    throw std::runtime_error("after the event " + std::to_string(before) + " a reader got " +
                             std::to_string(event->seq));
  const auto delay = delay_between(event->of_day, now_);
  ++total_;
  ++arrivals_.deliveries;
  arrivals_.delays_us.push_back(static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(delay).count()));
  arrivals_.last = Clock::now();
}

double percentile_us(std::vector<std::uint32_t> delays, double part) {
  if (delays.empty()) return 0;
  const auto place = std::min(delays.size() - 1,
                              static_cast<std::size_t>(part * static_cast<double>(delays.size())));
  const auto at = delays.begin() + static_cast<std::ptrdiff_t>(place);
  std::nth_element(delays.begin(), at, delays.end());
  return *at;
}

}  // namespace strandbus::load

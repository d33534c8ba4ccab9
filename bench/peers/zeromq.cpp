// ZeroMQ inside one process: an XPUB socket that loses nothing, and a SUB socket and a thread for
// each reader. An event is sent as a reference, not as bytes.

#include "measure/machine.hpp"
#include "measure/measurement.hpp"
#include "measure/workload.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
#include <zmq.h>

namespace strandbus::bench {
namespace {

using EventPointer = std::shared_ptr<const StreamEvent>;

constexpr int half_capacity = 512;  // inside one process both ends' limits add up
constexpr const char* address = "inproc://bus";

void check(int result) {
  if (result < 0) throw std::runtime_error(std::string("ZeroMQ: ") + zmq_strerror(zmq_errno()));
}

struct CloseSocket {
  void operator()(void* socket) const noexcept { zmq_close(socket); }
};
using Socket = std::unique_ptr<void, CloseSocket>;

struct EndContext {
  void operator()(void* context) const noexcept { zmq_ctx_term(context); }
};
using Context = std::unique_ptr<void, EndContext>;

Context make_context() {
  Context context(zmq_ctx_new());
  check(zmq_ctx_set(context.get(), ZMQ_MAX_SOCKETS, 2048));
  return context;
}

void set(const Socket& socket, int option, int value) {
  check(zmq_setsockopt(socket.get(), option, &value, sizeof value));
}

Socket make_publisher(const Context& context) {
  Socket socket(zmq_socket(context.get(), ZMQ_XPUB));
  set(socket, ZMQ_XPUB_VERBOSE, 1);
  set(socket, ZMQ_XPUB_NODROP, 1);
  set(socket, ZMQ_SNDHWM, half_capacity);
  set(socket, ZMQ_LINGER, 0);
  check(zmq_bind(socket.get(), address));
  return socket;
}

Socket make_reader(const Context& context) {
  Socket socket(zmq_socket(context.get(), ZMQ_SUB));
  set(socket, ZMQ_RCVHWM, half_capacity);
  check(zmq_setsockopt(socket.get(), ZMQ_SUBSCRIBE, "", 0));
  check(zmq_connect(socket.get(), address));
  return socket;
}

/// Waits until that many readers have subscribed.
void await_readers(const Socket& publisher, std::size_t readers) {
  for (char byte; readers > 0; --readers) check(zmq_recv(publisher.get(), &byte, 1, 0));
}

void release(void*, void* hint) noexcept {
  const std::unique_ptr<EventPointer> reference(static_cast<EventPointer*>(hint));
}

void send(const Socket& publisher, EventPointer event) {
  auto reference = std::make_unique<EventPointer>(std::move(event));
  const StreamEvent* data = reference->get();
  zmq_msg_t message;
  check(zmq_msg_init_data(&message, const_cast<StreamEvent*>(data), sizeof *data, release,
                          reference.get()));
  keep(reference.release());  // the message owns it
  check(zmq_msg_send(&message, publisher.get(), 0));
}

/// One byte instead of an event ends the readers.
void send_end(const Socket& publisher) { check(zmq_send(publisher.get(), "", 1, 0)); }

template <class Count>
void read_all(const Socket& reader, Count count) {
  zmq_msg_t message;
  zmq_msg_init(&message);
  for (;;) {
    check(zmq_msg_recv(&message, reader.get(), 0));
    if (zmq_msg_size(&message) != sizeof(StreamEvent)) break;
    count(*static_cast<const StreamEvent*>(zmq_msg_data(&message)));
  }
  zmq_msg_close(&message);
}

/// One publisher, and readers with a thread each.
struct Threads {
  std::size_t readers;
  std::uint64_t events;
  Pinned pinned = Pinned::no;

  std::vector<Figure> operator()() const {
    const Context context = make_context();
    const Socket publisher = make_publisher(context);
    std::vector<Tally> tallies(readers);
    std::vector<std::thread> threads;
    for (Tally& tally : tallies) {
      threads.emplace_back([&context, &tally, this] {
        if (pinned == Pinned::yes) pin_to(1);
        Tally seen;  // beside nobody else's
        read_all(make_reader(context), [&seen](const StreamEvent& event) { seen.count(event); });
        tally = seen;
      });
    }
    await_readers(publisher, readers);
    if (pinned == Pinned::yes) pin_to(0);
    EventSource source;
    const std::int64_t begin = now_ns();
    for (std::uint64_t seq = 1; seq <= events; ++seq) send(publisher, source.next());
    send_end(publisher);
    for (std::thread& thread : threads) thread.join();
    const std::int64_t end = now_ns();
    for (const Tally& tally : tallies) tally.require(events);
    return {events_per_second(double(events), double(end - begin))};
  }
};

/// How long a sleeping reader's thread takes to see an event.
std::vector<Figure> wake_up() {
  constexpr std::int64_t pause_ns = 200'000;
  constexpr std::uint64_t events = 3'000;
  const Context context = make_context();
  const Socket publisher = make_publisher(context);
  Tally tally;
  std::vector<double> latencies;
  latencies.reserve(events);
  std::thread reader([&] {
    pin_to(1);
    read_all(make_reader(context), [&](const StreamEvent& event) {
      const std::int64_t now = clock_ns(CLOCK_REALTIME);
      latencies.push_back(double(now - event.ts().time_since_epoch().count()));
      tally.count(event);
    });
  });
  await_readers(publisher, 1);
  pin_to(0);
  EventSource source;
  for (std::uint64_t seq = 1; seq <= events; ++seq) {
    spin_for(pause_ns);
    send(publisher, source.next());
  }
  send_end(publisher);
  reader.join();
  tally.require(events);
  return percentiles(std::move(latencies));
}

constexpr std::string_view name = "ZeroMQ inproc";

const Measurement measurements[] = {
    {"P1.pinned", name, Threads{1, 700'000, Pinned::yes}},
    {"P1.free", name, Threads{1, 700'000}},
    {"P2", name, Threads{4, 400'000}},
    {"P3", name, Threads{64, 5'000}},
    {"P7", name, wake_up},
};

}  // namespace
}  // namespace strandbus::bench

int main(int argc, char** argv) {
  return strandbus::bench::run_measurements(argc, argv, strandbus::bench::measurements);
}

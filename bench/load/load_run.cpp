#include "load/load_run.hpp"

#include "load/nuisances.hpp"
#include "load/servers.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <thread>

namespace strandbus::load {
namespace {

using Clock = std::chrono::steady_clock;
using Form = StreamDecoder::Form;

/// So many events a slow reader finds: more than the buffers between take.
constexpr std::size_t backlog = 1000;

void say(const std::string& text) { std::fprintf(stderr, "load: %s\n", text.c_str()); }

/// Waits until it holds, or for long.
void wait_until(const std::function<bool()>& holds) {
  constexpr std::chrono::seconds patience(30);
  const Clock::time_point until = Clock::now() + patience;
  while (!holds() && Clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

double bytes_each(const ProcessUse& before, const ProcessUse& after, std::size_t count) {
  const double more = double(after.proportional_bytes) - double(before.proportional_bytes);
  return count == 0 ? 0 : more / double(count);
}

/// One run, step by step.
class LoadRun {
 public:
  LoadRun(const Options& options, const std::string& directory)
      : options_(options),
        directory_(directory),
        server_(options.program, directory),
        first_(server_.last_seq()),
        target_(server_.target(first_)),
        stage_(target_, first_) {
    figures_.start = look_at_rest();
  }

  LoadFigures run() {
    run_many();
    run_beside_nuisances();
    say("everybody has gone");
    wait_until([&] {
      figures_.end = look();
      return figures_.end.descriptors <= figures_.start.descriptors && gave_memory_back(figures_);
    });
    return figures_;
  }

 private:
  struct Peer {
    Peer(const Options& options, const std::string& directory)
        : server(options.nginx, directory), stage(server.target(), 0), readers(server.target(), 0) {
      say("as many on nginx with nchan");
      const ProcessUse before = server.child().use();
      readers.open(options.streams, Form::event_stream);
      bytes_per_reader = bytes_each(before, server.child().use(), options.streams);
    }

    NchanServer server;
    Stage stage;
    Readers readers;
    double bytes_per_reader = 0;
  };

  ProcessUse look() {
    const ProcessUse use = server_.child().use();
    ProcessUse& peak = figures_.peak;
    peak.resident_bytes = std::max(peak.resident_bytes, use.resident_bytes);
    peak.proportional_bytes = std::max(peak.proportional_bytes, use.proportional_bytes);
    peak.descriptors = std::max(peak.descriptors, use.descriptors);
    peak.processor_seconds = use.processor_seconds;
    return use;
  }

  /// As soon as the connections of before are gone.
  ProcessUse look_at_rest() {
    for (ProcessUse use = look();;) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      const ProcessUse next = look();
      if (next.descriptors >= use.descriptors) return use;
      use = next;
    }
  }

  void run_many() {
    say(std::to_string(options_.streams) + " readers of event streams");
    const ProcessUse before = look();
    Readers readers(target_, first_);
    readers.open(options_.streams, Form::event_stream);
    const ProcessUse with_streams = look();
    figures_.ours.bytes_per_reader = bytes_each(before, with_streams, options_.streams);
    run_bursts(readers);

    say(std::to_string(options_.sockets) + " readers of WebSockets beside them");
    run_sockets(readers);
  }

  /// In turns, so that what else the machine does meets both.
  void run_bursts(Readers& readers) {
    std::unique_ptr<Peer> peer;
    std::vector<Round> ours;
    std::vector<Round> theirs;
    for (std::size_t i = 0; i < options_.rounds; ++i) {
      ours.push_back(stage_.burst({&readers}, options_.events));
      look();
      if (theirs.size() == i) run_peer(peer, theirs);
    }
    figures_.ours.burst = median_of(ours);
    if (peer) figures_.nchan = StreamFigures{peer->bytes_per_reader, median_of(theirs)};
  }

  /// What fails there is said, and is no fault of ours; it then has no figures.
  void run_peer(std::unique_ptr<Peer>& peer, std::vector<Round>& rounds) {
    if (options_.nginx.empty()) return;
    try {
      if (!peer) peer = std::make_unique<Peer>(options_, directory_);
      rounds.push_back(peer->stage.burst({&peer->readers}, options_.events));
    } catch (const std::runtime_error& failed) {
      say(std::string("nchan is left out: ") + failed.what());
      peer.reset();
    }
  }

  /// WebSockets come while the streams stay, behind what these have got.
  void run_sockets(Readers& readers) {
    const ProcessUse before = look();
    const Target target = server_.target(stage_.last_seq());
    Readers sockets(target, stage_.last_seq());
    sockets.open(options_.sockets, Form::web_socket);
    figures_.bytes_per_socket = bytes_each(before, look(), options_.sockets);
    std::vector<Round> rounds;
    for (std::size_t i = 0; i < options_.rounds; ++i)
      rounds.push_back(stage_.burst({&readers, &sockets}, options_.events));
    figures_.everybody_burst = median_of(rounds);
    look();
    constexpr std::size_t paced_part = 4;
    figures_.everybody_paced =
        stage_.paced({&readers, &sockets}, std::max<std::size_t>(1, options_.events / paced_part));
  }

  void run_beside_nuisances() {
    stage_.fill(backlog);
    const Target target = server_.target(stage_.last_seq());
    Readers readers(target, stage_.last_seq());
    readers.open(options_.healthy, Form::event_stream);
    std::vector<Round> alone;
    std::vector<Round> beside;
    for (std::size_t i = 0; i < options_.rounds; ++i) {
      say("some readers alone, then beside slow and hostile clients");
      alone.push_back(stage_.paced({&readers}, options_.events));
      const Target everything = server_.target(0);
      Nuisances nuisances(everything, options_.slow, options_.hostile);
      nuisances.wait_until_all_act();
      beside.push_back(stage_.paced({&readers}, options_.events));
      look();
      figures_.nuisance_connections += nuisances.connections();
    }
    figures_.alone = median_of(alone);
    figures_.beside = median_of(beside);
  }

  const Options& options_;
  const std::string& directory_;
  StrandbusServer server_;
  std::uint64_t first_;
  Target target_;
  Stage stage_;
  LoadFigures figures_;
};

}  // namespace

LoadFigures run_load(const Options& options, const std::string& directory) {
  return LoadRun(options, directory).run();
}

}  // namespace strandbus::load

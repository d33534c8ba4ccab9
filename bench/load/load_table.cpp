#include "load/load_run.hpp"

#include <array>
#include <cstdio>

namespace strandbus::load {
namespace {

template <class... Values>
std::string line(const char* form, Values... values) {
  std::array<char, 256> text{};
  std::snprintf(text.data(), text.size(), form, values...);
  return std::string(text.data()) + '\n';
}

double kib(double bytes) { return bytes / 1024; }
double mib(std::size_t bytes) { return double(bytes) / 1024 / 1024; }

/// The part of what it grew by, over the peak, that a server may keep when all have gone: the
/// allocator gives pages back only where nothing else lies in them.
constexpr double most_kept = 0.5;
/// What it may have in any case: the events of the session and the caches of the store.
constexpr std::size_t kept_bytes = std::size_t{24} * 1024 * 1024;

std::string render(const char* name, const Round& round) {
  return line("%-34s %10.0f deliveries/s   p50 %8.2f ms   p99 %8.2f ms", name,
              round.deliveries_per_second, round.p50_ms, round.p99_ms);
}

std::string render(const char* name, const ProcessUse& use) {
  return line("%-34s %10zu descriptors     RSS %8.1f MiB  PSS %8.1f MiB   processor %.1f s", name,
              use.descriptors, mib(use.resident_bytes), mib(use.proportional_bytes),
              use.processor_seconds);
}

std::string render(const StreamFigures& ours, const StreamFigures& peer) {
  return render("burst, streams, nchan", peer.burst) +
         line("%-34s %10.2f x deliveries of nchan", "",
              ours.burst.deliveries_per_second / peer.burst.deliveries_per_second) +
         line("%-34s %10.1f KiB", "memory of an idle stream, nchan", kib(peer.bytes_per_reader)) +
         line("%-34s %10.2f x memory of nchan", "", ours.bytes_per_reader / peer.bytes_per_reader);
}

}  // namespace

std::string render(const Options& options, const LoadFigures& figures) {
  std::string text =
      line("%zu event streams, %zu WebSockets; %zu slow, %zu hostile; %zu rounds of %zu",
           options.streams, options.sockets, options.slow, options.hostile, options.rounds,
           options.events);
  text += render("burst, streams", figures.ours.burst);
  text += line("%-34s %10.1f KiB", "memory of an idle stream", kib(figures.ours.bytes_per_reader));
  if (figures.nchan) text += render(figures.ours, *figures.nchan);
  text += line("%-34s %10.1f KiB", "memory of an idle WebSocket", kib(figures.bytes_per_socket));
  text += render("burst, streams and WebSockets", figures.everybody_burst);
  text += render("paced, streams and WebSockets", figures.everybody_paced);
  text += render("healthy readers alone", figures.alone);
  text += render("beside slow and hostile clients", figures.beside);
  text += line("%-34s %10llu", "connections of those",
               static_cast<unsigned long long>(figures.nuisance_connections));
  text += render("the server at the start", figures.start);
  text += render("at the peak", figures.peak);
  text += render("after all have gone", figures.end);
  return text;
}

bool gave_memory_back(const LoadFigures& figures) {
  const double grown = double(figures.peak.proportional_bytes - figures.start.proportional_bytes);
  return double(figures.end.proportional_bytes) <=
         double(figures.start.proportional_bytes + kept_bytes) + most_kept * grown;
}

std::vector<std::string> broken_bounds(const Options& options, const LoadFigures& figures) {
  std::vector<std::string> broken;
  const double ratio = figures.beside.p99_ms / figures.alone.p99_ms;
  if (options.worst_ratio > 0 && ratio > options.worst_ratio)
    broken.push_back(
        line("beside slow and hostile clients the p99 is %.2f times that alone; "
             "%.2f is allowed",
             ratio, options.worst_ratio));
  if (figures.end.descriptors > figures.start.descriptors)
    broken.push_back(line("the server had %zu descriptors at the start and has %zu at the end",
                          figures.start.descriptors, figures.end.descriptors));
  if (!gave_memory_back(figures))
    broken.push_back(
        line("the server kept %.1f MiB of %.1f MiB at the peak; at the start it had %.1f",
             mib(figures.end.proportional_bytes), mib(figures.peak.proportional_bytes),
             mib(figures.start.proportional_bytes)));
  return broken;
}

}  // namespace strandbus::load

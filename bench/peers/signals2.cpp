// Boost.Signals2 as it comes: thread-safe, slots in a list.

#include "peers/callbacks.hpp"

#include <boost/signals2/signal.hpp>

#include <utility>
#include <vector>

namespace strandbus::bench {
namespace {

struct Publish {
  std::size_t callbacks;
  std::uint64_t events;

  std::vector<Figure> operator()() const {
    boost::signals2::signal<void(const EventPointer&)> signal;
    return measure_callbacks(
        callbacks, events, [&](auto callback) { signal.connect(std::move(callback)); },
        [&](const EventPointer& event) { signal(event); });
  }
};

constexpr std::string_view name = "Boost.Signals2";

const Measurement measurements[] = {
    {"P6.1", name, Publish{1, 2'000'000}},
    {"P6.4", name, Publish{4, 1'500'000}},
    {"P6.16", name, Publish{16, 700'000}},
};

}  // namespace
}  // namespace strandbus::bench

int main(int argc, char** argv) {
  return strandbus::bench::run_measurements(argc, argv, strandbus::bench::measurements);
}

// The peer that everybody writes first: a mutex, held while a vector of std::function is called.

#include "peers/callbacks.hpp"

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace strandbus::bench {
namespace {

class Callbacks {
 public:
  void add(std::function<void(const EventPointer&)> callback) {
    const std::lock_guard lock(mutex_);
    callbacks_.push_back(std::move(callback));
  }

  void publish(const EventPointer& event) {
    const std::lock_guard lock(mutex_);
    for (const auto& callback : callbacks_) callback(event);
  }

 private:
  std::mutex mutex_;
  std::vector<std::function<void(const EventPointer&)>> callbacks_;
};

struct Publish {
  std::size_t callbacks;
  std::uint64_t events;

  std::vector<Figure> operator()() const {
    Callbacks all;
    return measure_callbacks(
        callbacks, events, [&](auto callback) { all.add(std::move(callback)); },
        [&](const EventPointer& event) { all.publish(event); });
  }
};

constexpr std::string_view name = "vector of std::function";

const Measurement measurements[] = {
    {"P6.1", name, Publish{1, 4'000'000}},
    {"P6.4", name, Publish{4, 3'000'000}},
    {"P6.16", name, Publish{16, 2'000'000}},
};

}  // namespace
}  // namespace strandbus::bench

int main(int argc, char** argv) {
  return strandbus::bench::run_measurements(argc, argv, strandbus::bench::measurements);
}

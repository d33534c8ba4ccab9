#include "place.hpp"
#include "scheduler_core.hpp"

#include <csignal>
#include <unistd.h>

// What a virtual thread calls: the instrumented sources through Place, the scenarios directly.

// The sanitizers' run-time has it: called when they end the program.
extern "C" void __sanitizer_set_death_callback(void (*callback)()) __attribute__((weak));  // NOLINT

namespace strandbus::interleave {
namespace {

using Core = Scheduler::Core;

void print_schedule() {
  if (!scheduled()) return;
  const std::string& schedule = Core::of_current().outcome().schedule;
  static constexpr std::string_view before = "\nthe schedule up to here: ";
  for (const std::string_view text : {before, std::string_view(schedule), std::string_view("\n")})
    static_cast<void>(!::write(STDERR_FILENO, text.data(), text.size()));
}

}  // namespace

bool scheduled() noexcept { return Core::current() != nullptr; }

void yield() noexcept {
  if (!scheduled()) return std::this_thread::yield();
  Core::of_current().pause();
}

Place::Place() noexcept {
  if (!scheduled()) return;
  const PlaceKey key = Core::of_current().make_place();
  creator_ = key.creator;
  ordinal_ = key.ordinal;
}

Place::~Place() { tag_ = 0; }

void Place::step(Access access) const noexcept {
  if (!scheduled()) return;
  Core::of_current().step(this, access);
  // After the step: another thread may just have destroyed it.
  if (tag_ != in_use) Core::of_current().give_up("a mutex or atomic is used after its destruction");
}

void Place::sleep() const noexcept {
  Core::of_current().sleep(*this);
  if (tag_ != in_use) Core::of_current().give_up("a mutex or atomic is awaited, but destroyed");
}

void Place::wake_all() const noexcept {
  if (scheduled()) Core::of_current().wake(*this, true);
}

void Place::wake_one() const noexcept {
  if (scheduled()) Core::of_current().wake(*this, false);
}

void in_parallel(std::vector<Task> tasks) { Core::of_current().run_all(tasks); }

void pass() noexcept { Core::of_current().step(nullptr, Access::write); }

void idle(const std::function<bool()>& worth_a_look) noexcept {
  Core::of_current().idle(worth_a_look);
}

void keep_turn(bool quiet) noexcept { Core::current()->keeps_turn = quiet; }

void yield_returns(bool at_once) noexcept { Core::current()->ignores_pauses = at_once; }

void expect(bool holds, std::string_view what) {
  if (!holds) Core::of_current().fail(what);
}

void print_schedule_on_abort() {
  static const bool once = [] {
    const auto print = [](int signal) {
      print_schedule();
      std::signal(signal, SIG_DFL);
      std::raise(signal);
    };
    std::signal(SIGABRT, print);
    if (&__sanitizer_set_death_callback) {
      __sanitizer_set_death_callback(print_schedule);
    } else {
      std::signal(SIGSEGV, print);
    }
    return true;
  }();
  static_cast<void>(once);
}

}  // namespace strandbus::interleave

#include "scheduler.hpp"

#include "scheduler_core.hpp"

#include <algorithm>
#include <sstream>

namespace strandbus::interleave {

using Core = Scheduler::Core;
using Why = Decision::Why;

thread_local Core::Thread* Core::current_ = nullptr;
thread_local Core* Core::core_ = nullptr;

ThreadId Decision::by_default() const noexcept {
  if (why == Why::step) return previous;
  ThreadSet others = runnable;
  if (others.count() > 1) others.reset(previous);
  ThreadId first = 0;
  while (!others.test(first)) ++first;
  return first;
}

void Contention::note(PlaceKey place, ThreadId thread, Access access) {
  auto& known = users_[place.creator];
  if (known.size() <= place.ordinal) known.resize(place.ordinal + 1);
  auto& users = known[place.ordinal];
  (access == Access::read ? users.readers : users.writers).set(thread);
}

bool Contention::possible(const Decision& decision) const {
  if (!decision.place) return true;
  const auto& known = users_[decision.place->creator];
  if (decision.place->ordinal >= known.size()) return true;
  const Users& users = known[decision.place->ordinal];
  ThreadSet others = users.writers;
  if (decision.access == Access::write) others |= users.readers;
  others &= decision.alive;
  return others.reset(decision.previous).any();
}

// The controlling thread.

Outcome Core::run(const std::function<void()>& scenario, Strategy& strategy) {
  reset(strategy);
  begin(0, "scenario", scenario);
  threads_[0].turn.release();
  over_.acquire();
  if (!outcome_.failure.empty()) outcome_.story = story();
  return outcome_;
}

void Core::reset(Strategy& strategy) {
  strategy_ = &strategy;
  outcome_ = {};
  turns_.clear();
  running_tasks_ = 0;
  steps_ = 0;
  progress_ = 0;
  for (auto& thread : threads_) {
    thread.state = State::absent;
    thread.places = 0;
  }
}

void Core::begin(ThreadId id, std::string_view name, const std::function<void()>& body) {
  Thread& thread = threads_.at(id);
  thread.id = id;
  thread.name = name;
  thread.body = &body;
  thread.state = State::ready;
  thread.keeps_turn = false;
  thread.ignores_pauses = false;
  if (thread.system_thread.joinable()) return;
  thread.system_thread = std::thread([self = shared_from_this(), &thread] { self->work(thread); });
}

void Core::quit() {
  quit_ = true;
  for (auto& thread : threads_) {
    if (!thread.system_thread.joinable()) continue;
    if (stuck_) {
      thread.system_thread.detach();
    } else {
      thread.turn.release();
      thread.system_thread.join();
    }
  }
}

// The virtual threads.

void Core::work(Thread& thread) {
  core_ = this;
  for (;;) {
    thread.turn.acquire();
    if (quit_) return;
    current_ = &thread;
    try {
      (*thread.body)();
    } catch (const std::exception& error) {
      fail(std::string(thread.name) + " ended with an exception: " + error.what());
    }
    current_ = nullptr;
    end(thread);
  }
}

void Core::end(Thread& thread) {
  thread.state = State::ended;
  ++progress_;
  if (thread.id == 0) return over_.release();
  if (--running_tasks_ == 0) threads_[0].state = State::ready;
  if (Thread* next = choose(thread, Why::blocked, nullptr, Access::write)) {
    next->turn.release();
  } else {
    stuck_ = true;
    fail("deadlock: nobody can go on" + describe_threads());
    over_.release();
  }
}

void Core::run_all(std::vector<Task>& tasks) {
  Thread& self = *current_;
  running_tasks_ = tasks.size();
  for (std::size_t i = 0; i < tasks.size(); ++i) begin(i + 1, tasks[i].name, tasks[i].body);
  self.state = State::sleeping;
  self.sleeps_at = nullptr;
  hand_over(self, Why::blocked, nullptr, Access::write);
}

PlaceKey Core::make_place() noexcept {
  Thread& self = *current_;
  return {static_cast<std::uint32_t>(self.id), self.places++};
}

void Core::step(const Place* place, Access access) {
  Thread& self = *current_;
  ++progress_;
  count_step();
  if (running_tasks_ == 0) return;
  if (place) contention_.note({place->creator(), place->ordinal()}, self.id, access);
  if (!self.keeps_turn) hand_over(self, Why::step, place, access);
}

void Core::sleep(const Place& place) {
  Thread& self = *current_;
  self.state = State::sleeping;
  self.sleeps_at = &place;
  hand_over(self, Why::blocked, &place, Access::read);
}

void Core::wake(const Place& place, bool all) noexcept {
  for (auto& thread : threads_) {
    if (thread.state != State::sleeping || thread.sleeps_at != &place) continue;
    thread.state = State::ready;
    if (!all) return;
  }
}

void Core::pause() {
  Thread& self = *current_;
  count_step();
  if (self.ignores_pauses) return;
  self.state = State::paused;
  self.resting_since = progress_;
  hand_over(self, Why::pause, nullptr, Access::read);
}

void Core::idle(const std::function<bool()>& worth_a_look) {
  Thread& self = *current_;
  count_step();
  self.state = State::idle;
  self.resting_since = progress_;
  self.worth_a_look = &worth_a_look;
  hand_over(self, Why::blocked, nullptr, Access::read);
}

void Core::count_step() {
  if (++steps_ > step_limit) give_up("livelock: too many steps" + describe_threads());
}

bool Core::can_go_on(const Thread& thread) const {
  switch (thread.state) {
    case State::ready: return true;
    case State::paused: return thread.resting_since != progress_;
    case State::idle: return thread.resting_since != progress_ && (*thread.worth_a_look)();
    default: return false;
  }
}

ThreadSet Core::runnable() const {
  ThreadSet ready;
  ThreadSet paused;
  for (const auto& thread : threads_) {
    if (can_go_on(thread)) ready.set(thread.id);
    if (thread.state == State::paused) paused.set(thread.id);
  }
  return ready.any() ? ready : paused;
}

Core::Thread* Core::choose(Thread& previous, Why why, const Place* place, Access access) {
  Decision decision;
  decision.runnable = runnable();
  if (why == Why::pause) decision.runnable.set(previous.id);
  if (decision.runnable.none()) return nullptr;
  for (const auto& thread : threads_) {
    if (thread.state != State::absent && thread.state != State::ended)
      decision.alive.set(thread.id);
  }
  decision.previous = previous.id;
  decision.why = why;
  decision.access = access;
  if (place) decision.place = PlaceKey{place->creator(), place->ordinal()};
  ThreadId chosen = decision.by_default();
  if (decision.runnable.count() > 1) {
    decision.number = outcome_.decisions++;
    chosen = strategy_->choose(decision);
    if (chosen != decision.by_default()) {
      if (!outcome_.schedule.empty()) outcome_.schedule += ',';
      outcome_.schedule += std::to_string(decision.number) + ':' + std::to_string(chosen);
    }
  }
  Thread& next = threads_[chosen];
  next.state = State::ready;
  if (&next != &previous) turns_.push_back({steps_, previous.name, next.name, why, decision.place});
  return &next;
}

void Core::hand_over(Thread& from, Why why, const Place* place, Access access) {
  Thread* const next = choose(from, why, place, access);
  if (!next) give_up("deadlock: nobody can go on" + describe_threads());
  if (next == &from) return;
  next->turn.release();
  from.turn.acquire();
}

// What is told about an execution.

void Core::fail(std::string_view what) {
  if (!outcome_.failure.empty()) outcome_.failure += "; ";
  if (outcome_.failure.size() < 1000) outcome_.failure += what;
}

void Core::give_up(std::string_view what) {
  stuck_ = true;
  fail(what);
  over_.release();
  for (;;) current_->turn.acquire();
}

std::string Core::story() const {
  std::ostringstream text;
  for (const Turn& turn : turns_) {
    text << "  step " << turn.step << ": " << turn.from;
    switch (turn.why) {
      case Why::step: text << " is interrupted"; break;
      case Why::pause: text << " lets others go"; break;
      case Why::blocked: text << " waits or ends"; break;
    }
    if (turn.place) text << " at place " << turn.place->creator << '.' << turn.place->ordinal;
    text << ", " << turn.to << " goes on\n";
  }
  return text.str();
}

std::string Core::describe_threads() const {
  static constexpr std::array names{"absent", "ready", "asleep", "pausing", "idle", "ended"};
  std::ostringstream text;
  for (const auto& thread : threads_) {
    if (thread.state == State::absent) continue;
    text << ", " << thread.name << " is " << names[static_cast<std::size_t>(thread.state)];
    if (thread.state == State::sleeping && thread.sleeps_at)
      text << " at place " << thread.sleeps_at->creator() << '.' << thread.sleeps_at->ordinal();
  }
  return text.str();
}

// The public face.

Scheduler::Scheduler() : core_(std::make_shared<Core>()) {}
Scheduler::~Scheduler() { core_->quit(); }
Outcome Scheduler::run(const std::function<void()>& scenario, Strategy& strategy) {
  return core_->run(scenario, strategy);
}
bool Scheduler::stuck() const noexcept { return core_->stuck(); }
const Contention& Scheduler::contention() const noexcept { return core_->contention(); }

}  // namespace strandbus::interleave

#include "cli/replay_display.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>
#include <variant>

namespace strandbus::cli {
namespace {

constexpr int events_per_turn = 64;  // then a stop and the clock get theirs
constexpr std::size_t max_open_runs = 4096;
constexpr double longest_wait_s = 1e9;  // a file may say anything

double seconds_of(Timestamp time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

}  // namespace

ReplayDisplay::ReplayDisplay(const MakeView& make_view, std::unique_ptr<SessionSource> source,
                             Options options)
    : Display(make_view), source_(std::move(source)), options_(options), due_(context()) {}

void ReplayDisplay::stop() {
  asio::post(context(), [this] {
    outcome_.stopped = true;
    finish();
  });
}

void ReplayDisplay::step() {
  for (int count = 0; count < events_per_turn; ++count) {
    if (outcome_.stopped) return;
    if (!next_ && !read_next()) return finish();
    if (wait_for_next()) return view().flush();
    show_next();
  }
  view().flush();
  asio::post(context(), [this] { step(); });
}

/// Reads on to the next event that is to be shown; false if there is none.
bool ReplayDisplay::read_next() {
  for (;;) {
    auto record = source_->next();
    if (!record) outcome_.error = std::move(record).error();
    if (!record || !*record) return false;
    auto* event = std::get_if<StreamEvent>(&**record);
    if (!event) continue;
    outcome_.last_seq = event->seq();
    if (event->is<RunStarted>() && open_runs_.size() < max_open_runs)
      open_runs_.insert(event->run_id());
    if (event->is_terminal()) open_runs_.erase(event->run_id());
    if (event->seq() < options_.from) continue;
    next_ = std::move(*event);
    return true;
  }
}

/// Whether it is too early for the next event; then step() is called in time.
bool ReplayDisplay::wait_for_next() {
  if (options_.speed <= 0) return false;
  if (!first_ts_) {
    first_ts_ = next_->ts();
    began_ = Clock::now();
  }
  const double recorded_s = seconds_of(next_->ts()) - seconds_of(*first_ts_);
  const double delay_s = std::clamp(recorded_s / options_.speed, 0.0, longest_wait_s);
  const auto delay =
      std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(delay_s));
  if (Clock::now() >= began_ + delay) return false;
  due_.expires_at(began_ + delay);
  due_.async_wait([this](error_code ec) {
    if (!ec) step();
  });
  return true;
}

void ReplayDisplay::show_next() {
  view().show(*next_);
  next_.reset();
  ++outcome_.shown;
}

void ReplayDisplay::finish() {
  view().flush();
  outcome_.runs_are_open = !open_runs_.empty();
  due_.cancel();
  end();
}

}  // namespace strandbus::cli

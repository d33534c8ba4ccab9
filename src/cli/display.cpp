#include "cli/display.hpp"

#include <boost/asio/post.hpp>

#include <chrono>
#include <csignal>
#include <utility>

namespace strandbus::cli {
namespace {

constexpr std::chrono::milliseconds tick_interval{100};

}  // namespace

Display::Display(const MakeView& make_view) : view_(make_view(console_)) {}

Display::~Display() { join(); }

void Display::start(std::function<void()> on_end) {
  on_end_ = std::move(on_end);
  thread_ = std::thread([this] { run(); });
}

void Display::note(std::string text) {
  asio::post(context_, [this, line = std::move(text)] { view_->note(line); });
}

void Display::when_shown(std::uint64_t seq, std::function<void()> shown) {
  asio::post(context_, [this, seq, call = std::move(shown)]() mutable {
    awaited_ = seq;
    on_shown_ = std::move(call);
    note_shown(shown_);
  });
}

void Display::note_shown(std::uint64_t seq) {
  shown_ = seq;
  if (on_shown_ && shown_ >= awaited_) std::exchange(on_shown_, nullptr)();
}

Display::Result Display::join() {
  if (thread_.joinable()) thread_.join();
  return result_;
}

void Display::run() {
  try {
    if (view_->is_live()) {
      keep_fresh();
      watch_width();
    }
    begin();
    context_.run();
    view_->finish(how_ended());
  } catch (const system_error& error) {
    result_.failure = error.code();
  }
  result_.missed = view_->missed();
  release();
  on_end_();
}

void Display::end() {
  ended_ = true;
  tick_.cancel();
  width_changes_.cancel();
}

void Display::keep_fresh() {
  tick_.expires_after(tick_interval);
  tick_.async_wait([this](error_code ec) {
    if (ec || ended_) return;
    view_->refresh();
    keep_fresh();
  });
}

void Display::watch_width() {
  error_code ignored;
  width_changes_.add(SIGWINCH, ignored);
  width_changes_.async_wait([this](error_code ec, int) {
    if (ec || ended_) return;
    view_->refresh();
    watch_width();
  });
}

}  // namespace strandbus::cli

#include "cli/follow_display.hpp"

#include "sink/amounts.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace strandbus::cli {
namespace {

constexpr std::string_view clear_screen = "\x1b[H\x1b[2J";  // ECMA-48, CUP and ED

bool ends_root_run(const StreamEvent& event) {
  return event.is_terminal() && event.context().depth == 0;
}

std::string missing_text(std::uint64_t missed) {
  const auto count = static_cast<std::int64_t>(
      std::min<std::uint64_t>(missed, std::numeric_limits<std::int64_t>::max()));
  return detail::counted(count, "event") + (missed == 1 ? " is missing" : " are missing");
}

}  // namespace

FollowDisplay::FollowDisplay(const MakeView& make_view, Options options)
    : Display(make_view),
      options_(std::move(options)),
      client_(options_.client),
      follower_(client_, *this, options_.follower) {}

void FollowDisplay::begin() {
  asio::co_spawn(
      context(), follower_.async_run(),
      asio::bind_cancellation_slot(
          cancel_.slot(), [this](const std::exception_ptr& failure, detail::FollowResult result) {
            on_end(failure, std::move(result));
          }));
}

void FollowDisplay::stop() {
  asio::post(context(), [this] {
    stopped_ = true;
    cancel_.emit(asio::cancellation_type::terminal);
  });
}

void FollowDisplay::on_end(const std::exception_ptr& failure, detail::FollowResult result) {
  // What cannot be written is for whoever runs the display.
  if (failure && !stopped_) std::rethrow_exception(failure);
  if (!failure) result_ = std::move(result);
  on_pause();
  end();
}

bool FollowDisplay::on_event(const StreamEvent& event, std::string_view json) {
  const bool wanted =
      options_.types.none() || options_.types[static_cast<std::size_t>(event.type())];
  const bool prints = options_.json && options_.as_sent;
  if (wanted && prints) print(json);
  if (wanted && !prints) view().show(event);
  return !options_.until_idle || !ends_root_run(event);
}

void FollowDisplay::on_gap(std::uint64_t missed, std::string_view json) {
  view().show_gap(missed);
  if (!options_.json) return;
  if (options_.as_sent) print(json);
  note(missing_text(missed));
}

void FollowDisplay::on_reset(std::string_view json) {
  if (options_.json) {
    if (options_.as_sent) print(json);
  } else {
    view().finish(PrintEnd::stream_ended);
    if (options_.clears_screen) console().out(clear_screen);
  }
  note("the session has another history than before; it begins anew");
}

void FollowDisplay::on_fault(std::string_view why) {
  note("an event was left out: " + std::string(why));
}

void FollowDisplay::on_pause() {
  if (!lines_.empty()) console().out(std::exchange(lines_, {}));
  view().flush();
}

void FollowDisplay::on_lost(std::string_view why) {
  note("not connected: " + std::string(why) + "; trying again");
}

void FollowDisplay::on_found() { note("connected again"); }

void FollowDisplay::print(std::string_view json) {
  const std::size_t begin = lines_.size();
  lines_ += json;
  // An event of several lines is one of JSON with white space between its parts.
  std::replace(lines_.begin() + static_cast<std::ptrdiff_t>(begin), lines_.end(), '\n', ' ');
  lines_ += '\n';
}

void FollowDisplay::note(const std::string& line) {
  on_pause();
  view().note(line);
}

}  // namespace strandbus::cli

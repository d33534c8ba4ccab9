#pragma once

#include "cli/display.hpp"
#include "net/http_client.hpp"
#include "server/event_follower.hpp"

#include <boost/asio/cancellation_signal.hpp>

#include <bitset>
#include <exception>
#include <optional>
#include <string>

namespace strandbus::cli {

/// Displays a session of a server.
class FollowDisplay final : public Display, private detail::FollowSink {
 public:
  struct Options {
    detail::HttpClientOptions client{};
    detail::FollowerOptions follower{};
    bool json = false;    ///< events are printed as they came; the view shows only notes
    bool as_sent = true;  ///< of JSON: else the view says events in its dialect, and nothing else
    bool clears_screen = false;             ///< when what was shown counts no more
    bool until_idle = false;                ///< ends with the first root run that ends
    std::bitset<event_type_count> types{};  ///< that are shown; none = all
  };

  FollowDisplay(const MakeView& make_view, Options options);
  ~FollowDisplay() override { join(); }

  /// Ends it. From the thread that made it.
  void stop();

  /// How it ended; nothing if it was stopped. After join().
  const std::optional<detail::FollowResult>& result() const noexcept { return result_; }

 private:
  void begin() override;
  void release() override {}
  PrintEnd how_ended() const override {
    return stopped_ ? PrintEnd::stopped : PrintEnd::stream_ended;
  }
  void on_end(const std::exception_ptr& failure, detail::FollowResult result);

  bool on_event(const StreamEvent& event, std::string_view json) override;
  void on_gap(std::uint64_t missed, std::string_view json) override;
  void on_reset(std::string_view json) override;
  void on_fault(std::string_view why) override;
  void on_pause() override;
  void on_lost(std::string_view why) override;
  void on_found() override;

  void print(std::string_view json);
  void note(const std::string& line);

  const Options options_;
  detail::HttpClient client_;
  detail::EventFollower follower_;
  asio::cancellation_signal cancel_;
  bool stopped_ = false;
  std::string lines_;  ///< JSON that is still to be printed
  std::optional<detail::FollowResult> result_;
};

}  // namespace strandbus::cli

#pragma once

#include "cli/display.hpp"
#include "cli/session_source.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace strandbus::cli {

/// Displays what was recorded of a session.
class ReplayDisplay final : public Display {
 public:
  struct Options {
    std::uint64_t from = 1;  ///< the seq of the first event that is shown
    double speed = 0;        ///< 0 = at once
  };

  /// How far it came. After join().
  struct Outcome {
    std::optional<SessionError> error{};  ///< what could not be read
    std::uint64_t shown = 0;
    std::uint64_t last_seq = 0;
    bool runs_are_open = false;  ///< a run has no end in the recording
    bool stopped = false;
  };

  ReplayDisplay(const MakeView& make_view, std::unique_ptr<SessionSource> source, Options options);
  ~ReplayDisplay() override { join(); }

  /// Ends the replay before its time. From the thread that made it.
  void stop();

  Outcome outcome() const { return outcome_; }
  const SessionSource& source() const noexcept { return *source_; }

 private:
  using Clock = std::chrono::steady_clock;

  void begin() override { step(); }
  void release() override {}
  PrintEnd how_ended() const override {
    return outcome_.stopped ? PrintEnd::stopped : PrintEnd::stream_ended;
  }
  void step();
  bool read_next();
  bool wait_for_next();
  void show_next();
  void finish();

  const std::unique_ptr<SessionSource> source_;
  const Options options_;
  asio::steady_timer due_;
  std::optional<StreamEvent> next_;
  std::optional<Timestamp> first_ts_;
  Clock::time_point began_;
  std::set<std::string, std::less<>> open_runs_;
  Outcome outcome_;
};

}  // namespace strandbus::cli

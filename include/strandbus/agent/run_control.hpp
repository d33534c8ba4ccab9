#pragma once

#include <boost/json/object.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace strandbus {
namespace detail {
class Controlled;
}

/// When a cancel takes effect.
enum class CancelWhen : std::uint8_t {
  now,         ///< at the next suspension point: closes the model's connection, ends the tools
  after_turn,  ///< when the current turn has ended; an answer given in that turn still counts
};

/// The way back: commands for a running agent, or for a workflow and the agents that run in it.
/// What came of a command is published as an event.
///
/// A command for which there is nothing to do (no run, an approval that is unknown or was answered)
/// does nothing.
///
/// Threads: any thread; commands are carried out on the strand of the agent or the workflow, in
///          order.
/// Lifetime: may outlive what it controls. A command never ends that in the thread that gives it,
///           even when nobody else keeps it any more.
class RunControl {
 public:
  /// Controls nothing.
  RunControl() = default;
  explicit RunControl(std::weak_ptr<detail::Controlled> controlled) noexcept
      : controlled_(std::move(controlled)) {}

  /// Ends the current run with run_cancelled.
  void cancel(std::string reason = "cancelled", CancelWhen when = CancelWhen::now) const;

  /// Says something more to the model, before its next request. When the model answers meanwhile,
  /// the run goes on with this; when the run ends otherwise, or has its answer and only waits for
  /// its background tasks, the next one tells it.
  void send(std::string text) const;

  /// Lets a tool call run that approval_requested asked about. The first answer counts.
  void approve(std::string approval_id, std::string by = {}) const;

  /// Lets it run with other arguments, which are checked as the model's were.
  void approve_with(std::string approval_id, boost::json::object arguments,
                    std::string by = {}) const;

  /// Refuses it; the model is told the reason.
  void deny(std::string approval_id, std::string reason = {}, std::string by = {}) const;

 private:
  std::weak_ptr<detail::Controlled> controlled_;
};

}  // namespace strandbus

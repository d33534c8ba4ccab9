#pragma once

#include "strandbus/agent/read_record.hpp"
#include "strandbus/bus/publisher.hpp"
#include "strandbus/event/tool_payloads.hpp"
#include "strandbus/log.hpp"

#include <boost/json/object.hpp>

#include <any>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

namespace strandbus {
namespace detail {

class AgentCore;

/// Lets the events of a tool call through until the call has ended, and tells when the last one
/// that was on its way has arrived. Thus nothing that a tool publishes follows the end of its call.
///
/// Threads: any thread.
class ToolGate {
 public:
  /// Whether an event may pass; if so, leave() must follow.
  bool enter();
  void leave();
  /// Lets no more events through. Returns whether none is on its way; otherwise `on_idle` is called
  /// once, in the thread of the last one.
  bool close(std::function<void()> on_idle);

 private:
  std::mutex mutex_;
  int inside_ = 0;
  bool closed_ = false;
  std::function<void()> on_idle_;
};

}  // namespace detail

/// A step of a call that nothing cuts in two: a change, and the event that tells of it. A call that
/// is cancelled meanwhile ends when the step has. False where the call has ended already: change
/// nothing then.
///
/// Threads: one at a time.
class [[nodiscard]] ToolStep {
 public:
  ToolStep(Publisher publisher, std::shared_ptr<detail::ToolGate> gate)
      : publisher_(std::move(publisher)), gate_(std::move(gate)) {
    if (!gate_->enter()) gate_.reset();
  }
  ToolStep(ToolStep&&) noexcept = default;
  ToolStep& operator=(ToolStep&&) = delete;
  ~ToolStep() {
    if (gate_) gate_->leave();
  }

  explicit operator bool() const noexcept { return gate_ != nullptr; }

  /// Publishes an event of the step.
  ///
  /// Errors: those of Publisher::publish.
  template <PayloadType T>
  Result<std::uint64_t> publish(T payload) const {
    return publisher_.publish(std::move(payload));
  }

 private:
  Publisher publisher_;
  std::shared_ptr<detail::ToolGate> gate_;
};

/// What a tool is given besides its arguments: where it works, whom it tells, when to stop.
///
/// Copies speak for the same call. Once the call has ended, none of them publishes any more.
///
/// Threads: publish(), progress(), output() and cancelled() from any thread, the rest is for the
/// tool alone.
class ToolContext {
 public:
  /// A context of no call: publishes nothing, has no workspace.
  ToolContext();

  /// The context of one call. `call_publisher` is already bound to the run, the turn and the span.
  ToolContext(Publisher call_publisher, std::string call, std::string tool);

  /// Publishes an event of this call.
  ///
  /// Errors: Errc::closed when the call has ended or the bus is closed; those of
  /// Publisher::publish.
  template <PayloadType T>
  Result<std::uint64_t> publish(T payload) const {
    if (!gate_->enter()) return error_code(Errc::closed);
    const Leave leave{*gate_};
    return publisher.publish(std::move(payload));
  }

  /// Begins a step that is short and does not wait, for example the replacing of a file.
  ToolStep begin_step() const { return {publisher, gate_}; }

  /// Publishes how far the tool is (tool_output, stream progress).
  ///
  /// `fraction` is limited to 0 … 1; invalid UTF-8 in `text` becomes U+FFFD.
  void progress(std::string_view text, std::optional<double> fraction = {},
                json::value data = {}) const;

  /// Publishes a piece of the tool's output (tool_output). Invalid UTF-8 becomes U+FFFD.
  void output(OutputStream stream, std::string_view text) const;

  /// Whether a plain function should give up: its call was cancelled, its result will be dropped.
  bool cancelled() const noexcept { return cancellation.stop_requested(); }

  /// Ends the call: from now on no copy of this context publishes. Returns whether no event is on
  /// its way any more; otherwise `on_idle` will be called once, from the thread that publishes it.
  bool close(std::function<void()> on_idle = {}) const { return gate_->close(std::move(on_idle)); }

  std::filesystem::path workspace{};  ///< the directory in which the tool works; absolute
  /// What the conversation has read; of the agent, else of this call alone. Never null.
  std::shared_ptr<ReadRecord> reads = std::make_shared<ReadRecord>();
  Logger logger{};
  std::string model_id{};  ///< the model that asked for the call
  Publisher publisher{};   ///< knows no end of the call: prefer publish()
  std::string call_id{};
  std::string tool_name{};
  std::weak_ptr<detail::AgentCore> agent{};  ///< that runs the call, for tools that are agents
  json::object config{};                     ///< the application's settings for its tools
  std::any user_data{};                      ///< whatever the application gave to the agent
  std::stop_token cancellation{};  ///< of a plain function; a coroutine is cancelled as Asio does

 private:
  struct Leave {
    detail::ToolGate& gate;
    ~Leave() { gate.leave(); }
  };

  std::shared_ptr<detail::ToolGate> gate_;
};

}  // namespace strandbus

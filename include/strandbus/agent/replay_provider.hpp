#pragma once

#include "strandbus/agent/recording.hpp"
#include "strandbus/agent/tool_registry.hpp"
#include "strandbus/llm/provider.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus {

/// Cancels the run, as it was cancelled when it was recorded: give it what calls
/// RunControl::cancel. Called on the agent's strand, with the recorded reason.
using CancelReplay = std::function<void(const std::string& reason)>;

/// A model that says again what was recorded: the same pieces, failures and retries, at once.
///
/// A request must be the recorded one: it is found by its digest (request_digest of
/// model_started), or, where texts of the recording are redacted, by its messages. A request that
/// was not recorded fails with ErrorCode::invalid_request, and the text says what differs first.
/// A request that was cancelled cancels the run again; so does the end of a recording that was cut
/// off. Each recorded request is used once.
///
/// Threads: any thread; each operation runs on the executor of its coroutine.
class ReplayProvider final : public Provider {
 public:
  /// Without `cancel` a request that was cancelled fails with ErrorCode::interrupted.
  explicit ReplayProvider(std::shared_ptr<const Recording> recording, CancelReplay cancel = {});

  std::string_view name() const noexcept override { return "replay"; }
  const std::string& model() const noexcept override { return recording_->started().model; }

  using Provider::async_complete;
  asio::awaitable<ModelResponse> async_complete(const ModelRequest& request,
                                                DeltaSink& sink) override;

 private:
  const RecordedRequest* take_request(const ModelRequest& request);
  template <class Fits>
  const RecordedRequest* take(const Fits& fits);
  std::size_t next_request() const;
  std::string why_unknown(std::size_t next, const ModelRequest& request) const;
  asio::awaitable<void> stop(std::string run_id);
  std::string last_run();

  const std::shared_ptr<const Recording> recording_;
  const CancelReplay cancel_;
  std::mutex mutex_;  // guards what follows
  std::vector<bool> used_;
  std::string last_run_;  // of the recording
};

/// The same tools to a model, but each call gives what was recorded for its call_id: its events and
/// its result. Nothing runs: no file is touched, no process starts.
///
/// A call that was cancelled cancels the run again; one that was not recorded fails.
ToolRegistry recorded_tools(const ToolRegistry& tools, std::shared_ptr<const Recording> recording,
                            CancelReplay cancel = {});

/// Answers approvals as they were answered, for AgentOptions::confirm. One that had expired is
/// denied with the same reason.
Confirm recorded_approvals(std::shared_ptr<const Recording> recording, CancelReplay cancel = {});

}  // namespace strandbus

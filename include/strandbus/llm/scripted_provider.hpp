#pragma once

#include "strandbus/llm/provider.hpp"
#include "strandbus/llm/script.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace strandbus {

/// How a scripted model speaks.
struct ScriptedOptions {
  enum class Delays : std::uint8_t {
    as_written,  ///< waits as the script says
    none,        ///< only lets others run between two pieces; for tests
  };
  Delays delays = Delays::as_written;
  /// So many conversations are remembered; beyond, the oldest starts its script over.
  std::size_t max_sessions = 1024;
};

/// A model whose answers come from a script, streamed like a real one.
///
/// Everything but the model's words is real: the loop, the tools, the events, the delays, the
/// cancellation. Which response was used is kept per ModelRequest::session_id. A request that no
/// response fits fails with ErrorCode::invalid_request; the text says what the request was and what
/// the script has.
///
/// Threads: any thread; each operation runs on the executor of its coroutine.
class ScriptedProvider final : public Provider {
 public:
  explicit ScriptedProvider(Script script, ScriptedOptions options = {});

  std::string_view name() const noexcept override { return "scripted"; }
  const std::string& model() const noexcept override { return script_.model; }
  const Script& script() const noexcept { return script_; }

  using Provider::async_complete;
  /// As Provider::async_complete. Every piece is preceded by a point where cancellation is noticed.
  /// A call id that the conversation already has gets a suffix: "tc1-2".
  asio::awaitable<ModelResponse> async_complete(const ModelRequest& request,
                                                DeltaSink& sink) override;

 private:
  std::size_t take_response(const ModelRequest& request);
  void mark_used(const std::string& session_id, std::size_t index);

  const Script script_;
  const ScriptedOptions options_;
  std::mutex mutex_;  // guards what follows
  std::unordered_map<std::string, std::vector<bool>> used_;
  std::deque<std::string> sessions_;  // in the order in which used_ got them
};

}  // namespace strandbus

#pragma once

#include "pending_handler.hpp"
#include "strandbus/agent/run_result.hpp"
#include "strandbus/error.hpp"

#include <boost/asio/async_result.hpp>

#include <mutex>
#include <optional>
#include <utility>

namespace strandbus::detail {

/// Hands a run's result from the agent's strand to whoever asks for it, before or after it is
/// there.
///
/// Threads: any thread; one asker.
class RunOutcome {
 public:
  explicit RunOutcome(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

  void set(error_code ec, RunResult result) {
    std::unique_lock lock(mutex_);
    if (!asker_) {
      outcome_.emplace(ec, std::move(result));
      return;
    }
    Asker asker = std::move(*asker_);
    asker_.reset();
    lock.unlock();
    std::move(asker).post(ec, std::move(result));
  }

  /// Signature: void(error_code, RunResult). Not cancellable: every run ends.
  template <class Token>
  auto async_get(Token&& token) {
    return boost::asio::async_initiate<Token, void(error_code, RunResult)>(
        [this](auto handler) { get(Asker::Handler(std::move(handler))); }, token);
  }

 private:
  using Asker = PendingHandler<error_code, RunResult>;

  void get(Asker::Handler handler) {
    Asker asker(std::move(handler), executor_, KeepsRunning::yes);
    std::unique_lock lock(mutex_);
    if (!outcome_) {
      asker_.emplace(std::move(asker));
      return;
    }
    auto outcome = std::move(*outcome_);
    lock.unlock();
    std::move(asker).post(outcome.first, std::move(outcome.second));
  }

  const boost::asio::any_io_executor executor_;
  std::mutex mutex_;
  std::optional<std::pair<error_code, RunResult>> outcome_;
  std::optional<Asker> asker_;
};

}  // namespace strandbus::detail

#pragma once

#include "strandbus/agent/replay_provider.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace strandbus::detail {

/// Cancels the run and waits until that has come here.
///
/// Cancellation: terminal; it never ends in another way.
asio::awaitable<void> async_cancel_replay(const CancelReplay& cancel, std::string reason);

/// Whether a text that the request has sent was redacted.
bool is_redacted(const Recording& recording, const RecordedRequest& request);

}  // namespace strandbus::detail

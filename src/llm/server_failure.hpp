#pragma once

#include "llm/secrets.hpp"
#include "strandbus/llm/provider_error.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

// What a server says when it fails, in the many forms that exist, as a ProviderError.

namespace strandbus::detail {

/// Whom a message about a failure is about.
struct ServerContext {
  std::string server{};  ///< host and port
  std::string model{};   ///< that was asked
  bool key_sent{true};
  Secrets secrets{};
  std::string request_id{};  ///< as the server calls the request; empty = it did not say
};

/// An HTTP answer whose status is not 2xx. Absent headers are empty.
struct FailedAnswer {
  int status{};
  std::string retry_after_ms{};
  std::string retry_after{};
  std::string should_retry{};
  std::string location{};
  std::string body{};
};

/// The text as one line of valid UTF-8 without control characters, cut after `most` bytes.
std::string one_line(std::string_view text, std::size_t most);

/// What a server said, as one line without a secret.
std::string shown(const ServerContext& context, std::string_view text, std::size_t most);

/// "server what; advice (request id)". What of `what` comes from the server must be `shown`.
std::string failure_text(const ServerContext& context, std::string_view what,
                         std::string_view advice);

/// Why the server did not answer.
ProviderError failure_of(const FailedAnswer& answer, const ServerContext& context,
                         std::chrono::system_clock::time_point now);

/// Whether a frame of a stream, or the body of a 200, says that the server failed.
bool is_error_frame(const json::object& frame);

/// Why the server failed after it had begun to answer.
ProviderError failure_of(const json::object& frame, const ServerContext& context);

}  // namespace strandbus::detail

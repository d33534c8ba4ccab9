#include "strandbus/llm/provider.hpp"

#include <boost/assert.hpp>

namespace strandbus {

bool is_retryable(ErrorCode code) noexcept {
  return code == ErrorCode::network || code == ErrorCode::rate_limit ||
         code == ErrorCode::server_error || code == ErrorCode::interrupted;
}

ProviderError::ProviderError(ErrorCode code, const std::string& message, const Details& details)
    : std::runtime_error(message), code_(code), details_(details) {
  BOOST_ASSERT(code >= ErrorCode::network && code != ErrorCode::cancelled);
}

DeltaSink::~DeltaSink() = default;

void DeltaSink::on_text(std::string_view) {}
void DeltaSink::on_reasoning(std::string_view) {}
void DeltaSink::on_structured(std::string_view) {}
void DeltaSink::on_tool_call_begin(std::string_view, std::string_view, std::int64_t) {}
void DeltaSink::on_tool_call_delta(std::string_view, std::string_view) {}
void DeltaSink::on_tool_call_ready(const ToolCall&) {}
void DeltaSink::on_usage(const Usage&, std::optional<NanoUsd>) {}
void DeltaSink::on_attempt_failed(const ProviderError&) {}
void DeltaSink::on_retry(const Retry&) {}
void DeltaSink::on_attempt_started(std::string_view, std::string_view) {}
std::string DeltaSink::trace_parent() const { return {}; }
asio::awaitable<void> DeltaSink::async_ready() { co_return; }

Provider::~Provider() = default;

}  // namespace strandbus

#pragma once

#include "llm/server_failure.hpp"
#include "strandbus/llm/price.hpp"
#include "strandbus/llm/provider.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace strandbus::detail {

/// What one answer may be.
struct AnswerLimits {
  std::size_t answer_bytes = std::size_t{16} * 1024 * 1024;  ///< all texts and arguments together
  std::size_t argument_depth = 32;                           ///< nesting of a call's arguments
  std::size_t tool_calls = 128;
};

/// What an assembler has to know besides the request.
struct AnswerContext {
  ServerContext server{};
  std::optional<Price> price{};
  AnswerLimits limits{};
};

/// Makes an answer of the events of a stream, and hands over each piece at once. What the events
/// mean is the provider's; how they come is the exchange's.
class AnswerAssembler {
 public:
  virtual ~AnswerAssembler() = default;

  /// Takes the data of one event of the stream, or the body of an answer that is no stream.
  /// Throws ProviderError; nothing may be called after that.
  virtual void feed(std::string_view data) = 0;

  /// Whether nothing follows, as the server says.
  virtual bool ended() const noexcept = 0;

  /// Whether the answer is whole.
  virtual bool whole() const noexcept = 0;

  /// Ends the tool calls and returns the answer; throws ProviderError (interrupted) when it is not
  /// whole. Call once.
  virtual ModelResponse finish() = 0;

  /// An answer that was cut off; `how` completes "the answer was cut off: …".
  virtual ProviderError interrupted(std::string_view how) const = 0;

 protected:
  AnswerAssembler() = default;
  AnswerAssembler(const AnswerAssembler&) = default;
  AnswerAssembler& operator=(const AnswerAssembler&) = default;
};

}  // namespace strandbus::detail

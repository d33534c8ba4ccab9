#pragma once

#include "llm/call_assembler.hpp"
#include "llm/chat_request.hpp"
#include "llm/server_failure.hpp"
#include "strandbus/llm/price.hpp"
#include "strandbus/llm/provider.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// What one answer may be.
struct AnswerLimits {
  std::size_t answer_bytes = std::size_t{16} * 1024 * 1024;  ///< all texts and arguments together
  std::size_t argument_depth = 32;                           ///< nesting of a call's arguments
  std::size_t tool_calls = 128;
};

/// What the assembler has to know besides the request. Must outlive it.
struct AnswerContext {
  ServerContext server{};
  ChatDialect dialect{};
  std::optional<Price> price{};
  AnswerLimits limits{};
};

/// Makes an answer of the chunks of a stream, and hands over each piece at once.
///
/// When an answer is whole: when the server has said so. That is a finish_reason, also when the
/// connection ends after it: what may be missing then is the usage, and asking again would cost all
/// of it. It is also "[DONE]" after anything was said, for servers that know no finish_reason,
/// unless a tool call stands there with half its arguments. Everything else was cut off.
class ChatAssembler {
 public:
  /// Everything must outlive this.
  ChatAssembler(const ModelRequest& request, DeltaSink& sink, const AnswerContext& context);

  /// Takes the data of one event of the stream, or the body of an answer that is no stream.
  /// Throws ProviderError; nothing may be called after that.
  void feed(std::string_view data);

  /// Whether nothing follows, as the server says.
  bool ended() const noexcept { return ended_; }

  /// Whether the answer is whole.
  bool whole() const noexcept;

  /// Ends the tool calls and returns the answer; throws ProviderError (interrupted) when it is not
  /// whole. Call once.
  ModelResponse finish();

  /// An answer that was cut off; `how` completes "the answer was cut off: …".
  ProviderError interrupted(std::string_view how) const;

 private:
  void take(const ChatChunk& chunk);
  void take_usage(const Usage& usage);
  void take_text(const std::string& text);
  void take_reasoning(const ChatChunk& chunk);
  void take_calls(const ChatChunk& chunk);
  void take_finish(const std::string& reason);
  void count(std::size_t bytes);
  FinishReason finish_reason() const noexcept;
  [[noreturn]] void fail(ErrorCode code, std::string_view what) const;

  const AnswerContext& context_;
  DeltaSink& sink_;
  const bool structured_;
  CallAssembler calls_;
  ModelResponse answer_;
  std::string reasoning_field_;
  std::size_t bytes_ = 0;
  std::optional<FinishReason> said_;  // what the server gave as the reason
  bool ended_ = false;
  bool whole_message_ = false;
};

}  // namespace strandbus::detail

#pragma once

#include "llm/answer_assembler.hpp"
#include "llm/answer_builder.hpp"
#include "llm/chat_chunk.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// Makes an answer of the chunks of a stream, and hands over each piece at once.
///
/// When an answer is whole: when the server has said so. That is a finish_reason, also when the
/// connection ends after it: what may be missing then is the usage, and asking again would cost all
/// of it. It is also "[DONE]" after anything was said, for servers that know no finish_reason,
/// unless a tool call stands there with half its arguments. Everything else was cut off.
class ChatAssembler final : public AnswerAssembler {
 public:
  /// Everything must outlive this.
  ChatAssembler(const ModelRequest& request, DeltaSink& sink, const AnswerContext& context);

  void feed(std::string_view data) override;
  bool ended() const noexcept override { return ended_; }
  bool whole() const noexcept override;
  ModelResponse finish() override;
  ProviderError interrupted(std::string_view how) const override;

 private:
  void take(const ChatChunk& chunk);
  void take_finish(const std::string& reason);

  const ServerContext& server_;
  AnswerBuilder answer_;
  std::string reasoning_field_;
  std::optional<FinishReason> said_;  // what the server gave as the reason
  bool ended_ = false;
  bool whole_message_ = false;
};

}  // namespace strandbus::detail

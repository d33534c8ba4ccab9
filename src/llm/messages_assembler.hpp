#pragma once

#include "llm/answer_assembler.hpp"
#include "llm/answer_tool.hpp"
#include "llm/call_assembler.hpp"
#include "llm/messages_block.hpp"
#include "llm/messages_usage.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::detail {

/// Makes an answer of the events of a Messages stream, and hands over each piece at once.
///
/// When an answer is whole: when the server has told its stop_reason, also when the connection ends
/// after it; or message_stop has come behind blocks that have all ended. Everything else was cut
/// off. Blocks of unknown types are skipped.
///
/// A turn that the server paused goes on with another exchange: finish() then returns what there is
/// so far, paused() is true, and after resume() this takes the next stream as more of the same
/// answer.
class MessagesAssembler final : public AnswerAssembler {
 public:
  /// Everything must outlive this.
  MessagesAssembler(const ModelRequest& request, DeltaSink& sink, const AnswerContext& context);

  void feed(std::string_view data) override;
  bool ended() const noexcept override { return ended_; }
  bool whole() const noexcept override;
  ModelResponse finish() override;
  ProviderError interrupted(std::string_view how) const override;

  /// Whether the server wants the turn back to go on with it.
  bool paused() const noexcept;
  /// The blocks of the paused turn as the server wants them back.
  json::array paused_turn() const;
  void resume();

 private:
  using Kind = MessagesBlock::Kind;

  void take(const json::object& event);
  void take_message(const json::object& message);
  void take_whole(const json::object& message);
  void take_usage(const json::object& event);
  void take_start(std::int64_t index, const json::object& start);
  void take_delta(const json::object& event);
  void take_stop(std::size_t position);
  void take_ending(const json::object& delta);

  std::int64_t index_of(const json::object& event) const;
  std::size_t position_of(const json::object& event) const;
  void expect(const MessagesBlock& block, Kind kind, std::string_view delta) const;
  void begin_call(std::size_t position);
  void complete_call(std::size_t position);
  void take_text(MessagesBlock& block, const std::string& text);
  void take_thinking(MessagesBlock& block, const std::string& text);
  void take_input(std::size_t position, const std::string& piece);
  void take_answer(const std::string& piece);
  bool is_answer(const MessagesBlock& block) const;
  void hand_over_structured(const std::string& text);
  void finish_structured();
  bool cut_short() const noexcept;
  FinishReason finish_reason() const noexcept;
  void count(std::size_t bytes);
  [[noreturn]] void fail(std::string_view what) const;

  const AnswerContext& context_;
  DeltaSink& sink_;
  const std::optional<AnswerTool> answer_tool_;
  CallAssembler calls_;
  ModelResponse answer_;
  std::vector<MessagesBlock> blocks_;              // of all exchanges
  std::map<std::int64_t, std::size_t> positions_;  // of the blocks of this exchange, by index
  std::optional<std::size_t> answering_;           // the block that calls the answer tool
  std::string plain_;                              // text instead of the structured answer
  Usage used_before_;                              // by the exchanges that were paused
  MessagesUsage used_;                             // by this one
  std::string stop_reason_;
  std::size_t bytes_ = 0;
  bool ended_ = false;
};

}  // namespace strandbus::detail

#pragma once

#include "llm/answer_assembler.hpp"
#include "llm/answer_builder.hpp"
#include "llm/responses_event.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// Makes an answer of the events of the Responses API, and hands over each piece at once.
///
/// The server says everything up to four times: in pieces, then as a whole text, a whole part, a
/// whole item and a whole answer. Whatever comes first counts, and of what comes later only what is
/// new, so that servers which leave out some of it, or name their items differently each time, are
/// understood. An answer is whole when the server has said so: response.completed or
/// response.incomplete. Everything else was cut off.
class ResponsesAssembler final : public AnswerAssembler {
 public:
  /// Everything must outlive this.
  ResponsesAssembler(const ModelRequest& request, DeltaSink& sink, const AnswerContext& context);

  void feed(std::string_view data) override;
  bool ended() const noexcept override { return ended_; }
  bool whole() const noexcept override { return said_.has_value(); }
  ModelResponse finish() override;
  ProviderError interrupted(std::string_view how) const override;

 private:
  /// An item with what is known of it.
  struct Entry {
    std::int64_t number{};
    ResponsesPlace place{};
    ResponsesItem item{};
  };

  void take(const ResponsesPiece& piece);
  void take(const ResponsesItemNews& news);
  void take(const ResponsesState& state);
  void take(const ResponsesSkipped&) {}

  Entry& entry_of(const ResponsesPlace& place, ResponsesItem::Kind kind);
  Entry& entry_of(const ResponsesItemNews& news);
  Entry* find(const ResponsesPlace& place, ResponsesItem::Kind kind);
  Entry* find_call(const std::string& call_id);
  Entry* find_equal(const ResponsesItem& item);
  Entry& add_entry(const ResponsesPlace& place, ResponsesItem::Kind kind);
  void take_head(Entry& entry, const std::string& call_id, const std::string& name);
  void take_text(Entry& entry, const ResponsesText& text, bool whole);
  ResponsesText& text_of(ResponsesItem& item, const ResponsesText& text);
  void hand_over(const Entry& entry, const ResponsesText& to, std::string_view more);
  void count_part();
  [[noreturn]] void fail(const ResponsesState& state) const;

  const ServerContext& server_;
  AnswerBuilder answer_;
  std::deque<Entry> entries_;  // in the order in which they came
  std::size_t parts_ = 0;      // entries and their texts
  std::optional<FinishReason> said_;
  bool ended_ = false;
};

}  // namespace strandbus::detail

#pragma once

#include "llm/chat_chunk.hpp"
#include "llm/json_balance.hpp"
#include "strandbus/llm/provider.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::detail {

/// Makes whole tool calls of pieces, whatever the server does to tell whose piece it is.
///
/// A piece belongs to the newest call of its index; without one to the call of its id; without both
/// to the newest call. It begins another call when it brings a name and either another id or, after
/// whole arguments, more of them: some servers number all calls 0, or give no number at all. A new
/// id without a name is the same call: some servers make one up for each piece.
class CallAssembler {
 public:
  /// `conversation` must outlive this: its ids are not given again.
  CallAssembler(std::span<const Message> conversation, DeltaSink& sink)
      : conversation_(conversation), sink_(sink) {}

  /// Hands over what of the piece can be handed over: a call begins when its arguments do, because
  /// its name may come in pieces too.
  void add(const CallPiece& piece);

  /// How many calls there are.
  std::size_t size() const noexcept { return slots_.size(); }

  /// Whether the arguments of all calls are whole.
  bool all_whole() const noexcept;

  /// Whether a call has arguments and no name.
  bool any_nameless() const noexcept;

  /// Ends all calls and hands them over, once. `depth` limits the arguments; a text that is no JSON
  /// within it stays a text. `cut`: the answer was cut short, so that arguments which have not
  /// begun are not those of a call without any.
  std::vector<ToolCall> finish(std::size_t depth, bool cut);

 private:
  struct Slot {
    std::optional<std::int64_t> index{};
    std::string server_id{};
    std::string id{};  ///< the one that we use; empty until the call has begun
    std::string name{};
    std::string arguments{};
    JsonBalance balance{};
    std::int64_t position{};  ///< in the answer, once it has begun
  };

  Slot* find(const CallPiece& piece);
  Slot* newest_of(std::int64_t index);
  Slot* newest_of(const std::string& id);
  static bool starts_another(const Slot& slot, const CallPiece& piece);
  static void take_name(Slot& slot, const std::string& name);
  void take_arguments(Slot& slot, const std::string& fragment);
  void begin(Slot& slot);
  std::string make_id(const std::string& wanted) const;
  bool is_taken(std::string_view id) const;

  const std::span<const Message> conversation_;
  DeltaSink& sink_;
  std::deque<Slot> slots_;
  std::int64_t begun_ = 0;
};

}  // namespace strandbus::detail

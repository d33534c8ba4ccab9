#pragma once

#include "strandbus/agent/compaction.hpp"
#include "strandbus/event/types.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::detail {

/// Throws std::invalid_argument that names the option, its value and what is allowed.
void require_valid(const CompactionOptions& options);

/// About how many tokens a model counts: one for four bytes of texts, names of tools and arguments.
/// What providers keep for themselves (provider_data) does not count.
std::int64_t estimate_tokens(std::span<const Message> messages, std::string_view system);

/// Whether a request of so many tokens should be made shorter before it is sent.
bool compaction_due(std::int64_t tokens, const CompactionOptions& options);

/// Which messages of a conversation a summary replaces. Both lists are ascending indices, and each
/// message is in one of them.
struct CompactionPlan {
  std::vector<std::size_t> summarised;
  std::vector<std::size_t> kept;
  std::int64_t tokens_before = 0;
};

/// What to summarise; no value if that is not worth a summary.
///
/// A tool call and its answers are kept or summarised together. Kept are the last turns, system
/// messages, and of the tool calls that failed the latest, as far as they need no more than a
/// quarter of the tokens of the last turns. An earlier summary is summarised again.
/// The conversation must be one that providers accept: each call is answered right after it.
std::optional<CompactionPlan> plan_compaction(std::span<const Message> messages,
                                              const CompactionOptions& options);

/// The shorter conversation: a user message with the summary and a fresh id, then what is kept, as
/// it is. Providers accept it if they accepted the conversation before.
std::vector<Message> compacted(std::span<const Message> messages, const CompactionPlan& plan,
                               std::string summary);

/// Whether a message was made by compacted().
bool is_summary(const Message& message);

/// Whether a tool's answer says that the call failed or was denied. The conversation keeps only the
/// text that the model was told, so an output that begins like an error is taken for one.
bool is_failed_answer(const Message& message);

}  // namespace strandbus::detail

#include "llm/messages_usage.hpp"

#include "llm/frame_member.hpp"

#include <algorithm>

namespace strandbus::detail {
namespace {

// More than any request can use, and few enough to be added up.
constexpr std::int64_t most = 1'000'000'000'000'000;

void take_count(std::optional<std::int64_t>& count, std::optional<std::int64_t> told) {
  if (told) count = std::min(*told, most);
}

}  // namespace

void MessagesUsage::take(const boost::json::object& event) {
  const boost::json::value* value = member_in(event, "usage");
  if (!value || !value->is_object()) return;
  const boost::json::object& usage = value->get_object();
  take_count(input_, count_in(usage, "input_tokens"));
  take_count(output_, count_in(usage, "output_tokens"));
  take_count(cache_read_, count_in(usage, "cache_read_input_tokens"));
  take_count(cache_write_, count_in(usage, "cache_creation_input_tokens"));
  take_count(thinking_, count_in(usage, "output_tokens_details", "thinking_tokens"));
}

Usage MessagesUsage::usage() const {
  Usage usage;
  usage.prompt = sum_of_counts(input_.value_or(0),
                               sum_of_counts(cache_read_.value_or(0), cache_write_.value_or(0)));
  usage.completion = output_.value_or(0);
  usage.total = sum_of_counts(usage.prompt, usage.completion);
  usage.cached = cache_read_;
  usage.cache_write = cache_write_;
  usage.reasoning = thinking_;
  return usage;
}

}  // namespace strandbus::detail

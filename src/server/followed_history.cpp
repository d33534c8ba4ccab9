#include "server/followed_history.hpp"

#include <boost/json/value.hpp>

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::string_view notice_begin = R"({"_type")";

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::uint64_t> whole_number(const json::object& object, std::string_view name) {
  const json::value* const value = object.if_contains(name);
  if (value == nullptr) return std::nullopt;
  boost::system::error_code failure;
  const auto number = value->to_number<std::uint64_t>(failure);
  return failure ? std::nullopt : std::optional(number);
}

}  // namespace

FollowedItem FollowedHistory::take(const SseEvent& sent) {
  if (sent.data.starts_with(notice_begin)) return take_notice(sent.data);
  DecodeResult event = reader_.read(sent.data);
  if (!event) {
    // Who asks for it again gets the same again.
    if (const auto seq = whole_number(sent.id)) advance(*seq);
    return FollowedFault{event.error().message};
  }
  if (!advance(event->seq())) return FollowedNothing();
  return *std::move(event);
}

/// False if the reader was there before.
bool FollowedHistory::advance(std::uint64_t seq) {
  if (position_ && seq <= *position_) return false;
  position_ = seq;
  return true;
}

FollowedItem FollowedHistory::take_notice(const std::string& data) {
  const auto parsed = parse_json(data);
  if (!parsed) return FollowedFault{parsed.error().message};
  const json::object* const notice = parsed->if_object();
  const json::value* const type = notice ? notice->if_contains("_type") : nullptr;
  if (type == nullptr || !type->is_string()) return FollowedNothing();
  if (type->get_string() == "reset") {
    position_ = 0;
    return FollowedReset();
  }
  if (type->get_string() != "gap") return FollowedNothing();
  const auto after = whole_number(*notice, "after");
  const auto missed = whole_number(*notice, "missed");
  if (!after || !missed) return FollowedFault{"a gap that does not say what is missing"};
  return take_gap(*after, *missed);
}

FollowedItem FollowedHistory::take_gap(std::uint64_t after, std::uint64_t missed) {
  const std::uint64_t end =
      after + std::min(missed, std::numeric_limits<std::uint64_t>::max() - after);
  const std::uint64_t begin = std::max(after, position_.value_or(0));
  if (end <= begin) return FollowedNothing();
  position_ = end;
  return FollowedGap{end - begin};
}

}  // namespace strandbus::detail

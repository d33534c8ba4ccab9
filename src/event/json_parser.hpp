#pragma once

#include "event/json_quick_check.hpp"
#include "strandbus/event/json_codec.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

// Boost.JSON decides what is JSON and what is not, wherever there is any doubt. Its own DOM would
// lose what we promise to keep (correctly rounded doubles, digits of unknown members), so our
// handlers stand behind its parser.

namespace strandbus::detail {

/// Why `text` is not JSON within the limits and without duplicate keys; nothing if it is.
std::optional<DecodeError> check_json(std::string_view text, const DecodeLimits& limits);
/// The same; `root` gets the members of the outermost object, or stays empty where that would take
/// another pass.
std::optional<DecodeError> check_json(std::string_view text, const DecodeLimits& limits,
                                      RootMembers& root);

/// As check_json of a text of any size, without the quick check that spares most texts this.
std::optional<DecodeError> judge_json(std::string_view text, const DecodeLimits& limits);

/// What becomes of a number beyond the range of double.
enum class HugeNumber {
  refuse,
  approximate  ///< it becomes an infinity, in a view of text that is kept besides
};

/// Where a refused number ends.
struct NumberRefused {
  std::size_t offset;
};

/// The DOM of a text that check_json has accepted.
boost::system::result<json::value, NumberRefused> make_value(std::string_view text,
                                                             HugeNumber huge = HugeNumber::refuse);

/// The double nearest to a JSON number; nothing if the number is beyond the range of double.
std::optional<double> double_from(std::string_view number) noexcept;

/// The amount nearest to a decimal number of dollars; nothing if it does not fit.
std::optional<NanoUsd> nano_usd_from(std::string_view number) noexcept;

}  // namespace strandbus::detail

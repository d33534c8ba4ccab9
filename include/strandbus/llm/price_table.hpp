#pragma once

#include "strandbus/llm/json_file_error.hpp"
#include "strandbus/llm/price.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus {

/// What a model costs, or a family of models.
struct ModelPrice {
  /// "gpt-4o" is that model and its dated snapshots, "gpt-4o-*" whatever begins with "gpt-4o-".
  /// What stands before the last slash is the provider, which may be left out when asking.
  std::string model{};
  std::optional<Price> price{};  ///< absent = the file says that it is not known
  std::string source{};          ///< where the price was read, for people; may be empty
};

/// What models cost, as somebody wrote it down on a day. The format of the file is described in
/// docs/prices.md.
///
/// Threads: distinct objects; a table that nobody changes may be used by any thread.
struct PriceTable {
  std::string name{};  ///< the file, for error texts
  std::string date{};  ///< the day on which the prices were right: "2026-11-21"
  std::vector<ModelPrice> models{};

  /// What this model costs; absent when the table does not say. Never the price of another model:
  /// "gpt-4o-mini-2024-07-18" and "openai/gpt-4o-mini" are found as "openai/gpt-4o-mini", but
  /// neither "gpt-4o-minimal" nor "gpt-4o-mini-tts" nor "acme/gpt-4o-mini" is.
  ///
  /// The longest name that fits counts. A model without a provider for which two providers have a
  /// price has none.
  /// Cost: looks at every entry; no allocation.
  std::optional<Price> find(std::string_view model) const noexcept;
};

/// Why a text is not a price file.
using PriceError = JsonFileError;

using PriceTableResult = boost::system::result<PriceTable, PriceError>;

/// The largest price file that is read, in bytes.
inline constexpr std::size_t max_price_file_bytes = 1024 * 1024;

/// Reads prices. `name` stands for the text in messages.
/// Errors: see JsonFileError. A member that price files do not have is an error too.
PriceTableResult parse_prices(std::string_view text, std::string_view name);

/// Reads a price file.
/// Errors: as parse_prices; and the system's code when the file cannot be read.
PriceTableResult load_prices(const std::string& path);

/// The prices of some much used models; part of the library, so that a cost is shown without a
/// file. The same as examples/prices.json. Prices change: see PriceTable::date.
const PriceTable& default_prices();
std::string_view default_prices_text() noexcept;

}  // namespace strandbus

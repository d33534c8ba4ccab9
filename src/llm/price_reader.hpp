#pragma once

#include "llm/json_field.hpp"
#include "strandbus/llm/price.hpp"

namespace strandbus::detail {

/// The price that these members of an object say: input_per_million_usd, output_per_million_usd,
/// and, where they differ, cached_per_million_usd, cache_write_per_million_usd and
/// reasoning_per_million_usd. Throws a JsonProblem when it is none.
Price price_in(const JsonObjectReader& object);

}  // namespace strandbus::detail

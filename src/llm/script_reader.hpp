#pragma once

#include "llm/json_field.hpp"
#include "strandbus/llm/script.hpp"

#include <string_view>

namespace strandbus::detail {

/// The script that this document is. Throws a JsonProblem when it is none.
Script read_script(const JsonField& root, std::string_view name);

}  // namespace strandbus::detail

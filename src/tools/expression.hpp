#pragma once

#include "strandbus/error.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace strandbus::detail {

/// A number of the calculator: exact as long as it is an integer of 64 bits.
using Number = std::variant<std::int64_t, double>;

struct ExpressionError {
  std::size_t offset;  ///< bytes before the offending place
  std::string message;
};

inline constexpr std::size_t max_expression_bytes = 10'000;
inline constexpr int max_expression_depth = 200;

/// The value of an expression in the language of the calculator tool.
boost::system::result<Number, ExpressionError> evaluate_expression(std::string_view expression);

/// The shortest text that reads back as the same number.
std::string to_text(const Number& number);

}  // namespace strandbus::detail

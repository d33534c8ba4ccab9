#pragma once

#include "tools/expression.hpp"

#include <cstddef>
#include <span>
#include <string_view>

namespace strandbus::detail {

// Arithmetic that stays exact with integers as long as their result fits, and goes on with
// floating-point numbers beyond. What has no finite real value is an infinity or a NaN.

double to_double(const Number& number) noexcept;

Number add(const Number& a, const Number& b);
Number subtract(const Number& a, const Number& b);
Number multiply(const Number& a, const Number& b);
Number divide(const Number& a, const Number& b);
Number remainder(const Number& a, const Number& b);
Number power(const Number& base, const Number& exponent);
Number negate(const Number& number);

/// A function that expressions may call.
struct MathFunction {
  std::string_view name;
  std::size_t min_arguments;
  std::size_t max_arguments;
  Number (*call)(std::span<const Number> arguments);
};

/// Null if there is none of this name.
const MathFunction* find_function(std::string_view name) noexcept;

}  // namespace strandbus::detail

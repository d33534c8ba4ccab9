#pragma once

#include "strandbus/agent/tool.hpp"

#include <memory>

namespace strandbus {

/// The tool `calculator`: computes {"expr": "2 + 2"}.
///
/// Knows + - * / ^ ** (power, from right to left) and % (the remainder has the sign of the
/// dividend), parentheses, decimal numbers with exponents, the constants pi, tau and e, and the
/// functions abs acos asin atan atan2 cbrt ceil cos cosh exp floor hypot ln log (natural; log(x,
/// base)) log10 log2 max min pow round (to a whole number; round(x, digits)) sign sin sinh sqrt tan
/// tanh trunc. Integers stay exact within 64 bits and become floating-point numbers beyond.
///
/// The output is the shortest text that reads back as the same number; `data` is {"value": number}.
/// Errors: E_VALIDATION with the position for a syntax error, a division by zero, a result that is
///         no finite real number, an expression that is too long or too deep.
std::shared_ptr<Tool> make_calculator();

}  // namespace strandbus

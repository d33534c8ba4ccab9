#include "tools/arithmetic.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

namespace strandbus::detail {
namespace {

using Numbers = std::span<const Number>;

constexpr std::size_t any_count = std::numeric_limits<std::size_t>::max();

struct Integers {
  std::int64_t a;
  std::int64_t b;
};

std::optional<Integers> both_integers(const Number& a, const Number& b) noexcept {
  const auto* left = std::get_if<std::int64_t>(&a);
  const auto* right = std::get_if<std::int64_t>(&b);
  if (!left || !right) return std::nullopt;
  return Integers{*left, *right};
}

bool is_less(const Number& a, const Number& b) {
  if (const auto pair = both_integers(a, b)) return pair->a < pair->b;
  return to_double(a) < to_double(b);
}

std::optional<std::int64_t> integer_power(std::int64_t base, std::int64_t exponent) noexcept {
  std::int64_t result = 1;
  for (;;) {
    if (exponent % 2 != 0 && __builtin_mul_overflow(result, base, &result)) return std::nullopt;
    exponent /= 2;
    if (exponent == 0) return result;
    if (__builtin_mul_overflow(base, base, &base)) return std::nullopt;
  }
}

/// The whole number that a function like floor made; an integer again where it fits exactly.
Number whole(double value) noexcept {
  constexpr double exact = 9007199254740992.0;  // 2^53
  if (std::fabs(value) <= exact) return static_cast<std::int64_t>(value);
  return value;
}

template <double (*function)(double)>
Number real(Numbers arguments) {
  return function(to_double(arguments[0]));
}

template <double (*function)(double, double)>
Number real2(Numbers arguments) {
  return function(to_double(arguments[0]), to_double(arguments[1]));
}

template <double (*function)(double)>
Number rounding(Numbers arguments) {
  if (std::holds_alternative<std::int64_t>(arguments[0])) return arguments[0];
  return whole(function(std::get<double>(arguments[0])));
}

Number round_to(Numbers arguments) {
  if (arguments.size() == 1) return rounding<std::round>(arguments);
  const double scale = std::pow(10.0, to_double(arguments[1]));
  return std::round(to_double(arguments[0]) * scale) / scale;
}

Number absolute(Numbers arguments) {
  return is_less(arguments[0], std::int64_t{0}) ? negate(arguments[0]) : arguments[0];
}

Number sign(Numbers arguments) {
  if (is_less(arguments[0], std::int64_t{0})) return std::int64_t{-1};
  return is_less(std::int64_t{0}, arguments[0]) ? std::int64_t{1} : std::int64_t{0};
}

Number logarithm(Numbers arguments) {
  const double value = std::log(to_double(arguments[0]));
  return arguments.size() == 1 ? value : value / std::log(to_double(arguments[1]));
}

Number largest(Numbers arguments) { return *std::ranges::max_element(arguments, is_less); }
Number smallest(Numbers arguments) { return *std::ranges::min_element(arguments, is_less); }
Number power_of(Numbers arguments) { return power(arguments[0], arguments[1]); }

constexpr std::array<MathFunction, 27> functions{{
    {"abs", 1, 1, absolute},
    {"acos", 1, 1, real<std::acos>},
    {"asin", 1, 1, real<std::asin>},
    {"atan", 1, 1, real<std::atan>},
    {"atan2", 2, 2, real2<std::atan2>},
    {"cbrt", 1, 1, real<std::cbrt>},
    {"ceil", 1, 1, rounding<std::ceil>},
    {"cos", 1, 1, real<std::cos>},
    {"cosh", 1, 1, real<std::cosh>},
    {"exp", 1, 1, real<std::exp>},
    {"floor", 1, 1, rounding<std::floor>},
    {"hypot", 2, 2, real2<std::hypot>},
    {"ln", 1, 1, real<std::log>},
    {"log", 1, 2, logarithm},
    {"log10", 1, 1, real<std::log10>},
    {"log2", 1, 1, real<std::log2>},
    {"max", 1, any_count, largest},
    {"min", 1, any_count, smallest},
    {"pow", 2, 2, power_of},
    {"round", 1, 2, round_to},
    {"sign", 1, 1, sign},
    {"sin", 1, 1, real<std::sin>},
    {"sinh", 1, 1, real<std::sinh>},
    {"sqrt", 1, 1, real<std::sqrt>},
    {"tan", 1, 1, real<std::tan>},
    {"tanh", 1, 1, real<std::tanh>},
    {"trunc", 1, 1, rounding<std::trunc>},
}};

}  // namespace

double to_double(const Number& number) noexcept {
  if (const auto* integer = std::get_if<std::int64_t>(&number))
    return static_cast<double>(*integer);
  return *std::get_if<double>(&number);
}

Number add(const Number& a, const Number& b) {
  const auto pair = both_integers(a, b);
  std::int64_t sum = 0;
  if (pair && !__builtin_add_overflow(pair->a, pair->b, &sum)) return sum;
  return to_double(a) + to_double(b);
}

Number subtract(const Number& a, const Number& b) {
  const auto pair = both_integers(a, b);
  std::int64_t difference = 0;
  if (pair && !__builtin_sub_overflow(pair->a, pair->b, &difference)) return difference;
  return to_double(a) - to_double(b);
}

Number multiply(const Number& a, const Number& b) {
  const auto pair = both_integers(a, b);
  std::int64_t product = 0;
  if (pair && !__builtin_mul_overflow(pair->a, pair->b, &product)) return product;
  return to_double(a) * to_double(b);
}

Number divide(const Number& a, const Number& b) {
  const auto pair = both_integers(a, b);
  if (pair && pair->b == -1) return negate(a);  // the one quotient that can overflow
  if (pair && pair->b != 0 && pair->a % pair->b == 0) return pair->a / pair->b;
  return to_double(a) / to_double(b);
}

Number remainder(const Number& a, const Number& b) {
  const auto pair = both_integers(a, b);
  if (pair && pair->b == -1) return std::int64_t{0};
  if (pair && pair->b != 0) return pair->a % pair->b;
  return std::fmod(to_double(a), to_double(b));
}

Number power(const Number& base, const Number& exponent) {
  const auto pair = both_integers(base, exponent);
  if (pair && pair->b >= 0) {
    if (const auto exact = integer_power(pair->a, pair->b)) return *exact;
  }
  return std::pow(to_double(base), to_double(exponent));
}

Number negate(const Number& number) {
  if (const auto* integer = std::get_if<std::int64_t>(&number))
    return subtract(std::int64_t{0}, *integer);
  return -std::get<double>(number);
}

const MathFunction* find_function(std::string_view name) noexcept {
  const auto found = std::ranges::find(functions, name, &MathFunction::name);
  return found == functions.end() ? nullptr : &*found;
}

}  // namespace strandbus::detail

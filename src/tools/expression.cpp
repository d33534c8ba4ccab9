#include "tools/expression.hpp"

#include "tools/arithmetic.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <numbers>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace strandbus::detail {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::optional<double> find_constant(std::string_view name) noexcept {
  if (name == "pi") return std::numbers::pi;
  if (name == "tau") return 2 * std::numbers::pi;
  if (name == "e") return std::numbers::e;
  return std::nullopt;
}

/// Recursive descent; throws an ExpressionError.
///
///   sum     = product { ("+" | "-") product }
///   product = signed { ("*" | "/" | "%") signed }
///   signed  = ("-" | "+") signed | power
///   power   = operand [ ("^" | "**") signed ]
///   operand = number | name [ "(" sum { "," sum } ")" ] | "(" sum ")"
class Parser {
 public:
  explicit Parser(std::string_view text) noexcept : text_(text) {}

  Number run() {
    if (text_.size() > max_expression_bytes) {
      fail(max_expression_bytes,
           "the expression is longer than " + std::to_string(max_expression_bytes) + " bytes");
    }
    Number value = sum();
    if (!at_end()) fail_here("expected an operator");
    return value;
  }

 private:
  /// One level of nesting, for as long as it lives.
  class Level {
   public:
    explicit Level(Parser& parser) : depth_(parser.depth_) {
      if (depth_ == max_expression_depth) parser.fail_here("the expression is nested too deep");
      ++depth_;
    }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    ~Level() { --depth_; }

   private:
    int& depth_;
  };

  [[noreturn]] static void fail(std::size_t offset, std::string message) {
    throw ExpressionError{offset, std::move(message)};
  }
  [[noreturn]] void fail_here(const std::string& expectation) {
    skip_space();
    fail(at_, at_ < text_.size() ? expectation : expectation + ", but the expression ends");
  }

  void skip_space() noexcept {
    while (at_ < text_.size() && (text_[at_] == ' ' || (text_[at_] >= '\t' && text_[at_] <= '\r')))
      ++at_;
  }
  bool at_end() noexcept {
    skip_space();
    return at_ == text_.size();
  }
  bool take(std::string_view token) noexcept {
    skip_space();
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }

  /// A result that is no finite number is an error at the operator that made it.
  static Number checked(Number value, std::size_t offset) {
    if (!std::isfinite(to_double(value))) fail(offset, "the result is not a finite real number");
    return value;
  }
  static void check_divisor(const Number& divisor, std::size_t offset) {
    if (to_double(divisor) == 0) fail(offset, "division by zero");
  }

  Number sum() {
    const Level level(*this);
    Number value = product();
    for (;;) {
      skip_space();
      const std::size_t offset = at_;
      if (take("+")) {
        value = checked(add(value, product()), offset);
      } else if (take("-") || take("−")) {
        value = checked(subtract(value, product()), offset);
      } else {
        return value;
      }
    }
  }

  bool take_times() noexcept {
    skip_space();
    if (text_.substr(at_).starts_with("**")) return false;
    return take("*") || take("×");
  }

  Number product() {
    Number value = signed_operand();
    for (;;) {
      skip_space();
      const std::size_t offset = at_;
      if (take_times()) {
        value = checked(multiply(value, signed_operand()), offset);
      } else if (take("/") || take("÷")) {
        const Number divisor = signed_operand();
        check_divisor(divisor, offset);
        value = checked(divide(value, divisor), offset);
      } else if (take("%")) {
        const Number divisor = signed_operand();
        check_divisor(divisor, offset);
        value = checked(remainder(value, divisor), offset);
      } else {
        return value;
      }
    }
  }

  Number signed_operand() {
    const Level level(*this);
    if (take("-") || take("−")) return negate(signed_operand());
    if (take("+")) return signed_operand();
    return power_operand();
  }

  Number power_operand() {
    Number base = operand();
    skip_space();
    const std::size_t offset = at_;
    if (!take("^") && !take("**")) return base;
    const Number exponent = signed_operand();
    if (to_double(exponent) < 0) check_divisor(base, offset);
    return checked(power(base, exponent), offset);
  }

  Number operand() {
    skip_space();
    const char c = at_ < text_.size() ? text_[at_] : '\0';
    if (is_digit(c) || c == '.') return number();
    if (is_letter(c)) return named();
    const std::size_t offset = at_;
    if (!take("(")) fail_here("expected a number, a name or '('");
    Number value = sum();
    if (!take(")")) fail(offset, "this '(' is not closed");
    return value;
  }

  Number number() {
    const char* const begin = text_.data() + at_;
    const char* const end = text_.data() + text_.size();
    double real = 0;
    const auto as_real = std::from_chars(begin, end, real);
    if (as_real.ec == std::errc::result_out_of_range) fail_here("this number is out of range");
    if (as_real.ec != std::errc()) fail_here("expected a number");
    at_ += static_cast<std::size_t>(as_real.ptr - begin);
    std::int64_t integer = 0;
    const auto as_integer = std::from_chars(begin, end, integer);
    if (as_integer.ec == std::errc() && as_integer.ptr == as_real.ptr) return integer;
    return real;
  }

  Number named() {
    const std::size_t offset = at_;
    std::string name;
    while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_])))
      name += to_lower(text_[at_++]);
    if (take("(")) return call(name, offset);
    if (const auto constant = find_constant(name)) return *constant;
    if (find_function(name))
      fail(offset, "the function " + name + " needs arguments in parentheses");
    fail(offset, "unknown name \"" + name + "\"");
  }

  Number call(const std::string& name, std::size_t offset) {
    const MathFunction* function = find_function(name);
    if (!function) fail(offset, "unknown function \"" + name + "\"");
    std::vector<Number> arguments;
    if (!take(")")) {
      do {
        arguments.push_back(sum());
      } while (take(","));
      if (!take(")")) fail_here("expected ',' or ')'");
    }
    if (arguments.size() < function->min_arguments || arguments.size() > function->max_arguments) {
      fail(offset, "wrong number of arguments for " + name);
    }
    return checked(function->call(arguments), offset);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

/// A double that is a whole number becomes an integer where nothing is lost.
Number simplified(const Number& number) noexcept {
  constexpr double exact = 9007199254740992.0;  // 2^53
  const auto* real = std::get_if<double>(&number);
  if (!real || std::fabs(*real) > exact || std::trunc(*real) != *real) return number;
  return static_cast<std::int64_t>(*real);
}

}  // namespace

boost::system::result<Number, ExpressionError> evaluate_expression(std::string_view expression) {
  try {
    return simplified(Parser(expression).run());
  } catch (const ExpressionError& error) {
    return error;
  }
}

std::string to_text(const Number& number) {
  std::array<char, 32> text{};
  const auto written = std::visit(
      [&](auto value) { return std::to_chars(text.data(), text.data() + text.size(), value); },
      number);
  return {text.data(), written.ptr};
}

}  // namespace strandbus::detail

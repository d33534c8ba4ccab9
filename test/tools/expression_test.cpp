#include "tools/expression.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <string>

namespace strandbus::detail {
namespace {

std::string value_of(std::string_view expression) {
  const auto value = evaluate_expression(expression);
  return value ? to_text(*value)
               : "error at " + std::to_string(value.error().offset) + ": " + value.error().message;
}

std::string nested(int levels) {
  const auto count = static_cast<std::size_t>(levels);
  return std::string(count, '(') + "1" + std::string(count, ')');
}

TEST(Expression, AddsTwoAndTwo) { EXPECT_EQ(value_of("2+2"), "4"); }

TEST(Expression, FollowsPrecedence) {
  EXPECT_EQ(value_of("2 + 3 * 4"), "14");
  EXPECT_EQ(value_of("(2 + 3) * 4"), "20");
  EXPECT_EQ(value_of("2 - 3 - 4"), "-5");
  EXPECT_EQ(value_of("100 / 10 / 5"), "2");
  EXPECT_EQ(value_of("7 % 4 * 2"), "6");
}

TEST(Expression, TakesPowersFromRightToLeftAndBeforeTheSign) {
  EXPECT_EQ(value_of("2^3^2"), "512");
  EXPECT_EQ(value_of("2**10"), "1024");
  EXPECT_EQ(value_of("-2^2"), "-4");
  EXPECT_EQ(value_of("2^-1"), "0.5");
  EXPECT_EQ(value_of("2*-3"), "-6");
  EXPECT_EQ(value_of("--3"), "3");
}

TEST(Expression, KeepsIntegersExactAsLongAsTheyFit) {
  EXPECT_EQ(value_of("9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(value_of("9007199254740993 + 1"), "9007199254740994");
  EXPECT_EQ(value_of("3037000499 * 3037000499"), "9223372030926249001");
  EXPECT_EQ(value_of("-9223372036854775807 - 1"), "-9223372036854775808");
  EXPECT_EQ(value_of("7^22"), "3909821048582988049");
  EXPECT_EQ(value_of("6 / 3"), "2");
}

TEST(Expression, GoesOnWithFloatingPointNumbersWhereIntegersEnd) {
  EXPECT_EQ(value_of("9223372036854775807 + 1"), "9223372036854775808");
  EXPECT_EQ(value_of("10^30"), "1e+30");
  EXPECT_EQ(value_of("(-9223372036854775807 - 1) / -1"), "9223372036854775808");
  EXPECT_EQ(value_of("(-9223372036854775807 - 1) % -1"), "0");
  EXPECT_EQ(value_of("7 / 2"), "3.5");
}

TEST(Expression, WritesTheShortestTextThatReadsBack) {
  EXPECT_EQ(value_of("0.1 + 0.2"), "0.30000000000000004");
  EXPECT_EQ(value_of("1.50"), "1.5");
  EXPECT_EQ(value_of("2.0 * 2"), "4");
  EXPECT_EQ(value_of(".5e1"), "5");
  EXPECT_EQ(value_of("1e-7"), "1e-07");
  EXPECT_EQ(value_of("-0.0"), "0");
}

TEST(Expression, KnowsConstantsAndFunctions) {
  EXPECT_EQ(value_of("pi"), "3.141592653589793");
  EXPECT_EQ(value_of("2 * PI == 0"), "error at 7: expected an operator");
  EXPECT_EQ(value_of("sqrt(16)"), "4");
  EXPECT_EQ(value_of("abs(-3) + abs(2.5)"), "5.5");
  EXPECT_EQ(value_of("max(1, 5, 3) - min(4, 2)"), "3");
  EXPECT_EQ(value_of("round(2.5) + floor(-0.5) + ceil(0.2)"), "3");
  EXPECT_EQ(value_of("round(3.14159, 2)"), "3.14");
  EXPECT_EQ(value_of("log(e) + ln(1) + log10(1000) + log2(8)"), "7");
  EXPECT_EQ(value_of("log(8, 2)"), "3");
  EXPECT_EQ(value_of("sin(0) + cos(0)"), "1");
  EXPECT_EQ(value_of("pow(2, 62)"), "4611686018427387904");
  EXPECT_EQ(value_of("sign(-2) + trunc(2.7) + hypot(3, 4)"), "6");
  EXPECT_EQ(value_of("floor(9007199254740993)"), "9007199254740993");
}

TEST(Expression, ReadsTypographicOperators) { EXPECT_EQ(value_of("6 × 4 ÷ 3 − 1"), "7"); }

TEST(Expression, RefusesToDivideByZeroAndSaysWhere) {
  EXPECT_EQ(value_of("1 / 0"), "error at 2: division by zero");
  EXPECT_EQ(value_of("1 + 5 % (2 - 2)"), "error at 6: division by zero");
  EXPECT_EQ(value_of("1 / 0.0"), "error at 2: division by zero");
  EXPECT_EQ(value_of("0 ^ -1"), "error at 2: division by zero");
}

TEST(Expression, RefusesWhatHasNoFiniteRealValue) {
  EXPECT_EQ(value_of("sqrt(-1)"), "error at 0: the result is not a finite real number");
  EXPECT_EQ(value_of("(-8) ^ 0.5"), "error at 5: the result is not a finite real number");
  EXPECT_EQ(value_of("10 ^ 400"), "error at 3: the result is not a finite real number");
  EXPECT_EQ(value_of("1e400"), "error at 0: this number is out of range");
}

TEST(Expression, NamesTheSyntaxErrorAndItsPlace) {
  EXPECT_EQ(value_of(""), "error at 0: expected a number, a name or '(', but the expression ends");
  EXPECT_EQ(value_of("2 +"),
            "error at 3: expected a number, a name or '(', but the expression ends");
  EXPECT_EQ(value_of("2 2"), "error at 2: expected an operator");
  EXPECT_EQ(value_of("(1 + 2"), "error at 0: this '(' is not closed");
  EXPECT_EQ(value_of("1 + )"), "error at 4: expected a number, a name or '('");
  EXPECT_EQ(value_of("foo"), "error at 0: unknown name \"foo\"");
  EXPECT_EQ(value_of("1 + foo(2)"), "error at 4: unknown function \"foo\"");
  EXPECT_EQ(value_of("sqrt"), "error at 0: the function sqrt needs arguments in parentheses");
  EXPECT_EQ(value_of("atan2(1)"), "error at 0: wrong number of arguments for atan2");
  EXPECT_EQ(value_of("sqrt()"), "error at 0: wrong number of arguments for sqrt");
  EXPECT_EQ(value_of("max(1, 2"), "error at 8: expected ',' or ')', but the expression ends");
  EXPECT_EQ(value_of("system('ls')"), "error at 0: unknown function \"system\"");
  EXPECT_EQ(value_of("."), "error at 0: expected a number");
}

TEST(Expression, RefusesWhatIsTooLongOrTooDeep) {
  EXPECT_EQ(value_of(nested(50)), "1");
  EXPECT_THAT(value_of(nested(max_expression_depth)), testing::HasSubstr("nested too deep"));
  EXPECT_THAT(value_of(std::string(max_expression_bytes - 1, '-') + "1"),
              testing::HasSubstr("nested too deep"));
  EXPECT_THAT(value_of(std::string(max_expression_bytes, ' ') + "1"),
              testing::HasSubstr("longer than 10000 bytes"));
}

RC_GTEST_PROP(ExpressionProperty, NoTextCrashesTheParser, (const std::string& text)) {
  value_of(text);
}

RC_GTEST_PROP(ExpressionProperty, NoTextOfItsOwnAlphabetCrashesTheParser, ()) {
  const auto text = *rc::gen::container<std::string>(
      rc::gen::elementOf(std::string("0123456789.e+-*/%^(), ") + "maxsqrtlogpi"));
  value_of(text);
}

RC_GTEST_PROP(ExpressionProperty, IntegersAddExactly, (std::int32_t a, std::int32_t b)) {
  const auto sum = std::int64_t{a} + b;
  RC_ASSERT(value_of(std::to_string(a) + " + " + std::to_string(b)) == std::to_string(sum));
}

RC_GTEST_PROP(ExpressionProperty, WhatIsWrittenReadsBackAsTheSameNumber, (double value)) {
  RC_PRE(value >= 0);
  const auto read = evaluate_expression(to_text(Number(value)));
  RC_ASSERT(read.has_value());
  RC_ASSERT(to_text(*read) == to_text(Number(value)));
}

}  // namespace
}  // namespace strandbus::detail

#include "server/login_book.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace strandbus {
namespace {

using detail::LoginBook;
using std::chrono::minutes;
using std::chrono::seconds;

const LoginBook::Clock::time_point noon{std::chrono::hours(12)};

TEST(LoginBook, TakesACodeOnce) {
  LoginBook book;
  const std::string code = book.new_code(noon);
  EXPECT_TRUE(book.redeem(code, noon));
  EXPECT_FALSE(book.redeem(code, noon));
}

TEST(LoginBook, TakesNoCodeThatIsFiveMinutesOld) {
  LoginBook book;
  const std::string early = book.new_code(noon);
  const std::string late = book.new_code(noon);
  EXPECT_TRUE(book.redeem(early, noon + minutes(5) - seconds(1)));
  EXPECT_FALSE(book.redeem(late, noon + minutes(5)));
}

TEST(LoginBook, KnowsNothingThatItDidNotMake) {
  LoginBook book;
  const std::string code = book.new_code(noon);
  EXPECT_FALSE(book.redeem("", noon));
  EXPECT_FALSE(book.redeem(code.substr(1), noon));
  EXPECT_FALSE(book.redeem(code + "0", noon));
  EXPECT_TRUE(book.redeem(code, noon));
}

TEST(LoginBook, KeepsABoundedNumberOfCodes) {
  LoginBook book;
  const std::string first = book.new_code(noon);
  const std::string second = book.new_code(noon);
  for (std::size_t i = 1; i < LoginBook::max_codes; ++i) book.new_code(noon);
  EXPECT_FALSE(book.redeem(first, noon));
  EXPECT_TRUE(book.redeem(second, noon));
}

}  // namespace
}  // namespace strandbus

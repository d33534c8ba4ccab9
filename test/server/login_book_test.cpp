#include "server/login_book.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <set>
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
  const auto login = book.redeem(code, noon);
  ASSERT_TRUE(login);
  EXPECT_NE(*login, code);
  EXPECT_TRUE(book.is_login(*login));
  EXPECT_FALSE(book.is_login(code));
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
  EXPECT_FALSE(book.is_login(""));
}

TEST(LoginBook, KeepsABoundedNumberOfCodesAndLogins) {
  LoginBook book;
  const std::string first = book.new_code(noon);
  for (std::size_t i = 0; i < LoginBook::max_codes; ++i) book.new_code(noon);
  EXPECT_FALSE(book.redeem(first, noon));

  const std::string oldest = book.redeem(book.new_code(noon), noon).value();
  for (std::size_t i = 1; i < LoginBook::max_logins; ++i) book.redeem(book.new_code(noon), noon);
  EXPECT_TRUE(book.is_login(oldest));
  book.redeem(book.new_code(noon), noon);
  EXPECT_FALSE(book.is_login(oldest));
}

TEST(RandomSecret, IsAnotherOneEachTime) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string secret = detail::random_secret();
    EXPECT_EQ(secret.size(), 64U);
    EXPECT_TRUE(seen.insert(secret).second);
  }
}

}  // namespace
}  // namespace strandbus

#include "server/login_seal.hpp"

#include "server/digest.hpp"
#include "server/secret.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>

namespace strandbus {
namespace {

using detail::LoginSeal;
using std::chrono::seconds;

const LoginSeal::Clock::time_point noon{std::chrono::hours(500000)};

TEST(LoginSeal, KnowsItsLoginsForThirtyDays) {
  const LoginSeal seal("0123456789abcdef");
  const std::string login = seal.new_login(noon);
  EXPECT_TRUE(seal.is_login(login, noon));
  EXPECT_TRUE(seal.is_login(login, noon + LoginSeal::lifetime - seconds(1)));
  EXPECT_FALSE(seal.is_login(login, noon + LoginSeal::lifetime));
  EXPECT_NE(login, seal.new_login(noon));
}

TEST(LoginSeal, KnowsTheLoginsOfAnEarlierProcessWithTheSameToken) {
  const std::string login = LoginSeal("0123456789abcdef").new_login(noon);
  EXPECT_TRUE(LoginSeal("0123456789abcdef").is_login(login, noon));
  EXPECT_FALSE(LoginSeal("0123456789abcdeg").is_login(login, noon));
}

TEST(LoginSeal, SaysNothingOfTheTokenInALogin) {
  const std::string token = "a-token-that-is-easy-to-find";
  EXPECT_THAT(LoginSeal(token).new_login(noon), Not(::testing::HasSubstr(token)));
}

TEST(LoginSeal, IsBrokenByAChangeOfAnyCharacter) {
  const LoginSeal seal("0123456789abcdef");
  const std::string login = seal.new_login(noon);
  for (std::size_t i = 0; i < login.size(); ++i) {
    for (const char c : {'0', '1', 'f', 'F', '.', ' ', '\0', '\xFF'}) {
      std::string forged = login;
      forged[i] = c;
      EXPECT_EQ(seal.is_login(forged, noon), forged == login) << i;
    }
    EXPECT_FALSE(seal.is_login(login.substr(0, i), noon)) << i;
    EXPECT_FALSE(seal.is_login(login.substr(i + 1), noon)) << i;
  }
}

TEST(LoginSeal, TakesNothingThatItDidNotMake) {
  const LoginSeal seal("0123456789abcdef");
  const std::string login = seal.new_login(noon);
  const std::string id = login.substr(0, login.find('.'));
  const std::string end = login.substr(id.size() + 1, login.rfind('.') - id.size() - 1);
  const std::string mac = login.substr(login.rfind('.') + 1);
  const std::string empty_mac(64, '0');
  for (const std::string& forged : {std::string(),
                                    std::string("."),
                                    std::string(".."),
                                    std::string("0123456789abcdef"),
                                    id,
                                    mac,
                                    id + "." + end,
                                    id + "." + end + ".",
                                    id + "." + end + "." + empty_mac,
                                    id + ".9999999999." + mac,
                                    id + ".-1." + mac,
                                    id + "." + end + "0." + mac,
                                    id + "." + end + "." + mac + "." + mac,
                                    "." + login,
                                    login + ".",
                                    login + login,
                                    id + "." + end + ".x." + mac,
                                    end + "." + id + "." + mac,
                                    std::string(100000, '.'),
                                    id + std::string(100000, '0') + "." + end + "." + mac}) {
    EXPECT_FALSE(seal.is_login(forged, noon)) << forged.substr(0, 200);
  }
}

TEST(RandomSecret, IsAnotherOneEachTime) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string secret = detail::random_secret();
    EXPECT_EQ(secret.size(), 64U);
    EXPECT_TRUE(seen.insert(secret).second);
  }
}

TEST(EqualSecrets, ComparesAllOfThem) {
  EXPECT_TRUE(detail::equal_secrets("", ""));
  EXPECT_TRUE(detail::equal_secrets("abc", "abc"));
  EXPECT_FALSE(detail::equal_secrets("abc", "abd"));
  EXPECT_FALSE(detail::equal_secrets("abc", "ab"));
  EXPECT_FALSE(detail::equal_secrets("", "a"));
}

TEST(Digest, IsThatOfTheStandards) {
  EXPECT_EQ(detail::to_hex(detail::sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  // RFC 4231, test case 2
  EXPECT_EQ(detail::to_hex(detail::hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(detail::to_base64(detail::sha256("")), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
}

}  // namespace
}  // namespace strandbus

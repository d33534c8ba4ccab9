#include "server/login_book.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace strandbus::detail {

bool equal_secrets(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string random_secret() {
  std::array<unsigned char, 32> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    throw std::runtime_error("the system gives no random numbers");
  }
  std::string text;
  for (const unsigned char byte : bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
}

std::string LoginBook::new_code(Clock::time_point now) {
  Code code{random_secret(), now + code_lifetime};
  const std::lock_guard lock(mutex_);
  if (codes_.size() == max_codes) codes_.pop_front();
  codes_.push_back(code);
  return code.text;
}

std::optional<std::string> LoginBook::redeem(std::string_view code, Clock::time_point now) {
  std::string login = random_secret();
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(codes_.begin(), codes_.end(), [&](const Code& known) {
    return equal_secrets(known.text, code);
  });
  if (found == codes_.end()) return std::nullopt;
  const bool in_time = now < found->end;
  codes_.erase(found);
  if (!in_time) return std::nullopt;
  if (logins_.size() == max_logins) logins_.pop_front();
  logins_.push_back(login);
  return login;
}

bool LoginBook::is_login(std::string_view cookie_value) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(logins_.begin(), logins_.end(),
                     [&](const std::string& login) { return equal_secrets(login, cookie_value); });
}

}  // namespace strandbus::detail

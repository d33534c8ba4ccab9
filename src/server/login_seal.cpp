#include "server/login_seal.hpp"

#include "server/secret.hpp"

#include <charconv>
#include <cstdint>

namespace strandbus::detail {
namespace {

constexpr std::size_t most_bytes = 256;

std::int64_t seconds_of(LoginSeal::Clock::time_point time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

}  // namespace

LoginSeal::LoginSeal(std::string_view token) : key_(hmac_sha256(token, "strandbus login 1")) {}

std::string LoginSeal::new_login(Clock::time_point now) const {
  std::string login = random_secret() + '.' + std::to_string(seconds_of(now + lifetime));
  login += '.' + mac_of(login);
  return login;
}

bool LoginSeal::is_login(std::string_view value, Clock::time_point now) const {
  const auto dot = value.rfind('.');
  if (dot == std::string_view::npos || value.size() > most_bytes) return false;
  const std::string_view sealed = value.substr(0, dot);
  if (!equal_secrets(mac_of(sealed), value.substr(dot + 1))) return false;
  // From here on it is what we have made.
  const std::string_view digits = sealed.substr(sealed.find('.') + 1);
  std::int64_t end = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), end);
  return read.ec == std::errc() && seconds_of(now) < end;
}

std::string LoginSeal::mac_of(std::string_view text) const {
  const std::string_view key(reinterpret_cast<const char*>(key_.data()), key_.size());
  return to_hex(hmac_sha256(key, text));
}

}  // namespace strandbus::detail

#include "server/login_book.hpp"

#include "server/secret.hpp"

#include <algorithm>

namespace strandbus::detail {

std::string LoginBook::new_code(Clock::time_point now) {
  Code code{random_secret(), now + code_lifetime};
  const std::lock_guard lock(mutex_);
  if (codes_.size() == max_codes) codes_.pop_front();
  codes_.push_back(code);
  return code.text;
}

bool LoginBook::redeem(std::string_view code, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(codes_.begin(), codes_.end(), [&](const Code& known) {
    return equal_secrets(known.text, code);
  });
  if (found == codes_.end()) return false;
  const bool in_time = now < found->end;
  codes_.erase(found);
  return in_time;
}

}  // namespace strandbus::detail

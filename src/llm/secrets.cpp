#include "llm/secrets.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace strandbus::detail {
namespace {

// A shorter part is what servers show on purpose ("sk-…abcd"), or chance.
constexpr std::size_t shortest_part = 12;
constexpr std::size_t shortest = 4;

std::size_t common_prefix(std::string_view a, std::string_view b) noexcept {
  const auto [end, ignored] = std::ranges::mismatch(a, b);
  return static_cast<std::size_t>(end - a.begin());
}

/// The length of the part of `secret` with which `text` begins, 0 if it is too short to tell.
std::size_t match(std::string_view text, std::string_view secret) noexcept {
  std::size_t longest = 0;
  for (std::size_t i = 0; i < secret.size(); ++i) {
    longest = std::max(longest, common_prefix(text, secret.substr(i)));
  }
  return longest >= std::min(shortest_part, secret.size()) ? longest : 0;
}

}  // namespace

Secrets::Secrets(std::vector<std::string> secrets) : secrets_(std::move(secrets)) {
  std::erase_if(secrets_, [](const std::string& secret) { return secret.size() < shortest; });
}

std::string Secrets::redact(std::string_view text) const {
  std::string out;
  while (!text.empty()) {
    const std::size_t secret = longest_match(text);
    out += secret != 0 ? std::string_view("[key]") : text.substr(0, 1);
    text.remove_prefix(secret != 0 ? secret : 1);
  }
  return out;
}

std::size_t Secrets::longest_match(std::string_view text) const noexcept {
  std::size_t longest = 0;
  for (const std::string& secret : secrets_) longest = std::max(longest, match(text, secret));
  return longest;
}

}  // namespace strandbus::detail

#include "llm/asked_model.hpp"

namespace strandbus::detail {
namespace {

bool is_digit_from(std::string_view text, char least) noexcept {
  return !text.empty() && text.front() >= least && text.front() <= '9';
}

bool takes_away(std::string_view& text, std::string_view prefix) noexcept {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace

bool is_reasoning_model(std::string_view name) noexcept {
  takes_away(name, "ft:");  // a model that was tuned is called as the one it was made of
  if (name.starts_with("codex-")) return true;
  if (takes_away(name, "gpt-")) return is_digit_from(name, '5') && name.find("-chat") == name.npos;
  return takes_away(name, "o") && is_digit_from(name, '1');
}

AskedModel asked_model(std::string_view name, std::string_view effort) {
  if (!effort.empty())
    return {.name = std::string(name), .effort = std::string(effort), .reasons = effort != "none"};
  AskedModel asked{.name = std::string(name), .effort = {}, .reasons = is_reasoning_model(name)};
  for (const std::string_view suffix : {"-low", "-medium", "-high"}) {
    if (!asked.reasons || !name.ends_with(suffix)) continue;
    asked.name.resize(name.size() - suffix.size());
    asked.effort = suffix.substr(1);
  }
  return asked;
}

}  // namespace strandbus::detail

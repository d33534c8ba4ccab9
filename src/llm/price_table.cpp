#include "strandbus/llm/price_table.hpp"

#include <algorithm>

namespace strandbus {
namespace {

constexpr std::string_view digits = "0123456789";
constexpr std::size_t shortest_date = 4;  // "0613"; a shorter number is another model: "-4-5"

/// Whether this, behind a model's name, says which snapshot of it is meant: "-2024-07-18",
/// "@20251001", "-20250514-v1:0", "-latest".
bool names_snapshot(std::string_view rest) noexcept {
  if (std::string_view("-@:").find(rest.front()) == std::string_view::npos) return false;
  rest.remove_prefix(1);
  if (rest == "latest") return true;
  const std::size_t date = std::min(rest.find_first_not_of(digits), rest.size());
  return date >= shortest_date &&
         rest.find_first_not_of("0123456789-.:@v") == std::string_view::npos;
}

bool is_family(std::string_view name) noexcept { return name.ends_with('*'); }

bool covers(std::string_view name, std::string_view model) noexcept {
  if (is_family(name)) {
    name.remove_suffix(1);
    return model.size() > name.size() && model.starts_with(name);
  }
  if (!model.starts_with(name)) return false;
  const std::string_view rest = model.substr(name.size());
  return rest.empty() || names_snapshot(rest);
}

/// Behind the last slash; empty for all models of a provider.
std::string_view without_provider(std::string_view name) noexcept {
  name.remove_prefix(name.rfind('/') + 1);  // npos + 1 is 0
  return name == "*" ? std::string_view() : name;
}

/// The entry with the longest name that covers the model; null when there is none, or more than
/// one.
template <class NameOf>
const ModelPrice* longest(const std::vector<ModelPrice>& models, std::string_view model,
                          NameOf name_of) noexcept {
  const ModelPrice* best = nullptr;
  std::size_t best_size = 0;
  for (const ModelPrice& entry : models) {
    const std::string_view name = name_of(entry.model);
    const std::size_t size = name.size() - (is_family(name) ? 1 : 0);
    if (name.empty() || size < best_size || !covers(name, model)) continue;
    best = size > best_size ? &entry : nullptr;
    best_size = size;
  }
  return best;
}

}  // namespace

std::optional<Price> PriceTable::find(std::string_view model) const noexcept {
  const auto whole = [](std::string_view full_name) { return full_name; };
  const ModelPrice* found = longest(models, model, whole);
  if (!found && model.find('/') == std::string_view::npos)
    found = longest(models, model, without_provider);
  return found ? found->price : std::nullopt;
}

}  // namespace strandbus

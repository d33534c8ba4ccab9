#include "sink/label_table.hpp"

#include "strandbus/sink/terminal_text.hpp"

namespace strandbus::detail {
namespace {

/// The longest beginning of `name` that fits and does not end inside a character.
std::string_view beginning_of(std::string_view name) {
  if (name.size() <= max_label_bytes) return name;
  std::size_t size = max_label_bytes;
  constexpr std::size_t longest_character = 4;
  const auto continues = [&](std::size_t i) {
    return (static_cast<unsigned char>(name[i]) & 0xC0U) == 0x80U;
  };
  while (continues(size) && size > max_label_bytes - longest_character) --size;
  return name.substr(0, size);
}

}  // namespace

std::string label_of(std::string_view name) {
  std::string label = terminal_safe(beginning_of(name));
  label.resize(beginning_of(label).size());  // what is shown instead may be longer
  return label;
}

std::string_view LabelTable::intern(std::string_view name) {
  if (name.empty()) return {};
  // What is found as it is needs no work: a label is its own label.
  if (const auto known = labels_.find(beginning_of(name)); known != labels_.end()) return *known;
  std::string label = label_of(name);
  if (labels_.size() < limit_) return *labels_.insert(std::move(label)).first;
  const auto known = labels_.find(label);
  return known != labels_.end() ? std::string_view(*known) : other_label;
}

}  // namespace strandbus::detail

#include "wire/ag_ui_open.hpp"

#include <algorithm>
#include <utility>

namespace strandbus::detail {
namespace {

/// An id is unique among those of its kind, but a step's name only within one agent.
bool names(const AgUiItem& item, AgUiKind kind, std::string_view id, std::string_view owner) {
  return item.kind == kind && item.id == id && (kind != AgUiKind::step || item.owner == owner);
}

}  // namespace

bool AgUiOpen::is_open(AgUiKind kind, std::string_view id, std::string_view owner) const {
  return std::any_of(items_.begin(), items_.end(),
                     [&](const AgUiItem& item) { return names(item, kind, id, owner); });
}

bool AgUiOpen::open(AgUiKind kind, std::string_view id, std::string_view owner) {
  if (is_open(kind, id, owner)) return false;
  if (kind == AgUiKind::subagent && !subagents_.emplace(id, true).second) return false;
  AgUiItem item;
  item.kind = kind;
  item.id = id;
  item.owner = owner;
  items_.push_back(std::move(item));
  return true;
}

bool AgUiOpen::close(AgUiKind kind, std::string_view id, std::string_view owner) {
  return !take_if([&](const AgUiItem& item) { return names(item, kind, id, owner); }).empty();
}

template <class Wanted>
std::vector<AgUiItem> AgUiOpen::take_if(Wanted wanted) {
  std::vector<AgUiItem> taken;
  for (auto item = items_.rbegin(); item != items_.rend(); ++item) {
    if (wanted(*item)) taken.push_back(*item);
  }
  std::erase_if(items_, wanted);
  return taken;
}

std::vector<AgUiItem> AgUiOpen::take(AgUiKind kind, std::string_view owner) {
  return take_if([&](const AgUiItem& item) { return item.kind == kind && item.owner == owner; });
}

std::vector<AgUiItem> AgUiOpen::take_owned(std::string_view owner) {
  return take_if(
      [&](const AgUiItem& item) { return item.kind != AgUiKind::subagent && item.owner == owner; });
}

std::vector<AgUiItem> AgUiOpen::take_all() {
  return take_if([](const AgUiItem&) { return true; });
}

std::string AgUiOpen::shown_message(std::string_view id) const {
  const auto found = discarded_.find(id);
  std::string shown(id);
  if (found != discarded_.end()) shown += '.' + std::to_string(found->second + 1);
  return shown;
}

void AgUiOpen::discard_message(std::string_view id) { ++discarded_[std::string(id)]; }

}  // namespace strandbus::detail

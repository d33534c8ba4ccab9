#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <unordered_set>

namespace strandbus::detail {

/// The ids of the newest commands, so that one that is sent again is not carried out again.
class SeenCommands {
 public:
  static constexpr std::size_t kept = 1024;

  /// False if the id was there before. An empty one is always new.
  bool insert(const std::string& id) {
    if (id.empty()) return true;
    if (!ids_.insert(id).second) return false;
    order_.push_back(id);
    if (order_.size() > kept) {
      ids_.erase(order_.front());
      order_.pop_front();
    }
    return true;
  }

 private:
  std::unordered_set<std::string> ids_;
  std::deque<std::string> order_;
};

}  // namespace strandbus::detail

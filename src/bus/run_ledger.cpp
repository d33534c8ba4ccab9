#include "run_ledger.hpp"

#include <algorithm>
#include <utility>

namespace strandbus::detail {

bool RunLedger::is_new(const std::string& run_id) const {
  return !open_.contains(run_id) && !ended_.contains(run_id);
}

bool RunLedger::is_open(const std::shared_ptr<const RunContext>& context) const {
  if (!open_.contains(context->run_id)) return false;
  last_open_ = context;
  return true;
}

void RunLedger::begin_or_end(EventType type, const std::string& run_id) {
  if (type == EventType::run_started) {
    open_.insert(run_id);
  } else {
    end(run_id);
  }
}

void RunLedger::end(const std::string& run_id) {
  remember(run_id);
  last_open_.reset();
  open_.erase(run_id);
}

void RunLedger::remember(const std::string& run_id) {
  const auto [ended, is_new] = ended_.insert(run_id);
  if (!is_new) return;
  try {
    if (ended_order_.full() && ended_order_.capacity() < max_ended)
      ended_order_.set_capacity(std::min(max_ended, std::max(first_room, 2 * ended_order_.size())));
    std::string last = run_id;
    if (ended_order_.full()) ended_.erase(ended_order_.front());
    ended_order_.push_back(std::move(last));  // in the place of the first if it is full
  } catch (...) {
    ended_.erase(ended);
    throw;
  }
}

}  // namespace strandbus::detail

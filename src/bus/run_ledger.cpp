#include "run_ledger.hpp"

namespace strandbus::detail {

bool RunLedger::allows(const StreamEvent& event) const {
  const auto& context = event.shared_context();
  if (!context || context->run_id.empty()) return true;
  if (event.type() == EventType::run_started) {
    return !open_.contains(context->run_id) && !ended_.contains(context->run_id);
  }
  if (context == last_open_) return true;
  if (!open_.contains(context->run_id)) return false;
  last_open_ = context;
  return true;
}

void RunLedger::record(const StreamEvent& event) {
  if (event.type() == EventType::run_started) {
    if (!event.run_id().empty()) open_.insert(event.run_id());
  } else if (event.is_terminal() && !event.run_id().empty()) {
    end(event.run_id());
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
    ended_order_.push_back(run_id);
  } catch (...) {
    ended_.erase(ended);
    throw;
  }
  if (ended_order_.size() > max_ended) {
    ended_.erase(ended_order_.front());
    ended_order_.pop_front();
  }
}

}  // namespace strandbus::detail

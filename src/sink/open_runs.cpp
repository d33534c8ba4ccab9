#include "sink/open_runs.hpp"

#include <iterator>

namespace strandbus::detail {
namespace {

constexpr std::size_t max_id_bytes = 128;  // anyone may have written the id

std::string_view key_of(std::string_view run_id) noexcept { return run_id.substr(0, max_id_bytes); }

}  // namespace

void OpenRuns::start(std::string_view run_id, std::string_view model) {
  end(run_id);
  if (limit_ == 0) return;
  if (runs_.size() == limit_) {
    by_id_.erase(runs_.front().id);
    runs_.pop_front();
    ++forgotten_;
  }
  runs_.push_back({std::string(key_of(run_id)), model});
  by_id_.emplace(runs_.back().id, std::prev(runs_.end()));
}

void OpenRuns::end(std::string_view run_id) {
  const auto found = by_id_.find(key_of(run_id));
  if (found == by_id_.end()) return;
  const Runs::iterator run = found->second;
  by_id_.erase(found);  // its key is the text of the run
  runs_.erase(run);
}

std::string_view OpenRuns::model_of(std::string_view run_id) const {
  const auto found = by_id_.find(key_of(run_id));
  return found == by_id_.end() ? std::string_view() : found->second->model;
}

void OpenRuns::set_model(std::string_view run_id, std::string_view model) {
  const auto found = by_id_.find(key_of(run_id));
  if (found != by_id_.end()) found->second->model = model;
}

}  // namespace strandbus::detail

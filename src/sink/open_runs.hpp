#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace strandbus::detail {

/// The runs that have started and not ended, at most so many: one whose end never comes is
/// forgotten when its turn has come.
class OpenRuns {
 public:
  explicit OpenRuns(std::size_t limit) : limit_(limit) {}

  /// Begins a run; one of that id that is open begins anew. Labels of models must outlive this.
  void start(std::string_view run_id, std::string_view model);
  void end(std::string_view run_id);

  /// The label for the run's events that name no model; empty if nothing is known.
  std::string_view model_of(std::string_view run_id) const;
  void set_model(std::string_view run_id, std::string_view model);

  std::size_t size() const noexcept { return runs_.size(); }
  std::int64_t forgotten() const noexcept { return forgotten_; }

 private:
  struct Run {
    std::string id;
    std::string_view model;
  };
  using Runs = std::list<Run>;

  std::size_t limit_;
  Runs runs_;  // in the order of their start
  std::unordered_map<std::string_view, Runs::iterator> by_id_;
  std::int64_t forgotten_ = 0;
};

}  // namespace strandbus::detail

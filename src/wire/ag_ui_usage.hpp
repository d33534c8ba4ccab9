#pragma once

#include "strandbus/event/types.hpp"

#include <string>
#include <vector>

namespace strandbus::detail {

/// The tokens of a run, added up for each model.
///
/// Threads: distinct objects.
class AgUiUsage {
 public:
  void add(std::string provider, std::string model, const Usage& usage);
  bool empty() const noexcept { return models_.empty(); }
  /// A list of AG-UI's TokenUsage, the model that was asked first before the others.
  std::string json() const;

 private:
  struct Entry {
    std::string provider{};
    std::string model{};
    Usage usage{};
  };

  std::vector<Entry> models_;
};

}  // namespace strandbus::detail

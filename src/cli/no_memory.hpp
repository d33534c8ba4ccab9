#pragma once

#include "strandbus/agent/memory.hpp"

#include <string>

namespace strandbus::cli {

/// Stands for the memory of a session that is replayed, where no tool runs.
class NoMemory final : public Memory {
 public:
  const std::string& name() const noexcept override { return name_; }
  MemoryResult<void> store(std::string_view, std::string_view) override { return nothing(); }
  MemoryResult<std::string> read(std::string_view) const override { return nothing(); }
  MemoryResult<std::vector<MemoryEntry>> list() const override { return nothing(); }
  MemoryResult<void> remove(std::string_view) override { return nothing(); }

 private:
  static MemoryError nothing() {
    return {MemoryFault::denied, "there is no memory while a recording is replayed"};
  }

  std::string name_ = "none";
};

}  // namespace strandbus::cli

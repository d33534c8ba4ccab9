#pragma once

#include "store/group_commit.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace strandbus::detail {

/// A writer whose events a GroupCommit makes durable.
class GroupSessionWriter : public SessionWriter {
 public:
  /// `store` is what closes the store when the last one lets go of it.
  GroupSessionWriter(std::shared_ptr<void> store, std::shared_ptr<GroupCommit> commits,
                     std::shared_ptr<WrittenSession> session);

  std::uint64_t last_seq() const noexcept override {
    return session_->last_seq.load(std::memory_order_acquire);
  }

 protected:
  /// Why one of these events cannot be kept, besides what check_append says.
  virtual error_code check(const std::vector<StoredEvent>& events) const;

 private:
  void start_append(std::vector<StoredEvent> events, AppendHandler handler) override;

  const std::shared_ptr<void> store_;  ///< destroyed last
  const std::shared_ptr<GroupCommit> commits_;
  const std::shared_ptr<WrittenSession> session_;
  std::uint64_t last_given_;
};

}  // namespace strandbus::detail

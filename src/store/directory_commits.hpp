#pragma once

#include "store/group_commit.hpp"
#include "store/session_file_writer.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace strandbus::detail {

/// How much of each file that we write is durable. Once the store has failed, nothing is forgotten:
/// what lies behind was never acknowledged.
///
/// Threads: any thread.
class DurableSizes {
 public:
  void set(const std::string& id, std::uint64_t size);
  void forget(const std::string& id) noexcept;
  void keep() noexcept;
  std::optional<std::uint64_t> of(const std::string& id) const;

 private:
  mutable std::mutex mutex_;  // guards what follows
  std::map<std::string, std::uint64_t> sizes_;
  bool keep_ = false;
};

/// A session file that has a writer.
struct DirectorySession final : WrittenSession {
  DirectorySession(std::string of, SessionFileWriter writer, std::shared_ptr<DurableSizes> durable)
      : file(std::move(writer)), sizes(std::move(durable)) {
    id = std::move(of);
    sizes->set(id, file.size());
  }
  ~DirectorySession() override { sizes->forget(id); }

  SessionFileWriter file;  ///< of the committing thread
  const std::shared_ptr<DurableSizes> sizes;
};

/// Writes to session files: what a batch has for one session is one write.
///
/// Threads: that of the group commit.
class DirectoryCommits final : public CommitTarget {
 public:
  DirectoryCommits(StoreDurability durability, std::shared_ptr<DurableSizes> sizes)
      : durability_(durability), sizes_(std::move(sizes)) {}

  void write(std::vector<CommitWork>& batch) override;
  void failed() noexcept override { sizes_->keep(); }

 private:
  struct Part {
    DirectorySession* session;
    std::uint64_t size_before;
    std::string lines{};
  };

  Part& part_of(DirectorySession& session);
  void write_parts();

  const StoreDurability durability_;
  const std::shared_ptr<DurableSizes> sizes_;
  std::vector<Part> parts_;  ///< of the batch under way
};

}  // namespace strandbus::detail

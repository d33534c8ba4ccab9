#include "store/directory_commits.hpp"

#include "store/event_line.hpp"

#include <algorithm>
#include <stdexcept>

namespace strandbus::detail {
namespace {

void check(const std::optional<SessionError>& error) {
  if (error) throw std::runtime_error(error->message);
}

}  // namespace

void DurableSizes::set(const std::string& id, std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  sizes_[id] = size;
}

void DurableSizes::forget(const std::string& id) noexcept {
  const std::lock_guard lock(mutex_);
  if (!keep_) sizes_.erase(id);
}

void DurableSizes::keep() noexcept {
  const std::lock_guard lock(mutex_);
  keep_ = true;
}

std::optional<std::uint64_t> DurableSizes::of(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = sizes_.find(id);
  if (found == sizes_.end()) return std::nullopt;
  return found->second;
}

void DirectoryCommits::write(std::vector<CommitWork>& batch) {
  parts_.clear();
  for (CommitWork& work : batch) {
    if (const auto* append = std::get_if<CommitAppend>(&work)) {
      std::string& lines = part_of(static_cast<DirectorySession&>(*append->session)).lines;
      for (const StoredEvent& event : append->events) append_stored_event(lines, event);
    } else {
      std::get<CommitErrand>(work).run();
    }
  }
  try {
    write_parts();
  } catch (...) {
    // None of the batch is acknowledged, so none of it should stay.
    for (const Part& part : parts_) part.session->file.take_back(part.size_before);
    throw;
  }
}

DirectoryCommits::Part& DirectoryCommits::part_of(DirectorySession& session) {
  const auto known = std::find_if(parts_.begin(), parts_.end(),
                                  [&](const Part& part) { return part.session == &session; });
  if (known != parts_.end()) return *known;
  parts_.push_back({&session, session.file.size()});
  return parts_.back();
}

void DirectoryCommits::write_parts() {
  for (const Part& part : parts_) {
    if (part.lines.empty()) continue;
    check(part.session->file.write(part.lines));
    part.session->file.touch();
  }
  for (const Part& part : parts_) {
    if (durability_ == StoreDurability::power && !part.lines.empty())
      check(part.session->file.sync());
  }
  for (const Part& part : parts_) sizes_->set(part.session->id, part.session->file.size());
}

}  // namespace strandbus::detail

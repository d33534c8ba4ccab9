#include "store/group_session_writer.hpp"

#include "store/store_error.hpp"

namespace strandbus::detail {

GroupSessionWriter::GroupSessionWriter(std::shared_ptr<void> store,
                                       std::shared_ptr<GroupCommit> commits,
                                       std::shared_ptr<WrittenSession> session)
    : store_(std::move(store)),
      commits_(std::move(commits)),
      session_(std::move(session)),
      last_given_(session_->last_seq.load(std::memory_order_relaxed)) {}

error_code GroupSessionWriter::check(const std::vector<StoredEvent>&) const { return {}; }

void GroupSessionWriter::start_append(std::vector<StoredEvent> events, AppendHandler handler) {
  AppendCompletion completion(std::move(handler));
  error_code error = check_append(events, last_given_);
  if (!error) error = check(events);
  if (error && commits_->failure()) error = make_error_code(Errc::store_failed);
  if (error) return std::move(completion).post(error);
  if (!events.empty()) last_given_ = events.back().seq;
  commits_->append({session_, std::move(events), std::move(completion)});
}

}  // namespace strandbus::detail

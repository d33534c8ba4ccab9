#include "store/session_recorder.hpp"

#include "store/session_lines.hpp"

#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::size_t kept_bytes =
    std::size_t{1024} * 1024;  // of a line's memory, for the next one

}  // namespace

void SessionRecorder::set_notices(Publisher notices) {
  if (options_.notices == StoreNotices::publish) notices_ = std::move(notices);
}

void SessionRecorder::write(const StreamEvent& event) {
  if (failed_) return;
  append_event_line(line_, event);
  if (!write_line()) return;
  events_.fetch_add(1, std::memory_order_relaxed);
  last_seq_ = event.seq();
  if (!event.is<MessageCommitted>() || event.context().depth > 0) return;
  append_message_line(line_, event);
  write_line();
}

bool SessionRecorder::write_line() {
  auto error = file_.write(line_);
  line_.clear();
  if (line_.capacity() > kept_bytes) line_.shrink_to_fit();
  if (error) fail(*std::move(error));
  return !failed_;
}

void SessionRecorder::fail(SessionError error) {
  failed_ = true;
  error.message += "; the recording ends after event " + std::to_string(last_seq_);
  {
    const std::lock_guard lock(mutex_);
    failure_ = error;
  }
  static_cast<void>(notices_.publish(SystemNotice{.subsystem = "store", .message = error.message}));
  if (options_.on_failure) options_.on_failure(error);
}

std::optional<SessionError> SessionRecorder::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

}  // namespace strandbus::detail

#include "store/session_recorder.hpp"

#include "store/session_lines.hpp"

#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::size_t kept_bytes =
    std::size_t{1024} * 1024;  // of the memory of lines, for the next ones

}  // namespace

/// Whatever became of an event, nobody waits for it any more and nothing of it goes into the next
/// write.
class SessionRecorder::Ending {
 public:
  Ending(SessionRecorder& recorder, std::uint64_t seq) : recorder_(recorder), seq_(seq) {}
  Ending(const Ending&) = delete;
  Ending& operator=(const Ending&) = delete;
  ~Ending() {
    std::string& lines = recorder_.lines_;
    lines.clear();
    if (lines.capacity() > kept_bytes) lines = std::string();
    recorder_.settle(seq_);
  }

 private:
  SessionRecorder& recorder_;
  const std::uint64_t seq_;
};

void SessionRecorder::set_notices(Publisher notices) {
  if (options_.notices == StoreNotices::publish) notices_ = std::move(notices);
}

void SessionRecorder::write(const StreamEvent& event) {
  if (failed_) return;
  const Ending ending(*this, event.seq());
  append_event_line(lines_, event);
  if (commits_message(event)) append_message_line(lines_, event);
  if (auto error = file_.write(lines_)) return fail(*std::move(error));
  events_.fetch_add(1, std::memory_order_relaxed);
  last_seq_ = event.seq();
}

void SessionRecorder::settle(std::uint64_t seq) noexcept {
  std::uint64_t known = settled_.load(std::memory_order_relaxed);
  do {
    if (known >= seq) return;  // the recorder may have been stopped meanwhile, by another thread
  } while (!settled_.compare_exchange_weak(known, seq, std::memory_order_release,  // wait_written
                                           std::memory_order_relaxed));
  settled_.notify_all();
}

void SessionRecorder::wait_written(std::uint64_t seq) const noexcept {
  for (;;) {
    const std::uint64_t settled = settled_.load(std::memory_order_acquire);  // pairs with settle
    if (settled >= seq) return;
    settled_.wait(settled, std::memory_order_acquire);
  }
}

void SessionRecorder::fail(SessionError error) {
  failed_ = true;
  end();
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

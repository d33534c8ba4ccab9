#include "store/group_commit.hpp"

#include "store/store_error.hpp"

#include <utility>

namespace strandbus::detail {

GroupCommit::GroupCommit(std::string path, std::size_t max_batch, Logger logger,
                         std::unique_ptr<CommitTarget> target)
    : path_(std::move(path)),
      max_batch_(max_batch),
      logger_(std::move(logger)),
      target_(std::move(target)) {}

void GroupCommit::start() {
  thread_ = std::thread([self = shared_from_this()] { self->loop(); });
}

void GroupCommit::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  given_.notify_one();
  // A handler that runs on our thread may have been the last to hold the store.
  if (std::this_thread::get_id() == thread_.get_id()) {
    thread_.detach();
  } else {
    thread_.join();
  }
}

void GroupCommit::append(CommitAppend append) { give(std::move(append)); }

std::optional<StoreError> GroupCommit::run(const CommitTask& task) {
  CommitErrand errand{&task};
  auto done = errand.done.get_future();
  give(std::move(errand));
  return done.get();
}

void GroupCommit::flush() {
  static_cast<void>(run([] { return std::nullopt; }));
}

std::optional<StoreError> GroupCommit::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

std::optional<StoreError> GroupCommit::refusal() const {
  if (const auto failure = this->failure()) return failed_store(*failure);
  return std::nullopt;
}

void GroupCommit::give(CommitWork work) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(work));
  }
  given_.notify_one();
}

void GroupCommit::loop() {
  for (Batch batch; take(batch); batch.clear()) {
    if (failed_ || !attempt([&] { target_->write(batch); })) {
      refuse(batch);
    } else {
      finish(batch);
      attempt([&] { target_->tidy(); });
    }
  }
}

/// Waits for something to write; false when there is nothing and will be nothing.
bool GroupCommit::take(Batch& batch) {
  std::unique_lock lock(mutex_);
  given_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
  for (std::size_t events = 0; !queue_.empty();) {
    const auto* append = std::get_if<CommitAppend>(&queue_.front());
    events += append ? append->events.size() : 1;
    if (!batch.empty() && events > max_batch_) break;
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return !batch.empty();
}

/// False when it has failed, for ever.
bool GroupCommit::attempt(const std::function<void()>& step) {
  try {
    step();
    return true;
  } catch (const std::exception& error) {
    fail(error.what());
    return false;
  }
}

void GroupCommit::fail(const char* why) {
  StoreError failure{make_error_code(Errc::store_failed),
                     "cannot write to the store " + path_ + ": " + why};
  target_->failed();
  logger_.log(LogLevel::error, failure.message);
  failed_ = true;
  const std::lock_guard lock(mutex_);
  failure_ = std::move(failure);
}

void GroupCommit::finish(Batch& batch) {
  for (CommitWork& work : batch) {
    if (auto* append = std::get_if<CommitAppend>(&work)) {
      if (!append->events.empty())
        append->session->last_seq.store(append->events.back().seq, std::memory_order_release);
      append->session.reset();  // so that who hears of it can open the session
      std::move(append->completion).post({});
    } else {
      auto& errand = std::get<CommitErrand>(work);
      errand.done.set_value(std::move(errand.refusal));
    }
  }
}

void GroupCommit::refuse(Batch& batch) const {
  const std::optional<StoreError> error = refusal();
  for (CommitWork& work : batch) {
    if (auto* append = std::get_if<CommitAppend>(&work)) {
      append->session.reset();
      std::move(append->completion).post(error->code);
    } else {
      std::get<CommitErrand>(work).done.set_value(error);
    }
  }
}

}  // namespace strandbus::detail

#include "strandbus/store/jsonl_store.hpp"

#include "store/session_lines.hpp"
#include "store/session_recorder.hpp"

#include <utility>

namespace strandbus {

using detail::SessionFileWriter;
using detail::SessionRecorder;

SessionResult<JsonlStore> JsonlStore::create(const std::string& path,
                                             const SessionMetadata& metadata,
                                             JsonlStoreOptions options) {
  return fork(path, metadata, {}, std::move(options));
}

SessionResult<JsonlStore> JsonlStore::fork(const std::string& path, const SessionMetadata& metadata,
                                           std::span<const StoredMessage> messages,
                                           JsonlStoreOptions options) {
  auto file = SessionFileWriter::create(path);
  if (!file) return std::move(file).error();
  std::string lines;
  detail::append_metadata_line(lines, metadata);
  for (const StoredMessage& stored : messages) {
    StreamEvent commit(MessageCommitted{.message = stored.message});
    commit.set_stamp(0, {}, stored.timestamp);
    detail::append_message_line(lines, commit);
  }
  if (auto error = file->write(lines)) {
    file->remove();
    return *std::move(error);
  }
  return JsonlStore(std::make_shared<SessionRecorder>(std::move(*file), std::move(options)));
}

SessionResult<JsonlStore> JsonlStore::append(const std::string& path, JsonlStoreOptions options) {
  auto file = SessionFileWriter::append(path);
  if (!file) return std::move(file).error();
  return JsonlStore(std::make_shared<SessionRecorder>(std::move(*file), std::move(options)));
}

JsonlStore::JsonlStore(std::shared_ptr<SessionRecorder> recorder) noexcept
    : recorder_(std::move(recorder)) {}
JsonlStore::JsonlStore(JsonlStore&&) noexcept = default;
JsonlStore& JsonlStore::operator=(JsonlStore&&) noexcept = default;
JsonlStore::~JsonlStore() = default;

void JsonlStore::record(EventBus& bus, Start from) {
  recorder_->set_notices(bus.publisher(RunContext{}));
  const SubscribeOptions options{
      .from = from, .overflow = Overflow::block, .filter = {}, .name = "session file"};
  subscription_ = bus.subscribe(
      [recorder = recorder_](const StreamEvent& event) { recorder->write(event); }, options);
}

void JsonlStore::stop() {
  subscription_.unsubscribe();
  recorder_->end();
}

void JsonlStore::wait_written(std::uint64_t seq) const noexcept { recorder_->wait_written(seq); }

std::optional<SessionError> JsonlStore::failure() const { return recorder_->failure(); }

std::uint64_t JsonlStore::events() const noexcept { return recorder_->events(); }

}  // namespace strandbus

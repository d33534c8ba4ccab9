#include "cli/session_source.hpp"

#include "cli/dialect_source.hpp"
#include "cli/session_lookup.hpp"
#include "cli/usage_error.hpp"
#include "strandbus/event/json_codec.hpp"

#include <filesystem>
#include <fstream>
#include <utility>
#include <variant>
#include <vector>

namespace strandbus::cli {
namespace {

constexpr std::size_t page_events = 1024;
constexpr std::size_t max_first_line = std::size_t{64} * 1024;

class FileSource final : public SessionSource {
 public:
  explicit FileSource(SessionReader reader) : reader_(std::move(reader)) {}

  const SessionMetadata& metadata() const noexcept override { return reader_.metadata(); }
  SessionResult<std::optional<SessionRecord>> next() override { return reader_.next(); }
  std::size_t line() const noexcept override { return reader_.line(); }
  const std::optional<TornLine>& torn() const noexcept override { return reader_.torn(); }
  std::uint64_t skipped() const noexcept override { return reader_.skipped(); }

 private:
  SessionReader reader_;
};

class StoreSource final : public SessionSource {
 public:
  StoreSource(std::shared_ptr<const EventStore> store, SessionSummary summary,
              std::vector<StoredMessage> before)
      : store_(std::move(store)), summary_(std::move(summary)), messages_(std::move(before)) {}

  const SessionMetadata& metadata() const noexcept override { return summary_.metadata; }

  SessionResult<std::optional<SessionRecord>> next() override {
    if (message_ < messages_.size())
      return std::optional<SessionRecord>(std::move(messages_[message_++]));
    if (at_ == page_.size()) {
      if (auto error = read_page()) return *std::move(error);
      if (page_.empty()) return std::optional<SessionRecord>();
    }
    const StoredEvent& stored = page_[at_++];
    position_ = stored.seq;
    auto event = decoder_.read(*stored.json);
    if (!event) return damaged(stored.seq, event.error());
    keep_message(*event);
    return std::optional<SessionRecord>(*std::move(event));
  }

 private:
  /// Reads on, as far as the session went when it was opened.
  std::optional<SessionError> read_page() {
    page_.clear();
    at_ = 0;
    if (position_ >= summary_.last_seq) return std::nullopt;
    auto page = store_->read(metadata().session_id, position_, page_events);
    if (!page) return SessionError{page.error().code, 0, {}, page.error().message};
    while (!page->empty() && page->back().seq > summary_.last_seq) page->pop_back();
    page_ = *std::move(page);
    return std::nullopt;
  }

  void keep_message(const StreamEvent& event) {
    messages_.clear();
    message_ = 0;
    const auto* const commit = event.get_if<MessageCommitted>();
    if (commit && event.context().depth <= 0) messages_.push_back({commit->message, event.ts()});
  }

  SessionError damaged(std::uint64_t seq, const DecodeError& error) const {
    return {error.code, 0, error.pointer,
            metadata().session_id + ", seq " + std::to_string(seq) + ": " + error.message};
  }

  const std::shared_ptr<const EventStore> store_;
  const SessionSummary summary_;
  std::vector<StoredMessage> messages_;  ///< that come next
  std::size_t message_ = 0;
  std::vector<StoredEvent> page_;
  std::size_t at_ = 0;
  std::uint64_t position_ = 0;  ///< the seq that was read last
  EventReader decoder_;
};

/// Whether a file begins with an event where a session has its metadata.
bool begins_with_event(const std::string& path) {
  std::ifstream file(path);
  std::string line(max_first_line, '\0');
  if (!file.getline(line.data(), static_cast<std::streamsize>(line.size()))) return false;
  line.resize(line.find('\0'));
  return EventReader().read(line).has_value();
}

/// What strandbus run --json has printed is no session, and can be read all the same.
SessionError with_hint(SessionError error, const std::string& path) {
  if (error.line == 1 && begins_with_event(path))
    error.message += "; these are events alone: add --from-dialect native";
  return error;
}

SessionError in_session(StoreError error) { return {error.code, 0, {}, std::move(error.message)}; }

}  // namespace

const std::optional<TornLine>& SessionSource::torn() const noexcept {
  static const std::optional<TornLine> none;
  return none;
}

bool SessionSources::is_file(const std::string& name) {
  std::error_code failure;
  return std::filesystem::exists(name, failure);
}

SessionResult<SessionSummary> SessionSources::find(const std::string& name) {
  if (!store_) store_ = open_existing_store(choice_);
  // Without a store it can only have been meant as a file.
  if (!store_) return SessionReader::open(name).error();
  auto found = find_session(*store_, name, choice_.path);
  if (found) return *std::move(found);
  if (found.error().code != Errc::session_unknown) return in_session(std::move(found).error());
  SessionError error = in_session(std::move(found).error());
  const bool path = name.find('/') != std::string::npos || name.ends_with(".jsonl");
  auto file = SessionReader::open(name);
  if (!file && path) error.message = file.error().message + "; and " + error.message;
  return error;
}

OpenedSource SessionSources::open(const std::string& name) {
  if (!dialect_.empty()) return open_dialect_source(name, dialect_);
  if (is_file(name)) {
    auto reader = SessionReader::open(name);
    if (!reader) return with_hint(std::move(reader).error(), name);
    return std::unique_ptr<SessionSource>(std::make_unique<FileSource>(*std::move(reader)));
  }
  auto summary = find(name);
  if (!summary) return std::move(summary).error();
  auto before = store_->messages_before(summary->metadata.session_id);
  if (!before) return in_session(std::move(before).error());
  return std::unique_ptr<SessionSource>(
      std::make_unique<StoreSource>(store_, *std::move(summary), *std::move(before)));
}

std::unique_ptr<SessionSource> open_source(SessionSources& sources, const std::string& name) {
  auto source = sources.open(name);
  if (!source) throw UsageError(source.error().message);
  return *std::move(source);
}

}  // namespace strandbus::cli

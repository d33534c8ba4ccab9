#include "cli/forked_session.hpp"

#include "cli/console.hpp"
#include "cli/usage_error.hpp"
#include "strandbus/store/session_reader.hpp"

#include <limits>
#include <utility>
#include <variant>

namespace strandbus::cli {
namespace {

/// Takes the events of a session in, one by one.
class Fork {
 public:
  Fork(ForkedSession& session, std::uint64_t at) : session_(session), at_(at) {}

  void add(const StreamEvent& event) {
    last_seq_ = event.seq();
    if (event.context().depth > 0) return;
    const bool before = event.seq() < at_;
    if (const auto* commit = event.get_if<MessageCommitted>(); commit && before)
      session_.messages.push_back({.message = commit->message, .timestamp = event.ts()});
    if (const auto* said = event.get_if<UserMessage>(); said && !before && !session_.prompt)
      session_.prompt = said->content;
  }

  /// A message line; the ones behind an event repeat what the event has said.
  void add(StoredMessage message) {
    if (last_seq_ == 0) session_.messages.push_back(std::move(message));
  }

  std::uint64_t last_seq() const noexcept { return last_seq_; }

 private:
  ForkedSession& session_;
  const std::uint64_t at_;
  std::uint64_t last_seq_ = 0;
};

}  // namespace

ForkedSession fork_session(const std::string& path, std::optional<std::int64_t> at) {
  auto reader = SessionReader::open(path);
  if (!reader) throw UsageError(reader.error().message);
  ForkedSession session;
  session.metadata = reader->metadata();
  constexpr std::uint64_t end = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t wanted = at ? static_cast<std::uint64_t>(*at) : end;
  Fork fork(session, wanted);
  for (;;) {
    auto record = reader->next();
    if (!record) throw UsageError(record.error().message);
    if (!*record) break;
    if (const auto* const event = std::get_if<StreamEvent>(&**record)) {
      fork.add(*event);
    } else {
      fork.add(std::get<StoredMessage>(std::move(**record)));
    }
  }
  if (reader->torn()) say(reader->torn()->message);
  if (at && wanted > fork.last_seq())
    throw UsageError("--fork-at: " + path + " has no event " + std::to_string(wanted) +
                     "; its last one is " + std::to_string(fork.last_seq()));
  session.at = at ? wanted : fork.last_seq() + 1;
  return session;
}

}  // namespace strandbus::cli

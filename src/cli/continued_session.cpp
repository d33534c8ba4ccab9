#include "cli/continued_session.hpp"

#include "cli/usage_error.hpp"
#include "strandbus/store/session_reader.hpp"

#include <utility>
#include <variant>

namespace strandbus::cli {
namespace {

template <class T>
T checked(SessionResult<T> result) {
  if (!result) throw UsageError(result.error().message);
  return *std::move(result);
}

}  // namespace

ContinuedSession continue_session(const std::string& path, JsonlStoreOptions options) {
  // The store first: from then on nobody else writes.
  JsonlStore store = checked(JsonlStore::append(path, std::move(options)));
  SessionReader reader = checked(SessionReader::open(path));
  ContinuedSession session{
      .metadata = reader.metadata(), .messages = {}, .last_event = {}, .store = std::move(store)};
  std::optional<Message> committed;  // its event was read; its own line may be cut off
  while (auto record = checked(reader.next())) {
    if (auto* const stored = std::get_if<StoredMessage>(&*record)) {
      committed.reset();
      session.messages.push_back(std::move(stored->message));
      continue;
    }
    const auto& event = std::get<StreamEvent>(*record);
    const auto* const commit = event.get_if<MessageCommitted>();
    if (commit && event.context().depth == 0) committed = commit->message;
    session.last_event = event;
  }
  if (committed) session.messages.push_back(*std::move(committed));
  return session;
}

}  // namespace strandbus::cli

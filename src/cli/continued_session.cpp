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
  while (auto record = checked(reader.next())) {
    if (auto* const stored = std::get_if<StoredMessage>(&*record)) {
      session.messages.push_back(std::move(stored->message));
    } else {
      session.last_event = std::get<StreamEvent>(*record);
    }
  }
  return session;
}

}  // namespace strandbus::cli

#include "cli/stored_session.hpp"

#include "strandbus/event/json_codec.hpp"
#include "strandbus/store/session_reader.hpp"
#include "strandbus/store/sqlite_store.hpp"

#include <boost/asio/use_future.hpp>

#include <utility>

namespace strandbus::testing {

void keep_session(const std::string& store_path, const std::string& id,
                  const std::string& session_file, const std::string& title) {
  const Session session = load_session(session_file).value();
  const auto store = SqliteStore::open(store_path, {}).value();
  SessionMetadata metadata = session.metadata;
  metadata.session_id = id;
  metadata.title = title;
  const auto writer = store->create(metadata).value();
  std::vector<StoredEvent> events;
  for (const StreamEvent& event : session.events)
    events.push_back({event.seq(), std::make_shared<const std::string>(to_json(event))});
  writer->async_append(std::move(events), asio::use_future).get();
}

}  // namespace strandbus::testing

#pragma once

#include "strandbus/event/factory.hpp"
#include "strandbus/event/json_codec.hpp"
#include "strandbus/store/event_store.hpp"

#include <boost/asio/use_future.hpp>

#include <chrono>
#include <future>
#include <string>
#include <utility>
#include <vector>

namespace strandbus::testing {

inline SessionMetadata metadata_of(std::string id) {
  SessionMetadata metadata;
  metadata.session_id = std::move(id);
  metadata.created_at = Timestamp(std::chrono::seconds(1'700'000'000));
  return metadata;
}

/// An event in the native form that says its own seq.
inline StoredEvent stored_event(std::uint64_t seq, std::string text = "text") {
  StreamEvent event(make_token(std::move(text)));
  event.set_stamp(seq, {}, Timestamp(std::chrono::seconds(1'700'000'000)));
  return {seq, std::make_shared<const std::string>(to_json(event))};
}

inline std::vector<StoredEvent> stored_events(std::uint64_t first, std::uint64_t last) {
  std::vector<StoredEvent> events;
  for (std::uint64_t seq = first; seq <= last; ++seq) events.push_back(stored_event(seq));
  return events;
}

/// Waits until the events are durable, or not.
inline error_code append(SessionWriter& writer, std::vector<StoredEvent> events) {
  auto done =
      writer.async_append(std::move(events), asio::use_future([](error_code e) { return e; }));
  return done.get();
}

inline std::vector<std::uint64_t> seqs_of(const std::vector<StoredEvent>& events) {
  std::vector<std::uint64_t> seqs;
  for (const StoredEvent& event : events) seqs.push_back(event.seq);
  return seqs;
}

}  // namespace strandbus::testing

#pragma once

#include "strandbus/bus/event_bus.hpp"
#include "strandbus/event/factory.hpp"

#include <cstdint>
#include <string>
#include <vector>

// What the tests of the bus have in common: making many events and reading whatever there is.

namespace strandbus::test {

using Seqs = std::vector<std::uint64_t>;

/// first, first + 1, … last; nothing if last < first.
inline Seqs range(std::uint64_t first, std::uint64_t last) {
  Seqs seqs;
  for (std::uint64_t seq = first; seq <= last; ++seq) seqs.push_back(seq);
  return seqs;
}

/// Publishes this many token deltas, each with its number as text; how many were accepted.
inline int publish_tokens(EventBus& bus, int count) {
  int accepted = 0;
  for (int i = 0; i < count; ++i)
    accepted += bus.publish(make_token(std::to_string(i))).has_value();
  return accepted;
}

/// A text that makes an event hold about this many bytes.
inline TokenDelta big_token(std::size_t bytes) { return make_token(std::string(bytes, 'x')); }

inline std::string text_of(const StreamEvent& event) {
  const auto* token = event.get_if<TokenDelta>();
  return token ? token->text : std::string(event.wire_type());
}

/// Everything that can be read without waiting, one by one.
inline std::vector<Delivery> read_deliveries(EventStream& stream) {
  std::vector<Delivery> deliveries;
  while (auto delivery = stream.try_next()) deliveries.push_back(*delivery);
  return deliveries;
}

inline Seqs read_seqs(EventStream& stream) {
  Seqs seqs;
  while (const auto delivery = stream.try_next()) seqs.push_back((*delivery)->seq());
  return seqs;
}

/// By B2 this is how many events were published since the reader's start.
inline std::uint64_t accounted(const ReaderStats& stats) {
  return stats.delivered + stats.merged + stats.filtered + stats.missed + stats.lag;
}

inline BusOptions history_of(std::size_t events) {
  BusOptions options;
  options.history = events;
  return options;
}

}  // namespace strandbus::test

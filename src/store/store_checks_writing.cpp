#include "store/store_probe.hpp"

// What a store promises about appending.

namespace strandbus::detail {
namespace {

void gives_back_the_very_bytes(StoreProbe& probe) {
  const auto store = probe.open();
  const auto writer = probe.create(*store, "s");
  probe.append(*writer, 1, 20);
  probe.expect_events(*store, "s", 1, 20);
  probe.expect(writer->last_seq() == 20, "last_seq is not that of the newest event");
}

void keeps_the_order_of_appends_under_way(StoreProbe& probe) {
  const auto store = probe.open();
  const auto writer = probe.create(*store, "s");
  std::vector<std::future<error_code>> appends;
  for (std::uint64_t seq = 1; seq <= 300; ++seq)
    appends.push_back(begin_append(*writer, probe_events("s", seq, seq)));
  for (auto& append : appends) probe.expect(!result_of(append), "an append failed");
  probe.expect_events(*store, "s", 1, 300);
}

void an_acknowledged_event_can_be_read(StoreProbe& probe) {
  const auto store = probe.open();
  const auto writer = probe.create(*store, "s");
  for (std::uint64_t seq = 1; seq <= 20; ++seq) {
    probe.append(*writer, seq, seq);
    const auto events = probe.value(store->read("s", seq - 1, 10), "read");
    probe.require(events.size() == 1 && events[0].seq == seq,
                  "event " + std::to_string(seq) + " was acknowledged and cannot be read");
  }
}

void keeps_sessions_apart(StoreProbe& probe) {
  const auto store = probe.open();
  const auto a = probe.create(*store, "a");
  const auto b = probe.create(*store, "b");
  for (std::uint64_t seq = 1; seq <= 10; ++seq) {
    probe.expect(!append_now(*a, probe_events("a", seq, seq)), "an append to a failed");
    probe.expect(!append_now(*b, probe_events("b", seq, seq)), "an append to b failed");
  }
  for (const std::string id : {"a", "b"}) {
    const auto events = probe.read_all(*store, id);
    probe.require(events.size() == 10, "session " + id + " does not have its 10 events");
    for (const StoredEvent& event : events)
      probe.expect(*event.json == *probe_event(id, event.seq).json,
                   "session " + id + " gives an event of the other one");
  }
}

/// Appends what cannot follow 1 … 3, and checks that nothing of it was written.
void expect_nothing_of(StoreProbe& probe, std::vector<StoredEvent> events, Errc wanted,
                       const std::string& what) {
  const auto store = probe.open();
  const auto writer = probe.create(*store, "s");
  probe.append(*writer, 1, 3);
  probe.expect_code(append_now(*writer, std::move(events)), make_error_code(wanted), what);
  probe.expect(writer->last_seq() == 3, "last_seq has moved");
  probe.expect(!store->failure(), "a refusal is taken for a failure of the store");
  probe.expect_events(*store, "s", 1, 3);
  probe.append(*writer, 4, 5);
  probe.expect_events(*store, "s", 1, 5);
}

void refuses_a_gap(StoreProbe& probe) {
  expect_nothing_of(probe, probe_events("s", 5, 6), Errc::seq_unknown, "append 5 after 3");
}

void refuses_a_repeated_seq(StoreProbe& probe) {
  expect_nothing_of(probe, probe_events("s", 3, 4), Errc::seq_unknown, "append 3 after 3");
}

void refuses_a_session_that_begins_late(StoreProbe& probe) {
  const auto store = probe.open();
  const auto writer = probe.create(*store, "s");
  probe.expect_code(append_now(*writer, probe_events("s", 2, 2)),
                    make_error_code(Errc::seq_unknown), "append 2 as the first event");
  probe.append(*writer, 1, 1);
  probe.expect_events(*store, "s", 1, 1);
}

void refuses_all_of_an_append_with_a_gap_inside(StoreProbe& probe) {
  std::vector<StoredEvent> events = probe_events("s", 4, 5);
  events.push_back(probe_event("s", 7));
  expect_nothing_of(probe, std::move(events), Errc::seq_unknown, "append 4, 5, 7 after 3");
}

void refuses_an_event_without_text(StoreProbe& probe) {
  std::vector<StoredEvent> events = probe_events("s", 4, 4);
  events.push_back({5, std::make_shared<const std::string>()});
  expect_nothing_of(probe, std::move(events), Errc::invalid_event, "append an empty text");
}

void refuses_an_event_that_is_none(StoreProbe& probe) {
  expect_nothing_of(probe, {StoredEvent{4, nullptr}}, Errc::invalid_event, "append nullptr");
}

void takes_an_append_of_nothing(StoreProbe& probe) {
  const auto store = probe.open();
  const auto writer = probe.create(*store, "s");
  probe.expect(!append_now(*writer, {}), "an append without events failed");
  probe.append(*writer, 1, 2);
  probe.expect(!append_now(*writer, {}), "an append without events failed");
  probe.expect_events(*store, "s", 1, 2);
}

void takes_large_events(StoreProbe& probe) {
  constexpr std::size_t mebibyte = std::size_t{1024} * 1024;
  const auto store = probe.open();
  const auto writer = probe.create(*store, "s");
  for (std::uint64_t seq = 1; seq <= 3; ++seq)
    probe.require(!append_now(*writer, {probe_event("s", seq, mebibyte)}), "an append failed");
  const auto events = probe.read_all(*store, "s");
  probe.require(events.size() == 3, "not all large events are there");
  for (const StoredEvent& event : events)
    probe.expect(*event.json == *probe_event("s", event.seq, mebibyte).json,
                 "a large event is not what was given");
}

void takes_many_events_at_once(StoreProbe& probe) {
  const auto store = probe.open();
  const auto writer = probe.create(*store, "s");
  probe.append(*writer, 1, 5'000);
  const auto events = probe.value(store->read("s", 0, 10'000), "read");
  probe.expect(events.size() == 5'000 && events.back().seq == 5'000, "not all events are there");
}

}  // namespace

void add_writing_checks(std::vector<StoreCheck>& checks) {
  checks.push_back(store_check("GivesBackTheVeryBytes", gives_back_the_very_bytes));
  checks.push_back(
      store_check("KeepsTheOrderOfAppendsUnderWay", keeps_the_order_of_appends_under_way));
  checks.push_back(store_check("AnAcknowledgedEventCanBeRead", an_acknowledged_event_can_be_read));
  checks.push_back(store_check("KeepsSessionsApart", keeps_sessions_apart));
  checks.push_back(store_check("RefusesAGap", refuses_a_gap));
  checks.push_back(store_check("RefusesARepeatedSeq", refuses_a_repeated_seq));
  checks.push_back(
      store_check("RefusesASessionThatBeginsLate", refuses_a_session_that_begins_late));
  checks.push_back(store_check("RefusesAllOfAnAppendWithAGapInside",
                               refuses_all_of_an_append_with_a_gap_inside));
  checks.push_back(store_check("RefusesAnEventWithoutText", refuses_an_event_without_text));
  checks.push_back(store_check("RefusesAnEventThatIsNone", refuses_an_event_that_is_none));
  checks.push_back(store_check("TakesAnAppendOfNothing", takes_an_append_of_nothing));
  checks.push_back(store_check("TakesLargeEvents", takes_large_events));
  checks.push_back(store_check("TakesManyEventsAtOnce", takes_many_events_at_once));
}

}  // namespace strandbus::detail

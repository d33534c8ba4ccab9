#include "store/store_probe.hpp"

// What a store promises about reading events.

namespace strandbus::detail {
namespace {

void reads_at_most_the_limit(StoreProbe& probe) {
  const auto store = probe.open();
  const auto writer = probe.create(*store, "s");
  probe.append(*writer, 1, 10);
  const auto events = probe.value(store->read("s", 2, 3), "read");
  probe.require(events.size() == 3, "read(after 2, limit 3) did not give three events");
  probe.expect(events[0].seq == 3 && events[2].seq == 5, "read(after 2, limit 3) is not 3, 4, 5");
  probe.expect(probe.value(store->read("s", 0, 0), "read").empty(), "a limit of 0 gave something");
  probe.expect(probe.value(store->read("s", 8, 100), "read").size() == 2, "the end is not two");
}

void reads_at_most_the_bytes(StoreProbe& probe) {
  const auto store = probe.open();
  const auto writer = probe.create(*store, "s");
  probe.append(*writer, 1, 9);
  const std::size_t one = probe_event("s", 1).json->size();
  probe.expect(probe.value(store->read("s", 0, 9, 3 * one), "read").size() == 3,
               "three events fit and were not given");
  probe.expect(probe.value(store->read("s", 0, 9, 3 * one - 1), "read").size() == 2,
               "more bytes were given than the limit");
}

void reads_the_first_event_however_large(StoreProbe& probe) {
  const auto store = probe.open();
  const auto writer = probe.create(*store, "s");
  probe.append(*writer, 1, 3);
  const auto events = probe.value(store->read("s", 1, 5, 1), "read");
  probe.require(events.size() == 1, "an event larger than max_bytes did not come alone");
  probe.expect(events[0].seq == 2, "the wrong event came");
  probe.expect(probe.value(store->read("s", 1, 5, 0), "read").size() == 1,
               "max_bytes 0 gave nothing");
}

void reads_nothing_behind_the_newest(StoreProbe& probe) {
  const auto store = probe.open();
  const auto writer = probe.create(*store, "s");
  probe.append(*writer, 1, 3);
  for (const std::uint64_t after : {std::uint64_t{3}, std::uint64_t{4}, ~std::uint64_t{0}})
    probe.expect(probe.value(store->read("s", after, 5), "read").empty(),
                 "there is something after " + std::to_string(after));
}

void an_empty_session_has_no_events(StoreProbe& probe) {
  const auto store = probe.open();
  probe.create(*store, "s");
  probe.expect(probe.value(store->read("s", 0, 5), "read").empty(), "there are events");
  const auto summary = probe.value(store->find("s"), "find");
  probe.expect(summary.first_seq == 0 && summary.last_seq == 0 && summary.bytes == 0,
               "the summary of an empty session counts something");
  const auto writer = probe.open_session(*store, "s");
  probe.expect(writer->last_seq() == 0, "last_seq is not 0");
}

void refuses_unknown_sessions(StoreProbe& probe) {
  const auto store = probe.open();
  probe.create(*store, "s");
  const error_code wanted = make_error_code(Errc::session_unknown);
  probe.expect_refused(store->find("t"), wanted, "find");
  probe.expect_refused(store->read("t", 0, 1), wanted, "read");
  probe.expect_refused(store->messages_before("t"), wanted, "messages_before");
  probe.expect_refused(store->open("t"), wanted, "open");
  probe.expect_refused(store->remove("t"), wanted, "remove");
}

void keeps_all_over_a_reopening(StoreProbe& probe) {
  {
    const auto store = probe.open();
    probe.append(*probe.create(*store, "s"), 1, 20);
  }
  const auto store = probe.open();
  probe.expect_events(*store, "s", 1, 20);
}

void another_opening_sees_what_is_durable(StoreProbe& probe) {
  const auto store = probe.open();
  const auto writer = probe.create(*store, "s");
  const auto other = probe.open();
  for (std::uint64_t seq = 1; seq <= 10; ++seq) {
    probe.append(*writer, seq, seq);
    probe.expect_events(*other, "s", 1, seq);
  }
}

}  // namespace

void add_reading_checks(std::vector<StoreCheck>& checks) {
  checks.push_back(store_check("ReadsAtMostTheLimit", reads_at_most_the_limit));
  checks.push_back(store_check("ReadsAtMostTheBytes", reads_at_most_the_bytes));
  checks.push_back(
      store_check("ReadsTheFirstEventHoweverLarge", reads_the_first_event_however_large));
  checks.push_back(store_check("ReadsNothingBehindTheNewest", reads_nothing_behind_the_newest));
  checks.push_back(store_check("AnEmptySessionHasNoEvents", an_empty_session_has_no_events));
  checks.push_back(store_check("RefusesUnknownSessions", refuses_unknown_sessions));
  checks.push_back(store_check("KeepsAllOverAReopening", keeps_all_over_a_reopening));
  checks.push_back(
      store_check("AnotherOpeningSeesWhatIsDurable", another_opening_sees_what_is_durable));
}

}  // namespace strandbus::detail

#include "store/store_probe.hpp"

// What a store promises about records that somebody else has changed.

namespace strandbus::detail {
namespace {

constexpr std::uint64_t last = 9;

/// Whether a session with a damaged event is served as it should be.
void expect_found(StoreProbe& probe, std::uint64_t seq, StoreDamage damage) {
  {
    const auto store = probe.open();
    probe.append(*probe.create(*store, "s"), 1, last);
    probe.append(*probe.create(*store, "t"), 1, last);
  }
  if (!probe.place().damage("s", seq, damage)) return;
  const auto store = probe.open();
  const std::string which = "event " + std::to_string(seq);
  const auto before = probe.value(store->read("s", 0, seq - 1), "read what is before");
  probe.expect(before.size() == seq - 1, "what is before " + which + " is not all there");

  const auto at = store->read("s", seq - 1, 1);
  probe.expect_refused(at, make_error_code(Errc::invalid_file), "read " + which);
  if (!at) {
    const std::string& message = at.error().message;
    probe.expect(message.find(std::to_string(seq)) != std::string::npos, "no seq: " + message);
    probe.expect(message.find('s') != std::string::npos, "no session: " + message);
  }
  if (const auto all = store->read("s", 0, last))
    probe.expect(all->size() == seq - 1, "events were served over the damaged one");

  const auto behind = probe.value(store->read("s", seq, last), "read what is behind");
  probe.expect(behind.size() == last - seq, "what is behind " + which + " is not all there");
  for (const StoredEvent& event : behind)
    probe.expect(*event.json == *probe_event("s", event.seq).json, "another event is damaged too");
  probe.expect_events(*store, "t", 1, last);
}

void finds_a_changed_byte(StoreProbe& probe) {
  if (probe.checksums()) expect_found(probe, 5, StoreDamage::changed);
}

void finds_a_changed_first_event(StoreProbe& probe) {
  if (probe.checksums()) expect_found(probe, 1, StoreDamage::changed);
}

void finds_a_broken_event(StoreProbe& probe) { expect_found(probe, 5, StoreDamage::broken); }

void finds_a_broken_first_event(StoreProbe& probe) { expect_found(probe, 1, StoreDamage::broken); }

void finds_a_broken_last_event(StoreProbe& probe) {
  expect_found(probe, last, StoreDamage::broken);
}

void finds_a_missing_event(StoreProbe& probe) { expect_found(probe, 5, StoreDamage::removed); }

}  // namespace

void add_damage_checks(std::vector<StoreCheck>& checks) {
  checks.push_back(store_check("FindsAChangedByte", finds_a_changed_byte));
  checks.push_back(store_check("FindsAChangedFirstEvent", finds_a_changed_first_event));
  checks.push_back(store_check("FindsABrokenEvent", finds_a_broken_event));
  checks.push_back(store_check("FindsABrokenFirstEvent", finds_a_broken_first_event));
  checks.push_back(store_check("FindsABrokenLastEvent", finds_a_broken_last_event));
  checks.push_back(store_check("FindsAMissingEvent", finds_a_missing_event));
}

}  // namespace strandbus::detail

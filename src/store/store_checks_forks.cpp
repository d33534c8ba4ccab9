#include "store/store_probe.hpp"

#include <limits>

// What a store promises about sessions that begin with what another one had.

namespace strandbus::detail {
namespace {

const error_code seq_unknown = make_error_code(Errc::seq_unknown);

/// That the fork has these events of the series of `origin`.
void expect_past(StoreProbe& probe, const EventStore& store, const std::string& fork,
                 const std::string& origin, std::uint64_t last) {
  const auto events = probe.read_all(store, fork);
  probe.require(events.size() == last, fork + " has " + std::to_string(events.size()) +
                                           " events and not " + std::to_string(last));
  for (std::uint64_t seq = 1; seq <= last; ++seq) {
    const StoredEvent& event = events[seq - 1];
    probe.expect(event.seq == seq && *event.json == *probe_event(origin, seq).json,
                 fork + ": event " + std::to_string(seq) + " is not what " + origin + " has");
  }
}

void a_fork_has_what_was_before(StoreProbe& probe) {
  std::vector<StoredMessage> before(1);
  before[0].message.content = "earlier";
  {
    const auto store = probe.open();
    probe.append(*probe.value(store->create(probe_metadata("s"), before), "create"), 1, 9);
    const auto fork = probe.value(store->fork("s", 6, probe_metadata("f")), "fork");
    probe.expect(fork.first_seq == 1 && fork.last_seq == 5, "the summary has other seqs");
    const auto found = probe.value(store->find("f"), "find");
    probe.expect(found.bytes == fork.bytes && found.last_seq == 5, "find says something else");
    probe.expect(found.updated_at == fork.updated_at, "find says another time");
  }
  const auto store = probe.open();
  const auto found = probe.value(store->find("f"), "find").metadata;
  probe.expect(found.forked_from == "s" && found.forked_at == 6, "it does not name its origin");
  const auto messages = probe.value(store->messages_before("f"), "messages_before");
  probe.expect(messages.size() == 1 && messages[0].message.content == "earlier", "the messages");
  expect_past(probe, *store, "f", "s", 5);
  probe.expect_events(*store, "s", 1, 9);
}

void a_fork_goes_its_own_way(StoreProbe& probe) {
  const auto store = probe.open();
  probe.append(*probe.create(*store, "s"), 1, 4);
  probe.value(store->fork("s", 3, probe_metadata("f")), "fork");
  const auto fork = probe.open_session(*store, "f");
  probe.require(fork->last_seq() == 2, "the writer of the fork stands elsewhere");
  probe.expect(!append_now(*fork, probe_events("f", 3, 5)), "the fork takes no event");
  probe.append(*probe.open_session(*store, "s"), 5, 6);
  const auto events = probe.read_all(*store, "f");
  probe.require(events.size() == 5, "the fork has not five events");
  probe.expect(*events[2].json == *probe_event("f", 3).json, "the origin's event is in the fork");
  probe.expect_events(*store, "s", 1, 6);
}

void a_fork_may_be_whole_or_empty(StoreProbe& probe) {
  const auto store = probe.open();
  probe.append(*probe.create(*store, "s"), 1, 3);
  probe.value(store->fork("s", 4, probe_metadata("whole")), "fork at its end");
  probe.value(store->fork("s", 1, probe_metadata("empty")), "fork at its beginning");
  expect_past(probe, *store, "whole", "s", 3);
  expect_past(probe, *store, "empty", "s", 0);
  probe.append(*probe.open_session(*store, "empty"), 1, 2);
  probe.expect_events(*store, "empty", 1, 2);
}

void forks_a_fork(StoreProbe& probe) {
  const auto store = probe.open();
  probe.append(*probe.create(*store, "s"), 1, 9);
  probe.value(store->fork("s", 7, probe_metadata("f")), "fork");
  probe.value(store->fork("f", 4, probe_metadata("g")), "fork the fork");
  const auto metadata = probe.value(store->find("g"), "find").metadata;
  probe.expect(metadata.forked_from == "f" && metadata.forked_at == 4, "its origin is another");
  probe.require(store->remove("s").has_value(), "remove the first one");
  expect_past(probe, *store, "g", "s", 3);
}

void forks_what_is_being_written(StoreProbe& probe) {
  const auto store = probe.open();
  const auto other = probe.open();
  const auto writer = probe.create(*store, "s");
  probe.append(*writer, 1, 5);
  probe.value(other->fork("s", 5, probe_metadata("f")), "fork in another opening");
  probe.append(*writer, 6, 7);
  expect_past(probe, *store, "f", "s", 4);
}

void refuses_a_fork_of_nothing(StoreProbe& probe) {
  const auto store = probe.open();
  probe.append(*probe.create(*store, "s"), 1, 3);
  const auto refused = [&](const std::string& origin, std::uint64_t at, const std::string& id,
                           error_code code, const std::string& what) {
    probe.expect_refused(store->fork(origin, at, probe_metadata(id)), code, what);
  };
  refused("t", 1, "f", make_error_code(Errc::session_unknown), "an unknown origin");
  refused("../s", 1, "f", make_error_code(Errc::session_unknown), "a hostile origin");
  refused("s", 0, "f", seq_unknown, "at 0");
  refused("s", 5, "f", seq_unknown, "beyond the end");
  refused("s", std::numeric_limits<std::uint64_t>::max(), "f", seq_unknown, "at the largest seq");
  refused("s", 2, "s", make_error_code(Errc::session_exists), "under its own id");
  refused("s", 2, "a/b", make_error_code(boost::system::errc::invalid_argument), "a hostile id");
  probe.expect(probe.value(store->list(9), "list").size() == 1, "there is another session");
  probe.expect(!store->failure(), "failure() after mere refusals");
  probe.expect_events(*store, "s", 1, 3);
}

void forks_only_what_is_whole(StoreProbe& probe) {
  {
    const auto store = probe.open();
    probe.append(*probe.create(*store, "s"), 1, 9);
  }
  if (!probe.place().damage("s", 5, StoreDamage::broken)) return;
  const auto store = probe.open();
  probe.expect_refused(store->fork("s", 8, probe_metadata("f")),
                       make_error_code(Errc::invalid_file), "fork behind the damage");
  probe.expect_refused(store->find("f"), make_error_code(Errc::session_unknown), "a part is there");
  probe.expect(!store->failure(), "failure() for what somebody else has damaged");
  probe.value(store->fork("s", 5, probe_metadata("f")), "fork before the damage");
  expect_past(probe, *store, "f", "s", 4);
}

}  // namespace

void add_fork_checks(std::vector<StoreCheck>& checks) {
  checks.push_back(store_check("AForkHasWhatWasBefore", a_fork_has_what_was_before));
  checks.push_back(store_check("AForkGoesItsOwnWay", a_fork_goes_its_own_way));
  checks.push_back(store_check("AForkMayBeWholeOrEmpty", a_fork_may_be_whole_or_empty));
  checks.push_back(store_check("ForksAFork", forks_a_fork));
  checks.push_back(store_check("ForksWhatIsBeingWritten", forks_what_is_being_written));
  checks.push_back(store_check("RefusesAForkOfNothing", refuses_a_fork_of_nothing));
  checks.push_back(store_check("ForksOnlyWhatIsWhole", forks_only_what_is_whole));
}

}  // namespace strandbus::detail

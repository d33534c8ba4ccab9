#include "store/store_probe.hpp"

#include <algorithm>

// What a store promises about sessions: their ids, their one writer, their list, their end.

namespace strandbus::detail {
namespace {

const error_code in_use = make_error_code(Errc::session_in_use);
const error_code unknown = make_error_code(Errc::session_unknown);

std::vector<std::string> listed(StoreProbe& probe, const EventStore& store, std::size_t limit) {
  std::vector<std::string> ids;
  for (const SessionSummary& summary : probe.value(store.list(limit), "list"))
    ids.push_back(summary.metadata.session_id);
  return ids;
}

void keeps_the_metadata(StoreProbe& probe) {
  SessionMetadata metadata = probe_metadata("s");
  metadata.workspace = "/home/user/a \"b\"\n";
  metadata.provider = "scripted";
  metadata.model = "model";
  metadata.title = "Caf\xc3\xa9";
  metadata.forked_from = "another";
  metadata.forked_at = 40;
  {
    const auto store = probe.open();
    probe.value(store->create(metadata), "create");
  }
  const auto store = probe.open();
  const SessionMetadata found = probe.value(store->find("s"), "find").metadata;
  probe.expect(found.session_id == "s" && found.created_at == metadata.created_at, "id or time");
  probe.expect(found.workspace == metadata.workspace && found.title == metadata.title, "texts");
  probe.expect(found.provider == metadata.provider && found.model == metadata.model, "model");
  probe.expect(found.forked_from == "another" && found.forked_at == 40, "what it was forked from");
}

void counts_without_reading(StoreProbe& probe) {
  const auto store = probe.open();
  const auto writer = probe.create(*store, "s");
  const auto begun = probe.value(store->find("s"), "find");
  probe.append(*writer, 1, 4);
  const auto summary = probe.value(store->find("s"), "find");
  std::uint64_t bytes = 0;
  for (const StoredEvent& event : probe_events("s", 1, 4)) bytes += event.json->size();
  probe.expect(summary.first_seq == 1 && summary.last_seq == 4, "the seqs are wrong");
  probe.expect(summary.bytes == bytes, "the bytes are wrong: " + std::to_string(summary.bytes));
  probe.expect(summary.updated_at > begun.updated_at, "updated_at does not move");
}

void keeps_the_messages_it_begins_with(StoreProbe& probe) {
  std::vector<StoredMessage> before(3);
  for (std::size_t i = 0; i < before.size(); ++i) {
    before[i].message.id = "m" + std::to_string(i);
    before[i].message.content = "text " + std::to_string(i) + " \"\n";
    before[i].timestamp = probe_metadata("").created_at + std::chrono::nanoseconds(i);
  }
  {
    const auto store = probe.open();
    const auto writer = probe.value(store->create(probe_metadata("s"), before), "create");
    probe.append(*writer, 1, 3);
  }
  const auto store = probe.open();
  const auto found = probe.value(store->messages_before("s"), "messages_before");
  probe.require(found.size() == before.size(), "not as many messages as were given");
  for (std::size_t i = 0; i < before.size(); ++i) {
    const bool same = found[i].message.id == before[i].message.id &&
                      found[i].message.content == before[i].message.content &&
                      found[i].timestamp == before[i].timestamp;
    probe.expect(same, "message " + std::to_string(i) + " is not what was given");
  }
  probe.expect_events(*store, "s", 1, 3);
}

void a_session_begins_without_messages(StoreProbe& probe) {
  const auto store = probe.open();
  const auto writer = probe.create(*store, "s");
  probe.append(*writer, 1, 3);
  probe.expect(probe.value(store->messages_before("s"), "messages_before").empty(),
               "there are messages");
}

void refuses_an_id_that_exists(StoreProbe& probe) {
  const auto store = probe.open();
  probe.append(*probe.create(*store, "s"), 1, 3);
  probe.expect_refused(store->create(probe_metadata("s")), make_error_code(Errc::session_exists),
                       "create it again");
  probe.expect_events(*store, "s", 1, 3);
}

void refuses_hostile_ids(StoreProbe& probe) {
  const auto store = probe.open();
  const std::vector<std::string> ids{"",     "../x", "/x",         "a/b",
                                     "a\\b", "a b",  "a\nb",       std::string("a\0b", 3),
                                     "é",    "a*",   "'; DROP --", std::string(129, 'a')};
  for (const std::string& id : ids) {
    const std::string what = "an id of " + std::to_string(id.size()) + " bytes";
    probe.expect_refused(store->create(probe_metadata(id)),
                         make_error_code(boost::system::errc::invalid_argument), what);
    probe.expect_refused(store->open(id), unknown, what);
    probe.expect_refused(store->find(id), unknown, what);
    probe.expect_refused(store->read(id, 0, 1), unknown, what);
    probe.expect_refused(store->remove(id), unknown, what);
  }
  probe.expect(listed(probe, *store, 100).empty(), "a session was made");
}

void takes_every_good_id(StoreProbe& probe) {
  const auto store = probe.open();
  const std::vector<std::string> ids{"a", "A", ".", "..", "-", "a.jsonl", std::string(128, 'z')};
  for (const std::string& id : ids) probe.append(*probe.create(*store, id), 1, 2);
  for (const std::string& id : ids) probe.expect_events(*store, id, 1, 2);
  probe.expect(listed(probe, *store, 100).size() == ids.size(), "not all are listed");
}

void has_one_writer(StoreProbe& probe) {
  const auto store = probe.open();
  const auto writer = probe.create(*store, "s");
  probe.expect_refused(store->open("s"), in_use, "open what was created");
  const auto other = probe.open();
  probe.expect_refused(other->open("s"), in_use, "open it in another opening");
  probe.append(*writer, 1, 2);
  probe.expect_events(*other, "s", 1, 2);
}

void a_writer_that_goes_lets_go(StoreProbe& probe) {
  const auto store = probe.open();
  const auto other = probe.open();
  probe.append(*probe.create(*store, "s"), 1, 2);
  {
    const auto writer = probe.open_session(*other, "s");
    probe.expect(writer->last_seq() == 2, "last_seq is not that of the newest event");
    probe.append(*writer, 3, 4);
    probe.expect_refused(store->open("s"), in_use, "open it meanwhile");
  }
  const auto writer = probe.open_session(*store, "s");
  probe.append(*writer, 5, 6);
  probe.expect_events(*store, "s", 1, 6);
  probe.expect_events(*other, "s", 1, 6);
}

void goes_on_after_a_reopening(StoreProbe& probe) {
  for (std::uint64_t round = 0; round < 4; ++round) {
    const auto store = probe.open();
    const auto writer = round == 0 ? probe.create(*store, "s") : probe.open_session(*store, "s");
    probe.require(writer->last_seq() == round * 5, "last_seq is wrong after a reopening");
    probe.append(*writer, round * 5 + 1, round * 5 + 5);
  }
  const auto store = probe.open();
  probe.expect_events(*store, "s", 1, 20);
}

void a_writer_may_outlive_its_store(StoreProbe& probe) {
  auto store = probe.open();
  auto writer = probe.create(*store, "s");
  store.reset();
  probe.append(*writer, 1, 3);
  writer.reset();
  store = probe.open();
  probe.expect_events(*store, "s", 1, 3);
}

void lists_the_newest_first(StoreProbe& probe) {
  const auto store = probe.open();
  probe.expect(listed(probe, *store, 10).empty(), "a new store lists something");
  const auto a = probe.create(*store, "a");
  const auto b = probe.create(*store, "b");
  const auto c = probe.create(*store, "c");
  using Ids = std::vector<std::string>;
  probe.expect(listed(probe, *store, 10) == Ids{"c", "b", "a"}, "the last created is not first");
  probe.append(*a, 1, 1);
  probe.expect(listed(probe, *store, 10) == Ids{"a", "c", "b"}, "the last written is not first");
  probe.append(*b, 1, 1);
  probe.expect(listed(probe, *store, 2) == Ids{"b", "a"}, "the limit or the order is wrong");
  probe.expect(listed(probe, *store, 0).empty(), "a limit of 0 gave something");
}

void removes_a_session_and_its_events(StoreProbe& probe) {
  const auto store = probe.open();
  probe.append(*probe.create(*store, "s"), 1, 20);
  probe.append(*probe.create(*store, "t"), 1, 20);
  probe.require(store->remove("s").has_value(), "remove failed");
  probe.expect_refused(store->read("s", 0, 1), unknown, "read what was removed");
  probe.expect_refused(store->open("s"), unknown, "open what was removed");
  probe.expect(listed(probe, *store, 10) == std::vector<std::string>{"t"}, "it is listed");
  probe.expect_events(*store, "t", 1, 20);
}

void an_id_that_was_removed_can_begin_anew(StoreProbe& probe) {
  const auto store = probe.open();
  probe.append(*probe.create(*store, "s"), 1, 20);
  probe.require(store->remove("s").has_value(), "remove failed");
  const auto writer = probe.create(*store, "s");
  probe.expect(probe.read_all(*store, "s").empty(), "old events are back");
  probe.append(*writer, 1, 2);
  probe.expect_events(*store, "s", 1, 2);
}

void removes_nothing_that_is_written(StoreProbe& probe) {
  const auto store = probe.open();
  const auto other = probe.open();
  const auto writer = probe.create(*store, "s");
  probe.expect_refused(store->remove("s"), in_use, "remove it");
  probe.expect_refused(other->remove("s"), in_use, "remove it in another opening");
  probe.append(*writer, 1, 2);
  probe.expect_events(*store, "s", 1, 2);
}

void prunes_what_is_old_and_free(StoreProbe& probe) {
  const auto store = probe.open();
  probe.append(*probe.create(*store, "old"), 1, 3);
  const auto held = probe.create(*store, "held");
  const auto then = probe.value(store->find("held"), "find").updated_at;
  probe.append(*probe.create(*store, "new"), 1, 3);
  const std::size_t count = probe.value(store->prune(then + std::chrono::nanoseconds(1)), "prune");
  probe.expect(count == 1, "prune removed " + std::to_string(count) + " sessions and not one");
  auto left = listed(probe, *store, 10);
  std::sort(left.begin(), left.end());
  probe.expect(left == std::vector<std::string>{"held", "new"}, "the wrong ones are left");
  probe.expect_events(*store, "new", 1, 3);
}

void refusals_are_no_failures(StoreProbe& probe) {
  const auto store = probe.open();
  const auto writer = probe.create(*store, "s");
  static_cast<void>(store->create(probe_metadata("s")));
  static_cast<void>(store->open("s"));
  static_cast<void>(store->remove("s"));
  static_cast<void>(store->remove("t"));
  probe.expect(!store->failure(), "failure() after mere refusals");
  probe.append(*writer, 1, 2);
}

}  // namespace

void add_session_checks(std::vector<StoreCheck>& checks) {
  checks.push_back(store_check("KeepsTheMetadata", keeps_the_metadata));
  checks.push_back(store_check("CountsWithoutReading", counts_without_reading));
  checks.push_back(store_check("KeepsTheMessagesItBeginsWith", keeps_the_messages_it_begins_with));
  checks.push_back(store_check("ASessionBeginsWithoutMessages", a_session_begins_without_messages));
  checks.push_back(store_check("RefusesAnIdThatExists", refuses_an_id_that_exists));
  checks.push_back(store_check("RefusesHostileIds", refuses_hostile_ids));
  checks.push_back(store_check("TakesEveryGoodId", takes_every_good_id));
  checks.push_back(store_check("HasOneWriter", has_one_writer));
  checks.push_back(store_check("AWriterThatGoesLetsGo", a_writer_that_goes_lets_go));
  checks.push_back(store_check("GoesOnAfterAReopening", goes_on_after_a_reopening));
  checks.push_back(store_check("AWriterMayOutliveItsStore", a_writer_may_outlive_its_store));
  checks.push_back(store_check("ListsTheNewestFirst", lists_the_newest_first));
  checks.push_back(store_check("RemovesASessionAndItsEvents", removes_a_session_and_its_events));
  checks.push_back(
      store_check("AnIdThatWasRemovedCanBeginAnew", an_id_that_was_removed_can_begin_anew));
  checks.push_back(store_check("RemovesNothingThatIsWritten", removes_nothing_that_is_written));
  checks.push_back(store_check("PrunesWhatIsOldAndFree", prunes_what_is_old_and_free));
  checks.push_back(store_check("RefusalsAreNoFailures", refusals_are_no_failures));
}

}  // namespace strandbus::detail

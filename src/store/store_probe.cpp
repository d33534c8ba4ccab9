#include "store/store_probe.hpp"

#include "strandbus/event/factory.hpp"
#include "strandbus/event/json_codec.hpp"

#include <chrono>

namespace strandbus::detail {
namespace {

constexpr std::chrono::seconds patience{60};
constexpr std::size_t read_step = 7;

Timestamp moment(std::uint64_t seconds) {
  return Timestamp(std::chrono::seconds(1'700'000'000 + seconds));
}

/// One handler, as a function object that nobody copies.
struct Fulfil {
  std::promise<error_code> done;
  void operator()(error_code result) { done.set_value(result); }
};

}  // namespace

void StoreProbe::expect(bool kept, std::string promise) {
  if (!kept) violations_.push_back(std::move(promise));
}

void StoreProbe::require(bool kept, std::string promise) {
  expect(kept, std::move(promise));
  if (!kept) throw Ended();
}

void StoreProbe::expect_code(error_code found, error_code wanted, const std::string& what) {
  expect(found == wanted, what + ": expected \"" + wanted.message() + "\", found \"" +
                              (found ? found.message() : "success") + '"');
}

std::unique_ptr<SessionWriter> StoreProbe::create(EventStore& store, const std::string& id) {
  return value(store.create(probe_metadata(id)), "create " + id);
}

std::unique_ptr<SessionWriter> StoreProbe::open_session(EventStore& store, const std::string& id) {
  return value(store.open(id), "open " + id);
}

void StoreProbe::append(SessionWriter& writer, std::uint64_t first, std::uint64_t last) {
  const error_code result = append_now(writer, probe_events("s", first, last));
  require(!result, "an append failed: " + result.message());
}

std::vector<StoredEvent> StoreProbe::read_all(const EventStore& store, const std::string& id) {
  std::vector<StoredEvent> all;
  for (;;) {
    auto step = value(store.read(id, all.empty() ? 0 : all.back().seq, read_step), "read " + id);
    if (step.empty()) return all;
    require(step.size() <= read_step, "read gave more events than its limit");
    for (StoredEvent& event : step) all.push_back(std::move(event));
  }
}

void StoreProbe::expect_events(const EventStore& store, const std::string& id, std::uint64_t first,
                               std::uint64_t last) {
  const std::vector<StoredEvent> events = read_all(store, id);
  std::uint64_t expected = first;
  for (const StoredEvent& event : events) {
    require(event.seq == expected,
            "event " + std::to_string(event.seq) + " came instead of " + std::to_string(expected));
    require(event.json && *event.json == *probe_event("s", expected).json,
            "event " + std::to_string(expected) + " is not what was given");
    ++expected;
  }
  expect(expected == last + 1,
         "the last event is " + std::to_string(expected - 1) + " and not " + std::to_string(last));
}

SessionMetadata probe_metadata(const std::string& id) {
  SessionMetadata metadata;
  metadata.session_id = id;
  metadata.created_at = moment(0);
  return metadata;
}

StoredEvent probe_event(const std::string& session, std::uint64_t seq, std::size_t text_bytes) {
  std::string text = session + " \"\\\n\xc3\xa9 " + std::to_string(seq);
  text.resize(std::max(text.size(), text_bytes), 'x');
  StreamEvent event(make_token(std::move(text)));
  event.set_stamp(seq, {}, moment(seq));
  return {seq, std::make_shared<const std::string>(to_json(event))};
}

std::vector<StoredEvent> probe_events(const std::string& session, std::uint64_t first,
                                      std::uint64_t last) {
  std::vector<StoredEvent> events;
  for (std::uint64_t seq = first; seq <= last; ++seq) events.push_back(probe_event(session, seq));
  return events;
}

std::future<error_code> begin_append(SessionWriter& writer, std::vector<StoredEvent> events) {
  Fulfil fulfil;
  auto result = fulfil.done.get_future();
  writer.async_append(std::move(events), std::move(fulfil));
  return result;
}

error_code result_of(std::future<error_code>& append) {
  if (append.wait_for(patience) != std::future_status::ready)
    return make_error_code(Errc::timed_out);
  return append.get();
}

error_code append_now(SessionWriter& writer, std::vector<StoredEvent> events) {
  auto append = begin_append(writer, std::move(events));
  return result_of(append);
}

StoreCheck store_check(std::string_view name, StoreCheckBody body) {
  StoreCheck check;
  check.name = name;
  check.run = [body](const StoreUnderTest& store) {
    StoreProbe probe(store);
    try {
      body(probe);
    } catch (const StoreProbe::Ended&) {
    } catch (const std::exception& error) {
      probe.expect(false, std::string("an exception: ") + error.what());
    }
    return probe.take_violations();
  };
  return check;
}

}  // namespace strandbus::detail

namespace strandbus {

bool StorePlace::damage(const std::string&, std::uint64_t, StoreDamage) { return false; }

std::span<const StoreCheck> store_checks() {
  static const std::vector<StoreCheck> checks = [] {
    std::vector<StoreCheck> all;
    detail::add_writing_checks(all);
    detail::add_reading_checks(all);
    detail::add_session_checks(all);
    detail::add_thread_checks(all);
    detail::add_fork_checks(all);
    detail::add_damage_checks(all);
    return all;
  }();
  return checks;
}

}  // namespace strandbus

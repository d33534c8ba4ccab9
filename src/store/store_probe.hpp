#pragma once

#include "strandbus/store/store_conformance.hpp"

#include <boost/asio/any_completion_handler.hpp>

#include <future>
#include <string>
#include <utility>
#include <vector>

namespace strandbus::detail {

/// What a check of the conformance kit works with: a place, and what it has found.
class StoreProbe {
 public:
  explicit StoreProbe(const StoreUnderTest& store)
      : checksums_(store.checksums == StoreChecksums::yes), place_(store.make_place()) {}

  StorePlace& place() noexcept { return *place_; }
  std::shared_ptr<EventStore> open() { return place_->open(); }
  bool checksums() const noexcept { return checksums_; }

  /// Notes a violation unless `kept`.
  void expect(bool kept, std::string promise);
  /// The same, and ends the check.
  void require(bool kept, std::string promise);
  /// That this was refused with this code.
  void expect_code(error_code found, error_code wanted, const std::string& what);
  template <class T>
  void expect_refused(const StoreResult<T>& result, error_code wanted, const std::string& what) {
    expect_code(result ? error_code() : result.error().code, wanted, what);
    if (!result) expect(!result.error().message.empty(), what + ": the message is empty");
  }
  /// What must be there.
  template <class T>
  T value(StoreResult<T> result, const std::string& what) {
    if (!result) require(false, what + " failed: " + result.error().message);
    return *std::move(result);
  }

  std::unique_ptr<SessionWriter> create(EventStore& store, const std::string& id);
  std::unique_ptr<SessionWriter> open_session(EventStore& store, const std::string& id);
  /// Appends and waits; they must become durable.
  void append(SessionWriter& writer, std::uint64_t first, std::uint64_t last);
  /// All events of a session, read in small steps.
  std::vector<StoredEvent> read_all(const EventStore& store, const std::string& id);
  /// That exactly these events of the series are there.
  void expect_events(const EventStore& store, const std::string& id, std::uint64_t first,
                     std::uint64_t last);

  std::vector<std::string> take_violations() { return std::move(violations_); }

  /// Thrown by require.
  struct Ended {};

 private:
  const bool checksums_;
  std::unique_ptr<StorePlace> place_;
  std::vector<std::string> violations_;
};

SessionMetadata probe_metadata(const std::string& id);
/// An event in the native form; the session is in its text, so that no two are equal.
StoredEvent probe_event(const std::string& session, std::uint64_t seq, std::size_t text_bytes = 0);
std::vector<StoredEvent> probe_events(const std::string& session, std::uint64_t first,
                                      std::uint64_t last);

/// Begins to append; ready when the handler was called, with Errc::timed_out instead of for ever.
std::future<error_code> begin_append(SessionWriter& writer, std::vector<StoredEvent> events);
error_code result_of(std::future<error_code>& append);
error_code append_now(SessionWriter& writer, std::vector<StoredEvent> events);

/// A check of the kit.
using StoreCheckBody = void (*)(StoreProbe&);
StoreCheck store_check(std::string_view name, StoreCheckBody body);

// The parts of the kit.
void add_writing_checks(std::vector<StoreCheck>& checks);
void add_reading_checks(std::vector<StoreCheck>& checks);
void add_session_checks(std::vector<StoreCheck>& checks);
void add_thread_checks(std::vector<StoreCheck>& checks);
void add_fork_checks(std::vector<StoreCheck>& checks);
void add_damage_checks(std::vector<StoreCheck>& checks);

}  // namespace strandbus::detail

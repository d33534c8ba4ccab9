#include "store/store_kit.hpp"

#include "strandbus/store/sqlite_store.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/system_executor.hpp>

#include <algorithm>
#include <set>
#include <stdexcept>

// The kit finds what is wrong with a store: each fault here makes the check fail that is meant for
// it.

namespace strandbus::testing {
namespace {

enum class Fault {
  forgets_the_last_event,
  acknowledges_without_writing,
  changes_a_byte,
  ignores_limits,
  ignores_max_bytes,
  serves_another_session,
  lists_the_oldest_first,
  removes_nothing,
  prunes_everything,
  refuses_with_another_code,
  loses_metadata,
  moves_last_seq_too_early,
  completes_at_once,
  forks_one_event_too_many,
};

/// A sound writer with one fault.
class FaultyWriter final : public SessionWriter {
 public:
  FaultyWriter(std::unique_ptr<SessionWriter> sound, Fault fault)
      : sound_(std::move(sound)), fault_(fault), given_(sound_->last_seq()) {}

  std::uint64_t last_seq() const noexcept override {
    return fault_ == Fault::moves_last_seq_too_early ? given_ : sound_->last_seq();
  }

 private:
  void start_append(std::vector<StoredEvent> events, AppendHandler handler) override {
    if (!events.empty()) given_ = events.back().seq;
    if (fault_ == Fault::completes_at_once) return std::move(handler)(error_code());
    if (fault_ == Fault::acknowledges_without_writing) events.clear();
    if (fault_ == Fault::changes_a_byte && !events.empty() && events[0].json) {
      std::string json = *events[0].json;
      std::replace(json.begin(), json.end(), '\\', '/');
      events[0].json = std::make_shared<const std::string>(json);
    }
    if (fault_ == Fault::refuses_with_another_code && !events.empty() &&
        events[0].seq != sound_->last_seq() + 1)
      return asio::post(asio::system_executor(), [h = std::move(handler)]() mutable {
        std::move(h)(make_error_code(Errc::store_failed));
      });
    sound_->async_append(std::move(events), std::move(handler));
  }

  const std::unique_ptr<SessionWriter> sound_;
  const Fault fault_;
  std::uint64_t given_;
};

class FaultyStore final : public EventStore {
 public:
  FaultyStore(std::shared_ptr<EventStore> sound, Fault fault)
      : sound_(std::move(sound)), fault_(fault) {}

  StoreDurability durability() const noexcept override { return sound_->durability(); }
  StoreResult<std::unique_ptr<SessionWriter>> create(
      const SessionMetadata& metadata, std::span<const StoredMessage> before) override {
    SessionMetadata kept = metadata;
    if (fault_ == Fault::loses_metadata) kept.title.clear();
    return faulty(sound_->create(kept, before));
  }
  StoreResult<SessionSummary> fork(const std::string& origin, std::uint64_t at,
                                   const SessionMetadata& metadata) override {
    if (fault_ == Fault::forks_one_event_too_many) ++at;
    return sound_->fork(origin, at, metadata);
  }
  StoreResult<std::unique_ptr<SessionWriter>> open(const std::string& id) override {
    return faulty(sound_->open(id));
  }
  StoreResult<SessionSummary> find(const std::string& id) const override {
    return sound_->find(id);
  }
  StoreResult<std::vector<SessionSummary>> list(std::size_t limit) const override {
    auto sessions = sound_->list(limit);
    if (sessions && fault_ == Fault::lists_the_oldest_first)
      std::reverse(sessions->begin(), sessions->end());
    return sessions;
  }
  StoreResult<std::vector<StoredMessage>> messages_before(const std::string& id) const override {
    return sound_->messages_before(id);
  }
  StoreResult<std::vector<StoredEvent>> read(const std::string& id, std::uint64_t after,
                                             std::size_t limit,
                                             std::size_t max_bytes) const override {
    if (fault_ == Fault::ignores_limits) limit += 1;
    if (fault_ == Fault::ignores_max_bytes) max_bytes = default_read_bytes;
    auto events = sound_->read(fault_ == Fault::serves_another_session && id == "b" ? "a" : id,
                               after, limit, max_bytes);
    if (events && fault_ == Fault::forgets_the_last_event && events->size() > 1) events->pop_back();
    return events;
  }
  StoreResult<void> remove(const std::string& id) override {
    if (fault_ == Fault::removes_nothing) return {};
    return sound_->remove(id);
  }
  StoreResult<std::size_t> prune(Timestamp before) override {
    return sound_->prune(fault_ == Fault::prunes_everything ? Timestamp::max() : before);
  }
  std::optional<StoreError> failure() const override { return sound_->failure(); }

 private:
  StoreResult<std::unique_ptr<SessionWriter>> faulty(
      StoreResult<std::unique_ptr<SessionWriter>> writer) const {
    if (!writer) return std::move(writer).error();
    return std::unique_ptr<SessionWriter>(
        std::make_unique<FaultyWriter>(*std::move(writer), fault_));
  }

  const std::shared_ptr<EventStore> sound_;
  const Fault fault_;
};

class FaultyPlace final : public StorePlace {
 public:
  explicit FaultyPlace(Fault fault) : fault_(fault) {}
  std::shared_ptr<EventStore> open() override {
    return std::make_shared<FaultyStore>(SqliteStore::open(directory_.path("s.db"), {}).value(),
                                         fault_);
  }

 private:
  const Fault fault_;
  TemporaryDirectory directory_;
};

std::vector<std::string> violations_of(std::string_view check, Fault fault) {
  for (const StoreCheck& candidate : store_checks()) {
    if (candidate.name == check)
      return candidate.run({[fault] { return std::make_unique<FaultyPlace>(fault); }});
  }
  ADD_FAILURE() << "there is no check " << check;
  return {};
}

TEST(StoreKit, HasAFaultForWhichEachOfTheseChecksFails) {
  const std::pair<std::string_view, Fault> expected[]{
      {"ReadsAtMostTheLimit", Fault::forgets_the_last_event},
      {"GivesBackTheVeryBytes", Fault::acknowledges_without_writing},
      {"AnAcknowledgedEventCanBeRead", Fault::acknowledges_without_writing},
      {"KeepsAllOverAReopening", Fault::acknowledges_without_writing},
      {"GivesBackTheVeryBytes", Fault::changes_a_byte},
      {"ReadsAtMostTheLimit", Fault::ignores_limits},
      {"ReadsAtMostTheBytes", Fault::ignores_max_bytes},
      {"KeepsSessionsApart", Fault::serves_another_session},
      {"ListsTheNewestFirst", Fault::lists_the_oldest_first},
      {"RemovesASessionAndItsEvents", Fault::removes_nothing},
      {"RemovesNothingThatIsWritten", Fault::removes_nothing},
      {"PrunesWhatIsOldAndFree", Fault::prunes_everything},
      {"RefusesAGap", Fault::refuses_with_another_code},
      {"KeepsTheMetadata", Fault::loses_metadata},
      {"RefusesAGap", Fault::moves_last_seq_too_early},
      {"CompletesOnTheExecutorOfTheHandler", Fault::completes_at_once},
      {"AForkHasWhatWasBefore", Fault::forks_one_event_too_many},
  };
  for (const auto& [check, fault] : expected) {
    EXPECT_FALSE(violations_of(check, fault).empty())
        << check << " does not notice fault " << static_cast<int>(fault);
  }
}

TEST(StoreKit, NamesEachCheckOnce) {
  std::set<std::string_view> names;
  for (const StoreCheck& check : store_checks()) EXPECT_TRUE(names.insert(check.name).second);
  EXPECT_GE(names.size(), 50U);
}

TEST(StoreKit, TellsOfAPlaceThatCannotBeOpened) {
  class Nowhere final : public StorePlace {
    std::shared_ptr<EventStore> open() override { throw std::runtime_error("no place"); }
  };
  const auto violations = store_checks()[0].run({[] { return std::make_unique<Nowhere>(); }});
  ASSERT_EQ(violations.size(), 1U);
  EXPECT_EQ(violations[0], "an exception: no place");
}

}  // namespace
}  // namespace strandbus::testing

// B4: a reader that stops reading costs no more memory than the bounds of the bus say, however many
// events are published. Counts the memory of the whole program, so alone in its program.

#include "bus/memory.hpp"
#include "bus/proof.hpp"
#include "bus/reading.hpp"

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <algorithm>

namespace strandbus {
namespace {

constexpr std::size_t history = 1024;
constexpr std::size_t backlog_hard = 4096;
constexpr std::size_t text_bytes = 100;  ///< too long to be stored without memory of its own

/// What an event costs at most: itself, its text, and its part of the segment around it.
constexpr std::int64_t event_bytes = sizeof(StreamEvent) + 8 + text_bytes + 32;

/// Beyond the events of the bounds: segments that are partly used, spare ones, one that the reader
/// holds, and the bookkeeping of the bus.
constexpr std::int64_t constant_bytes = 16 * 64 * event_bytes + 64 * 1024;

BusOptions bounded() {
  BusOptions options = test::history_of(history);
  options.backlog_soft = history;
  options.backlog_hard = backlog_hard;
  return options;
}

struct Tally {
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
  std::int64_t most_bytes = 0;
};

Tally publish_many(EventBus& bus, std::uint64_t count, std::size_t text) {
  Tally tally;
  test::Progress progress("publishes", count);
  const std::int64_t before = test::live_bytes();
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto seq = bus.publish(make_token(std::string(text, 'x')));
    ++(seq.has_value() ? tally.accepted : tally.refused);
    if (i % 64 == 0) tally.most_bytes = std::max(tally.most_bytes, test::live_bytes() - before);
    if (i % 4096 == 0) progress.at(i);
  }
  return tally;
}

struct B4Stalled : testing::TestWithParam<test::NamedPolicy> {
  StreamOptions reading() const { return {.overflow = GetParam().overflow}; }
  bool blocks() const { return GetParam().overflow == Overflow::block; }
  static std::uint64_t events() { return test::amount(1'000'000, 100'000, 10'000'000); }
  void expect_account(const ReaderStats& stats, const Tally& tally) const {
    EXPECT_EQ(tally.refused > 0, blocks());
    if (blocks()) {
      EXPECT_EQ(tally.accepted, backlog_hard);
    }
    EXPECT_EQ(bus.stats().refused_backlog, tally.refused);
    EXPECT_EQ(test::accounted(stats), tally.accepted);
    std::printf("%s: %llu accepted, %llu refused, at most %lld bytes\n", GetParam().name,
                static_cast<unsigned long long>(tally.accepted),
                static_cast<unsigned long long>(tally.refused),
                static_cast<long long>(tally.most_bytes));
  }

  asio::io_context io;
  EventBus bus{io.get_executor(), bounded()};
};

TEST_P(B4Stalled, AStreamThatIsNotReadCostsNoMoreThanTheBounds) {
  const EventStream stalled = bus.stream(reading());

  const Tally tally = publish_many(bus, events(), text_bytes);

  const std::int64_t kept = blocks() ? backlog_hard : history;
  EXPECT_LE(tally.most_bytes, kept * event_bytes + constant_bytes);
  expect_account(stalled.stats(), tally);
}

TEST_P(B4Stalled, AStreamWhoseWakeUpIsNeverRunCostsNoMore) {
  EventStream stalled = bus.stream(reading());
  stalled.async_wait([](error_code) {});

  const Tally tally = publish_many(bus, events() / 10, text_bytes);

  const std::int64_t kept = blocks() ? backlog_hard : history;
  EXPECT_LE(tally.most_bytes, kept * event_bytes + constant_bytes);
  expect_account(stalled.stats(), tally);
}

TEST_P(B4Stalled, ACallbackWhoseExecutorIsNeverRunCostsNoMore) {
  const auto stalled = bus.subscribe(io.get_executor(), [](const StreamEvent&) {},
                                     {.overflow = GetParam().overflow});

  const Tally tally = publish_many(bus, events() / 10, text_bytes);

  const std::int64_t kept = blocks() ? backlog_hard : history;
  EXPECT_LE(tally.most_bytes, kept * event_bytes + constant_bytes);
  expect_account(stalled.stats(), tally);
}

TEST_P(B4Stalled, AReaderThatHoldsABatchCostsNoMoreThanThatBatch) {
  EventStream stalled = bus.stream(reading());
  test::publish_tokens(bus, 100);
  const Batch held = stalled.try_batch();
  const bool merges = GetParam().overflow == Overflow::coalesce;
  ASSERT_EQ(held.size(), merges ? 1U : 64U);

  const Tally tally = publish_many(bus, events() / 10, text_bytes);

  const std::int64_t kept = blocks() ? backlog_hard : history;
  EXPECT_LE(tally.most_bytes, kept * event_bytes + constant_bytes);
  EXPECT_EQ(test::accounted(stalled.stats()), tally.accepted + 100);
  EXPECT_EQ(held.begin()->seq(), merges ? 100U : 1U);
}

TEST_P(B4Stalled, LargeEventsAreBoundedByTheirBytes) {
  BusOptions options = bounded();
  options.history_bytes = 1024 * 1024;
  EventBus small(io.get_executor(), options);
  const EventStream stalled = small.stream(reading());
  constexpr std::size_t large = 16 * 1024;

  const Tally tally = publish_many(small, events() / 100, large);

  const std::int64_t kept_bytes = blocks() ? backlog_hard * (large + event_bytes) : 1024 * 1024;
  EXPECT_LE(tally.most_bytes, kept_bytes * 5 / 4 + constant_bytes);  // and a segment of eight
  EXPECT_EQ(test::accounted(stalled.stats()), tally.accepted);
}

INSTANTIATE_TEST_SUITE_P(Policies, B4Stalled, testing::ValuesIn(test::policies),
                         [](const auto& policy) { return std::string(policy.param.name); });

}  // namespace
}  // namespace strandbus

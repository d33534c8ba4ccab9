#include "strandbus/event/event_id.hpp"

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

namespace strandbus {
namespace {

Timestamp at_ms(std::int64_t milliseconds) {
  return Timestamp{std::chrono::milliseconds{milliseconds}};
}

TEST(EventId, HasVersionSevenVariantTwoAndTheTime) {
  EventIdGenerator generator(1);
  for (int i = 0; i < 1000; ++i) {
    const EventId id = generator.next(at_ms(0x0192'3456'789A));
    EXPECT_EQ(id.high >> 16U, 0x0192'3456'789AU);
    EXPECT_EQ(id.high >> 12U & 0xFU, 7U);
    EXPECT_EQ(id.low >> 62U, 2U);
  }
}

TEST(EventId, GrowsStrictlyWithinOneMillisecond) {
  EventIdGenerator generator(2);
  EventId last;
  for (int i = 0; i < 100'000; ++i) {
    const EventId id = generator.next(at_ms(1'000));
    ASSERT_LT(last, id);
    last = id;
  }
}

TEST(EventId, GrowsStrictlyWhenTheClockGoesBack) {
  EventIdGenerator generator(3);
  EventId last = generator.next(at_ms(5'000));
  for (const std::int64_t ms : {4'999, 1, 0, -1'000, 5'000, 3, 5'001, 2, 5'001}) {
    const EventId id = generator.next(at_ms(ms));
    EXPECT_LT(last, id) << ms;
    last = id;
  }
}

TEST(EventId, RunsAheadOfTheClockWhenTheCounterIsUsedUp) {
  const EventId highest{(1'000U << 16U) | 0x7FFFU, 0xBFFF'FFFF'FFFF'FFFFU};
  EventIdGenerator generator(4);
  generator.continue_after(highest);

  EventId last = highest;
  for (int i = 0; i < 1000; ++i) {
    const EventId id = generator.next(at_ms(1'000));
    ASSERT_LT(last, id);
    EXPECT_EQ(id.high >> 16U, 1'001U);
    last = id;
  }
}

TEST(EventId, CarriesFromTheLowIntoTheHighPartOfTheCounter) {
  EventIdGenerator generator(5);
  generator.continue_after({(1'000U << 16U) | 0x7123U, 0xBFFF'FFFF'FFFF'FFFFU});
  const EventId id = generator.next(at_ms(1'000));
  EXPECT_EQ(id.high, (1'000U << 16U) | 0x7124U);
}

TEST(EventId, ContinuesAfterAStoredIdAndNeverGoesBack) {
  EventIdGenerator generator(6);
  const EventId stored = EventIdGenerator(7).next(at_ms(9'000));
  generator.continue_after(stored);
  const EventId first = generator.next(at_ms(1));
  EXPECT_LT(stored, first);
  generator.continue_after(EventIdGenerator(8).next(at_ms(2)));
  generator.continue_after(EventId{~std::uint64_t{0}, ~std::uint64_t{0}});  // not of version 7
  const EventId second = generator.next(at_ms(1));
  EXPECT_LT(first, second);
  EXPECT_EQ(second.high >> 16U, 9'000U);
}

TEST(EventId, TheSameSeedMakesTheSameIds) {
  EventIdGenerator a(42);
  EventIdGenerator b(42);
  EventIdGenerator c(43);
  EXPECT_EQ(a.next(at_ms(1)), b.next(at_ms(1)));
  EXPECT_NE(a.next(at_ms(1)), c.next(at_ms(1)));
}

TEST(EventId, TwoGeneratorsFromTheSystemsRandomSourceDiffer) {
  EXPECT_NE(EventIdGenerator().next(at_ms(1)), EventIdGenerator().next(at_ms(1)));
}

TEST(EventId, TextIsTheExampleOfRfc9562) {
  const EventId id{0x017F22E279B07CC3U, 0x98C4DC0C0C07398FU};
  EXPECT_EQ(to_string(id), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
  EXPECT_EQ(parse_event_id("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"), id);
  EXPECT_EQ(parse_event_id("017F22E2-79B0-7CC3-98C4-DC0C0C07398F"), id);
}

TEST(EventId, TextSortsAsTheIdsDo) {
  EventIdGenerator generator(5);
  std::string last;
  for (int i = 0; i < 1000; ++i) {
    std::string text = to_string(generator.next(at_ms(i / 10)));
    EXPECT_LT(last, text);
    last = std::move(text);
  }
}

TEST(EventId, ParseRefusesEverythingElse) {
  for (const std::string_view text :
       {"", "017f22e2-79b0-7cc3-98c4-dc0c0c07398", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",
        "017f22e2079b0-7cc3-98c4-dc0c0c07398f", "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
        "017f22e279b07cc398c4dc0c0c07398f", "{17f22e2-79b0-7cc3-98c4-dc0c0c07398}",
        "-17f22e2-79b0-7cc3-98c4-dc0c0c07398f"}) {
    EXPECT_EQ(parse_event_id(text), std::nullopt) << text;
  }
}

TEST(UniqueId, HasItsPrefixAndThirtyTwoDigits) {
  const std::string id = make_unique_id("run");
  EXPECT_TRUE(id.starts_with("run_"));
  EXPECT_EQ(id.size(), 36U);
  EXPECT_EQ(id.find_first_not_of("0123456789abcdef", 4), std::string::npos);
  EXPECT_EQ(make_unique_id("").size(), 32U);
}

TEST(UniqueId, IsUniqueAcrossThreads) {
  constexpr std::size_t threads = 4;
  constexpr std::size_t each = 5'000;
  std::vector<std::vector<std::string>> made(threads);
  {
    std::vector<std::jthread> workers;
    for (auto& ids : made) {
      workers.emplace_back([&ids] {
        for (std::size_t i = 0; i < each; ++i) ids.push_back(make_unique_id("x"));
      });
    }
  }
  std::set<std::string> all;
  for (const auto& ids : made) all.insert(ids.begin(), ids.end());
  EXPECT_EQ(all.size(), threads * each);
}

}  // namespace
}  // namespace strandbus

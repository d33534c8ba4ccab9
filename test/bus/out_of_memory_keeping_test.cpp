// B5, B6, B8 when memory is short: landmarks, merged deltas and drains are whole or have not
// happened, and nothing of them is lost.

#include "bus/memory.hpp"
#include "bus/reading.hpp"

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <new>
#include <optional>

namespace strandbus {
namespace {

using test::MemoryShortage;
using test::publish_tokens;
using test::range;
using test::Shortage;

/// Calls `attempt(n)` for each n whose allocation is made, until one has all that it needs.
template <class Attempt>
void without_each_allocation(Shortage kind, Attempt attempt) {
  for (int n = 0; attempt(n, kind) && !testing::Test::HasFailure(); ++n) continue;
}

struct OutOfMemoryKeeping : testing::TestWithParam<Shortage> {
  asio::io_context io;
};

TEST_P(OutOfMemoryKeeping, NoLandmarkIsLost) {
  without_each_allocation(GetParam(), [&](int n, Shortage kind) {
    BusOptions options = test::history_of(2);
    options.landmarks = 1000;
    EventBus bus(io.get_executor(), options);
    const StreamEvent event(make_status(AgentStatus::thinking));
    bool lacked = false;
    {
      const MemoryShortage shortage(n, kind);
      for (int i = 0; i < 200; ++i) {
        try {
          bus.publish(event).value();
        } catch (const std::bad_alloc&) {
        }
      }
      lacked = shortage.happened();
    }
    bus.publish(event).value();
    const std::uint64_t published = bus.stats().published;
    const auto kept = bus.history();
    EXPECT_EQ(kept.size(), published) << "allocation " << n;
    EXPECT_EQ(bus.stats().kept, std::min<std::uint64_t>(published, 2));
    return lacked;
  });
}

/// The text of deltas, whether merged or not. Needs no memory of its own if `text` has room.
void take_text(EventStream& stream, std::string& text) {
  while (const auto delivery = stream.try_next()) {
    const auto* merged = (*delivery)->get_if<AssistantDelta>();
    text += merged ? merged->text : (*delivery)->get_if<TokenDelta>()->text;
  }
}

TEST_P(OutOfMemoryKeeping, TextThatIsMergedIsWhole) {
  without_each_allocation(GetParam(), [&](int n, Shortage kind) {
    EventBus bus(io.get_executor());
    EventStream stream = bus.stream({.overflow = Overflow::coalesce});
    std::string expected;
    for (int i = 0; i < 6; ++i) {
      const std::string piece =
          "a piece of text that is too long to stand inline " + std::to_string(i);
      const std::string message = i % 2 == 0 ? "a" : "b";
      bus.publish(TokenDelta{.text = piece, .message_id = message}).value();
    }
    for (const int i : {0, 2, 4, 1, 3, 5})
      expected += "a piece of text that is too long to stand inline " + std::to_string(i);
    std::string text;
    text.reserve(1000);
    bool lacked = false;
    {
      const MemoryShortage shortage(n, kind);
      try {
        take_text(stream, text);
      } catch (const std::bad_alloc&) {
      }
      lacked = shortage.happened();
    }
    take_text(stream, text);
    EXPECT_EQ(text, expected) << "allocation " << n;
    EXPECT_EQ(test::accounted(stream.stats()), 6U);
    EXPECT_EQ(stream.stats().lag, 0U);
    return lacked;
  });
}

TEST_P(OutOfMemoryKeeping, AWaitForTextThatIsMergedEnds) {
  without_each_allocation(GetParam(), [&](int n, Shortage kind) {
    EventBus bus(io.get_executor());
    EventStream stream = bus.stream({.overflow = Overflow::coalesce});
    bool woken = false;
    stream.async_wait([&](error_code ec) { woken = !ec; });
    publish_tokens(bus, 2);
    bool lacked = false;
    {
      const MemoryShortage shortage(n, kind);
      io.restart();
      io.poll_one();
      lacked = shortage.happened();
    }
    publish_tokens(bus, 1);
    io.restart();
    io.poll();
    EXPECT_TRUE(woken) << "allocation " << n;
    std::string text;
    take_text(stream, text);
    EXPECT_EQ(text, "010");
    return lacked;
  });
}

TEST_P(OutOfMemoryKeeping, ACallbackThatMergesGetsWhatWasPublishedMeanwhile) {
  without_each_allocation(GetParam(), [&](int n, Shortage kind) {
    EventBus bus(io.get_executor());
    std::string text;
    std::string other;
    for (std::string* seen : {&text, &other}) seen->reserve(1000);
    const auto publishing = bus.subscribe([&](const StreamEvent& event) {
      if (event.seq() == 1) publish_tokens(bus, 3);
    });
    const auto merging = bus.subscribe([&](const StreamEvent& event) { text += event.message(); },
                                       {.overflow = Overflow::coalesce});
    const auto plain = bus.subscribe([&](const StreamEvent& event) { other += event.message(); });
    bool lacked = false;
    {
      const MemoryShortage shortage(n, kind);
      try {
        publish_tokens(bus, 1);
      } catch (const std::bad_alloc&) {
      }
      lacked = shortage.happened();
    }
    publish_tokens(bus, 1);
    EXPECT_EQ(text, other) << "allocation " << n;
    EXPECT_EQ(merging.stats().lag, 0U);
    EXPECT_EQ(test::accounted(merging.stats()), bus.stats().published);
    return lacked;
  });
}

TEST_P(OutOfMemoryKeeping, ADrainHasBegunOrNot) {
  without_each_allocation(GetParam(), [&](int n, Shortage kind) {
    EventBus bus(io.get_executor());
    EventStream reader = bus.stream({.overflow = Overflow::block});
    publish_tokens(bus, 1);
    std::optional<error_code> completion;
    bool threw = false;
    bool lacked = false;
    {
      const MemoryShortage shortage(n, kind);
      try {
        bus.async_drain(std::chrono::steady_clock::now() + std::chrono::hours(1),
                        [&](error_code ec) { completion = ec; });
      } catch (const std::bad_alloc&) {
        threw = true;
      }
      lacked = shortage.happened();
    }
    reader.try_next();
    bus.publish(make_token("t")).value();
    io.restart();
    io.run_for(std::chrono::seconds(10));
    EXPECT_EQ(completion.has_value(), !threw) << "allocation " << n;
    EXPECT_EQ(completion.value_or(error_code()), error_code());
    return lacked;
  });
}

INSTANTIATE_TEST_SUITE_P(Memory, OutOfMemoryKeeping,
                         testing::Values(Shortage::once, Shortage::lasting), [](const auto& kind) {
                           return kind.param == Shortage::once ? "FailsOnce" : "IsShort";
                         });

}  // namespace
}  // namespace strandbus

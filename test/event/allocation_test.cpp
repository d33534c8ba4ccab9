#include "strandbus/event/json_codec.hpp"
#include "strandbus/event/stream_event.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::size_t> allocations{0};

void* allocate(std::size_t size, std::size_t alignment) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
  if (void* memory = std::aligned_alloc(alignment, rounded == 0 ? alignment : rounded))
    return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size, alignof(std::max_align_t)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace strandbus {
namespace {

template <class F>
std::size_t allocations_of(F&& f) {
  const std::size_t before = allocations.load();
  f();
  return allocations.load() - before;
}

TEST(Allocation, TheCounterCounts) {
  EXPECT_EQ(allocations_of([] { std::string text(100, 'x'); }), 1U);
}

TEST(Allocation, ShortDeltasAreMadeAndCopiedWithoutAny) {
  const auto context = std::make_shared<const RunContext>(RunContext{.run_id = "run_1"});
  const std::size_t count = allocations_of([&] {
    StreamEvent event(TokenDelta{.text = " the", .message_id = "m1"}, context);
    event.set_stamp(1, EventId{1, 2}, Timestamp{}).set_turn(1).set_span(3, 4);
    const StreamEvent copy = event;
    const StreamEvent other(ToolCallDelta{.call_id = "call_1", .delta = "{\"expr\""}, context);
    EXPECT_GT(copy.approximate_bytes() + other.approximate_bytes(), 0U);
    EXPECT_EQ(copy.status(), Status::running);
  });
  EXPECT_EQ(count, 0U);
}

TEST(Allocation, LandmarkCostsOneAndItsCopyNone) {
  UserMessage message{.message_id = "m1", .content = "hello"};
  EXPECT_EQ(allocations_of([&] {
              const StreamEvent event(std::move(message));
              const StreamEvent copy = event;
              EXPECT_EQ(copy.type(), EventType::user_message);
            }),
            1U);
}

TEST(Allocation, DefaultEventCostsNone) {
  const StreamEvent first;  // Makes the payload that all default events share.
  EXPECT_EQ(allocations_of([] { const StreamEvent event; }), 0U);
}

TEST(Allocation, EncodingIntoABufferWithRoomCostsNone) {
  const auto context =
      std::make_shared<const RunContext>(RunContext{.session_id = std::string(40, 's'),
                                                    .run_id = std::string(40, 'r'),
                                                    .attributes = {{"user", 1}}});
  const StreamEvent token(TokenDelta{.text = " the\n\xFF", .message_id = "m1"}, context);
  const StreamEvent ended(RunCompleted{.usage = {.cached = 3}, .cost = NanoUsd{350'000}}, context);
  std::string out;
  out.reserve(4096);
  const std::size_t count = allocations_of([&] {
    append_json(out, token);
    append_json(out, ended);
  });
  EXPECT_EQ(count, 0U);
}

}  // namespace
}  // namespace strandbus

#pragma once

#include "strandbus/event/stream_event.hpp"

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace strandbus::testing {

/// Where the values of a sample payload come from.
class ValueSource {
 public:
  virtual ~ValueSource() = default;
  virtual std::string text(std::string_view member) = 0;
  virtual std::int64_t integer() = 0;
  virtual double number() = 0;
  virtual json::value json_value() = 0;
  virtual bool flag() = 0;
  /// Whether an optional member is present.
  virtual bool present() = 0;
  /// Elements of a list.
  virtual std::size_t count() = 0;
  /// One of `size` enumerators.
  virtual std::size_t choice(std::size_t size) = 0;
};

/// Every member present: texts are the name of their member, integers 7, lists have one element.
class NamedValues final : public ValueSource {
 public:
  std::string text(std::string_view member) override { return std::string(member); }
  std::int64_t integer() override { return 7; }
  double number() override { return 0.5; }
  json::value json_value() override;
  bool flag() override { return true; }
  bool present() override { return true; }
  std::size_t count() override { return 1; }
  std::size_t choice(std::size_t size) override { return size - 1; }
};

/// Anything that a payload may hold. Texts are valid UTF-8, numbers finite.
class RandomValues final : public ValueSource {
 public:
  explicit RandomValues(std::uint64_t seed) : random_(seed) {}

  std::string text(std::string_view member = {}) override;
  std::int64_t integer() override;
  double number() override;
  json::value json_value() override { return json_value(4); }
  bool flag() override { return choice(2) == 0; }
  bool present() override { return flag(); }
  std::size_t count() override { return choice(4); }
  std::size_t choice(std::size_t size) override {
    return static_cast<std::size_t>(random_() % size);
  }
  std::uint64_t bits() { return random_(); }

 private:
  json::value json_value(int depth);

  std::mt19937_64 random_;
};

/// An event of this type, its payload filled from `values`; no context, no stamp.
StreamEvent make_sample(EventType type, ValueSource& values);

/// An event whose optional members are empty and whose others have their default.
StreamEvent make_default(EventType type);

/// Whether both have the same type and an equal payload.
bool same_payload(const StreamEvent& a, const StreamEvent& b);

/// An event with every member of the envelope set.
StreamEvent with_full_envelope(StreamEvent event, RandomValues& values);

/// All event types.
std::vector<EventType> all_event_types();

/// The seed of a property test: STRANDBUS_TEST_SEED where that is set, otherwise always the same.
std::uint64_t test_seed();

}  // namespace strandbus::testing

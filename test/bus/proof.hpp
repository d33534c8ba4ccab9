#pragma once

#include "strandbus/bus/options.hpp"
#include "support/sanitized.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

// What the long proofs have in common: how much they do, what they do it with, what they print.

namespace strandbus::test {

struct NamedPolicy {
  Overflow overflow;
  const char* name;
};

/// Every policy that a reader can have. A new one is a line here.
inline constexpr std::array policies{
    NamedPolicy{Overflow::drop_oldest, "drop_oldest"},
    NamedPolicy{Overflow::disconnect, "disconnect"},
    NamedPolicy{Overflow::block, "block"},
    NamedPolicy{Overflow::coalesce, "coalesce"},
};

/// Whether this is `dev.sh soak`, where a proof takes minutes.
inline bool soaking() {
  const char* soak = std::getenv("STRANDBUS_SOAK");
  return soak && std::string_view(soak) == "1";
}

/// The number of a proof: for the suite, for the suite under a sanitizer, for the soak.
inline std::uint64_t amount(std::uint64_t suite, std::uint64_t under_sanitizer,
                            std::uint64_t in_soak) {
  return soaking() ? in_soak : sanitized ? under_sanitizer : suite;
}

/// The seed of everything random, printed so that a failure can be run again with it.
inline std::uint64_t seed() {
  const char* given = std::getenv("STRANDBUS_TEST_SEED");
  const std::uint64_t value = given ? std::strtoull(given, nullptr, 10) : 20'240'917;
  std::printf("seed %llu (STRANDBUS_TEST_SEED chooses another)\n",
              static_cast<unsigned long long>(value));
  return value;
}

/// Says how far a long proof has come, every few seconds.
class Progress {
 public:
  Progress(std::string unit, std::uint64_t total) : unit_(std::move(unit)), total_(total) {}

  void at(std::uint64_t done) {
    const auto now = Clock::now();
    if (now - last_said_ < std::chrono::seconds(5)) return;
    last_said_ = now;
    say("at", done);
  }
  void finished(std::uint64_t done) const { say("finished:", done); }
  double seconds() const { return std::chrono::duration<double>(Clock::now() - began_).count(); }

 private:
  using Clock = std::chrono::steady_clock;

  void say(const char* what, std::uint64_t done) const {
    std::printf("%s %llu of %llu %s in %.1f s, %.0f per second\n", what,
                static_cast<unsigned long long>(done), static_cast<unsigned long long>(total_),
                unit_.c_str(), seconds(), static_cast<double>(done) / seconds());
    std::fflush(stdout);
  }

  const std::string unit_;
  const std::uint64_t total_;
  const Clock::time_point began_ = Clock::now();
  Clock::time_point last_said_ = began_;
};

}  // namespace strandbus::test

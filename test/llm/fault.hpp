#pragma once

#include "llm/provider_fixture.hpp"

#include <gmock/gmock.h>

#include <cctype>
#include <chrono>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

// What servers, proxies and networks do wrong, by name.

namespace strandbus::test {

/// What a fault must end in.
struct Fault {
  std::string name{};
  FakeAnswer answer{};
  std::optional<ErrorCode> code{};  ///< absent: it is an answer all the same
  bool waits = false;               ///< it is a matter of time
};

using Faults = std::vector<Fault>;

inline void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }

constexpr std::size_t body_limit = 400'000;

/// Small limits; times are short only where they matter, so that a busy machine changes nothing.
template <class Options>
Options with_limits(Options options, const Fault& fault) {
  using namespace std::chrono_literals;
  options.connect_timeout = 1ms;
  options.first_event_timeout = fault.waits ? 200ms : std::chrono::milliseconds(1h);
  options.silence_timeout = fault.waits ? 20ms : std::chrono::milliseconds(1h);
  options.max_line_bytes = 120'000;
  options.max_event_bytes = 150'000;
  options.max_body_bytes = fault.waits ? 100'000'000 : body_limit;
  options.max_answer_bytes = 150'000;
  options.max_tool_calls = 16;
  return options;
}

inline std::string event(std::string_view data) { return "data: " + std::string(data) + "\n\n"; }

inline std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

inline FakeAnswer ending(std::string text, FakeAnswer::End end) {
  FakeAnswer answer = body(std::move(text));
  answer.end = end;
  return answer;
}

inline FakeAnswer endless(std::string first, std::string piece) {
  FakeAnswer answer = body(std::move(first));
  answer.endless = [piece] { return piece; };
  return answer;
}

/// Asks a provider whose server has this fault.
template <class Setup>
void expect_one_outcome(const Fault& fault, Setup& setup, const ModelRequest& request) {
  const Outcome outcome = ask(setup, request);
  EXPECT_THAT(outcome.faults, testing::IsEmpty());
  EXPECT_NE(outcome.answer.has_value(), outcome.error.has_value());
  if (fault.code) {
    ASSERT_TRUE(outcome.error) << "it answered";
    EXPECT_EQ(outcome.error->code(), *fault.code) << outcome.error->what();
  } else {
    EXPECT_TRUE(outcome.answer) << outcome.error->what();
  }
  if (!fault.waits) {
    EXPECT_LE(setup.server.bytes_read, body_limit + 20'000);
  }
}

/// The fault's name as one word.
inline std::string name_of_fault(const testing::TestParamInfo<Fault>& tested) {
  std::string name;
  bool upper = true;
  for (const char c : tested.param.name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) {
      upper = true;
      continue;
    }
    name += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = false;
  }
  return name;
}

}  // namespace strandbus::test

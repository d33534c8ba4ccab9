#pragma once

#include "llm/provider_fixture.hpp"
#include "llm/recorded_streams.hpp"

#include <gmock/gmock.h>

#include <cctype>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

// Recorded streams in pieces of any size, divided anywhere, cut anywhere.

namespace strandbus::test {

/// Asks a provider whose server answers with these pieces.
using AskInPieces = std::function<Outcome(std::vector<std::string>, FakeAnswer::End)>;

inline void expect_recorded(const RecordedStream& stream, const Outcome& outcome) {
  EXPECT_THAT(outcome.faults, testing::IsEmpty());
  ASSERT_TRUE(outcome.answer) << (outcome.error ? outcome.error->what() : "");
  EXPECT_EQ(outcome.answer->content, stream.content);
  EXPECT_EQ(outcome.answer->reasoning, stream.reasoning);
  EXPECT_EQ(calls_of(*outcome.answer), stream.calls);
  EXPECT_EQ(outcome.answer->finish_reason, stream.finish);
  EXPECT_EQ(outcome.answer->usage.total, stream.total);
}

inline void expect_same_in_pieces(const RecordedStream& stream, const AskInPieces& ask_in) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7},
                                 std::size_t{64}, std::size_t{100'000}}) {
    SCOPED_TRACE(size);
    expect_recorded(stream, ask_in(in_pieces(stream.body, size), FakeAnswer::End::ended));
  }
}

inline void expect_same_when_divided(const RecordedStream& stream, const AskInPieces& ask_in) {
  for (std::size_t at = 1; at < stream.body.size(); ++at) {
    const Outcome outcome =
        ask_in({stream.body.substr(0, at), stream.body.substr(at)}, FakeAnswer::End::ended);
    ASSERT_NO_FATAL_FAILURE(expect_recorded(stream, outcome)) << "divided at " << at;
  }
}

/// From `whole` bytes on it is the answer, before it is interrupted.
inline void expect_cut(const RecordedStream& stream, std::size_t whole, const AskInPieces& ask_in) {
  ASSERT_LT(whole, stream.body.size());
  for (const auto end : {FakeAnswer::End::ended, FakeAnswer::End::broken}) {
    for (std::size_t at = 0; at < stream.body.size(); ++at) {
      const Outcome outcome = ask_in({stream.body.substr(0, at)}, end);
      ASSERT_THAT(outcome.faults, testing::IsEmpty()) << "cut at " << at;
      ASSERT_NE(outcome.answer.has_value(), outcome.error.has_value()) << "cut at " << at;
      ASSERT_EQ(outcome.answer.has_value(), at >= whole) << "cut at " << at;
      if (outcome.error) {
        ASSERT_EQ(outcome.error->code(), ErrorCode::interrupted) << outcome.error->what();
      } else {
        ASSERT_EQ(outcome.answer->content, stream.content) << "cut at " << at;
        ASSERT_EQ(calls_of(*outcome.answer), stream.calls) << "cut at " << at;
      }
    }
  }
}

/// The server's name without what no test's name may hold.
inline std::string name_of_stream(const testing::TestParamInfo<RecordedStream>& tested) {
  std::string name;
  for (const char c : tested.param.server) {
    if (std::isalnum(static_cast<unsigned char>(c))) name += c;
  }
  return name;
}

}  // namespace strandbus::test

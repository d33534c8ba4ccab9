#include "llm/chat_fixture.hpp"
#include "llm/recorded_streams.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace strandbus::test {
namespace {

using testing::IsEmpty;

const std::vector<Message> question{user_says("hello")};

void expect_recorded(const RecordedStream& stream, const Outcome& outcome) {
  EXPECT_THAT(outcome.faults, IsEmpty());
  ASSERT_TRUE(outcome.answer) << (outcome.error ? outcome.error->what() : "");
  EXPECT_EQ(outcome.answer->content, stream.content);
  EXPECT_EQ(outcome.answer->reasoning, stream.reasoning);
  EXPECT_EQ(calls_of(*outcome.answer), stream.calls);
  EXPECT_EQ(outcome.answer->finish_reason, stream.finish);
  EXPECT_EQ(outcome.answer->usage.total, stream.total);
}

Outcome ask_for(std::vector<std::string> pieces, FakeAnswer::End end) {
  FakeAnswer answer;
  answer.pieces = std::move(pieces);
  answer.end = end;
  ChatSetup setup(std::move(answer));
  const ModelRequest request = request_for(question);
  return ask(setup, request);
}

class EveryStream : public testing::TestWithParam<RecordedStream> {};

TEST_P(EveryStream, SaysTheSameInPiecesOfAnySize) {
  const RecordedStream& stream = GetParam();
  for (const std::size_t size : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7},
                                 std::size_t{64}, std::size_t{100'000}}) {
    SCOPED_TRACE(size);
    expect_recorded(stream, ask_for(in_pieces(stream.body, size), FakeAnswer::End::ended));
  }
}

TEST_P(EveryStream, SaysTheSameInTwoPiecesWhereverItIsDivided) {
  const RecordedStream& stream = GetParam();
  for (std::size_t at = 1; at < stream.body.size(); ++at) {
    const Outcome outcome =
        ask_for({stream.body.substr(0, at), stream.body.substr(at)}, FakeAnswer::End::ended);
    ASSERT_NO_FATAL_FAILURE(expect_recorded(stream, outcome)) << "divided at " << at;
  }
}

/// Where the answer is said to be whole: behind the chunk with the finish_reason, or the only one.
std::size_t whole_from(const RecordedStream& stream) {
  const std::size_t finish = stream.body.rfind("\"finish_reason\":\"");
  if (stream.body.starts_with('{')) return stream.body.rfind('}') + 1;
  std::size_t first = finish;
  for (std::size_t at = stream.body.find("\"finish_reason\":\""); at < finish;
       at = stream.body.find("\"finish_reason\":\"", at + 1)) {
    first = std::min(first, at);
  }
  return stream.body.find('\n', first) - (stream.body[stream.body.find('\n', first) - 1] == '\r');
}

TEST_P(EveryStream, CutAnywhereIsAnAnswerOnlyBehindTheFinishReason) {
  const RecordedStream& stream = GetParam();
  const std::size_t whole = whole_from(stream);
  ASSERT_LT(whole, stream.body.size());
  for (const auto end : {FakeAnswer::End::ended, FakeAnswer::End::broken}) {
    for (std::size_t at = 0; at < stream.body.size(); ++at) {
      const Outcome outcome = ask_for({stream.body.substr(0, at)}, end);
      ASSERT_THAT(outcome.faults, IsEmpty()) << "cut at " << at;
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

INSTANTIATE_TEST_SUITE_P(Recorded, EveryStream, testing::ValuesIn(recorded_streams()),
                         [](const auto& tested) {
                           std::string name;
                           for (const char c : tested.param.server) {
                             if (std::isalnum(static_cast<unsigned char>(c))) name += c;
                           }
                           return name;
                         });

RC_GTEST_PROP(ChatStream, SaysTheSameHoweverItIsCutIntoPieces, ()) {
  const std::vector<RecordedStream> streams = recorded_streams();
  const RecordedStream& stream = streams[*rc::gen::inRange<std::size_t>(0, streams.size())];
  std::vector<std::string> pieces;
  for (std::size_t at = 0; at < stream.body.size();) {
    const auto size = *rc::gen::inRange<std::size_t>(1, 400);
    pieces.push_back(stream.body.substr(at, size));
    at += size;
  }
  const Outcome outcome = ask_for(pieces, FakeAnswer::End::ended);
  RC_ASSERT(outcome.faults.empty());
  RC_ASSERT(outcome.answer.has_value());
  RC_ASSERT(outcome.answer->content == stream.content);
  RC_ASSERT(calls_of(*outcome.answer) == stream.calls);
}

}  // namespace
}  // namespace strandbus::test

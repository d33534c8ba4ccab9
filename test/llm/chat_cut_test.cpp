#include "llm/chat_fixture.hpp"
#include "llm/recorded_streams.hpp"
#include "llm/stream_cuts.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace strandbus::test {
namespace {

const std::vector<Message> question{user_says("hello")};

Outcome ask_for(std::vector<std::string> pieces, FakeAnswer::End end) {
  FakeAnswer answer;
  answer.pieces = std::move(pieces);
  answer.end = end;
  ChatSetup setup(std::move(answer));
  const ModelRequest request = request_for(question);
  return ask(setup, request);
}

class EveryStream : public testing::TestWithParam<RecordedStream> {};

TEST_P(EveryStream, SaysTheSameInPiecesOfAnySize) { expect_same_in_pieces(GetParam(), ask_for); }

TEST_P(EveryStream, SaysTheSameInTwoPiecesWhereverItIsDivided) {
  expect_same_when_divided(GetParam(), ask_for);
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
  expect_cut(GetParam(), whole_from(GetParam()), ask_for);
}

INSTANTIATE_TEST_SUITE_P(Recorded, EveryStream, testing::ValuesIn(recorded_streams()),
                         name_of_stream);

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

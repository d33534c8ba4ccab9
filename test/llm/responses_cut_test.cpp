#include "llm/responses_fixture.hpp"
#include "llm/responses_streams.hpp"
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
  ResponsesSetup setup(std::move(answer));
  const ModelRequest request = request_for(question);
  return ask(setup, request);
}

class EveryResponsesStream : public testing::TestWithParam<RecordedStream> {};

TEST_P(EveryResponsesStream, SaysTheSameInPiecesOfAnySize) {
  expect_same_in_pieces(GetParam(), ask_for);
}

TEST_P(EveryResponsesStream, SaysTheSameInTwoPiecesWhereverItIsDivided) {
  expect_same_when_divided(GetParam(), ask_for);
}

/// Where the answer is said to be whole: behind the line with the last state of it.
std::size_t whole_from(const std::string& body) {
  if (body.starts_with('{')) return body.rfind('}') + 1;
  return body.find_first_of("\r\n", body.rfind(R"(data: {"type":"response.)"));
}

TEST_P(EveryResponsesStream, CutAnywhereIsAnAnswerOnlyBehindItsLastState) {
  expect_cut(GetParam(), whole_from(GetParam().body), ask_for);
}

INSTANTIATE_TEST_SUITE_P(Recorded, EveryResponsesStream, testing::ValuesIn(responses_streams()),
                         name_of_stream);

RC_GTEST_PROP(ResponsesStream, SaysTheSameHoweverItIsCutIntoPieces, ()) {
  const std::vector<RecordedStream> streams = responses_streams();
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
  RC_ASSERT(outcome.answer->reasoning == stream.reasoning);
  RC_ASSERT(calls_of(*outcome.answer) == stream.calls);
}

}  // namespace
}  // namespace strandbus::test

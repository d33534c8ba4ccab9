#include "server/follow_decision.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace strandbus::detail {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Step = FollowDecision::Step;

FollowAttempt answered(int status) { return {.status = status, .event_stream = status == 200}; }

FollowAttempt failed(HttpFailure failure) {
  return {.failure = failure, .failure_text = "what happened"};
}

FollowDecision first(const FollowAttempt& attempt) {
  return decide_follow(attempt, {.failed = 1}, 0);
}

FollowDecision later(const FollowAttempt& attempt) {
  return decide_follow(attempt, {.connected = true, .failed = 1}, 0);
}

TEST(FollowDecision, AStreamThatEndsIsReadAgain) {
  EXPECT_EQ(later(answered(200)).step, Step::again);
  EXPECT_EQ(later(answered(200)).why, "the server ended it");
  FollowAttempt broken = answered(200);
  broken.failure = HttpFailure::closed;
  broken.failure_text = "it broke off";
  EXPECT_EQ(later(broken).step, Step::again);
  EXPECT_EQ(later(broken).why, "it broke off");
}

TEST(FollowDecision, WhatWillNeverWorkIsFinal) {
  for (const int status : {201, 301, 302, 307, 400, 401, 403, 405, 406, 409, 431}) {
    EXPECT_EQ(first(answered(status)).step, Step::refused) << status;
    EXPECT_EQ(later(answered(status)).step, Step::refused) << status;
    EXPECT_THAT(first(answered(status)).why, HasSubstr(std::to_string(status)));
  }
  EXPECT_THAT(first(answered(401)).why, HasSubstr("token"));
}

TEST(FollowDecision, WhatMayPassIsTriedAgain) {
  for (const int status : {408, 425, 429, 500, 502, 503, 504, 599}) {
    EXPECT_EQ(first(answered(status)).step, Step::again) << status;
    EXPECT_THAT(first(answered(status)).why, HasSubstr(std::to_string(status)));
  }
}

TEST(FollowDecision, ASessionIsGoneOnlyIfItWasThere) {
  for (const int status : {404, 410}) {
    EXPECT_EQ(first(answered(status)).step, Step::refused) << status;
    EXPECT_THAT(first(answered(status)).why, HasSubstr("no such session"));
    EXPECT_EQ(later(answered(status)).step, Step::ended) << status;
  }
  EXPECT_EQ(first(answered(204)).step, Step::ended);
}

TEST(FollowDecision, AnAnswerThatIsNoEventStreamIsFinal) {
  FollowAttempt page = answered(200);
  page.event_stream = false;
  EXPECT_EQ(later(page).step, Step::refused);
  FollowAttempt endless = answered(200);
  endless.unreadable = "the server sent a line without end";
  EXPECT_EQ(later(endless).step, Step::refused);
  EXPECT_EQ(later(endless).why, "the server sent a line without end");
}

TEST(FollowDecision, AFailureIsFinalWhereTheNextAttemptWouldEndLikeIt) {
  for (const auto failure : {HttpFailure::resolve, HttpFailure::connect, HttpFailure::proxy,
                             HttpFailure::timeout, HttpFailure::closed}) {
    EXPECT_EQ(first(failed(failure)).step, Step::again);
    EXPECT_EQ(first(failed(failure)).why, "what happened");
  }
  for (const auto failure : {HttpFailure::refused, HttpFailure::tls}) {
    EXPECT_EQ(later(failed(failure)).step, Step::refused);
    EXPECT_EQ(later(failed(failure)).why, "what happened");
  }
  for (const auto failure : {HttpFailure::protocol, HttpFailure::limit}) {
    EXPECT_EQ(first(failed(failure)).step, Step::refused);
    EXPECT_EQ(later(failed(failure)).step, Step::again);
  }
}

std::vector<std::chrono::milliseconds> delays(std::optional<std::chrono::milliseconds> asked,
                                              double random) {
  std::vector<std::chrono::milliseconds> all;
  for (const std::uint32_t failed : {1U, 2U, 3U, 4U, 5U, 6U, 7U, 100U, 4'000'000'000U})
    all.push_back(decide_follow(answered(503), {.failed = failed, .asked = asked}, random).delay);
  return all;
}

TEST(FollowDecision, TheFirstAttemptIsQuickAndTheOthersBecomeRarer) {
  EXPECT_THAT(delays({}, 0),
              ElementsAre(100ms, 500ms, 1000ms, 2000ms, 4000ms, 8000ms, 10s, 10s, 10s));
  EXPECT_THAT(delays({}, 1), ElementsAre(50ms, 250ms, 500ms, 1000ms, 2000ms, 4000ms, 5s, 5s, 5s));
}

TEST(FollowDecision, NoAttemptComesSoonerThanTheServerHasAskedFor) {
  EXPECT_THAT(delays(2s, 0), ElementsAre(2s, 2s, 2s, 2s, 4s, 8s, 10s, 10s, 10s));
  EXPECT_THAT(delays(2s, 1), ElementsAre(2500ms, 2500ms, 2500ms, 2500ms, 2500ms, 4s, 5s, 5s, 5s));
  EXPECT_EQ(delays(0ms, 0), delays({}, 0));
  EXPECT_EQ(delays(std::chrono::hours(9999), 0).front(), 5min);
}

TEST(FollowDecision, ChanceStaysWithinItsBounds) {
  EXPECT_EQ(delays({}, -7), delays({}, 0));
  EXPECT_EQ(delays({}, 7), delays({}, 1));
}

}  // namespace
}  // namespace strandbus::detail

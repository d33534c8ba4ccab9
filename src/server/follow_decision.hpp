#pragma once

#include "net/http_transport.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace strandbus::detail {

/// What came of one attempt to read the events of a session.
struct FollowAttempt {
  int status = 0;                        ///< of the answer; 0 = none came
  bool event_stream = false;             ///< the answer's body is one
  std::optional<HttpFailure> failure{};  ///< empty: the answer ended as the server meant it to
  std::string failure_text{};            ///< the same for people
  std::string unreadable{};              ///< why no reader could go on with the stream
};

/// What came of the attempts before it.
struct FollowPast {
  bool connected = false;    ///< one of them got the event stream
  std::uint32_t failed = 0;  ///< those since the last event, this one included
  /// The time after which the server wants readers to come back.
  std::optional<std::chrono::milliseconds> asked{};
};

/// What to do after an attempt.
struct FollowDecision {
  enum class Step : std::uint8_t {
    again,    ///< connect once more, after the delay
    ended,    ///< the session is no more: all is well
    refused,  ///< it will never work like this
  };
  Step step = Step::again;
  std::chrono::milliseconds delay{};
  std::string why{};  ///< a part of a sentence for people
};

/// Whether to come back, and when. `random`, from 0 to 1, keeps many readers of one server apart.
///
/// The first attempt after an event follows at once, nearly; then they become rarer, up to one in
/// ten seconds. None comes sooner than the server has asked for.
FollowDecision decide_follow(const FollowAttempt& attempt, const FollowPast& past, double random);

}  // namespace strandbus::detail

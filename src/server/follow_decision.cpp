#include "server/follow_decision.hpp"

#include <algorithm>
#include <cmath>

namespace strandbus::detail {
namespace {

using std::chrono::milliseconds;
using Step = FollowDecision::Step;

constexpr milliseconds quick_delay{100};
constexpr milliseconds first_delay{500};
constexpr milliseconds longest_delay{10'000};
constexpr milliseconds longest_asked{300'000};  // a server may say anything

/// What the answer's status means for a reader.
enum class Meaning { stream, gone, no_token, no_access, temporary, elsewhere, wrong };

Meaning meaning_of(int status) {
  switch (status) {
    case 200: return Meaning::stream;
    case 204:  // what tells readers of event streams to stay away
    case 404:
    case 410: return Meaning::gone;
    case 401: return Meaning::no_token;
    case 403: return Meaning::no_access;
    case 408:
    case 425:
    case 429: return Meaning::temporary;
    default: break;
  }
  if (status >= 500) return Meaning::temporary;
  return status >= 300 && status < 400 ? Meaning::elsewhere : Meaning::wrong;
}

/// Whether the failure says that the next attempt will end like this one.
bool is_final(HttpFailure failure, bool connected) {
  switch (failure) {
    case HttpFailure::refused:
    case HttpFailure::tls: return true;
    case HttpFailure::protocol:
    case HttpFailure::limit: return !connected;  // else it is the server we know, in trouble
    case HttpFailure::resolve:
    case HttpFailure::connect:
    case HttpFailure::proxy:
    case HttpFailure::timeout:
    case HttpFailure::closed: break;
  }
  return false;
}

milliseconds scaled(milliseconds time, double factor) {
  return milliseconds(std::llround(static_cast<double>(time.count()) * factor));
}

milliseconds delay_of(const FollowPast& past, double random) {
  const double chance = std::clamp(random, 0.0, 1.0);
  milliseconds own = quick_delay;
  if (past.failed > 1) own = first_delay;
  for (std::uint32_t i = 2; i < past.failed && own < longest_delay; ++i) own *= 2;
  own = scaled(std::min(own, longest_delay), 1 - chance / 2);
  const milliseconds asked = std::min(past.asked.value_or(milliseconds(0)), longest_asked);
  return std::max(own, scaled(asked, 1 + chance / 4));
}

FollowDecision refused(std::string why) { return {Step::refused, {}, std::move(why)}; }

FollowDecision again(std::string why, const FollowPast& past, double random) {
  return {Step::again, delay_of(past, random), std::move(why)};
}

}  // namespace

FollowDecision decide_follow(const FollowAttempt& attempt, const FollowPast& past, double random) {
  const std::string status = "status " + std::to_string(attempt.status);
  if (attempt.status == 0) {
    if (attempt.failure && is_final(*attempt.failure, past.connected))
      return refused(attempt.failure_text);
    return again(attempt.failure_text, past, random);
  }
  switch (meaning_of(attempt.status)) {
    case Meaning::stream: break;
    case Meaning::gone:
      if (attempt.status == 204 || past.connected) return {Step::ended, {}, "the session is gone"};
      return refused("there is no such session (" + status + ")");
    case Meaning::no_token: return refused("the server does not take this token (" + status + ")");
    case Meaning::no_access: return refused("the server forbids it (" + status + ")");
    case Meaning::temporary: return again("the server answers with " + status, past, random);
    case Meaning::elsewhere:
      return refused("the server is somewhere else now (" + status + "): name its new address");
    case Meaning::wrong: return refused("the server answers with " + status + ": check the URL");
  }
  if (!attempt.event_stream) return refused("what answers there is no event stream: check the URL");
  if (!attempt.unreadable.empty()) return refused(attempt.unreadable);
  return again(attempt.failure ? attempt.failure_text : "the server ended it", past, random);
}

}  // namespace strandbus::detail

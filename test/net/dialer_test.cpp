#include "net/dialer.hpp"

#include "net/client_harness.hpp"
#include "net/resolve.hpp"
#include "support/full_port.hpp"
#include "support/scripted_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strandbus {
namespace {

using namespace std::chrono_literals;
using asio::ip::make_address;
using asio::ip::tcp;
using detail::async_connect_any;
using detail::attempt_time;
using detail::HttpFailure;
using detail::known_endpoints;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Clock = std::chrono::steady_clock;

TEST(KnownEndpoints, AnAddressIsItsOwn) {
  EXPECT_THAT(known_endpoints("10.0.0.1", 7),
              ElementsAre(tcp::endpoint(make_address("10.0.0.1"), 7)));
  EXPECT_THAT(known_endpoints("fd00::1", 7),
              ElementsAre(tcp::endpoint(make_address("fd00::1"), 7)));
}

TEST(KnownEndpoints, LocalhostIsThisMachine) {
  EXPECT_THAT(known_endpoints("localhost", 7),
              ElementsAre(tcp::endpoint(make_address("127.0.0.1"), 7),
                          tcp::endpoint(make_address("::1"), 7)));
}

TEST(KnownEndpoints, OtherNamesMustBeAskedFor) {
  for (const char* host : {"example.com", "localhost.example.com", "127.1", ""}) {
    EXPECT_THAT(known_endpoints(host, 7), IsEmpty()) << host;
  }
}

TEST(AttemptTime, IsAnEqualPartOfWhatIsLeft) {
  EXPECT_EQ(attempt_time(9s, 3), 3s);
  EXPECT_EQ(attempt_time(6s, 1), 6s);
  EXPECT_EQ(attempt_time(6s, 0), 6s);
  EXPECT_EQ(attempt_time(-1s, 2), 0s);
}

struct DialerTest : testing::Test, test::ClientHarness {
  static tcp::endpoint local(std::uint16_t port) {
    return {asio::ip::address_v4::loopback(), port};
  }
  /// A port at which nobody listens.
  static std::uint16_t closed_port() { return test::FullPort().port(); }

  test::ScriptedServer server{std::vector<test::Reply>{}};
  const test::FullPort full;
};

TEST_F(DialerTest, EveryAddressIsTriedInTurn) {
  const std::vector<tcp::endpoint> endpoints{local(closed_port()), local(full.port()),
                                             local(closed_port()), local(server.port())};
  const auto connection = run(async_connect_any(endpoints, "h:1", Clock::now() + 1s));
  ASSERT_TRUE(connection);
  EXPECT_TRUE(connection->is_quiet());
}

TEST_F(DialerTest, TheLastReasonIsTold) {
  const std::vector<tcp::endpoint> endpoints{local(full.port()), local(closed_port())};
  const auto failure = fail(async_connect_any(endpoints, "h:1", Clock::now() + 100ms));
  EXPECT_EQ(failure.failure, HttpFailure::connect);
  EXPECT_EQ(failure.text,
            "no connection to h:1 (Connection refused, the last of 2 addresses); check that it is "
            "up and reachable from here");
}

TEST_F(DialerTest, NobodyIsWaitedForLongerThanAllowed) {
  const auto failure = fail(async_connect_any({local(full.port())}, "h:1", Clock::now() + 50ms));
  EXPECT_EQ(failure.failure, HttpFailure::connect);
  EXPECT_THAT(failure.text, HasSubstr("no connection to h:1 (no answer in time)"));
}

TEST_F(DialerTest, ADeadlineThatIsOverEndsAtOnce) {
  const auto failure = fail(async_connect_any({local(full.port())}, "h:1", Clock::now() - 1s));
  EXPECT_EQ(failure.failure, HttpFailure::connect);
}

}  // namespace
}  // namespace strandbus

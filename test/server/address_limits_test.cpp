#include "server/address_limits.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace strandbus {
namespace {

using detail::AddressLimits;
using std::chrono::milliseconds;
using std::chrono::seconds;

const AddressLimits::Clock::time_point noon{std::chrono::hours(12)};

asio::ip::address at(const std::string& text) { return asio::ip::make_address(text); }

int taken(AddressLimits& limits, const std::string& address, AddressLimits::Clock::time_point now) {
  int count = 0;
  while (count < 10000 && limits.take_request(at(address), now)) ++count;
  return count;
}

TEST(AddressLimits, LetsTwiceTheRateComeAtOnceAndThenTheRate) {
  AddressLimits limits(10, 100);
  EXPECT_EQ(taken(limits, "192.0.2.1", noon), 200);
  EXPECT_EQ(taken(limits, "192.0.2.1", noon + milliseconds(500)), 50);
  EXPECT_EQ(taken(limits, "192.0.2.1", noon + seconds(100)), 200);
}

TEST(AddressLimits, CountsEachAddressByItself) {
  AddressLimits limits(10, 100);
  EXPECT_EQ(taken(limits, "192.0.2.1", noon), 200);
  EXPECT_EQ(taken(limits, "192.0.2.2", noon), 200);
}

TEST(AddressLimits, CountsANetworkOfIpv6AsOneAddress) {
  AddressLimits limits(10, 100);
  EXPECT_EQ(taken(limits, "2001:db8::1", noon), 200);
  EXPECT_EQ(taken(limits, "2001:db8::ffff:1", noon), 0);
  EXPECT_EQ(taken(limits, "2001:db8:0:1::1", noon), 200);
}

TEST(AddressLimits, CountsAnIpv4AddressOnceHoweverItIsWritten) {
  AddressLimits limits(10, 100);
  EXPECT_EQ(taken(limits, "192.0.2.1", noon), 200);
  EXPECT_EQ(taken(limits, "::ffff:192.0.2.1", noon), 0);
}

TEST(AddressLimits, DoesNotCountLoopback) {
  AddressLimits limits(1, 1);
  for (const std::string local : {"127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"}) {
    EXPECT_EQ(taken(limits, local, noon), 10000) << local;
    EXPECT_TRUE(limits.add_connection(at(local), noon));
    EXPECT_TRUE(limits.add_connection(at(local), noon));
  }
  EXPECT_EQ(limits.remembered(), 0U);
}

TEST(AddressLimits, HasNoRateWhenItIsZero) {
  AddressLimits limits(1, 0);
  EXPECT_EQ(taken(limits, "192.0.2.1", noon), 10000);
}

TEST(AddressLimits, BoundsTheConnectionsOfAnAddress) {
  AddressLimits limits(2, 100);
  const auto who = at("192.0.2.1");
  EXPECT_TRUE(limits.add_connection(who, noon));
  EXPECT_TRUE(limits.add_connection(who, noon));
  EXPECT_FALSE(limits.add_connection(who, noon));
  EXPECT_TRUE(limits.add_connection(at("192.0.2.2"), noon));
  limits.remove_connection(who, noon);
  EXPECT_TRUE(limits.add_connection(who, noon));
  EXPECT_FALSE(limits.add_connection(who, noon));
}

TEST(AddressLimits, ForgetsWhoHasBeenQuiet) {
  AddressLimits limits(10, 1);
  auto now = noon;
  for (int i = 0; i < 100000; ++i) {
    const asio::ip::address_v4 address(
        static_cast<asio::ip::address_v4::uint_type>(0x0A000000 + i));
    limits.take_request(address, now);
    now += milliseconds(10);  // two seconds until a bucket is full again: 200 addresses
  }
  EXPECT_LE(limits.remembered(), 1024U);
}

TEST(AddressLimits, ForgetsNobodyWhoIsConnected) {
  AddressLimits limits(1, 1);
  const auto who = at("192.0.2.1");
  ASSERT_TRUE(limits.add_connection(who, noon));
  for (int i = 0; i < 5000; ++i) {
    const asio::ip::address_v4 address(
        static_cast<asio::ip::address_v4::uint_type>(0x0A000000 + i));
    limits.take_request(address, noon + seconds(i));
  }
  EXPECT_FALSE(limits.add_connection(who, noon + seconds(6000)));
}

}  // namespace
}  // namespace strandbus

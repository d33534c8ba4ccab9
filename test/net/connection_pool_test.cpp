#include "net/connection_pool.hpp"

#include "net/client_harness.hpp"
#include "support/tcp_server.hpp"

#include <boost/asio/detached.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace strandbus {
namespace {

using namespace std::chrono_literals;
using asio::ip::tcp;
using detail::Connection;
using detail::ConnectionPool;

struct ConnectionPoolTest : testing::Test, test::ClientHarness {
  std::shared_ptr<Connection> connect() {
    const auto connection = std::make_shared<Connection>(io.get_executor());
    const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), server.port());
    EXPECT_FALSE(run(connection->async_connect(endpoint)));
    return connection;
  }
  std::shared_ptr<Connection> take(const std::string& origin, ConnectionPool::Clock::duration age) {
    return pool.take(origin, io.get_executor(), start_time + age);
  }

  // It keeps each connection until the client ends it.
  test::TcpServer server{[](int socket, int) { test::PlainChannel(socket).read_some(); }};
  ConnectionPool pool{{.per_origin = 2, .idle_time = 10s}};
  const ConnectionPool::Clock::time_point start_time{};
};

TEST_F(ConnectionPoolTest, GivesBackTheNewestOfTheOrigin) {
  const auto older = connect();
  const auto newer = connect();
  const auto other = connect();
  pool.put("a", older, start_time);
  pool.put("a", newer, start_time);
  pool.put("b", other, start_time);
  EXPECT_EQ(take("a", 0s), newer);
  EXPECT_EQ(take("a", 0s), older);
  EXPECT_EQ(take("a", 0s), nullptr);
  EXPECT_EQ(take("b", 0s), other);
  EXPECT_EQ(pool.size(), 0U);
}

TEST_F(ConnectionPoolTest, KeepsNoneLongerThanAllowed) {
  pool.put("a", connect(), start_time);
  pool.put("a", connect(), start_time + 5s);
  EXPECT_TRUE(take("a", 10s));
  EXPECT_EQ(pool.size(), 0U);
}

TEST_F(ConnectionPoolTest, TheOldestOfTheOriginMakesRoom) {
  const auto oldest = connect();
  pool.put("a", oldest, start_time);
  for (int i = 0; i < 2; ++i) pool.put("a", connect(), start_time);
  EXPECT_EQ(pool.size(), 2U);
  EXPECT_NE(take("a", 0s), oldest);
  EXPECT_NE(take("a", 0s), oldest);
}

TEST_F(ConnectionPoolTest, AllOriginsTogetherHaveABound) {
  for (std::size_t i = 0; i < ConnectionPool::max_idle + 3; ++i) {
    pool.put("origin " + std::to_string(i), connect(), start_time);
  }
  EXPECT_EQ(pool.size(), ConnectionPool::max_idle);
  EXPECT_FALSE(take("origin 2", 0s));
  EXPECT_TRUE(take("origin 3", 0s));
}

TEST_F(ConnectionPoolTest, WhatTheOtherSideHasEndedIsNotGiven) {
  test::TcpServer closing([](int, int) {});
  const auto connection = std::make_shared<Connection>(io.get_executor());
  const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), closing.port());
  EXPECT_FALSE(run(connection->async_connect(endpoint)));
  std::vector<char> buffer(1);
  const auto read = run(connection->async_read_some(buffer));
  EXPECT_EQ(read.ec, asio::error::eof);
  EXPECT_FALSE(connection->is_quiet());
  pool.put("a", connection, start_time);
  EXPECT_EQ(pool.size(), 0U);
}

TEST_F(ConnectionPoolTest, AClosedConnectionIsNotKept) {
  const auto connection = connect();
  connection->close();
  pool.put("a", connection, start_time);
  EXPECT_EQ(pool.size(), 0U);
}

TEST_F(ConnectionPoolTest, ConnectionsStayInTheirContext) {
  const auto connection = connect();
  pool.put("a", connection, start_time);
  asio::io_context other;
  EXPECT_FALSE(pool.take("a", other.get_executor(), start_time));
  EXPECT_EQ(take("a", 0s), connection);
}

TEST_F(ConnectionPoolTest, MayOutliveTheContextsOfItsConnections) {
  const ConnectionPool::Limits limits{.per_origin = 2, .idle_time = 10s};
  const auto shared = std::make_shared<ConnectionPool>(limits);
  shared->put("a", connect(), start_time);
  {
    asio::io_context brief;
    auto connection = std::make_shared<Connection>(brief.get_executor());
    const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), server.port());
    asio::co_spawn(brief, connection->async_connect(endpoint), asio::detached);
    brief.run();
    shared->put("a", std::move(connection), start_time);
    EXPECT_EQ(shared->size(), 2U);
  }
  EXPECT_EQ(shared->size(), 1U);  // that of this test's context
  EXPECT_TRUE(shared->take("a", io.get_executor(), start_time));
}

}  // namespace
}  // namespace strandbus

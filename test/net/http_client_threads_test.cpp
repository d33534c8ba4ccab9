#include "net/client_harness.hpp"
#include "net/http_client.hpp"
#include "support/scripted_server.hpp"
#include "support/temporary_directory.hpp"
#include "support/tls_server.hpp"

#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <gtest/gtest.h>

#include <future>
#include <vector>

// One client for many strands at once.

namespace strandbus {
namespace {

using detail::HttpClient;
using detail::HttpClientOptions;
using test::fetch;
using test::http_answer;
using test::ReceivedRequest;
using test::Reply;
using test::request_to;
using test::ScriptedServer;

constexpr int threads = 4;
constexpr int strands = 8;

/// Sends requests one after the other; returns how many were answered by their own answer.
asio::awaitable<int> fetch_many(HttpClient& client, std::string url, int number, int count) {
  int right = 0;
  for (int i = 0; i < count; ++i) {
    const std::string text = std::to_string(number) + "." + std::to_string(i);
    auto request = request_to(url, "POST", text);
    const test::Answer answer = co_await fetch(client, std::move(request));
    if (answer.body == "echo " + text) ++right;
  }
  co_return right;
}

Reply echo(const ReceivedRequest& request) {
  return Reply{{http_answer(200, "echo " + request.body)}};
}

void fetch_on_strands(HttpClient& client, asio::thread_pool& pool, const std::string& url,
                      int count) {
  std::vector<std::future<int>> results;
  for (int i = 0; i < strands; ++i) {
    results.push_back(asio::co_spawn(asio::make_strand(pool.get_executor()),
                                     fetch_many(client, url, i, count), asio::use_future));
  }
  for (auto& result : results) EXPECT_EQ(result.get(), count);
}

TEST(HttpClientThreads, ManyStrandsShareOneClient) {
  constexpr int count = 25;
  ScriptedServer server(echo);
  asio::thread_pool pool(threads);
  HttpClient client({.idle_per_origin = strands});
  fetch_on_strands(client, pool, server.url(), count);
  EXPECT_EQ(server.requests().size(), static_cast<std::size_t>(strands * count));
  EXPECT_LE(server.connections(), strands);
  EXPECT_GE(client.idle_connections(), 1U);
}

TEST(HttpClientThreads, SoTheyDoWithTls) {
  constexpr int count = 5;
  const testing::TemporaryDirectory directory;
  const test::Authority authority;
  ScriptedServer server(echo, test::with_tls(authority.issue({.hosts = {"localhost"}})));
  asio::thread_pool pool(threads);
  HttpClientOptions options;
  options.idle_per_origin = 2;
  options.ca_file = directory.write("ca.pem", authority.certificate());
  HttpClient client(options);
  fetch_on_strands(client, pool, "https://localhost:" + std::to_string(server.port()) + "/", count);
  EXPECT_LE(client.idle_connections(), 2U);
}

TEST(HttpClientThreads, AConnectionGoesFromOneStrandToAnother) {
  ScriptedServer server(echo);
  asio::thread_pool pool(threads);
  HttpClient client;
  for (int i = 0; i < 20; ++i) {
    auto result = asio::co_spawn(asio::make_strand(pool.get_executor()),
                                 fetch_many(client, server.url(), i, 1), asio::use_future);
    EXPECT_EQ(result.get(), 1);
  }
  EXPECT_EQ(server.connections(), 1);
}

}  // namespace
}  // namespace strandbus

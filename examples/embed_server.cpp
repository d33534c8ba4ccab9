// An agent of your own behind the HTTP server: it counts words, and knows nothing of models. The
// sessions are kept in a store; here one request is made to it, through the public interface.
#include <strandbus/event/json_codec.hpp>
#include <strandbus/server/http_server.hpp>
#include <strandbus/store/session_directory.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <sstream>

using namespace strandbus;

constexpr const char* token = "a-token-for-one-example";

class WordCounter final : public SessionAgent {
 public:
  explicit WordCounter(SessionSetup setup) : publisher_(std::move(setup.publisher)) {}

  asio::awaitable<void> run(std::string message) override {
    RunContext context = publisher_.context();
    context.run_id = make_unique_id("run");
    context.agent = "counter";
    const Publisher run = publisher_.run(std::move(context));
    run.publish(RunStarted{.provider = "none", .model = "none"});
    std::istringstream words(message);
    int count = 0;
    for (std::string word; words >> word; ++count)
      run.publish(SystemNotice{.subsystem = "counter", .message = word});
    run.publish(RunCompleted{.output = std::to_string(count) + " words"});
    co_return;
  }
  // It is quick, and asks nobody.
  void cancel(std::string, CancelWhen) override {}
  void send(std::string) override {}
  void approve(std::string, std::string) override {}
  void approve_with(std::string, json::object, std::string) override {}
  void deny(std::string, std::string, std::string) override {}

 private:
  Publisher publisher_;
};

asio::awaitable<void> ask(HttpServer& server) {
  asio::ip::tcp::socket socket(co_await asio::this_coro::executor);
  const asio::ip::tcp::endpoint there(asio::ip::address_v4::loopback(), server.port());
  co_await socket.async_connect(there, asio::use_awaitable);
  const std::string body = R"({"message":"how many words are these"})";
  const std::string request =
      "POST /v1/sessions HTTP/1.1\r\nHost: localhost:" + std::to_string(server.port()) +
      "\r\nAuthorization: Bearer " + token +
      "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
      "\r\n\r\n" + body;
  co_await asio::async_write(socket, asio::buffer(request), asio::use_awaitable);
  std::string answer;
  co_await asio::async_read_until(socket, asio::dynamic_buffer(answer), "\r\n",
                                  asio::use_awaitable);
  std::cout << answer.substr(0, answer.find('\r')) << "\n";
}

asio::awaitable<void> show(SessionHub& hub) {
  const auto sessions = (co_await hub.list(1)).value();
  FeedOptions from_the_beginning;
  from_the_beginning.after = 0;
  auto feed =
      (co_await hub.feed(sessions.at(0).summary.metadata.session_id, from_the_beginning)).value();
  for (bool running = true; running;) {
    const std::vector<FeedItem> items = co_await feed.next(std::chrono::seconds(10));
    for (const FeedItem& item : items) {
      const StreamEvent event = from_json(*item.json).value();
      std::cout << event.seq() << " " << event.wire_type() << " " << event.message() << "\n";
      if (event.is_terminal()) running = false;
    }
  }
}

asio::awaitable<void> demonstrate(HttpServer& server, SessionHub& hub) {
  co_await ask(server);
  co_await show(hub);
  co_await server.drain(std::chrono::steady_clock::now());
  co_await hub.drain(std::chrono::steady_clock::now());
}

int main() {
  std::string directory = (std::filesystem::temp_directory_path() / "embed-XXXXXX").string();
  if (::mkdtemp(directory.data()) == nullptr) return 1;
  {
    asio::io_context io;
    const std::shared_ptr<EventStore> store = SessionDirectory::open(directory, {}).value();
    auto hub = std::make_shared<SessionHub>(io.get_executor(), store, [](SessionSetup setup) {
      return std::make_unique<WordCounter>(std::move(setup));
    });
    HttpServerOptions options;
    options.port = 0;  // any that is free
    options.token = token;
    HttpServer server(io.get_executor(), hub, options);
    server.start();
    asio::co_spawn(io, demonstrate(server, *hub), asio::detached);
    io.run();
  }
  std::filesystem::remove_all(directory);
}

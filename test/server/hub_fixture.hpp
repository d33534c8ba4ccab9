#pragma once

#include "memory_store.hpp"
#include "strandbus/bus/trace_checker.hpp"
#include "strandbus/event/json_codec.hpp"
#include "strandbus/server/session_hub.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace strandbus::test {

/// What the agents of a test have been told, and what holds them up.
struct TalkerState {
  std::mutex mutex;
  std::vector<std::string> commands;
  std::vector<std::string> before;  ///< what was said before, of the newest agent
};

/// An agent that is not ours: a message "12" is answered with twelve tokens, "12 big" with twelve
/// big ones, "12 hang" hangs then until it is cancelled, "throw" throws.
class Talker final : public SessionAgent {
 public:
  Talker(SessionSetup setup, std::shared_ptr<TalkerState> state)
      : setup_(std::move(setup)), state_(std::move(state)), wait_(setup_.executor) {
    const std::lock_guard lock(state_->mutex);
    state_->before.clear();
    for (const Message& message : setup_.messages) state_->before.push_back(message.content);
  }

  asio::awaitable<void> run(std::string message) override {
    if (message == "throw") throw std::runtime_error("this agent throws");
    RunContext context = setup_.publisher.context();
    context.run_id = make_unique_id("run");
    context.agent = "talker";
    const Publisher run = setup_.publisher.run(std::move(context)).span(Publisher::new_span());
    static_cast<void>(run.publish(RunStarted{.provider = "test", .model = "test"}));
    Message said;
    said.id = make_message_id();
    said.content = message;
    static_cast<void>(run.publish(MessageCommitted{.message = said}));
    const int tokens = std::atoi(message.c_str());
    const Publisher request = run.span(Publisher::new_span());
    static_cast<void>(request.publish(ModelStarted{.provider = "test", .model = "test"}));
    std::string text;
    for (int i = 0; i < tokens; ++i) {
      std::string piece = std::to_string(i) + ' ';
      if (message.find("big") != std::string::npos) piece.append(32768, 'x');
      text += piece;
      static_cast<void>(request.publish(TokenDelta{.text = piece, .message_id = "m"}));
      if (i % 100 == 99) co_await run.async_writable(asio::use_awaitable);
    }
    cancelled_ = false;
    if (message.find("hang") != std::string::npos) {
      wait_.expires_at(std::chrono::steady_clock::time_point::max());
      while (!cancelled_) {
        error_code ec;
        co_await wait_.async_wait(asio::redirect_error(asio::use_awaitable, ec));
      }
      static_cast<void>(request.publish(ModelFailed{.error_code = ErrorCode::cancelled}));
      static_cast<void>(run.publish(RunCancelled{.reason = reason_, .llm_calls = 1}));
      co_return;
    }
    static_cast<void>(request.publish(ModelCompleted{.content = text}));
    static_cast<void>(run.publish(RunCompleted{.output = text, .llm_calls = 1}));
  }

  void cancel(std::string reason, CancelWhen) override {
    note("cancel " + reason);
    reason_ = std::move(reason);
    cancelled_ = true;
    wait_.cancel();
  }
  void send(std::string text) override { note("send " + text); }
  void approve(std::string id, std::string by) override { note("approve " + id + ' ' + by); }
  void approve_with(std::string id, json::object, std::string by) override {
    note("approve_with " + id + ' ' + by);
  }
  void deny(std::string id, std::string reason, std::string) override {
    note("deny " + id + ' ' + reason);
  }

 private:
  void note(std::string what) {
    const std::lock_guard lock(state_->mutex);
    state_->commands.push_back(std::move(what));
  }

  SessionSetup setup_;
  std::shared_ptr<TalkerState> state_;
  asio::steady_timer wait_;
  std::string reason_;
  bool cancelled_ = false;
};

/// A hub over a store in memory, on two threads.
class HubTest : public ::testing::Test {
 protected:
  HubTest() { start_hub(); }
  ~HubTest() override {
    hub_.reset();
    guard_.reset();
    store_->release();
    threads_.clear();
  }

  void start_hub(SessionHubOptions options = {}) {
    if (hub_) wait(hub_->drain(std::chrono::steady_clock::now()));
    hub_ = std::make_unique<SessionHub>(
        io_.get_executor(), store_,
        [state = talker_](SessionSetup setup) -> std::unique_ptr<SessionAgent> {
          return std::make_unique<Talker>(std::move(setup), state);
        },
        std::move(options));
  }

  /// What a coroutine came to. An exception stays in the thread where it was thrown: the standard
  /// library counts its references where the thread sanitizer does not see it.
  template <class T>
  struct Caught {
    std::optional<T> value{};
    error_code code{};
    std::string what{};
  };

  template <class T>
  static asio::awaitable<Caught<T>> caught(asio::awaitable<T> what) {
    Caught<T> result;
    try {
      result.value.emplace(co_await std::move(what));
    } catch (const system_error& error) {
      result.code = error.code();
      result.what = error.what();
    } catch (const std::exception& error) {
      result.what = error.what();
    }
    co_return result;
  }

  /// Runs a coroutine to its end.
  template <class T>
  T wait(asio::awaitable<T> what) {
    Caught<T> result =
        asio::co_spawn(asio::make_strand(io_), caught(std::move(what)), asio::use_future).get();
    if (result.value) return *std::move(result.value);
    if (result.code) throw system_error(result.code, result.what);
    throw std::runtime_error(result.what);
  }
  void wait(asio::awaitable<void> what) {
    asio::co_spawn(asio::make_strand(io_), std::move(what), asio::use_future).get();
  }

  std::string make_session() { return wait(hub_->create({})).value().summary.metadata.session_id; }
  StoreResult<StartedRun> say(const std::string& id, const std::string& text,
                              WhenBusy when_busy = WhenBusy::refuse) {
    return wait(hub_->start_run(id, text, when_busy));
  }
  StoreResult<CommandOutcome> tell(const std::string& id, SessionCommand command) {
    return wait(hub_->command(id, std::move(command)));
  }

  using Stop = std::function<bool(const FeedItem&)>;
  static bool at_end_of_run(const FeedItem& item) {
    return item.type == "run_completed" || item.type == "run_cancelled" ||
           item.type == "run_failed";
  }

  /// What a reader gets up to an item; it fails if that does not come.
  std::vector<FeedItem> read(const std::string& id, FeedOptions options,
                             const Stop& stop = at_end_of_run) {
    return wait(read_until(*hub_, id, std::move(options), stop));
  }

  static asio::awaitable<std::vector<FeedItem>> read_until(SessionHub& hub, std::string id,
                                                           FeedOptions options, Stop stop) {
    auto opened = co_await hub.feed(std::move(id), std::move(options));
    SessionFeed feed = std::move(opened).value();
    std::vector<FeedItem> items;
    for (;;) {
      const auto got = co_await feed.next(std::chrono::seconds(30));
      if (got.empty()) throw std::runtime_error("nothing came for half a minute");
      for (const FeedItem& item : got) {
        items.push_back(item);
        if (stop(item)) co_return items;
      }
    }
  }

  static std::vector<std::uint64_t> seqs(const std::vector<FeedItem>& items) {
    std::vector<std::uint64_t> found;
    for (const FeedItem& item : items) found.push_back(item.seq.value_or(0));
    return found;
  }
  static std::vector<std::uint64_t> from_to(std::uint64_t first, std::uint64_t last) {
    std::vector<std::uint64_t> wanted;
    for (std::uint64_t seq = first; seq <= last; ++seq) wanted.push_back(seq);
    return wanted;
  }
  static FeedOptions behind(std::uint64_t seq) {
    FeedOptions options;
    options.after = seq;
    return options;
  }

  /// What is wrong with the events that a session has in the store.
  void expect_sound(const std::string& id) {
    TraceChecker checker({.own_from_seq = store_->find(id).value().metadata.forked_at});
    for (const StoredEvent& stored : store_->events(id))
      checker.add(from_json(*stored.json).value());
    for (const TraceFinding& finding : checker.findings()) ADD_FAILURE() << to_string(finding);
    EXPECT_TRUE(checker.open_runs().empty());
  }

  asio::io_context io_{2};
  asio::executor_work_guard<asio::io_context::executor_type> guard_{io_.get_executor()};
  std::vector<std::jthread> threads_ = [this] {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 2; ++i) threads.emplace_back([this] { io_.run(); });
    return threads;
  }();
  std::shared_ptr<MemoryStore> store_ = std::make_shared<MemoryStore>();
  std::shared_ptr<TalkerState> talker_ = std::make_shared<TalkerState>();
  std::unique_ptr<SessionHub> hub_;
};

}  // namespace strandbus::test

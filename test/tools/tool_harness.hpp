#pragma once

#include "strandbus/agent/tool.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <exception>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace strandbus::test {

/// A directory of its own, removed with its owner.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "strandbus-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("mkdtemp failed");
    path_ = name;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

/// How a call of a tool ended.
struct Outcome {
  bool done = false;
  ToolResult result;
  std::exception_ptr exception;

  bool aborted() const {
    try {
      if (exception) std::rethrow_exception(exception);
    } catch (const system_error& error) {
      return error.code() == asio::error::operation_aborted;
    }
    return false;
  }
};

/// One call that is under way, with its own context and cancellation.
struct Call {
  ToolContext context;
  Outcome outcome;
  asio::cancellation_signal cancel;
};

/// Runs tools on one io_context and collects what they publish.
class ToolHarness {
 public:
  ToolHarness() : publisher_(RunContext{}, [this](const StreamEvent& event) { collect(event); }) {}

  /// Starts a call; nothing of it happens before the io_context runs.
  std::shared_ptr<Call> start(Tool& tool, json::object arguments,
                              const std::string& call_id = "tc1") {
    auto call = std::make_shared<Call>();
    call->context = ToolContext(publisher_, call_id, tool.definition().name);
    call->context.workspace = workspace.path();
    auto finish = [call](const std::exception_ptr& exception, ToolResult result) {
      call->outcome.done = true;
      call->outcome.result = std::move(result);
      call->outcome.exception = exception;
    };
    asio::co_spawn(io, tool.async_run(std::move(arguments), call->context),
                   asio::bind_cancellation_slot(call->cancel.slot(), std::move(finish)));
    return call;
  }

  /// Runs handlers until `done` says so. With work pending this waits for it, and so may end in the
  /// test's time limit.
  template <class Predicate>
  void run_until(Predicate done) {
    while (!done()) {
      io.restart();
      if (io.run_one() == 0 && !done())
        throw std::runtime_error("there is nothing left to wait for");
    }
  }

  /// Runs a call to its end.
  Outcome run(Tool& tool, json::object arguments) {
    const auto call = start(tool, std::move(arguments));
    run_until([&] { return call->outcome.done; });
    return call->outcome;
  }

  /// Runs a call whose coroutine has been cancelled before it gets to the tool.
  Outcome run_cancelled(Tool& tool, json::object arguments) {
    ToolContext context(publisher_, "tc1", tool.definition().name);
    context.workspace = workspace.path();
    Outcome outcome;
    asio::cancellation_signal signal;
    asio::co_spawn(io, run_after_cancel(tool, std::move(arguments), context),
                   asio::bind_cancellation_slot(
                       signal.slot(), [&](const std::exception_ptr& exception, ToolResult) {
                         outcome.done = true;
                         outcome.exception = exception;
                       }));
    io.poll();
    signal.emit(asio::cancellation_type::terminal);
    run_until([&] { return outcome.done; });
    return outcome;
  }

  void cancel(Call& call) { call.cancel.emit(asio::cancellation_type::terminal); }

  std::vector<StreamEvent> events() const {
    const std::lock_guard lock(mutex_);
    return events_;
  }

  template <PayloadType T>
  std::vector<T> payloads() const {
    std::vector<T> found;
    for (const StreamEvent& event : events()) {
      if (const T* payload = event.get_if<T>()) found.push_back(*payload);
    }
    return found;
  }

  /// Everything published as output of one stream.
  std::string streamed(OutputStream stream) const {
    std::string text;
    for (const ToolOutput& output : payloads<ToolOutput>()) {
      if (output.stream == stream) text += output.text;
    }
    return text;
  }

  void set_publisher(Publisher publisher) { publisher_ = std::move(publisher); }

  TemporaryDirectory workspace;

 private:
  static asio::awaitable<ToolResult> run_after_cancel(Tool& tool, json::object arguments,
                                                      ToolContext& context) {
    co_await asio::this_coro::throw_if_cancelled(false);
    asio::steady_timer never(co_await asio::this_coro::executor,
                             asio::steady_timer::time_point::max());
    error_code cancelled;
    co_await never.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    auto operation = tool.async_run(std::move(arguments), context);
    co_return co_await std::move(operation);
  }

  void collect(const StreamEvent& event) {
    {
      const std::lock_guard lock(mutex_);
      events_.push_back(event);
    }
    asio::post(io, [] {});  // so that run_until looks again
  }

  mutable std::mutex mutex_;
  std::vector<StreamEvent> events_;
  Publisher publisher_;

 public:
  asio::io_context io;  ///< destroyed first: what still runs on it uses the rest
};

}  // namespace strandbus::test

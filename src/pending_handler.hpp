#pragma once

#include <boost/asio/any_completion_executor.hpp>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

#include <tuple>
#include <utility>

namespace strandbus::detail {

/// Whether a pending operation keeps the context of its executors running.
enum class KeepsRunning : bool { no, yes };

/// The handler of one pending asynchronous operation, and what it needs meanwhile: its cancellation
/// slot, the executor that it runs on, and work on both executors so that neither stops.
///
/// Lifetime: move-only; destroying it unused destroys the handler without calling it.
template <class... Args>
class PendingHandler {
 public:
  using Handler = boost::asio::any_completion_handler<void(Args...)>;

  PendingHandler(Handler handler, const boost::asio::any_io_executor& io,
                 KeepsRunning keeps_running)
      : handler_(std::move(handler)),
        slot_(boost::asio::get_associated_cancellation_slot(handler_)),
        handler_executor_(boost::asio::get_associated_executor(
            handler_, boost::asio::any_completion_executor(io))),
        io_executor_(io),
        runs_on_io_(handler_executor_ == boost::asio::any_completion_executor(io)) {
    if (keeps_running == KeepsRunning::no) return;
    handler_executor_ =
        boost::asio::prefer(handler_executor_, boost::asio::execution::outstanding_work.tracked);
    io_executor_ =
        boost::asio::prefer(io_executor_, boost::asio::execution::outstanding_work.tracked);
  }

  boost::asio::cancellation_slot& slot() noexcept { return slot_; }

  /// Calls the handler on its executor, never inside this function. Before it runs, its slot is
  /// cleared and the operation's memory is released.
  void post(Args... args) && {
    const boost::asio::any_io_executor io = io_executor_;
    boost::asio::post(io, Completion(std::move(*this), std::move(args)...));
  }

  /// The same from code that runs on the I/O executor and is not the initiating function: without
  /// another trip through its queue when the handler may run here. Needs no memory when the handler
  /// is associated with the I/O executor.
  void dispatch(Args... args) && {
    if (runs_on_io_) return Completion(std::move(*this), std::move(args)...)();
    const boost::asio::any_io_executor io = io_executor_;
    boost::asio::dispatch(io, Completion(std::move(*this), std::move(args)...));
  }

 private:
  /// A function object with the handler's associations, so that Asio brings it to the right place.
  class Completion {
   public:
    using executor_type = boost::asio::any_completion_executor;
    using allocator_type = boost::asio::associated_allocator_t<Handler>;

    Completion(PendingHandler pending, Args... args)
        : pending_(std::move(pending)), args_(std::move(args)...) {}

    executor_type get_executor() const noexcept { return pending_.handler_executor_; }
    allocator_type get_allocator() const noexcept {
      return boost::asio::get_associated_allocator(pending_.handler_);
    }

    void operator()() {
      pending_.slot_.clear();
      Handler handler = std::move(pending_.handler_);
      std::tuple<Args...> args = std::move(args_);
      std::apply([&](Args&... values) { std::move(handler)(std::move(values)...); }, args);
    }

   private:
    PendingHandler pending_;
    std::tuple<Args...> args_;
  };

  Handler handler_;
  boost::asio::cancellation_slot slot_;
  boost::asio::any_completion_executor handler_executor_;
  boost::asio::any_io_executor io_executor_;
  bool runs_on_io_;
};

}  // namespace strandbus::detail

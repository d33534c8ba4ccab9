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
#include <boost/asio/recycling_allocator.hpp>

#include <memory>
#include <new>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace strandbus::detail {

/// Whether a pending operation keeps the context of its executors running.
enum class KeepsRunning : bool { no, yes };

/// Where a handler runs, as far as its caller knows.
enum class HandlerRuns : bool { where_it_says, on_io };

/// The handler of one pending asynchronous operation, and what it needs meanwhile: its cancellation
/// slot, the executor that it runs on, and work on both executors so that neither stops. All of it
/// lies in memory of the handler's allocator, so that this is one pointer.
///
/// Lifetime: move-only; destroying it unused destroys the handler without calling it.
template <class... Args>
class PendingHandler {
 public:
  using Handler = boost::asio::any_completion_handler<void(Args...)>;

  template <class H>
  PendingHandler(H handler, const boost::asio::any_io_executor& io, KeepsRunning keeps_running,
                 HandlerRuns runs = HandlerRuns::where_it_says)
      : operation_(OperationOf<H>::make(std::move(handler), io, keeps_running, runs)) {}

  boost::asio::cancellation_slot& slot() noexcept { return operation_->slot; }

  /// Calls the handler on its executor, never inside this function. Before it runs, its slot is
  /// cleared and the operation's memory is released.
  void post(Args... args) && {
    Operation& operation = *operation_;
    operation.post(std::move(operation_), std::move(args)...);
  }

  /// The same from code that runs on the I/O executor and is not the initiating function: without
  /// another trip through its queue when the handler may run here. Needs no memory when the handler
  /// is associated with the I/O executor.
  void dispatch(Args... args) && {
    Operation& operation = *operation_;
    operation.dispatch(std::move(operation_), std::move(args)...);
  }

 private:
  class Operation;
  struct Destroy {
    void operator()(Operation* operation) const noexcept { operation->destroy(); }
  };
  using Owner = std::unique_ptr<Operation, Destroy>;

  class Operation {
   public:
    virtual void post(Owner self, Args... args) = 0;
    virtual void dispatch(Owner self, Args... args) = 0;
    virtual void destroy() noexcept = 0;

    boost::asio::cancellation_slot slot;

   protected:
    ~Operation() = default;
  };

  template <class H>
  class OperationOf;

  Owner operation_;
};

template <class... Args>
template <class H>
class PendingHandler<Args...>::OperationOf final : public Operation {
  using Recycling = boost::asio::recycling_allocator<void>;
  using HandlerAllocator = boost::asio::associated_allocator_t<H, Recycling>;
  using Allocator =
      typename std::allocator_traits<HandlerAllocator>::template rebind_alloc<OperationOf>;
  using Memory = std::allocator_traits<Allocator>;

 public:
  static Owner make(H handler, const boost::asio::any_io_executor& io, KeepsRunning keeps_running,
                    HandlerRuns runs) {
    Allocator allocator(allocator_of(handler));
    OperationOf* const place = Memory::allocate(allocator, 1);
    try {
      return Owner(::new (static_cast<void*>(place)) OperationOf(handler, io, keeps_running, runs));
    } catch (...) {
      Memory::deallocate(allocator, place, 1);
      throw;
    }
  }

  void post(Owner self, Args... args) override {
    const boost::asio::any_io_executor io = executors_.io;
    if (executors_.handler) {
      boost::asio::post(io, CompletionElsewhere(std::move(self), std::move(args)...));
    } else {
      boost::asio::post(io, Completion(std::move(self), std::move(args)...));
    }
  }

  void dispatch(Owner self, Args... args) override {
    if (!executors_.handler) {
      self.release();
      return complete(std::move(args)...);
    }
    const boost::asio::any_io_executor io = executors_.io;
    boost::asio::dispatch(io, CompletionElsewhere(std::move(self), std::move(args)...));
  }

  void destroy() noexcept override { [[maybe_unused]] const H handler = take_handler(); }

 private:
  /// Where to run. While this lives neither context runs out of work.
  struct Executors {
    using Io = boost::asio::any_io_executor;
    using Any = boost::asio::any_completion_executor;

    Executors(const H& of, const Io& i, KeepsRunning keeps_running, HandlerRuns runs)
        : io(keeps_running == KeepsRunning::yes ? tracked(i) : i) {
      if (runs == HandlerRuns::on_io) return;
      handler = elsewhere(of, i);
      if (handler && keeps_running == KeepsRunning::yes) handler.emplace(tracked(*handler));
    }

    /// The handler's executor; none if that is `i`.
    static std::optional<Any> elsewhere(const H& of, const Io& i) {
      using Executor = boost::asio::associated_executor_t<H, Io>;
      if constexpr (std::is_same_v<Executor, Any>) {
        const Any candidate(i);
        Any associated = boost::asio::get_associated_executor(of, candidate);
        if (!associated) throw std::bad_alloc();  // Asio leaves it empty without memory
        if (associated == candidate) return std::nullopt;
        return associated;
      } else {
        const Executor associated = boost::asio::get_associated_executor(of, i);
        if (same(associated, i)) return std::nullopt;
        return Any(associated);
      }
    }

    template <class E>
    static E tracked(const E& e) {
      return boost::asio::prefer(e, boost::asio::execution::outstanding_work.tracked);
    }

    template <class E>
    static bool same(const E& e, const Io& i) noexcept {
      if constexpr (std::is_same_v<E, Io>) {
        return e == i;
      } else {
        const auto* wrapped = i.template target<E>();
        return wrapped && *wrapped == e;
      }
    }

    Io io;
    std::optional<Any> handler;  ///< if it is not the same
  };

  /// A function object with the handler's associations, so that Asio brings it to the right place.
  class Completion {
   public:
    using allocator_type = HandlerAllocator;

    Completion(Owner operation, Args... args)
        : operation_(std::move(operation)), args_(std::move(args)...) {}

    allocator_type get_allocator() const noexcept { return allocator_of(operation().handler_); }

    void operator()() {
      std::tuple<Args...> args = std::move(args_);
      OperationOf& ended = operation();
      operation_.release();
      std::apply([&](Args&... values) { ended.complete(std::move(values)...); }, args);
    }

   protected:
    OperationOf& operation() const noexcept { return static_cast<OperationOf&>(*operation_); }

   private:
    Owner operation_;
    std::tuple<Args...> args_;
  };

  class CompletionElsewhere : public Completion {
   public:
    using executor_type = boost::asio::any_completion_executor;
    using Completion::Completion;

    executor_type get_executor() const noexcept { return *this->operation().executors_.handler; }
  };

  // What may throw comes before the handler is taken.
  OperationOf(H& handler, const boost::asio::any_io_executor& io, KeepsRunning keeps_running,
              HandlerRuns runs)
      : executors_(handler, io, keeps_running, runs), handler_(std::move(handler)) {
    this->slot = boost::asio::get_associated_cancellation_slot(handler_);
  }
  ~OperationOf() = default;

  static HandlerAllocator allocator_of(const H& handler) noexcept {
    return boost::asio::get_associated_allocator(handler, Recycling());
  }

  /// Releases this operation's memory. The allocator may be the handler's own, so that goes last.
  H take_handler() {
    H handler = std::move(handler_);
    Allocator allocator(allocator_of(handler));
    this->~OperationOf();
    Memory::deallocate(allocator, this, 1);
    return handler;
  }

  void complete(Args... args) {
    this->slot.clear();
    std::optional<Executors>
        kept;  // elsewhere there is work on both until the handler has returned
    if (executors_.handler) kept.emplace(std::move(executors_));
    H handler = take_handler();
    std::move(handler)(std::move(args)...);
  }

  Executors executors_;
  H handler_;
};

}  // namespace strandbus::detail

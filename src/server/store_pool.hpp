#pragma once

#include "strandbus/store/event_store.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/system_executor.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/errc.hpp>

#include <exception>
#include <type_traits>
#include <utility>

namespace strandbus::detail {

/// Threads for what blocks on a file, so that nobody else waits for it.
///
/// Threads:  any thread.
/// Lifetime: destroying it finishes what is under way.
class StorePool {
 public:
  explicit StorePool(std::size_t threads) : pool_(threads) {}
  StorePool(const StorePool&) = delete;
  StorePool& operator=(const StorePool&) = delete;
  ~StorePool() { pool_.join(); }

  /// Calls `work`, which gives a StoreResult, on one of the threads, and goes on where it was
  /// called from. Cannot be cancelled.
  template <class Work>
  asio::awaitable<std::invoke_result_t<Work&>> run(Work work) {
    using Answer = std::invoke_result_t<Work&>;
    return asio::async_initiate<const asio::use_awaitable_t<>, void(Answer)>(
        [](auto handler, asio::thread_pool* pool, Work what) {
          auto guard = asio::make_work_guard(handler, asio::system_executor());
          asio::post(*pool, [handler = std::move(handler), guard = std::move(guard),
                             what = std::move(what)]() mutable {
            Answer answer = carefully(what);
            asio::post(guard.get_executor(),
                       [handler = std::move(handler), answer = std::move(answer)]() mutable {
                         std::move(handler)(std::move(answer));
                       });
          });
        },
        asio::use_awaitable, &pool_, std::move(work));
  }

 private:
  template <class Work>
  static std::invoke_result_t<Work&> carefully(Work& work) {
    try {
      return work();
    } catch (const std::exception& failure) {
      return StoreError{boost::system::errc::make_error_code(boost::system::errc::io_error),
                        failure.what()};
    }
  }

  asio::thread_pool pool_;
};

}  // namespace strandbus::detail

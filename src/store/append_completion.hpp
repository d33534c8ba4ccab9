#pragma once

#include "strandbus/error.hpp"

#include <boost/asio/any_completion_executor.hpp>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/require.hpp>
#include <boost/asio/system_executor.hpp>

#include <utility>

namespace strandbus::detail {

/// The handler of one append with work on its executor, so that its context does not run out.
///
/// A handler without an executor of its own runs on Asio's system context, not on our thread.
class AppendCompletion {
 public:
  using Handler = asio::any_completion_handler<void(error_code)>;

  explicit AppendCompletion(Handler handler)
      : executor_(tracked_executor(handler)), handler_(std::move(handler)) {}

  /// Hands the handler to its executor.
  void post(error_code result) && {
    const asio::any_completion_executor executor = std::move(executor_);
    executor.execute(
        [handler = std::move(handler_), result]() mutable { std::move(handler)(result); });
  }

 private:
  static asio::any_completion_executor tracked_executor(const Handler& handler) {
    const asio::any_completion_executor elsewhere(
        asio::require(asio::system_executor(), asio::execution::blocking.never));
    return asio::prefer(asio::get_associated_executor(handler, elsewhere),
                        asio::execution::outstanding_work.tracked);
  }

  asio::any_completion_executor executor_;
  Handler handler_;
};

}  // namespace strandbus::detail

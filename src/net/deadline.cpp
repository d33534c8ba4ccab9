#include "net/deadline.hpp"

#include <boost/asio/steady_timer.hpp>

namespace strandbus::detail {

struct Deadline::State {
  State(const asio::any_io_executor& executor, Clock::time_point when,
        const std::shared_ptr<Connection>& watched)
      : timer(executor, when), connection(watched) {}

  asio::steady_timer timer;
  std::weak_ptr<Connection> connection;
  bool armed = true;
  bool expired = false;
};

Deadline::Deadline(const asio::any_io_executor& executor, Clock::time_point when,
                   const std::shared_ptr<Connection>& connection)
    : state_(std::make_shared<State>(executor, when, connection)) {
  if (when == Clock::time_point::max()) return;
  state_->timer.async_wait([state = state_](const error_code& ec) {
    if (ec || !state->armed) return;
    state->expired = true;
    if (const auto watched = state->connection.lock()) watched->close();
  });
}

Deadline::~Deadline() {
  state_->armed = false;  // the handler may be queued already
  state_->timer.cancel();
}

bool Deadline::expired() const noexcept { return state_->expired; }

}  // namespace strandbus::detail

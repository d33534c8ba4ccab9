#include "cli/session_export.hpp"

#include "cli/otlp_choice.hpp"
#include "strandbus/event/json_codec.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <utility>
#include <vector>

namespace strandbus::cli {
namespace {

constexpr std::chrono::minutes patience_with_sessions(10);

/// Spans are made of nothing else.
SessionsFeedOptions all_but_deltas() {
  SessionsFeedOptions options;
  options.name = "OpenTelemetry";
  options.filter.where([](const StreamEvent& event) { return !is_delta(event.type()); });
  return options;
}

}  // namespace

SessionExport::SessionExport(const asio::any_io_executor& strand, std::shared_ptr<SessionHub> hub,
                             std::shared_ptr<OtlpExporter> exporter, Logger logger)
    : hub_(std::move(hub)),
      exporter_(std::move(exporter)),
      logger_(std::move(logger)),
      change_(strand, std::chrono::steady_clock::time_point::max()) {}

asio::awaitable<void> SessionExport::run() {
  try {
    co_await export_all();
  } catch (const std::exception& failed) {
    logger_.log(LogLevel::error,
                std::string("OpenTelemetry gets no further events: ") + failed.what());
  }
  over_ = true;
  change_.cancel();
}

asio::awaitable<void> SessionExport::export_all() {
  auto feed = co_await hub_->feed_all(all_but_deltas());
  if (!feed) throw system_error(feed.error().code, feed.error().message);
  EventReader reader;
  for (;;) {
    std::vector<SessionsItem> items;
    try {
      items = co_await feed->next(patience_with_sessions);
    } catch (const system_error& failed) {
      if (failed.code() != Errc::closed) throw;
      co_return;
    }
    for (const SessionsItem& each : items) {
      if (!each.item.seq) continue;
      const auto event = reader.read(*each.item.json);
      if (event) exporter_->on_event(*event);
    }
  }
}

asio::awaitable<void> SessionExport::end(std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  if (!over_) {
    change_.expires_at(deadline);
    error_code ignored;
    co_await change_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  co_await exporter_->shutdown(deadline);
  say_losses(exporter_->stats());
}

}  // namespace strandbus::cli

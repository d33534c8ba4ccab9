#pragma once

#include "strandbus/otel/otlp_exporter.hpp"
#include "strandbus/server/session_hub.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>

namespace strandbus::cli {

/// Shows an exporter what happens in all sessions of a server, whoever publishes it.
///
/// Threads: one strand, on which its operations run.
class SessionExport {
 public:
  SessionExport(const asio::any_io_executor& strand, std::shared_ptr<SessionHub> hub,
                std::shared_ptr<OtlpExporter> exporter, Logger logger);

  /// Goes on until the hub is drained. Once; it must outlive that.
  asio::awaitable<void> run();

  /// Waits until run() has seen everything, and then until everything was sent, for both at most
  /// this long; says what was lost.
  asio::awaitable<void> end(std::chrono::milliseconds patience);

 private:
  asio::awaitable<void> export_all();

  const std::shared_ptr<SessionHub> hub_;
  const std::shared_ptr<OtlpExporter> exporter_;
  const Logger logger_;
  asio::steady_timer change_;  // cancelled when run() ends
  bool over_ = false;
};

}  // namespace strandbus::cli

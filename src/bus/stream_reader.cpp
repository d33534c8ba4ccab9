#include "stream_reader.hpp"

#include "bus_core.hpp"

#include <utility>

namespace strandbus::detail {

StreamReader::StreamReader(std::shared_ptr<BusCore> core, std::shared_ptr<WakeDomain> domain,
                           Options options)
    : Reader(std::move(core), std::move(options)), domain_(std::move(domain)) {}

void StreamReader::wait(WaitOperation operation) {
  core()->lot().wait(shared_from_this(), domain_, std::move(operation));
}

void StreamReader::cancel() { core()->lot().cancel(*this); }

void StreamReader::abandon() noexcept {
  cancel();
  leave();
}

std::optional<error_code> StreamReader::poll() {
  switch (look()) {
    case Look::found: return error_code();
    case Look::ended: return error();
    case Look::nothing: break;
  }
  return std::nullopt;
}

std::uint64_t StreamReader::epoch() const noexcept { return core()->epoch(); }

std::optional<std::chrono::steady_clock::time_point> StreamReader::deadline() const noexcept {
  return held_until();
}

EventStream open_stream(const std::shared_ptr<BusCore>& core, asio::any_io_executor executor,
                        StreamOptions options, error_code& ec) {
  const Start start = options.from;
  Reader::Options reading{options.overflow, std::move(options.filter), std::move(options.name),
                          options.coalesce_window};
  auto reader =
      std::make_shared<StreamReader>(core, core->lot().domain(executor), std::move(reading));
  ec = core->add_reader(*reader, start);
  return ec ? EventStream() : EventStream(std::move(reader));
}

EventStream open_stream(const std::shared_ptr<BusCore>& core, asio::any_io_executor executor,
                        StreamOptions options) {
  error_code ec;
  EventStream stream = open_stream(core, std::move(executor), std::move(options), ec);
  if (ec) throw system_error(ec, "EventBus::stream");
  return stream;
}

}  // namespace strandbus::detail

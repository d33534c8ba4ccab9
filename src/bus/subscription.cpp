#include "strandbus/bus/subscription.hpp"

#include "bus_core.hpp"
#include "callback_reader.hpp"

#include <utility>

namespace strandbus {

Subscription::Subscription() noexcept = default;
Subscription::Subscription(std::shared_ptr<detail::CallbackReader> reader) noexcept
    : reader_(std::move(reader)) {}
Subscription::Subscription(Subscription&&) noexcept = default;

Subscription& Subscription::operator=(Subscription&& other) noexcept {
  Subscription old(std::move(*this));
  reader_ = std::move(other.reader_);
  return *this;
}

Subscription::~Subscription() { unsubscribe(); }

void Subscription::unsubscribe() {
  // Destroying the handler may destroy this object.
  if (const auto reader = reader_) reader->unsubscribe();
}

bool Subscription::active() const {
  return reader_ && reader_->active() && !reader_->error() && !reader_->at_end();
}

error_code Subscription::error() const { return reader_ ? reader_->error() : error_code(); }

ReaderStats Subscription::stats() const {
  return reader_ ? reader_->current_stats() : ReaderStats{};
}

}  // namespace strandbus

#include "cli/bus_display.hpp"

#include <utility>

namespace strandbus::cli {
namespace {

constexpr int batches_per_turn = 16;  // then notes, clock and answers get theirs

StreamOptions stream_options(Overflow overflow) {
  return {.from = Start::now(), .overflow = overflow, .filter = {}, .name = "display"};
}

}  // namespace

BusDisplay::BusDisplay(const MakeView& make_view, EventBus& bus, Overflow overflow)
    : Display(make_view), stream_(bus.stream(context().get_executor(), stream_options(overflow))) {}

void BusDisplay::answer_approvals(ApprovalPrompt::Setup setup) {
  approvals_ = std::make_unique<ApprovalPrompt>(context(), console(), std::move(setup));
}

void BusDisplay::release() {
  stream_ = EventStream();
  approvals_.reset();
}

void BusDisplay::wait() {
  stream_.async_wait([this](error_code ec) {
    if (!ec) {
      show_ready();
      wait();
    } else {
      if (approvals_) approvals_->stop();
      end();
    }
  });
}

void BusDisplay::show_ready() {
  std::uint64_t shown = 0;
  for (int count = 0; count < batches_per_turn; ++count) {
    const Batch batch = stream_.try_batch();
    if (batch.empty()) break;
    if (batch.missed() > 0) view().show_gap(batch.missed());
    for (const StreamEvent& event : batch) {
      if (store_) store_->wait_written(event.seq());
      view().show(event);
      if (approvals_) approvals_->on_event(event);
      shown = event.seq();
    }
  }
  view().flush();
  if (approvals_) approvals_->ask();
  if (shown > 0) note_shown(shown);
}

}  // namespace strandbus::cli

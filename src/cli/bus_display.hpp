#pragma once

#include "cli/approval_prompt.hpp"
#include "cli/display.hpp"
#include "strandbus/bus/event_bus.hpp"
#include "strandbus/store/jsonl_store.hpp"

#include <memory>

namespace strandbus::cli {

/// Displays what is published on a bus until it is closed.
class BusDisplay final : public Display {
 public:
  /// Reads what is published from now on; `overflow` says what becomes of events that come faster
  /// than they are shown.
  BusDisplay(const MakeView& make_view, EventBus& bus, Overflow overflow);
  ~BusDisplay() override { join(); }

  /// Asks the user at the terminal about approvals. Before start().
  void answer_approvals(ApprovalPrompt::Setup setup);

  /// Shows an event only when it is in this file: what was seen is never unknown to a session that
  /// goes on after the program was killed. Before start(); the store must outlive the display.
  void show_what_is_in(const JsonlStore& store) { store_ = &store; }

 private:
  void begin() override { wait(); }
  void release() override;
  void wait();
  void show_ready();

  EventStream stream_;
  const JsonlStore* store_ = nullptr;
  std::unique_ptr<ApprovalPrompt> approvals_;
};

}  // namespace strandbus::cli

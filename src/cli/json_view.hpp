#pragma once

#include "cli/console.hpp"
#include "cli/event_view.hpp"
#include "strandbus/wire/dialect.hpp"

#include <memory>
#include <string>

namespace strandbus::cli {

/// The event stream as JSON lines on standard output, and nothing else there.
class JsonView final : public EventView {
 public:
  /// `dialect` is one of dialect_names().
  JsonView(Console& console, std::string_view dialect);

  void show(const StreamEvent& event) override;
  void show_gap(std::uint64_t count) override { missed_ += count; }
  void flush() override;
  void note(std::string_view text) override;
  void refresh() override {}
  void finish(PrintEnd) override { flush(); }

  bool is_live() const noexcept override { return false; }
  std::uint64_t missed() const noexcept override { return missed_; }

 private:
  Console& console_;
  std::unique_ptr<Dialect> dialect_;
  std::string lines_;
  std::uint64_t missed_ = 0;
};

}  // namespace strandbus::cli

#include "strandbus/sink/cli_printer.hpp"

#include "sink/printer_view.hpp"

#include <utility>

namespace strandbus {

CliPrinter::CliPrinter(CliPrinterOptions options, Write out, Write err)
    : view_(std::make_unique<View>(std::move(options), std::move(out), std::move(err))) {}

CliPrinter::~CliPrinter() = default;

void CliPrinter::on_event(const StreamEvent& event) { view_->show(event); }

void CliPrinter::on_missed(std::uint64_t count) { view_->show_gap(count); }

void CliPrinter::note(std::string_view line) { view_->note(line); }

void CliPrinter::tick(Timestamp now) { view_->tick(now); }

void CliPrinter::set_width(int columns) { view_->set_width(columns); }

void CliPrinter::finish(PrintEnd end) { view_->finish(end); }

std::uint64_t CliPrinter::missed() const noexcept { return view_->missed(); }

}  // namespace strandbus

#pragma once

#include "strandbus/sink/cli_printer.hpp"
#include "wire/event_list.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace strandbus::testing {

/// What a printer wrote: each stream, and both as somebody sees them whose terminal shows both.
struct Printed {
  std::string out;
  std::string err;
  std::string both;
};

/// A printer whose output is kept.
class RecordedPrinter {
 public:
  explicit RecordedPrinter(CliPrinterOptions options)
      : printer_(
            std::move(options), [this](std::string_view piece) { keep(printed_.out, piece); },
            [this](std::string_view piece) { keep(printed_.err, piece); }) {}

  CliPrinter* operator->() { return &printer_; }
  void show(const std::vector<StreamEvent>& events) {
    for (const StreamEvent& event : events) printer_.on_event(event);
  }
  const Printed& printed() const { return printed_; }
  /// How many pieces were written.
  std::size_t writes() const { return writes_; }

 private:
  void keep(std::string& stream, std::string_view piece) {
    stream += piece;
    printed_.both += piece;
    ++writes_;
  }

  Printed printed_;
  std::size_t writes_ = 0;
  CliPrinter printer_;
};

/// What is printed of a whole stream.
inline Printed print(const CliPrinterOptions& options, const std::vector<StreamEvent>& events) {
  RecordedPrinter printer(options);
  printer.show(events);
  printer->finish();
  return printer.printed();
}

// Short forms for events of which only the text matters.

inline TokenDelta token(std::string text, std::string message_id = "m") {
  return {.text = std::move(text), .message_id = std::move(message_id)};
}

inline ModelCompleted answer_end(std::string content) { return {.content = std::move(content)}; }

inline AssistantMessage answer(std::string content) {
  return {.message_id = "m", .content = std::move(content)};
}

inline EventList begun_run() {
  EventList list;
  list.add(RunStarted{}).add(ModelStarted{});
  return list;
}

inline CliPrinterOptions on_terminal(int width = 80) {
  CliPrinterOptions options;
  options.target = PrintTarget::terminal;
  options.width = width;
  return options;
}

inline CliPrinterOptions in_pipe(int width = 80) {
  CliPrinterOptions options;
  options.width = width;
  return options;
}

}  // namespace strandbus::testing

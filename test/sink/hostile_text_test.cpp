#include "event/sample.hpp"
#include "sink/printed.hpp"
#include "sink/screen.hpp"
#include "wire/event_list.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Every attack in every text of every event and of the run context, printed in every mode: nothing
// of it may reach the terminal raw.

namespace strandbus::testing {
namespace {

struct Attack {
  std::string_view name;
  std::string text;
  std::string_view raw;  ///< bytes that must not be in the output
};

const Attack attacks[] = {
    {"clear the screen", "\x1b[2J", "\x1b[2J"},
    {"cursor up", "\x1b[1A\x1b[2K", "\x1b[1A"},
    {"blink", "\x1b[5m", "\x1b[5m"},
    {"window title", "\x1b]0;x\x07", "\x1b]"},
    {"clipboard", "\x1b]52;c;eA==\x07", "\x1b]"},
    {"hyperlink", "\x1b]8;;file:///\x1b\\x\x1b]8;;\x1b\\", "\x1b]"},
    {"device control", "\x1bPq\x1b\\", "\x1bP"},
    {"terminal reset",
     "\x1b"
     "c",
     "\x1b"
     "c"},
    {"bell", "\x07", "\x07"},
    {"backspace", "rm\b\b\bls", "\b"},
    {"NUL", std::string("a\0b", 3), std::string_view("\0", 1)},
    {"delete", "\x7F", "\x7F"},
    {"carriage return", "good\revil", "\revil"},
    {"C1 control sequence", "\u009B2J", "\u009B"},
    {"C1 operating system command", "\u009D0;x\u009C", "\u009D"},
    {"C1 as a byte",
     "\x9B"
     "2J",
     "\x9B"
     "2J"},
    {"right-to-left override", "\u202Efdp.exe", "\u202E"},
    {"isolates", "\u2066a\u2069", "\u2066"},
    {"right-to-left mark", "a\u200Fb", "\u200F"},
    {"zero-width space", "a\u200Bb", "\u200B"},
    {"joiner between letters", "a\u200Db", "\u200D"},
    {"byte order mark", "\uFEFF", "\uFEFF"},
    {"tags", "\U000E0041", "\U000E0041"},
    {"annotation", "\uFFF9", "\uFFF9"},
    {"line separator", "\u2028", "\u2028"},
    {"bytes that are not UTF-8", "\xFF\xFE", "\xFF"},
    {"overlong escape", "\xC0\x9B[2J", "\xC0"},
};

/// Every text is the attack, after a text that tells where it stood.
class AttackValues final : public ValueSource {
 public:
  explicit AttackValues(const std::string& attack) : attack_(attack) {}

  std::string text(std::string_view member) override { return std::string(member) + attack_; }
  std::int64_t integer() override { return 3; }
  double number() override { return 0.5; }
  json::value json_value() override {
    return json::object{{attack_, json::array{attack_}}, {"k", attack_}, {"l" + attack_, 1}};
  }
  bool flag() override { return flag_ = !flag_; }
  bool present() override { return true; }
  std::size_t count() override { return 2; }
  std::size_t choice(std::size_t size) override { return choice_++ % size; }

 private:
  std::string attack_;
  bool flag_ = false;
  std::size_t choice_ = 0;
};

RunContext attacked_context(const std::string& attack, std::int32_t depth) {
  RunContext context;
  context.session_id = context.run_id = context.agent = context.model_id = "c" + attack;
  context.run_id += std::to_string(depth);
  context.depth = depth;
  return context;
}

/// Every type twice in a root run and in a nested one, so that ends also meet starts that came
/// before them; the terminal types of the list end the run in between.
std::vector<StreamEvent> attacked_events(const std::string& attack) {
  AttackValues values(attack);
  std::vector<StreamEvent> events;
  const auto root = std::make_shared<const RunContext>(attacked_context(attack, 0));
  const auto nested = std::make_shared<const RunContext>(attacked_context(attack, 1));
  for (int round = 0; round < 2; ++round) {
    for (const auto& context : {root, nested}) {
      for (const EventType type : all_event_types()) {
        events.push_back(make_sample(type, values));
        events.back().set_context(context).set_turn(1);
      }
    }
  }
  return events;
}

/// Everything is shown, and nothing is cut away that could be wrong.
std::vector<CliPrinterOptions> all_modes() {
  std::vector<CliPrinterOptions> modes;
  for (const PrintTarget target : {PrintTarget::terminal, PrintTarget::pipe}) {
    for (const PrintColour colour : {PrintColour::never, PrintColour::always}) {
      CliPrinterOptions options;
      options.target = target;
      options.colour = options.error_colour = colour;
      options.detail = PrintDetail::full;
      options.width = 1'000;
      modes.push_back(options);
    }
  }
  return modes;
}

std::string describe(const CliPrinterOptions& mode) {
  std::string text = mode.target == PrintTarget::terminal ? "terminal" : "pipe";
  return mode.colour == PrintColour::always ? text + ", colour" : text;
}

TEST(HostileText, NeverReachesTheTerminalRawFromAnyEvent) {
  for (const Attack& attack : attacks) {
    const std::vector<StreamEvent> events = attacked_events(attack.text);
    for (const CliPrinterOptions& mode : all_modes()) {
      const Printed printed = print(mode, events);
      SCOPED_TRACE(std::string(attack.name) + " on " + describe(mode));
      ASSERT_FALSE(printed.both.empty());
      EXPECT_EQ(printed.both.find(attack.raw), std::string::npos);
      Screen screen(1'000);
      screen.write(printed.both);
      EXPECT_EQ(screen.foreign(), 0);
    }
  }
}

TEST(HostileText, CannotUseTheSequencesThatThePrinterUses) {
  const std::vector<StreamEvent> events = attacked_events("\x1b[31m\r\x1b[K");
  CliPrinterOptions mode;
  mode.detail = PrintDetail::full;
  EXPECT_EQ(print(mode, events).both.find_first_of("\x1b\r"), std::string::npos);
  mode.target = PrintTarget::terminal;
  mode.status = StatusLine::never;
  EXPECT_EQ(print(mode, events).both.find_first_of("\x1b\r"), std::string::npos);
}

TEST(HostileText, StaysHarmlessWhenItIsSplitBetweenTokens) {
  for (const Attack& attack : attacks) {
    for (std::size_t cut = 0; cut <= attack.text.size(); ++cut) {
      for (const CliPrinterOptions& mode : all_modes()) {
        EventList list;
        for (const std::string& piece : {attack.text.substr(0, cut), attack.text.substr(cut)}) {
          list.add(ReasoningDelta{.text = piece, .message_id = "m"});
        }
        for (const std::string& piece : {attack.text.substr(0, cut), attack.text.substr(cut)}) {
          list.add(TokenDelta{.text = piece, .message_id = "m"});
        }
        const std::string both = print(mode, list.events()).both;
        SCOPED_TRACE(std::string(attack.name) + " cut at " + std::to_string(cut));
        EXPECT_EQ(both.find(attack.raw), std::string::npos);
        Screen screen(1'000);
        screen.write(both);
        EXPECT_EQ(screen.foreign(), 0);
      }
    }
  }
}

TEST(HostileText, IsVisibleInAToolLine) {
  EventList list;
  list.add(ToolCallStarted{.tool_name = "ba\x1bsh",
                           .call_id = "a",
                           .arguments = json::object{{"command", "ls\n; \u202Erm -rf /"}}});
  list.add(ToolCallCompleted{
      .tool_name = "ba\x1bsh", .call_id = "a", .success = true, .output = "ok\x07\rgone"});
  EXPECT_EQ(print(in_pipe(200), list.events()).err,
            "✓ ba␛sh ls␤; <U+202E>rm -rf / · 0 ms → ok␇␍gone\n"
            "incomplete: the events end before the run does\n");
}

/// Events of any kind and order, with any values, must be printed without failing.
TEST(HostileText, AnyEventsInAnyOrderArePrinted) {
  RandomValues values(test_seed());
  for (CliPrinterOptions mode : all_modes()) {
    mode.width = static_cast<int>(values.choice(100));
    mode.detail = static_cast<PrintDetail>(values.choice(3));
    std::vector<StreamEvent> events;
    for (int i = 0; i < 1'500; ++i) {
      const auto type = static_cast<EventType>(values.choice(event_type_count));
      events.push_back(make_sample(type, values));
      RunContext context;
      context.run_id = std::to_string(values.choice(4));
      context.agent = values.text();
      context.depth = static_cast<std::int32_t>(values.choice(4)) - 1;
      events.back().set_context(std::make_shared<const RunContext>(context));
      events.back().set_turn(static_cast<std::int32_t>(values.integer()));
      const std::chrono::nanoseconds time{values.integer()};
      events.back().set_stamp(static_cast<std::uint64_t>(i), EventId{}, Timestamp{time});
    }
    RecordedPrinter printer(mode);
    for (const StreamEvent& event : events) {
      if (values.choice(20) == 0) printer->on_missed(values.choice(3));
      printer->on_event(event);
    }
    printer->finish();
    Screen screen(1'000);
    screen.write(printer.printed().both);
    EXPECT_EQ(screen.foreign(), 0) << describe(mode) << ", seed " << test_seed();
  }
}

}  // namespace
}  // namespace strandbus::testing

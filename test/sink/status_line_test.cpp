#include "sink/printed.hpp"
#include "sink/scenes.hpp"
#include "sink/screen.hpp"
#include "wire/event_list.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace strandbus::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(StatusLine, NeverWrapsAndLeavesNothingBehind) {
  for (const Scene& scene : scenes()) {
    for (const int width : {20, 40, 80}) {
      RecordedPrinter printer(on_terminal(width));
      Timestamp last{};
      for (const StreamEvent& event : scene.events()) {
        printer->on_event(event);
        printer->tick(last = event.ts() + 50ms);
        Screen screen(width);
        screen.write(printer.printed().both);
        EXPECT_EQ(screen.foreign(), 0);
      }
      printer->finish();
      Screen live(width);
      live.write(printer.printed().both);
      Screen plain(width);
      CliPrinterOptions without_status = on_terminal(width);
      without_status.status = StatusLine::never;
      plain.write(print(without_status, scene.events()).both);
      EXPECT_EQ(live.text(), plain.text()) << scene.name << " at " << width;
      EXPECT_EQ(live.wraps(), plain.wraps()) << scene.name << " at " << width;
    }
  }
}

TEST(StatusLine, IsRewrittenOnlyWhenItChanges) {
  EventList list = begun_run();
  RecordedPrinter printer(on_terminal());
  printer.show(list.events());
  const Timestamp start = list.events().back().ts();
  const std::size_t writes = printer.writes();
  printer->tick(start + 40ms);
  EXPECT_EQ(printer.writes(), writes);
  printer->tick(start + 1'240ms);
  EXPECT_EQ(printer.writes(), writes + 1);
  EXPECT_TRUE(printer.printed().out.ends_with("\rthinking… · 1.2 s\x1b[K"));
}

TEST(StatusLine, NamesRunningTools) {
  EventList list = begun_run();
  for (const std::string id : {"a", "b", "c", "d", "e"}) {
    list.add(ToolCallStarted{.tool_name = "tool_" + id, .call_id = id});
  }
  list.add(ToolOutput{.call_id = "b", .tool_name = "tool_b", .progress = 0.25});
  EXPECT_THAT(print(on_terminal(), list.events()).out,
              HasSubstr("running tool_a, tool_b 25 %, tool_c and 2 more…"));
}

TEST(StatusLine, LeavesTheLastLineToWhoeverAsksForAnApproval) {
  EventList list = begun_run();
  list.add(ApprovalRequested{.approval_id = "1", .tool_name = "bash"});
  RecordedPrinter printer(on_terminal());
  printer.show(list.events());
  const std::string before = printer.printed().out;
  EXPECT_TRUE(before.ends_with("? bash needs approval\n")) << before;
  printer->tick(list.events().back().ts() + 5s);
  EXPECT_EQ(printer.printed().out, before);
}

TEST(StatusLine, IsCutToANewWidth) {
  EventList list = begun_run();
  list.add(ToolCallStarted{.tool_name = "a_tool_with_quite_a_long_name", .call_id = "a"});
  RecordedPrinter printer(on_terminal());
  printer.show(list.events());
  printer->set_width(30);
  EXPECT_TRUE(printer.printed().out.ends_with("\rrunning a_tool_with_quite_a_…\x1b[K"))
      << printer.printed().out;
}

}  // namespace
}  // namespace strandbus::testing

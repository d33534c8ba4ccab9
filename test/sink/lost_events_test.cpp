#include "sink/printed.hpp"
#include "sink/screen.hpp"
#include "wire/event_list.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace strandbus::testing {
namespace {

using ::testing::HasSubstr;

TEST(LostEvents, RepairsATextFromItsEndWhenPiecesWereMissed) {
  EventList list;
  list.add(RunStarted{}).add(ModelStarted{}).add(token("one "));
  list.add(token("three ")).add(answer_end("one two three four"));
  RecordedPrinter printer(on_terminal());
  for (const StreamEvent& event : list.events()) {
    if (event.seq() == 4) printer->on_missed(132);
    printer->on_event(event);
  }
  printer->finish();
  Screen screen(80);
  screen.write(printer.printed().out);
  EXPECT_EQ(screen.text(), "one\n[… 132 events missed …]\ntwo three four\n");
  EXPECT_EQ(printer->missed(), 132U);
}

TEST(LostEvents, RepairsATextWhoseBeginningWasMissed) {
  EventList list;
  list.add(token("middle ")).add(answer_end("begin middle end")).add(answer("begin middle end"));
  RecordedPrinter printer(on_terminal());
  printer->on_missed(1);
  printer.show(list.events());
  EXPECT_EQ(printer.printed().out, "[… 1 event missed …]\nbegin middle end\n");
}

TEST(LostEvents, StreamsAgainFromTheNextRequestOn) {
  EventList list;
  list.add(RunStarted{}).add(ModelStarted{}).add(token("new"));
  RecordedPrinter printer(on_terminal());
  printer->on_event(list.events()[0]);
  printer->on_missed(3);
  printer->on_event(list.events()[1]);
  printer->on_event(list.events()[2]);
  EXPECT_TRUE(printer.printed().out.ends_with("new")) << printer.printed().out;
}

TEST(LostEvents, ShowsWhatCameAfterAGapIfTheWholeNeverComes) {
  EventList list = begun_run();
  list.add(token("one ")).add(token("three")).add(RunCancelled{.reason = "stopped"});
  RecordedPrinter printer(on_terminal());
  for (const StreamEvent& event : list.events()) {
    if (event.seq() == 4) printer->on_missed(1);
    printer->on_event(event);
  }
  Screen screen(80);
  screen.write(printer.printed().out);
  EXPECT_THAT(screen.text(), HasSubstr("one\n[… 1 event missed …]\nthree\n"));
}

TEST(LostEvents, SaysNothingOfNoLoss) {
  RecordedPrinter printer(on_terminal());
  printer->on_missed(0);
  EXPECT_EQ(printer.printed().both, "");
  EXPECT_EQ(printer->missed(), 0U);
}

}  // namespace
}  // namespace strandbus::testing

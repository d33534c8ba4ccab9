#include "cli/trace_lines.hpp"

#include "wire/event_list.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace strandbus::cli {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::vector<StreamEvent> golden = testing::golden_run().events();
const TraceLines::Clock::time_point start{std::chrono::seconds(100)};

std::string line(std::size_t index = 0) { return to_json(golden.at(index % golden.size())); }

TEST(TraceLines, CutsPiecesIntoLinesWhereverTheyAreCut) {
  const std::string text = line(0) + "\n\r\n" + line(1) + "\r\n" + line(2);
  for (std::size_t cut = 0; cut < text.size(); cut += 7) {
    TraceLines lines("f");
    lines.feed(text.substr(0, cut), start);
    lines.feed(text.substr(cut), start);
    lines.finish(start);
    const auto part = lines.take(start);
    ASSERT_THAT(part.lines, ElementsAre(1, 3, 4));
    ASSERT_EQ(part.body, line(0) + "\n" + line(1) + "\r\n" + line(2) + "\n");
    ASSERT_TRUE(lines.empty());
    ASSERT_EQ(lines.fault(), "");
  }
}

TEST(TraceLines, SendsAPartWhenItIsOld) {
  TraceLines lines("f");
  EXPECT_EQ(lines.due(), TraceLines::Clock::time_point::max());
  lines.feed(line() + "\n", start);
  lines.feed(line() + "\n", start + milliseconds(60));
  EXPECT_EQ(lines.due(), start + milliseconds(100));
  EXPECT_EQ(lines.take(start + milliseconds(100)).lines.size(), 2U);
  EXPECT_EQ(lines.due(), TraceLines::Clock::time_point::max());
}

TEST(TraceLines, SendsAPartWhenItIsLarge) {
  TraceLines lines("f");
  for (std::size_t i = 0; i < 600; ++i) lines.feed(line() + "\n", start);
  EXPECT_FALSE(lines.hungry());
  EXPECT_EQ(lines.due(), start);
  EXPECT_EQ(lines.take(start).lines.size(), 256U);
  EXPECT_EQ(lines.take(start).lines.size(), 256U);
  EXPECT_TRUE(lines.hungry());
  EXPECT_EQ(lines.due(), start + milliseconds(100));
  lines.finish(start);
  EXPECT_EQ(lines.due(), start);
  EXPECT_EQ(lines.take(start).lines.size(), 88U);
}

TEST(TraceLines, BoundsTheBytesOfAPartButSendsALargeEventAlone) {
  TraceLines lines("f");
  std::string large = line();
  large.insert(large.size() - 1, ",\"x\":\"" + std::string(150'000, 'x') + '"');
  std::string huge = line();
  huge.insert(huge.size() - 1, ",\"x\":\"" + std::string(400'000, 'x') + '"');
  for (const std::string& each : {large, large, huge, large}) lines.feed(each + "\n", start);
  EXPECT_THAT(lines.take(start).lines, ElementsAre(1));
  EXPECT_THAT(lines.take(start).lines, ElementsAre(2));
  EXPECT_THAT(lines.take(start).lines, ElementsAre(3));
  EXPECT_THAT(lines.take(start).lines, ElementsAre(4));
}

TEST(TraceLines, LeavesOutWhatIsNoEvent) {
  TraceLines lines("f");
  StreamEvent closed{SessionClosed()};
  closed.set_stamp(9, EventId{1, 1}, Timestamp());
  lines.feed("\xEF\xBB\xBF{\"_type\":\"metadata\",\"schema\":1}\n", start);
  lines.feed("{\"_type\":\"event\"," + line().substr(1) + "\n", start);
  lines.feed("{\"_type\":\"message\",\"id\":\"m\"}\n{\"_type\":\"gap\",\"missed\":3}\n", start);
  lines.feed(to_json(closed) + "\n", start);
  lines.feed(line(1) + "\n", start);
  lines.finish(start);
  EXPECT_EQ(lines.fault(), "");
  EXPECT_THAT(lines.take(start).lines, ElementsAre(2, 6));
}

TEST(TraceLines, StopsAtALineThatCannotBeRead) {
  for (const char* bad : {"hello", "{}", "{\"_type\":\"event\"}", "[1]", "{\"schema\":1"}) {
    TraceLines lines("trace.jsonl");
    lines.feed(line() + "\n\n" + bad + "\n" + line() + "\n", start);
    EXPECT_THAT(lines.fault(), StartsWith("trace.jsonl:3: ")) << bad;
    EXPECT_TRUE(lines.at_end());
    EXPECT_FALSE(lines.hungry());
    EXPECT_THAT(lines.take(start).lines, ElementsAre(1));
  }
}

TEST(TraceLines, BoundsALine) {
  TraceLines lines("f");
  const std::string piece(1024 * 1024, 'x');
  for (int i = 0; i < 20 && !lines.at_end(); ++i) lines.feed(piece, start);
  EXPECT_THAT(lines.fault(), HasSubstr("f:1: the line has more than 16 MiB"));
}

}  // namespace
}  // namespace strandbus::cli

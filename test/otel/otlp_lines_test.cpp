// golden/golden_run.otlp.jsonl holds the spans and metrics of the golden run. With
// STRANDBUS_UPDATE_GOLDEN=1 it is written instead of compared; read the difference before
// committing.

#include "strandbus/otel/otlp_lines.hpp"

#include "net/gzip.hpp"
#include "otel/span_content.hpp"
#include "otel/unzipped.hpp"
#include "strandbus/event/json_codec.hpp"
#include "wire/event_list.hpp"

#include <boost/json/parse.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace strandbus::test {
namespace {

using testing::EventList;
using testing::golden_run;
using ::testing::IsEmpty;

/// The version of the program is of no concern here.
std::string without_version(std::string text) {
  const std::string version = "\"" STRANDBUS_VERSION "\"";
  for (std::size_t at = text.find(version); at != std::string::npos; at = text.find(version, at))
    text.replace(at, version.size(), "\"VERSION\"");
  return text;
}

TEST(OtlpLines, OfTheGoldenRunAreTheGoldenFile) {
  const auto path =
      std::filesystem::path(STRANDBUS_SOURCE_DIR) / "test/otel/golden/golden_run.otlp.jsonl";
  std::string text;
  OtlpLines lines;
  const EventList run = golden_run();
  for (const StreamEvent& event : run.events()) lines.add(text, event);
  lines.finish(text);
  text = without_version(text);
  if (std::getenv("STRANDBUS_UPDATE_GOLDEN") != nullptr)
    std::ofstream(path, std::ios::binary) << text;
  std::ostringstream golden;
  golden << std::ifstream(path, std::ios::binary).rdbuf();
  EXPECT_EQ(text, golden.str()) << "If this is meant: STRANDBUS_UPDATE_GOLDEN=1";
}

TEST(OtlpLines, OfNothingAreNone) {
  std::string text;
  OtlpLines lines;
  lines.finish(text);
  EXPECT_THAT(text, IsEmpty());
}

TEST(OtlpLines, HoldUpTo512SpansEach) {
  std::string text;
  OtlpLines lines;
  EventList list;
  for (int i = 0; i < 1000; ++i) {
    RunContext context;
    context.run_id = "r" + std::to_string(i);
    list.in(context).add(RunStarted{}).add(RunCompleted{});
  }
  for (const StreamEvent& event : list.events()) lines.add(text, event);
  EXPECT_EQ(std::ranges::count(text, '\n'), 1);
  lines.finish(text);
  EXPECT_EQ(std::ranges::count(text, '\n'), 2);
}

TEST(SpanContent, StaysValidJsonHoweverShortItMustBe) {
  std::string long_text;
  for (int i = 0; i < 500; ++i) long_text += i % 3 == 0 ? "\x01" : "😀\"";
  std::vector<Message> messages;
  for (int i = 0; i < 20; ++i)
    messages.push_back({.role = i % 2 == 0 ? Role::user : Role::tool,
                        .content = long_text,
                        .tool_calls = {{"id", "tool", json::object{{"deep", long_text}}}},
                        .tool_call_id = "id"});
  const json::value whole = detail::input_messages(messages);
  for (std::size_t most = 2; most < 20'000; most += most < 200 ? 1 : 997) {
    const std::string text = detail::content_json(whole, most);
    EXPECT_LE(text.size(), most);
    EXPECT_TRUE(parse_json(text)) << text;
  }
  const std::string text = detail::content_json(whole, std::size_t{1} << 20U);
  EXPECT_EQ(json::parse(text), whole);
}

TEST(SpanContent, KeepsTheNewestMessagesWhenNotAllHaveRoom) {
  json::array list;
  for (int i = 0; i < 100; ++i) list.push_back(json::value(i));
  EXPECT_EQ(detail::content_json(list, 13), "[96,97,98,99]");
}

TEST(Gzip, IsUndoneByAnotherOne) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::to_string(std::int64_t{i} * i);
  for (const std::string& one : {std::string(), std::string("a"), text})
    EXPECT_EQ(unzipped(detail::gzip(one)), one);
  EXPECT_LT(detail::gzip(text).size(), text.size());
}

}  // namespace
}  // namespace strandbus::test

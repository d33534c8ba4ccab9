#include "store/session_lines.hpp"

#include "store/session_text.hpp"

#include <gtest/gtest.h>

namespace strandbus::testing {
namespace {

using detail::LineDecoder;

std::string without_end(std::string line) {
  EXPECT_TRUE(line.ends_with('\n'));
  line.pop_back();
  return line;
}

TEST(SessionLines, BeginWithTheMetadataInFixedOrder) {
  EXPECT_EQ(metadata_line(),
            R"({"_type":"metadata","schema":1,"session_id":"session",)"
            R"("created_at":"2026-11-20T15:04:05.000000000Z","workspace":"/home/user/project",)"
            R"("provider":"scripted","model":"gpt-4o","title":"Calculate 2+2"})"
            "\n");
}

TEST(SessionLines, LeaveOutATitleThatIsEmpty) {
  SessionMetadata metadata = sample_metadata();
  metadata.title.clear();
  std::string line;
  detail::append_metadata_line(line, metadata);
  EXPECT_EQ(line.find("title"), std::string::npos);
  EXPECT_TRUE(detail::decode_metadata(without_end(line), {}));
}

TEST(SessionLines, ReadTheMetadataBack) {
  const auto metadata = detail::decode_metadata(without_end(metadata_line()), {});
  ASSERT_TRUE(metadata);
  EXPECT_EQ(metadata->session_id, "session");
  EXPECT_EQ(metadata->created_at, sample_metadata().created_at);
  EXPECT_EQ(metadata->workspace, "/home/user/project");
  EXPECT_EQ(metadata->provider, "scripted");
  EXPECT_EQ(metadata->model, "gpt-4o");
  EXPECT_EQ(metadata->title, "Calculate 2+2");
}

TEST(SessionLines, NameTheSessionThatWasForked) {
  SessionMetadata metadata = sample_metadata();
  metadata.forked_from = "session_1";
  metadata.forked_at = 12;
  std::string line;
  detail::append_metadata_line(line, metadata);
  EXPECT_TRUE(line.ends_with(R"("forked_from":"session_1","forked_at":12})"
                             "\n"));
  const auto read = detail::decode_metadata(without_end(line), {});
  ASSERT_TRUE(read);
  EXPECT_EQ(read->forked_from, "session_1");
  EXPECT_EQ(read->forked_at, 12U);
  line.replace(line.find(":12}"), 3, ":-1");
  EXPECT_FALSE(detail::decode_metadata(without_end(line), {}));
}

TEST(SessionLines, WriteAnEventAsTheNativeObjectWithItsKindInFront) {
  const StreamEvent event = golden_events().front();
  EXPECT_EQ(event_line(event), R"({"_type":"event",)" + to_json(event).substr(1) + "\n");
}

TEST(SessionLines, ReadEveryEventBackUnchanged) {
  LineDecoder decoder{DecodeLimits{}};
  for (const StreamEvent& event : golden_events()) {
    const auto decoded = decoder.decode(without_end(event_line(event)));
    ASSERT_TRUE(decoded) << decoded.error().message;
    EXPECT_EQ(to_json(std::get<StreamEvent>(*decoded)), to_json(event));
  }
}

TEST(SessionLines, ReadAnEventWhoseKindStandsElsewhere) {
  const std::string json = to_json(golden_events().front());
  const std::string line = "  " + json.substr(0, json.size() - 1) + R"(, "_type" : "event" } )";
  const auto decoded = LineDecoder(DecodeLimits{}).decode(line);
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(to_json(std::get<StreamEvent>(*decoded)), json);
}

TEST(SessionLines, KeepTheDigitsAndMembersOfAnUnknownEvent) {
  const std::string members =
      R"("schema":1,"seq":9,"id":"01900000-0000-7000-8000-000000000009",)"
      R"("ts":"2026-11-20T15:04:05.000000000Z","type":"quantum_leap",)"
      R"("data":{"n":123456789012345678901234567890,"d":0.1000},"later":1.50})";
  const auto decoded = LineDecoder(DecodeLimits{}).decode(R"({"_type":"event",)" + members);
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(to_json(std::get<StreamEvent>(*decoded)), "{" + members);
}

TEST(SessionLines, WriteTheMessageThatAnEventCommits) {
  Message message;
  message.id = "m2";
  message.role = Role::assistant;
  message.content = "Let me see \xF0\x9F\x94\x8D";
  message.tool_calls = {{"tc1", "calculator", json::object{{"expr", "2+2"}}}};
  message.provider_data = json::object{{"signature", "abc"}};
  const StreamEvent event = EventList().add(MessageCommitted{message}).events().front();

  std::string line;
  detail::append_message_line(line, event);
  EXPECT_EQ(
      line,
      R"({"_type":"message","id":"m2","role":"assistant","content":"Let me see 🔍",)"
      R"("tool_calls":[{"call_id":"tc1","tool_name":"calculator","arguments":{"expr":"2+2"}}],)"
      R"("provider_data":{"signature":"abc"},"timestamp":"2026-11-20T15:04:05.000000000Z"})"
      "\n");

  const auto decoded = LineDecoder(DecodeLimits{}).decode(without_end(line));
  ASSERT_TRUE(decoded) << decoded.error().message;
  const auto& stored = std::get<StoredMessage>(*decoded);
  EXPECT_TRUE(stored.message == message);
  EXPECT_EQ(stored.timestamp, event.ts());
}

TEST(SessionLines, AreRecognisedAsUnknown) {
  const auto decoded = LineDecoder(DecodeLimits{}).decode(R"({"_type":"bookmark","at":7})");
  ASSERT_TRUE(decoded);
  EXPECT_TRUE(std::holds_alternative<detail::UnknownLine>(*decoded));
}

struct BadLine {
  const char* text;
  const char* pointer;
  const char* message;
};

class BadSessionLine : public ::testing::TestWithParam<BadLine> {};

TEST_P(BadSessionLine, IsAnErrorThatNamesTheMember) {
  const auto decoded = LineDecoder(DecodeLimits{}).decode(GetParam().text);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().pointer, GetParam().pointer);
  EXPECT_NE(decoded.error().message.find(GetParam().message), std::string::npos)
      << decoded.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    All, BadSessionLine,
    ::testing::Values(
        BadLine{"[]", "", "invalid line: expected an object, found an array"},
        BadLine{"{}", "/_type", "invalid line at /_type: this member is missing"},
        BadLine{R"({"_type":7})", "/_type", "expected a string"},
        BadLine{R"({"_type":"metadata"})", "/_type", "expected \"event\" or \"message\""},
        BadLine{R"({"_type":"message","id":"m","role":"king","content":""})", "/role",
                "invalid message at /role: expected one of user"},
        BadLine{R"({"_type":"message","id":"m","role":"user","content":""})", "/timestamp",
                "this member is missing"},
        BadLine{R"({"_type":"message","id":"m","role":"user","content":"","timestamp":"noon"})",
                "/timestamp", "expected an RFC 3339 time, found \"noon\""},
        BadLine{R"({"_type":"event","schema":1})", "/seq", "invalid event at /seq"}));

}  // namespace
}  // namespace strandbus::testing

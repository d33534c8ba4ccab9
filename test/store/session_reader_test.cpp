#include "strandbus/store/session_reader.hpp"

#include "store/session_text.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

namespace strandbus::testing {
namespace {

class SessionReaderTest : public ::testing::Test {
 protected:
  std::string file(const std::string& content) { return directory_.write("s.jsonl", content); }

  TemporaryDirectory directory_;
};

const StreamEvent& event_of(const SessionResult<std::optional<SessionRecord>>& record) {
  return std::get<StreamEvent>(record.value().value());
}

TEST_F(SessionReaderTest, GivesMetadataAndThenTheEvents) {
  auto reader = SessionReader::open(file(golden_text()));
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->metadata().title, "Calculate 2+2");
  for (const StreamEvent& event : golden_events()) {
    const auto record = reader->next();
    EXPECT_EQ(to_json(event_of(record)), to_json(event));
    EXPECT_EQ(reader->line(), event.seq() + 1);
  }
  EXPECT_FALSE(reader->next().value());
  EXPECT_FALSE(reader->next().value());
  EXPECT_FALSE(reader->torn());
}

TEST_F(SessionReaderTest, ReadsAFileThatIsCutAtAnyByteOfItsLastLine) {
  const std::string text = golden_text();
  const std::size_t last_line = text.rfind('\n', text.size() - 2) + 1;
  const std::size_t whole_lines = golden_events().size() - 1;
  for (std::size_t size = last_line; size < text.size(); ++size) {
    const auto session = load_session(file(text.substr(0, size)));
    ASSERT_TRUE(session) << size << ": " << session.error().message;
    const bool whole = size == text.size() - 1;  // only the line end is missing
    ASSERT_EQ(session->events.size(), whole_lines + (whole ? 1 : 0)) << size;
    ASSERT_EQ(session->torn.has_value(), size > last_line) << size;
    if (!session->torn) continue;
    ASSERT_EQ(session->torn->line, whole_lines + 2);
    ASSERT_EQ(session->torn->bytes, size - last_line);
    ASSERT_EQ(session->torn->whole, whole);
  }
}

TEST_F(SessionReaderTest, SaysWhichLineIsCutOff) {
  const std::string path = file(metadata_line() + R"({"_type":"ev)");
  const auto session = load_session(path);
  ASSERT_TRUE(session);
  EXPECT_EQ(session->torn->message,
            path + ":2: the last line is cut off after byte 12 and was left out");
}

TEST_F(SessionReaderTest, SaysThatALineLacksOnlyItsEnd) {
  std::string text = metadata_line();
  text.pop_back();
  const std::string path = file(text);
  const auto session = load_session(path);
  ASSERT_TRUE(session);
  EXPECT_EQ(session->torn->message,
            path + ":1: the last line has no line end; it was read all the same");
}

TEST_F(SessionReaderTest, ReportsABadLineInTheMiddleWithItsPlace) {
  std::string bad = event_line(golden_events()[1]);
  bad.replace(bad.find("\"Calculate 2+2\""), 15, "7");
  const std::string path =
      file(metadata_line() + event_line(golden_events()[0]) + bad + event_line(golden_events()[2]));
  auto reader = SessionReader::open(path);
  ASSERT_TRUE(reader);
  ASSERT_TRUE(reader->next());
  const auto record = reader->next();
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().code, Errc::invalid_event);
  EXPECT_EQ(record.error().line, 3U);
  EXPECT_EQ(record.error().pointer, "/data/content");
  EXPECT_EQ(record.error().message,
            path + ":3: invalid event at /data/content: expected a string, found a number");
  EXPECT_FALSE(reader->next().value());  // at its end
}

TEST_F(SessionReaderTest, ReportsWhatIsNotJsonInTheMiddle) {
  const auto session = load_session(file(metadata_line() + "{\"_type\":\n" + metadata_line()));
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code, Errc::malformed_json);
  EXPECT_EQ(session.error().line, 2U);
}

TEST_F(SessionReaderTest, DoesNotTakeAWholeButWrongLastLineForATornOne) {
  const auto session = load_session(file(metadata_line() + R"({"_type":"event","schema":2})"));
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().pointer, "/schema");
}

TEST_F(SessionReaderTest, RefusesASecondMetadataLine) {
  const auto session = load_session(file(metadata_line() + metadata_line()));
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().line, 2U);
}

TEST_F(SessionReaderTest, SkipsAndCountsLinesOfAnUnknownKind) {
  const auto session = load_session(
      file(metadata_line() + "{\"_type\":\"bookmark\"}\n" + event_line(golden_events()[0])));
  ASSERT_TRUE(session);
  EXPECT_EQ(session->skipped, 1U);
  EXPECT_EQ(session->events.size(), 1U);
}

TEST_F(SessionReaderTest, LimitsTheLengthOfALine) {
  SessionLimits limits;
  limits.max_line_bytes = 1000;
  const std::string path = file(metadata_line() + std::string(2000, '{') + "\n");
  const auto session = load_session(path, limits);
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code, Errc::limit_exceeded);
  EXPECT_EQ(session.error().message, path + ":2: the line is longer than 1000 bytes");
}

TEST_F(SessionReaderTest, LimitsTheDepthOfALine) {
  const std::string deep = std::string(100'000, '[');
  const auto session = load_session(file(metadata_line() + "{\"_type\":" + deep + "\n"));
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code, Errc::limit_exceeded);
}

TEST_F(SessionReaderTest, LimitsWhatIsLoadedIntoMemory) {
  SessionLimits limits;
  limits.max_total_bytes = 1000;
  const auto session = load_session(file(golden_text()), limits);
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code, Errc::limit_exceeded);
}

TEST_F(SessionReaderTest, RefusesWhatIsNoSessionFile) {
  const std::string no_session = "; a session file begins with its metadata";
  const std::pair<std::string, std::string> cases[] = {
      {"", ": it is empty"},
      {"\n", no_session},
      {"hello\n", no_session},
      {to_json(golden_events().front()) + "\n", "/_type: this member is missing" + no_session},
      {event_line(golden_events().front()), no_session},
      {"{\"_type\":\"metadata\",\"schema\":2,\"session_id\":\"\",\"created_at\":\"\",\"workspace\":"
       "\"\",\"provider\":\"\",\"model\":\"\"}\n",
       "/schema: expected 1, found 2" + no_session},
  };
  for (const auto& [content, message] : cases) {
    const auto reader = SessionReader::open(file(content));
    ASSERT_FALSE(reader) << content;
    EXPECT_EQ(reader.error().code, Errc::invalid_file);
    EXPECT_TRUE(reader.error().message.ends_with(message)) << reader.error().message;
  }
}

TEST_F(SessionReaderTest, RefusesMetadataThatAreCutOff) {
  const std::string text = metadata_line();
  for (std::size_t size = 1; size + 1 < text.size(); ++size)
    ASSERT_FALSE(SessionReader::open(file(text.substr(0, size)))) << size;
}

TEST_F(SessionReaderTest, SaysWhyAFileCannotBeOpened) {
  const auto missing = SessionReader::open(directory_.path("missing"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, boost::system::errc::no_such_file_or_directory);
  EXPECT_EQ(missing.error().message, "cannot read the session file " + directory_.path("missing") +
                                         ": No such file or directory");
  const auto directory = SessionReader::open(directory_.path("."));
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().code, Errc::invalid_file);
}

TEST_F(SessionReaderTest, DoesNotWaitForTheWriterOfAPipe) {
  const std::string path = directory_.path("pipe");
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const auto reader = SessionReader::open(path);
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code, Errc::invalid_file);
}

TEST_F(SessionReaderTest, ThrowsTheMessageWhereAValueIsExpected) {
  const auto session = load_session(directory_.path("missing"));
  try {
    static_cast<void>(session.value());
    FAIL();
  } catch (const system_error& error) {
    EXPECT_NE(std::string(error.what()).find("cannot read the session file"), std::string::npos);
  }
}

}  // namespace
}  // namespace strandbus::testing

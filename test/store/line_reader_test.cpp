#include "store/line_reader.hpp"

#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <string>
#include <vector>

namespace strandbus::testing {
namespace {

using detail::FileDescriptor;
using detail::LineReader;

class LineReaderTest : public ::testing::Test {
 protected:
  LineReader open(const std::string& content, std::size_t limit = 1'000'000) {
    const std::string path = directory_.write("lines", content);
    return LineReader(FileDescriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), limit);
  }

  TemporaryDirectory directory_;
};

TEST_F(LineReaderTest, GivesTheLinesWithTheirNumbers) {
  LineReader lines = open("one\n\nthree\n");
  ASSERT_EQ(lines.next(), LineReader::Step::line);
  EXPECT_EQ(lines.text(), "one");
  EXPECT_EQ(lines.number(), 1U);
  ASSERT_EQ(lines.next(), LineReader::Step::line);
  EXPECT_EQ(lines.text(), "");
  ASSERT_EQ(lines.next(), LineReader::Step::line);
  EXPECT_EQ(lines.text(), "three");
  EXPECT_EQ(lines.number(), 3U);
  EXPECT_EQ(lines.next(), LineReader::Step::end);
  EXPECT_EQ(lines.next(), LineReader::Step::end);
}

TEST_F(LineReaderTest, TellsALastLineWithoutEndApart) {
  LineReader lines = open("one\ntw");
  ASSERT_EQ(lines.next(), LineReader::Step::line);
  ASSERT_EQ(lines.next(), LineReader::Step::torn);
  EXPECT_EQ(lines.text(), "tw");
  EXPECT_EQ(lines.number(), 2U);
  EXPECT_EQ(lines.next(), LineReader::Step::end);
}

TEST_F(LineReaderTest, HasNoLineInAnEmptyFile) {
  EXPECT_EQ(open("").next(), LineReader::Step::end);
}

TEST_F(LineReaderTest, JoinsLinesThatAreLongerThanItsBuffer) {
  const std::string large(200'001, 'x');
  LineReader lines = open("a\n" + large + "\nb\n");
  ASSERT_EQ(lines.next(), LineReader::Step::line);
  ASSERT_EQ(lines.next(), LineReader::Step::line);
  EXPECT_EQ(lines.text(), large);
  ASSERT_EQ(lines.next(), LineReader::Step::line);
  EXPECT_EQ(lines.text(), "b");
}

TEST_F(LineReaderTest, TakesALineOfExactlyTheLimit) {
  LineReader lines = open("12345\n", 5);
  ASSERT_EQ(lines.next(), LineReader::Step::line);
  EXPECT_EQ(lines.text(), "12345");
}

TEST_F(LineReaderTest, RefusesALongerLineAndStaysThere) {
  LineReader lines = open("1\n123456\n1\n", 5);
  ASSERT_EQ(lines.next(), LineReader::Step::line);
  ASSERT_EQ(lines.next(), LineReader::Step::failed);
  EXPECT_EQ(lines.error(), Errc::limit_exceeded);
  EXPECT_EQ(lines.number(), 2U);
  EXPECT_EQ(lines.next(), LineReader::Step::failed);
}

TEST_F(LineReaderTest, ReportsWhatTheSystemSays) {
  LineReader lines(FileDescriptor(::open("/", O_RDONLY | O_CLOEXEC)), 100);
  ASSERT_EQ(lines.next(), LineReader::Step::failed);
  EXPECT_EQ(lines.error(), boost::system::errc::is_a_directory);
}

}  // namespace
}  // namespace strandbus::testing

#include "llm/json_position.hpp"

#include <gtest/gtest.h>

#include <string>

namespace strandbus::detail {
namespace {

// Each place that a test looks for is marked in the text by what stands there.
constexpr std::string_view text = R"({
  "first": [10, {"a~b/c": "x"}, []],
  "na\u006de" : {"deep":[[1,2],[3,40]], "text": "not ] } , here: \" \\"},
  "": true
}
)";

std::string_view at(std::string_view pointer, JsonPart part = JsonPart::value) {
  const std::string_view rest = text.substr(locate(text, pointer, part));
  return rest.substr(0, rest.find_first_of(",]}\n"));
}

TEST(Locate, FindsValuesInObjectsAndArrays) {
  EXPECT_EQ(at("/first/0"), "10");
  EXPECT_EQ(at("/first/2"), "[");
  EXPECT_EQ(at("/name/deep/1/1"), "40");
  EXPECT_EQ(at("/name/text"), "\"not ");
  EXPECT_EQ(at("/"), "true");
}

TEST(Locate, DecodesEscapesOfPointersAndOfKeys) {
  EXPECT_EQ(at("/first/1/a~0b~1c"), "\"x\"");
  EXPECT_EQ(at("/name"), "{\"deep\":[[1");
}

TEST(Locate, FindsKeys) {
  EXPECT_EQ(at("/name/text", JsonPart::key), "\"text\": \"not ");
  EXPECT_EQ(at("/", JsonPart::key), "\"\": true");
  EXPECT_EQ(at("/first/0", JsonPart::key), "10") << "an element has no key";
}

TEST(Locate, ForAMissingMemberFindsTheValueThatLacksIt) {
  EXPECT_EQ(at("/first/9"), "[10");
  EXPECT_EQ(at("/name/deep/x/y"), "[[1");
  EXPECT_EQ(at("/first/0/more"), "10");
  EXPECT_EQ(locate(" \n{}", "/a/b", JsonPart::key), 2U);
  EXPECT_EQ(locate(" \n{}", "", JsonPart::value), 2U);
}

TEST(PositionOf, CountsLinesAndCodePointsFromOne) {
  const std::string lines = "ab\n€c\n\nd";
  const auto position = [&](std::size_t offset) {
    const TextPosition found = position_of(lines, offset);
    return std::to_string(found.line) + ':' + std::to_string(found.column);
  };
  EXPECT_EQ(position(0), "1:1");
  EXPECT_EQ(position(2), "1:3");
  EXPECT_EQ(position(3), "2:1");
  EXPECT_EQ(position(6), "2:2") << "the euro sign is one column";
  EXPECT_EQ(position(8), "3:1");
  EXPECT_EQ(position(9), "4:1");
  EXPECT_EQ(position(1000), "4:2") << "beyond the end is the end";
}

}  // namespace
}  // namespace strandbus::detail

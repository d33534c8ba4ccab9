#include "event/json_quick_check.hpp"

#include "event/json_parser.hpp"
#include "event/json_scan.hpp"
#include "event/sample.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

namespace strandbus {
namespace {

bool quick(std::string_view text, std::size_t max_depth = 64) {
  detail::RootMembers root;
  return detail::is_surely_json(text, max_depth, root);
}

std::vector<std::string> good_and_bad_texts() {
  std::vector<std::string> texts;
  const std::filesystem::path folder = STRANDBUS_SOURCE_DIR "/test/fuzz/corpus/event_json";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(entry.path(), std::ios::binary);
    texts.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  testing::RandomValues values(testing::test_seed());
  for (const EventType type : testing::all_event_types())
    texts.push_back(to_json(testing::with_full_envelope(make_sample(type, values), values)));
  return texts;
}

/// Changes one thing, as a careless or hostile sender would.
void damage(std::string& text, std::mt19937_64& random) {
  static const std::vector<std::string> pieces{
      "{",    "}",      "[",    "]",       ",",      ":",   "\"",        "\\",   "\\u00e9",
      "\\ud", "\\uD8",  "0",    "-",       "1e5",    ".",   "E+",        "null", "true",
      " ",    "\n",     "\x1f", "\x7f",    "\x80",   "é",   "\xed\xa0",  "\xf4", "\xe2\x82",
      "a\":", "\"a\":", "01",   "\"\":1,", "\\u12g", "[[[", "1e99999999"};
  const std::size_t at = random() % (text.size() + 1);
  const std::size_t size = random() % 8;
  switch (random() % 4) {
    case 0: text.insert(at, pieces[random() % pieces.size()]); break;
    case 1: text.erase(at, size); break;
    case 2: text.insert(at, text.substr(random() % (text.size() + 1), size)); break;
    default:
      if (at < text.size()) text[at] = static_cast<char>(random());
      break;
  }
}

TEST(JsonQuickCheck, AcceptsNothingThatTheParserRefuses) {
  const std::uint64_t seed = testing::test_seed();
  SCOPED_TRACE("STRANDBUS_TEST_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  const std::vector<std::string> texts = good_and_bad_texts();
  int accepted = 0;
  int doubted = 0;
  for (int i = 0; i < 60'000; ++i) {
    std::string text = texts[random() % texts.size()];
    for (std::size_t changes = random() % 3; changes > 0; --changes) damage(text, random);
    const std::size_t max_depth = 1 + random() % 40;
    if (!quick(text, max_depth)) {
      ++doubted;
      continue;
    }
    ++accepted;
    const auto error = detail::judge_json(text, {.max_depth = max_depth});
    ASSERT_FALSE(error) << error->message << "\n" << text;
  }
  EXPECT_GT(accepted, 1000);
  EXPECT_GT(doubted, 1000);
}

TEST(JsonQuickCheck, AcceptsWhatWeWrite) {
  testing::NamedValues values;
  for (const EventType type : testing::all_event_types()) {
    const std::string text = to_json(make_sample(type, values));
    EXPECT_TRUE(quick(text)) << text;
  }
}

TEST(JsonQuickCheck, AcceptsOrdinaryJson) {
  for (const std::string_view text :
       {"{}", "[]", " [ ] ", "null", "true", "false", "\"\"", "0", "-0", "-1.5e-3", "1E5", "10.25",
        R"([1,"a\"\\\/\b\f\n\r\t\u00e9é€😀",{"a":{"b":[]},"":[{}]}])",
        "\r\n\t {\"a\" : 1 , \"b\"\n:[ 1 , 2 ]} "}) {
    EXPECT_TRUE(quick(text)) << text;
    EXPECT_FALSE(detail::judge_json(text, {})) << text;
  }
}

TEST(JsonQuickCheck, DoubtsWhatIsWrong) {
  for (const std::string_view text : {"",
                                      " ",
                                      "{",
                                      "[",
                                      "\"",
                                      "\"\\",
                                      "\"\\u12",
                                      "\"\\x\"",
                                      "nul",
                                      "nulll",
                                      "truefalse",
                                      "-",
                                      "01",
                                      "1.",
                                      ".5",
                                      "1e",
                                      "1e+",
                                      "+1",
                                      "--1",
                                      "[1,]",
                                      "[,1]",
                                      "[1 2]",
                                      "{\"a\"}",
                                      "{\"a\":}",
                                      "{\"a\":1,}",
                                      "{a:1}",
                                      "{\"a\":1 \"b\":2}",
                                      "[1}",
                                      "{]",
                                      "1 2",
                                      "\"a\nb\"",
                                      "\"\xff\"",
                                      "\"\xe2\x82\"",
                                      "\"\xed\xa0\x80\"",
                                      "\"\\udc00\"",
                                      "/**/1",
                                      "NaN",
                                      "{\"a\":1,\"a\":2}"}) {
    EXPECT_FALSE(quick(text)) << text;
    EXPECT_TRUE(detail::judge_json(text, {})) << text;
  }
}

TEST(JsonQuickCheck, LeavesWhatIsUnusualToTheParser) {
  std::string wide = "{";
  for (int i = 0; i < 33; ++i) wide += "\"" + std::to_string(i) + "\":0,";
  wide.back() = '}';
  for (const std::string& text :
       {std::string(33, '[') + std::string(33, ']'), std::string(65, '1'), std::string("1e1000"),
        std::string(R"({"\u0061":1})"), std::string(R"("\ud83d\ude00")"), wide}) {
    EXPECT_FALSE(quick(text)) << text;
    EXPECT_FALSE(detail::judge_json(text, {})) << text;
  }
}

TEST(JsonQuickCheck, NestingIsLimitedAsGiven) {
  EXPECT_TRUE(quick("[[{}]]", 3));
  EXPECT_FALSE(quick("[[{}]]", 2));
  EXPECT_FALSE(quick("[]", 0));
  EXPECT_TRUE(quick("[[],[],{}]", 2));
}

TEST(JsonQuickCheck, GivesTheMembersOfTheOutermostObject) {
  const std::string text = R"( {"a" : {"x":[1]} , "":"\"" ,"c":-1.5,"d":[{"y":2}] } )";
  detail::RootMembers root;
  ASSERT_TRUE(detail::is_surely_json(text, 64, root));
  detail::MemberScanner scanner(std::string_view(text).substr(2, text.size() - 5));
  for (const detail::RawMember& member : root.all()) {
    ASSERT_TRUE(scanner.next());
    EXPECT_EQ(member.key, scanner.key());
    EXPECT_EQ(member.value, scanner.value());
    EXPECT_EQ(member.member, scanner.member());
  }
  EXPECT_FALSE(scanner.next());
  EXPECT_EQ(root.all().size(), 4U);
}

TEST(JsonQuickCheck, GivesNoMembersOfAnythingElse) {
  detail::RootMembers root;
  ASSERT_TRUE(detail::is_surely_json(R"({"a":1})", 64, root));
  EXPECT_TRUE(detail::is_surely_json(R"([{"a":1}])", 64, root));
  EXPECT_TRUE(root.all().empty());
  EXPECT_FALSE(detail::is_surely_json(R"({"a":1,"b":)", 64, root));
  EXPECT_TRUE(root.all().empty());
}

}  // namespace
}  // namespace strandbus

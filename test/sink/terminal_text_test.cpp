#include "strandbus/sink/terminal_text.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace strandbus {
namespace {

struct Case {
  std::string name;
  std::string text;
  std::string shown;
};

const Case cases[] = {
    {"plain text stays", "Grüße, 世界 ✓ 😀", "Grüße, 世界 ✓ 😀"},
    {"newline and tab stay", "a\n\tb\n", "a\n\tb\n"},
    {"colour sequence", "\x1b[31mred\x1b[0m", "␛[31mred␛[0m"},
    {"clear screen", "\x1b[2J\x1b[H", "␛[2J␛[H"},
    {"window title", "\x1b]0;owned\x07", "␛]0;owned␇"},
    {"clipboard", "\x1b]52;c;bHM=\x1b\\", "␛]52;c;bHM=␛\\"},
    {"hyperlink", "\x1b]8;;http://a\x1b\\b\x1b]8;;\x1b\\", "␛]8;;http://a␛\\b␛]8;;␛\\"},
    {"device control", "\x1bP$q\"p\x1b\\", "␛P$q\"p␛\\"},
    {"NUL", std::string("a\0b", 3), "a␀b"},
    {"backspace", "rm\b\bls", "rm␈␈ls"},
    {"vertical tab and form feed", "a\vb\fc", "a␋b␌c"},
    {"shift out", "\x0e", "␎"},
    {"delete", "a\x7F", "a␡"},
    {"lone carriage return", "harmless\rrm -rf", "harmless␍rm -rf"},
    {"carriage return at the end", "a\r", "a␍"},
    {"two carriage returns", "a\r\r\nb", "a␍\nb"},
    {"line end of another system", "a\r\nb", "a\nb"},
    {"C1 CSI as code point", "\u009B31m", "<U+009B>31m"},
    {"C1 OSC as code point", "\u009D0;t\u009C", "<U+009D>0;t<U+009C>"},
    {"next line", "a\u0085b", "a<U+0085>b"},
    {"C1 CSI as byte",
     "\x9B"
     "31m",
     "\uFFFD31m"},
    {"right-to-left override", "a\u202Eb", "a<U+202E>b"},
    {"all embeddings and overrides", "\u202A\u202B\u202C\u202D\u202E",
     "<U+202A><U+202B><U+202C><U+202D><U+202E>"},
    {"all isolates", "\u2066\u2067\u2068\u2069", "<U+2066><U+2067><U+2068><U+2069>"},
    {"direction marks", "\u200E\u200F\u061C", "<U+200E><U+200F><U+061C>"},
    {"zero-width space", "a\u200Bb", "a<U+200B>b"},
    {"word joiner and invisible operators", "\u2060\u2061\u2064", "<U+2060><U+2061><U+2064>"},
    {"byte order mark", "\uFEFFa", "<U+FEFF>a"},
    {"soft hyphen", "a\u00ADb", "a<U+00AD>b"},
    {"combining grapheme joiner", "a\u034F", "a<U+034F>"},
    {"fillers", "\u115F\u1160\u3164\uFFA0", "<U+115F><U+1160><U+3164><U+FFA0>"},
    {"line and paragraph separator", "a\u2028b\u2029", "a<U+2028>b<U+2029>"},
    {"annotation", "\uFFF9a\uFFFA\uFFFB", "<U+FFF9>a<U+FFFA><U+FFFB>"},
    {"tags", "a\U000E0041\U000E007F", "a<U+E0041><U+E007F>"},
    {"variation selectors that hide data", "a\uFE00\U000E0100", "a<U+FE00><U+E0100>"},
    {"noncharacters", "\uFFFF\U0010FFFE\uFDD0", "<U+FFFF><U+10FFFE><U+FDD0>"},
    {"musical format", "\U0001D173", "<U+1D173>"},
    {"joiner between Latin letters", "pass\u200Dword\u200C", "pass<U+200D>word<U+200C>"},
    {"joiner in an emoji stays", "👩\u200D💻", "👩\u200D💻"},
    {"joiner after an emoji selector stays", "❤\uFE0F\u200D🔥", "❤\uFE0F\u200D🔥"},
    {"keycap stays", "1\uFE0F\u20E3", "1\uFE0F\u20E3"},
    {"second joiner", "👩\u200D\u200D💻", "👩\u200D<U+200D>💻"},
    {"second selector", "❤\uFE0F\uFE0F", "❤\uFE0F<U+FE0F>"},
    {"non-joiner in Persian stays", "می\u200Cخواهم", "می\u200Cخواهم"},
    {"joiner in Devanagari stays", "क्\u200Dष", "क्\u200Dष"},
    {"joiner at the beginning", "\u200D", "<U+200D>"},
    {"joiner after an escape", "👩\x1b\u200D", "👩␛<U+200D>"},
    {"bytes that are not UTF-8",
     "a\xFF\xC0\xAF"
     "b",
     "a\uFFFD\uFFFD\uFFFDb"},
    {"overlong escape", "\xC0\x9B", "\uFFFD\uFFFD"},
    {"surrogate", "\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD"},
    {"cut sequence", "a\xE2\x82", "a\uFFFD"},
    {"escape inside a sequence", "\xE2\x1b[m", "\uFFFD␛[m"},
};

TEST(TerminalText, ShowsWhatATerminalWouldObey) {
  for (const Case& c : cases) EXPECT_EQ(terminal_safe(c.text), c.shown) << c.name;
}

TEST(TerminalText, ChangesNothingWhenAppliedTwice) {
  for (const Case& c : cases) EXPECT_EQ(terminal_safe(c.shown), c.shown) << c.name;
}

TEST(TerminalText, DoesNotDependOnWhereTheTextWasCut) {
  for (const Case& c : cases) {
    for (std::size_t cut = 0; cut <= c.text.size(); ++cut) {
      TerminalText filter;
      std::string shown = filter.feed(std::string_view(c.text).substr(0, cut));
      shown += filter.feed(std::string_view(c.text).substr(cut));
      shown += filter.finish();
      EXPECT_EQ(shown, c.shown) << c.name << ", cut at byte " << cut;
    }
  }
}

TEST(TerminalText, IsAsNewAfterFinish) {
  TerminalText filter;
  filter.feed("👩\xE2\x82");
  EXPECT_EQ(filter.finish(), "\uFFFD");
  EXPECT_EQ(filter.feed("\u200D"), "<U+200D>");
  filter.feed("\r");
  EXPECT_EQ(filter.finish(), "␍");
  EXPECT_EQ(filter.finish(), "");
}

TEST(TerminalText, PutsOneLineOnOneLine) {
  EXPECT_EQ(terminal_safe_line("a\nb\tc\r\nd"), "a␤b c␤d");
  EXPECT_EQ(terminal_safe_line("👩\u200D💻 ❤\uFE0F"), "👩<U+200D>💻 ❤<U+FE0F>");
  EXPECT_EQ(terminal_safe_line("\x1b[2K\rsudo"), "␛[2K␍sudo");
}

/// Whether nothing in the text could steer a terminal; written apart from the code under test.
bool is_harmless(std::string_view text) {
  const auto is_forbidden_byte = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7F;
  };
  if (std::ranges::any_of(text, is_forbidden_byte)) return false;
  for (const std::string_view start : {"\xE2\x80\xAA", "\xE2\x80\xAE", "\xE2\x81\xA6",
                                       "\xE2\x80\x8B", "\xEF\xBB\xBF", "\xF3\xA0\x81"}) {
    if (text.find(start) != text.npos) return false;
  }
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {  // C1 as U+0080 … U+009F
    if (text[i] == '\xC2' && static_cast<unsigned char>(text[i + 1]) < 0xA0) return false;
  }
  return true;
}

/// Bytes in which escape sequences, joiners and broken sequences are frequent.
std::string hostile_bytes() {
  const auto piece = rc::gen::weightedOneOf<std::string>(
      {{3, rc::gen::container<std::string>(rc::gen::arbitrary<char>())},
       {2, rc::gen::element<std::string>("\x1b[", "\r", "\n", "\u200D", "\u202E", "\uFE0F", "👩",
                                         "\u009B", "\xE2\x80", "\xF3\xA0", "\xC2", "م", "a")}});
  std::string text;
  for (const std::string& part : *rc::gen::container<std::vector<std::string>>(piece)) text += part;
  return text;
}

RC_GTEST_PROP(TerminalText, LetsNoBytesThroughWhereverTheyAreCut, ()) {
  const std::string text = hostile_bytes();
  TerminalText filter;
  std::string shown;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t size = *rc::gen::inRange<std::size_t>(1, 5);
    shown += filter.feed(std::string_view(text).substr(begin, size));
    begin += size;
  }
  shown += filter.finish();
  RC_ASSERT(shown == terminal_safe(text));
  RC_ASSERT(is_harmless(shown));
  RC_ASSERT(terminal_safe(shown) == shown);
  const std::string line = terminal_safe_line(text);
  RC_ASSERT(is_harmless(line) && line.find_first_of("\n\t") == line.npos);
}

TEST(DisplayWidth, CountsColumnsAndNotBytes) {
  EXPECT_EQ(display_width("abc"), 3);
  EXPECT_EQ(display_width("é"), 1);
  EXPECT_EQ(display_width("e\u0301"), 1);
  EXPECT_EQ(display_width("日本語"), 6);
  EXPECT_EQ(display_width("한글"), 4);
  EXPECT_EQ(display_width("ᄒ\u1161\u11AB"), 2);
  EXPECT_EQ(display_width("😀"), 2);
  EXPECT_EQ(display_width("❤\uFE0F"), 2);
  EXPECT_EQ(display_width("ｆｕｌｌ"), 8);
  EXPECT_EQ(display_width("✓ ✗ → … ·"), 9);
  EXPECT_EQ(display_width("\U00020000\U0003FFFD"), 4);
  EXPECT_EQ(display_width(""), 0);
}

TEST(FitColumns, CutsWithAnEllipsisAndNeverExceedsTheColumns) {
  EXPECT_EQ(fit_columns("abcdef", 6), "abcdef");
  EXPECT_EQ(fit_columns("abcdef", 5), "abcd…");
  EXPECT_EQ(fit_columns("abcdef", 1), "…");
  EXPECT_EQ(fit_columns("abcdef", 0), "");
  EXPECT_EQ(fit_columns("", 0), "");
  EXPECT_EQ(fit_columns("日本語", 6), "日本語");
  EXPECT_EQ(fit_columns("日本語", 5), "日本…");
  EXPECT_EQ(fit_columns("日本語", 4), "日…");
  EXPECT_EQ(fit_columns("e\u0301e\u0301e\u0301", 2), "e\u0301…");
}

RC_GTEST_PROP(FitColumns, FitsAnySafeText, ()) {
  const std::string text = terminal_safe_line(hostile_bytes());
  const int columns = *rc::gen::inRange(0, 40);
  const std::string fitted = fit_columns(text, columns);
  RC_ASSERT(display_width(fitted) <= columns);
  RC_ASSERT(display_width(text) > columns || fitted == text);
}

}  // namespace
}  // namespace strandbus

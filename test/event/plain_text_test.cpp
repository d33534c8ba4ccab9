#include "event/plain_text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace strandbus::detail {
namespace {

TEST(PlainText, EveryByteIsSeenAtEveryPlace) {
  for (int byte = 0; byte < 256; ++byte) {
    const bool plain = byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
    for (std::size_t size = 1; size < 40; ++size) {
      for (std::size_t at = 0; at < size; ++at) {
        std::string text(size, 'x');
        text[at] = static_cast<char>(byte);
        ASSERT_EQ(plain_size(text), plain ? size : at) << byte << " of " << size;
      }
    }
  }
}

TEST(PlainText, ValidUtf8IsPlain) {
  for (const std::string_view piece : {"é", "€", "😀", "\xF4\x8F\xBF\xBF", "é€😀"}) {
    for (std::size_t before = 0; before < 20; ++before) {
      const std::string text = std::string(before, 'x') + std::string(piece) + "yes\"no";
      EXPECT_EQ(plain_size(text), text.size() - 3) << text;
    }
  }
}

TEST(PlainText, InvalidUtf8IsNot) {
  for (const std::string_view piece : {"\xFF", "\x80", "\xC0\xAF", "\xED\xA0\x80", "\xE2\x82"}) {
    for (std::size_t before = 0; before < 20; ++before) {
      const std::string good = std::string(before, 'x') + "é";
      EXPECT_EQ(plain_size(good + std::string(piece)), good.size());
      EXPECT_EQ(plain_size(good + std::string(piece) + "more text behind it"), good.size());
    }
  }
}

TEST(PlainText, AnEmptyTextHasNone) { EXPECT_EQ(plain_size({}), 0U); }

}  // namespace
}  // namespace strandbus::detail

#include "server/accept_header.hpp"

#include <gtest/gtest.h>

#include <string>

namespace strandbus {
namespace {

using detail::accepts;
using detail::holds_tag;

TEST(Accepts, WhatIsNamed) {
  for (const std::string list :
       {"text/html", "TEXT/HTML", "text/html,application/xhtml+xml,*/*;q=0.8",
        "application/json, text/html;q=0.1", " text/html ; charset=utf-8 ; q=1", "*/*,text/html"}) {
    EXPECT_TRUE(accepts(list, "text/html")) << list;
  }
  EXPECT_TRUE(accepts("gzip, deflate, br", "gzip"));
  EXPECT_TRUE(accepts("br;q=1.0, gzip;q=0.001", "gzip"));
}

TEST(Accepts, NothingElse) {
  for (const std::string list :
       {"", "*/*", "text/*", "text/htmlx", "xtext/html", "text / html", "text/html;q=0",
        "text/html;q=0.0", "text/html; Q=0.000", "application/json;x=text/html", ",,;,", ";q=1"}) {
    EXPECT_FALSE(accepts(list, "text/html")) << list;
  }
  EXPECT_FALSE(accepts("gzip;q=0, *", "gzip"));
}

TEST(HoldsTag, WhatIsListed) {
  EXPECT_TRUE(holds_tag("\"a\"", "\"a\""));
  EXPECT_TRUE(holds_tag("\"b\", W/\"a\"", "\"a\""));
  EXPECT_TRUE(holds_tag("*", "\"a\""));
  EXPECT_FALSE(holds_tag("", "\"a\""));
  EXPECT_FALSE(holds_tag("a", "\"a\""));
  EXPECT_FALSE(holds_tag("\"ab\",\"b", "\"a\""));
}

}  // namespace
}  // namespace strandbus

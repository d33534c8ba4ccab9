#include "tools/glob.hpp"

#include <gtest/gtest.h>

#include <string>

namespace strandbus::detail {
namespace {

bool matches(std::string_view pattern, std::string_view path) {
  const auto glob = Glob::compile(pattern);
  if (!glob) throw std::runtime_error(glob.error().message);
  return glob->matches(path);
}

TEST(Glob, WithoutASlashIsAboutTheName) {
  EXPECT_TRUE(matches("*.cpp", "a.cpp"));
  EXPECT_TRUE(matches("*.cpp", "src/deep/a.cpp"));
  EXPECT_FALSE(matches("*.cpp", "a.cpp/b"));
  EXPECT_FALSE(matches("*.cpp", "a.cppx"));
  EXPECT_TRUE(matches("*", "src/a"));
  EXPECT_TRUE(matches("Makefile", "sub/Makefile"));
}

TEST(Glob, WithASlashIsAboutTheWholePath) {
  EXPECT_TRUE(matches("src/*.cpp", "src/a.cpp"));
  EXPECT_FALSE(matches("src/*.cpp", "src/deep/a.cpp"));
  EXPECT_FALSE(matches("src/*.cpp", "x/src/a.cpp"));
  EXPECT_TRUE(matches("./src/*", "src/a"));
}

TEST(Glob, StarsTwiceAreAnyNumberOfDirectories) {
  for (const char* path : {"a.cpp", "x/a.cpp", "x/y/z/a.cpp"})
    EXPECT_TRUE(matches("**/*.cpp", path)) << path;
  for (const char* path : {"src/a", "src/x/a", "src/x/y/a"}) {
    EXPECT_TRUE(matches("src/**/a", path)) << path;
    EXPECT_TRUE(matches("src/**", path)) << path;
    EXPECT_TRUE(matches("**", path)) << path;
  }
  EXPECT_FALSE(matches("src/**/a", "src/xa"));
  EXPECT_FALSE(matches("src/**", "srcs/a"));
  EXPECT_FALSE(matches("**/a", "ba"));
  EXPECT_TRUE(matches("a**b", "axxb")) << "not a whole component: like one star";
}

TEST(Glob, KnowsCharactersSetsAndEscapes) {
  EXPECT_TRUE(matches("?.c", "a.c"));
  EXPECT_TRUE(matches("?.c", "\xE6\x97\xA5.c"));
  EXPECT_FALSE(matches("?.c", ".c"));
  EXPECT_TRUE(matches("[a-c]x", "bx"));
  EXPECT_FALSE(matches("[!a-c]x", "bx"));
  EXPECT_TRUE(matches("[^a-c]x", "dx"));
  EXPECT_TRUE(matches("[]x]", "]"));
  EXPECT_TRUE(matches("[a-]", "-"));
  EXPECT_TRUE(matches("a[b", "a[b"));
  EXPECT_TRUE(matches("\\*", "*"));
  EXPECT_FALSE(matches("\\*", "a"));
  EXPECT_FALSE(matches("x/[!a]/y", "x///y"));
}

TEST(Glob, KnowsAlternatives) {
  EXPECT_TRUE(matches("*.{hpp,cpp}", "a.cpp"));
  EXPECT_TRUE(matches("*.{h,c}{pp,}", "a.h"));
  EXPECT_TRUE(matches("{src,test/{a,b}}/*", "test/b/x"));
  EXPECT_FALSE(matches("*.{hpp,cpp}", "a.hcpp"));
  EXPECT_TRUE(matches("{a", "{a"));
  EXPECT_TRUE(matches("\\{a,b}", "{a,b}"));
}

TEST(Glob, RefusesWhatIsTooMuch) {
  EXPECT_FALSE(Glob::compile(""));
  EXPECT_FALSE(Glob::compile(std::string(1025, '*')));
  EXPECT_TRUE(Glob::compile("{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}"));
  EXPECT_FALSE(Glob::compile("{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}"));
}

TEST(Glob, IsNeverSlow) {
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "*a**/";
  EXPECT_FALSE(matches(pattern + "b", std::string(4000, 'a')));
}

}  // namespace
}  // namespace strandbus::detail

#include "agent/path_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace strandbus::detail {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::vector<std::string> roots{"/srv/work", "/alias"};

std::string fault(std::string_view path) {
  const auto result = read_given_path(path, roots);
  return result ? "none" : to_string(result.error());
}

std::vector<std::string> components(std::string_view path) {
  const auto result = read_given_path(path, roots);
  return result ? result->components : std::vector<std::string>{"refused"};
}

TEST(PathRules, TakeAPathApart) {
  EXPECT_THAT(components("a/b.txt"), ElementsAre("a", "b.txt"));
  EXPECT_THAT(components("./a//./b.txt"), ElementsAre("a", "b.txt"));
  EXPECT_THAT(components("a/../b"), ElementsAre("a", "..", "b"));
  EXPECT_THAT(components("..."), ElementsAre("..."));
  EXPECT_THAT(components("."), IsEmpty());
  EXPECT_THAT(components("a/~"), ElementsAre("a", "~"));
  EXPECT_THAT(components("./~"), ElementsAre("~"));
}

TEST(PathRules, TakeAnAbsolutePathBelowTheRootAsRelative) {
  EXPECT_THAT(components("/srv/work/a"), ElementsAre("a"));
  EXPECT_THAT(components("/srv//./work/./a"), ElementsAre("a"));
  EXPECT_THAT(components("/alias/a"), ElementsAre("a"));
  EXPECT_THAT(components("/srv/work"), IsEmpty());
  EXPECT_THAT(components("/srv/work/../x"), ElementsAre("..", "x"));
  for (const char* path : {"/", "/srv", "/srv/workers", "/srv/wor", "/srv/../srv/work/a", "//etc",
                           "/etc/passwd", "/Srv/work/a"})
    EXPECT_EQ(fault(path), "outside_workspace") << path;
}

TEST(PathRules, KnowARootThatIsTheWholeSystem) {
  const std::vector<std::string> whole{"/"};
  EXPECT_THAT(read_given_path("/etc/passwd", whole)->components, ElementsAre("etc", "passwd"));
}

TEST(PathRules, TellADirectoryByItsEnd) {
  for (const char* path : {"a/", "a//", "a/.", "a/..", ".", "..", "./", "/srv/work", "/srv/work/"})
    EXPECT_TRUE(read_given_path(path, roots)->directory) << path;
  for (const char* path : {"a", "a/b", "./a", "../a", "a/...", "/srv/work/a"})
    EXPECT_FALSE(read_given_path(path, roots)->directory) << path;
}

TEST(PathRules, RefuseWhatNoPathMayBe) {
  EXPECT_EQ(fault(""), "empty_path");
  EXPECT_EQ(fault(std::string_view("a\0b", 3)), "malformed");
  EXPECT_EQ(fault(std::string_view("\0", 1)), "malformed");
  EXPECT_EQ(fault("a\xFF"), "malformed");
  EXPECT_EQ(fault("\xC0\xAE\xC0\xAE/x"), "malformed") << "overlong dots";
  EXPECT_EQ(fault("\xED\xA0\x80"), "malformed") << "a surrogate";
  EXPECT_EQ(fault("~"), "home_expansion");
  EXPECT_EQ(fault("~/x"), "home_expansion");
  EXPECT_EQ(fault("~root/x"), "home_expansion");
}

TEST(PathRules, KnowHowLongAPathMayBe) {
  EXPECT_EQ(fault(std::string(255, 'n')), "none");
  EXPECT_EQ(fault(std::string(256, 'n')), "too_long");
  std::string longest;
  while (longest.size() < 4095) longest += longest.size() % 2 == 0 ? 'a' : '/';
  EXPECT_EQ(fault(longest), "none");
  EXPECT_EQ(fault(longest + "b"), "too_long");
}

TEST(PathRules, TakeATildeInALinkAsALetter) {
  EXPECT_THAT(read_link_target("~/x", roots)->components, ElementsAre("~", "x"));
}

TEST(PathRules, CompareNamesWithoutRegardToAsciiCase) {
  const std::vector<std::string> names{".git"};
  for (const char* name : {".git", ".GIT", ".gIt"}) EXPECT_TRUE(is_one_of(name, names)) << name;
  for (const char* name : {".gitignore", "git", ".gi", "", ".g\xC4\xB1t"})
    EXPECT_FALSE(is_one_of(name, names)) << name;
}

TEST(PathErrors, NameThePathWhatIsWrongAndWhatToDo) {
  EXPECT_EQ(path_error(PathFault::outside_workspace, "../x").message,
            "the path \"../x\" leads outside of the workspace; name a file inside it");
  EXPECT_EQ(error_code_of(PathFault::outside_workspace), ErrorCode::E_PERMISSIONS);
  EXPECT_EQ(error_code_of(PathFault::home_expansion), ErrorCode::E_PERMISSIONS);
  EXPECT_EQ(error_code_of(PathFault::empty_path), ErrorCode::E_VALIDATION);
  EXPECT_EQ(error_code_of(PathFault::not_found), ErrorCode::E_NOT_FOUND);
  EXPECT_EQ(error_code_of(PathFault::io_error), ErrorCode::none);
}

TEST(PathErrors, CutALongPath) {
  const std::string shown = shown_path(std::string(199, 'a') + "\xC3\xA4" + std::string(500, 'b'));
  EXPECT_LT(shown.size(), 250U);
  EXPECT_EQ(shown.substr(200), "\xEF\xBF\xBD…\"");
}

}  // namespace
}  // namespace strandbus::detail

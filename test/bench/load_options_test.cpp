#include "load/options.hpp"

#include <gmock/gmock.h>

#include <stdexcept>

namespace strandbus::load {
namespace {

using ::testing::HasSubstr;

std::string problem(const std::vector<std::string>& arguments) {
  try {
    read_options(arguments);
  } catch (const std::invalid_argument& wrong) {
    return wrong.what();
  }
  return "";
}

TEST(LoadOptions, AreTaken) {
  const Options options =
      read_options({"--program", "p", "--nginx", "", "--streams", "7", "--worst-ratio", "2.5"});
  EXPECT_EQ(options.program, "p");
  EXPECT_EQ(options.nginx, "");
  EXPECT_EQ(options.streams, 7U);
  EXPECT_EQ(options.worst_ratio, 2.5);
}

TEST(LoadOptions, SayWhatIsWrong) {
  EXPECT_THAT(problem({}), HasSubstr("--program"));
  EXPECT_THAT(problem({"--program"}), HasSubstr("needs a value"));
  EXPECT_THAT(problem({"--many", "1"}), HasSubstr("--many"));
  EXPECT_THAT(problem({"--streams", "-1"}), HasSubstr("'-1'"));
  EXPECT_THAT(problem({"--streams", "5x"}), HasSubstr("'5x'"));
  EXPECT_THAT(problem({"--program", "p", "--rounds", "0"}), HasSubstr("--rounds"));
}

TEST(LoadOptions, NeedADescriptorForEachReaderOfEachServer) {
  Options options;
  const std::size_t ours = descriptors_of(options);
  EXPECT_GE(ours, options.streams + options.sockets + options.slow + options.hostile);
  options.nginx = "nginx";
  EXPECT_EQ(descriptors_of(options), ours + options.streams);
}

}  // namespace
}  // namespace strandbus::load

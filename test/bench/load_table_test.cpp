#include "load/load_run.hpp"

#include <gmock/gmock.h>

namespace strandbus::load {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::size_t mebibyte = std::size_t{1024} * 1024;

LoadFigures good_figures() {
  LoadFigures figures;
  figures.alone.p99_ms = 10;
  figures.beside.p99_ms = 20;
  figures.start.proportional_bytes = 20 * mebibyte;
  figures.peak.proportional_bytes = 220 * mebibyte;
  figures.end.proportional_bytes = 60 * mebibyte;
  figures.start.descriptors = 20;
  figures.peak.descriptors = 6020;
  figures.end.descriptors = 20;
  return figures;
}

TEST(LoadBounds, HoldWhenEverythingIsGivenBack) {
  EXPECT_THAT(broken_bounds({}, good_figures()), IsEmpty());
}

TEST(LoadBounds, AreBrokenByOthersThatSlowReadersDown) {
  LoadFigures figures = good_figures();
  figures.beside.p99_ms = 21;
  EXPECT_THAT(broken_bounds({}, figures), ElementsAre(HasSubstr("2.10 times")));
  Options any;
  any.worst_ratio = 0;
  EXPECT_THAT(broken_bounds(any, figures), IsEmpty());
}

TEST(LoadBounds, AreBrokenByOneDescriptor) {
  LoadFigures figures = good_figures();
  figures.end.descriptors = 21;
  EXPECT_THAT(broken_bounds({}, figures), ElementsAre(HasSubstr("descriptors")));
}

TEST(LoadBounds, AreBrokenByMemoryThatIsKept) {
  LoadFigures figures = good_figures();
  figures.end.proportional_bytes = 200 * mebibyte;
  EXPECT_THAT(broken_bounds({}, figures), ElementsAre(HasSubstr("kept 200.0 MiB")));
}

TEST(LoadTable, HasNchanOnlyWhereItWasMeasured) {
  LoadFigures figures = good_figures();
  EXPECT_THAT(render({}, figures), Not(HasSubstr("nchan")));
  figures.ours = {8192, {30000, 1, 2}};
  figures.nchan = StreamFigures{4096, {10000, 1, 2}};
  EXPECT_THAT(render({}, figures), HasSubstr("3.00 x deliveries of nchan"));
  EXPECT_THAT(render({}, figures), HasSubstr("2.00 x memory of nchan"));
}

}  // namespace
}  // namespace strandbus::load

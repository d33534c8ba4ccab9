#include "strandbus/event/json_codec.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace strandbus {
namespace {

// The fuzzer's corpus is only worth something while its good files are accepted.
TEST(JsonCorpus, OnlyFilesNamedBadAreRefused) {
  const std::filesystem::path folder = STRANDBUS_SOURCE_DIR "/test/fuzz/corpus/event_json";
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto event = from_json(text);
    const bool bad = entry.path().filename().string().starts_with("bad_");
    EXPECT_EQ(event.has_error(), bad) << entry.path() << (bad ? "" : event.error().message);
    ++files;
  }
  EXPECT_GE(files, 20);
}

}  // namespace
}  // namespace strandbus

#include "sink/printed.hpp"
#include "sink/scenes.hpp"
#include "sink/screen.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

// golden/<scene>.<width>.txt holds what the printer writes of a scene. With
// STRANDBUS_UPDATE_GOLDEN=1 in the environment the files are written instead of compared; read the
// difference before committing.

namespace strandbus::testing {
namespace {

/// The bytes as they can be read in a file: \e is the escape character, \r a carriage return.
std::string readable(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\x1b') {
      result += "\\e";
    } else if (c == '\r') {
      result += "\\r";
    } else {
      result += c;
    }
  }
  if (!result.empty() && result.back() != '\n') result += "\\\n";
  return result;
}

void append_section(std::string& file, std::string_view title, std::string_view text) {
  file.append("=== ").append(title).append("\n").append(readable(text));
}

std::string golden_text(const std::vector<StreamEvent>& events, int width) {
  std::string file;
  for (const PrintTarget target : {PrintTarget::terminal, PrintTarget::pipe}) {
    for (const PrintColour colour : {PrintColour::never, PrintColour::always}) {
      CliPrinterOptions options;
      options.target = target;
      options.colour = options.error_colour = colour;
      options.width = width;
      options.status_hint = "Ctrl-C stops";
      const Printed printed = print(options, events);
      std::string title = target == PrintTarget::terminal ? "terminal" : "pipe";
      if (colour == PrintColour::always) title += ", colour";
      if (target == PrintTarget::terminal && colour == PrintColour::never) {
        Screen screen(width);
        screen.write(printed.both);
        append_section(file, title + ": what is seen in the end", screen.text());
      }
      append_section(file, title + ": standard output", printed.out);
      append_section(file, title + ": standard error", printed.err);
    }
  }
  return file;
}

std::string read(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

/// The first line in which the texts differ, as it is and as it should be.
std::string difference(std::string_view expected, std::string_view actual) {
  const auto line_at = [](std::string_view text, std::size_t begin) {
    return begin < text.size() ? text.substr(begin, text.find('\n', begin) - begin) : "(end)";
  };
  const auto [a, b] = std::ranges::mismatch(expected, actual);
  const auto equal = static_cast<std::size_t>(a - expected.begin());
  const std::size_t newline = equal == 0 ? 0 : expected.rfind('\n', equal - 1) + 1;
  std::string text =
      "line " + std::to_string(1 + std::ranges::count(expected.substr(0, newline), '\n'));
  text.append("\n  file:    ").append(line_at(expected, newline));
  text.append("\n  printer: ").append(line_at(actual, newline));
  return text;
}

class Golden : public ::testing::TestWithParam<std::tuple<std::size_t, int>> {};

TEST_P(Golden, FileIsWhatThePrinterWrites) {
  const auto [index, width] = GetParam();
  const Scene& scene = scenes()[index];
  const std::string name = std::string(scene.name) + "." + std::to_string(width) + ".txt";
  const auto path = std::filesystem::path(STRANDBUS_SOURCE_DIR) / "test/sink/golden" / name;
  const std::string text = golden_text(scene.events(), width);
  if (std::getenv("STRANDBUS_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << text;
  }
  const std::string golden = read(path);
  EXPECT_TRUE(golden == text) << name << ", " << difference(golden, text)
                              << "\nIf this is meant: STRANDBUS_UPDATE_GOLDEN=1";
}

INSTANTIATE_TEST_SUITE_P(Printer, Golden,
                         ::testing::Combine(::testing::Range<std::size_t>(0, scenes().size()),
                                            ::testing::Values(40, 80, 200)),
                         [](const auto& test) {
                           return std::string(scenes()[std::get<0>(test.param)].name) + "_" +
                                  std::to_string(std::get<1>(test.param));
                         });

}  // namespace
}  // namespace strandbus::testing

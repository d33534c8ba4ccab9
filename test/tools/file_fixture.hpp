#pragma once

#include "strandbus/tools/file_tools.hpp"
#include "support/temporary_directory.hpp"
#include "tools/tool_harness.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strandbus::test {

/// The file tools on a workspace of their own, and one conversation that uses them.
class FileToolsTest : public ::testing::Test {
 protected:
  /// Before the first call, for other options than the default ones.
  void use(FileToolOptions options) {
    tools_ = ToolRegistry(ToolRegistryOptions{.threads = 2, .executor = {}});
    add_file_tools(tools_, std::make_shared<Workspace>(harness_.workspace.path()), options);
  }

  void SetUp() override { use({}); }

  ToolResult call(std::string_view tool, json::object arguments) {
    const auto under_way = harness_.start(*tools_.find(tool), std::move(arguments));
    under_way->context.reads = reads_;
    harness_.run_until([&] { return under_way->outcome.done; });
    return under_way->outcome.result;
  }

  ToolResult read(std::string_view path) { return call("read_file", {{"path", path}}); }
  ToolResult write(std::string_view path, std::string_view content) {
    return call("write_file", {{"path", path}, {"content", content}});
  }
  ToolResult edit(std::string_view path, std::string_view old_text, std::string_view new_text) {
    return call("edit_file", {{"path", path}, {"old_text", old_text}, {"new_text", new_text}});
  }

  /// Makes a file behind the back of the tools.
  void put(std::string_view name, std::string_view content) const {
    const std::filesystem::path file = harness_.workspace.path() / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << content;
  }
  std::string content(std::string_view name) const {
    return testing::read_file((harness_.workspace.path() / name).string());
  }
  bool exists(std::string_view name) const {
    return std::filesystem::exists(harness_.workspace.path() / name);
  }

  /// Everything that was published about files, as text.
  std::vector<std::string> events() const {
    std::vector<std::string> found;
    for (const StreamEvent& event : harness_.events()) {
      if (const auto* p = event.get_if<FileCreated>()) {
        found.push_back("created " + p->path + " size " + std::to_string(p->size) + " lines " +
                        std::to_string(p->line_count));
      } else if (const auto* q = event.get_if<FileModified>()) {
        found.push_back("modified " + q->path + " size " + std::to_string(q->old_size) + " -> " +
                        std::to_string(q->new_size) + " lines " + std::to_string(q->line_count));
      } else if (const auto* r = event.get_if<FileDeleted>()) {
        found.push_back("deleted " + r->path);
      } else {
        found.emplace_back(event.wire_type());
      }
    }
    return found;
  }

  std::shared_ptr<ReadRecord> reads_ = std::make_shared<ReadRecord>();
  ToolHarness harness_;
  ToolRegistry tools_;
};

/// The code of a failure by its name; "none" without one.
inline std::string code_of(const ToolResult& result) {
  return std::string(result.error_code ? to_string(*result.error_code) : "none");
}

}  // namespace strandbus::test

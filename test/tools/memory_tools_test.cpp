#include "strandbus/tools/memory_tools.hpp"

#include "strandbus/event/agent_payloads.hpp"
#include "tools/tool_harness.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <stdexcept>

namespace strandbus {
namespace {

/// A memory of this process.
class PlainMemory final : public Memory {
 public:
  const std::string& name() const noexcept override { return name_; }

  MemoryResult<void> store(std::string_view key, std::string_view text) override {
    if (broken) return MemoryError(MemoryFault::failed, "the store is broken");
    if (!is_memory_key(key)) return MemoryError(MemoryFault::bad_key, "no key");
    texts[std::string(key)] = text;
    return {};
  }
  MemoryResult<std::string> read(std::string_view key) const override {
    const auto found = texts.find(std::string(key));
    if (found == texts.end()) return MemoryError(MemoryFault::not_found, "nothing there");
    return found->second;
  }
  MemoryResult<std::vector<MemoryEntry>> list() const override {
    if (broken) return MemoryError(MemoryFault::denied, "the store is closed to you");
    std::vector<MemoryEntry> entries;
    for (const auto& [key, text] : texts)
      entries.push_back({key, static_cast<std::int64_t>(text.size())});
    return entries;
  }
  MemoryResult<void> remove(std::string_view key) override {
    if (texts.erase(std::string(key)) == 0)
      return MemoryError(MemoryFault::not_found, "nothing there");
    return {};
  }

  std::map<std::string, std::string> texts;
  bool broken = false;

 private:
  const std::string name_ = "plain";
};

class MemoryTools : public ::testing::Test {
 protected:
  MemoryTools() { add_memory_tools(tools_, memory_, {.max_listed = 2}); }

  ToolResult call(std::string_view tool, json::object arguments) {
    return harness_.run(*tools_.find(tool), std::move(arguments)).result;
  }

  std::shared_ptr<PlainMemory> memory_ = std::make_shared<PlainMemory>();
  test::ToolHarness harness_;
  ToolRegistry tools_{ToolRegistryOptions{.threads = 1, .executor = {}}};
};

TEST_F(MemoryTools, KeepReadListAndRemoveTexts) {
  EXPECT_EQ(call("memory_list", {}).output, "the memory is empty");
  EXPECT_EQ(call("memory_write", {{"key", "a"}, {"text", "note"}}).output, "kept 4 bytes under a");
  EXPECT_EQ(memory_->texts.at("a"), "note");
  EXPECT_EQ(call("memory_read", {{"key", "a"}}).output, "note");
  EXPECT_EQ(call("memory_list", {}).output, "a, 4 bytes");
  EXPECT_EQ(call("memory_delete", {{"key", "a"}}).output, "removed a");
  EXPECT_TRUE(memory_->texts.empty());
}

TEST_F(MemoryTools, PublishEachChangeAndNothingElse) {
  call("memory_write", {{"key", "a"}, {"text", "note"}});
  call("memory_read", {{"key", "a"}});
  call("memory_list", {});
  call("memory_delete", {{"key", "a"}});
  call("memory_delete", {{"key", "a"}});
  const auto written = harness_.payloads<MemoryWritten>();
  ASSERT_EQ(written.size(), 2U);
  EXPECT_EQ(written[0].store, "plain");
  EXPECT_EQ(written[0].key, "a");
  EXPECT_EQ(written[0].size, 4);
  EXPECT_EQ(written[1].size, 0) << "it was removed";
  EXPECT_EQ(harness_.events().size(), 2U);
}

TEST_F(MemoryTools, ListWhatBeginsWithAPrefixAndSayHowMuchIsMissing) {
  memory_->texts = {{"a.1", "x"}, {"a.2", "xx"}, {"a.3", ""}, {"b", "x"}};
  EXPECT_EQ(call("memory_list", {{"prefix", "b"}}).output, "b, 1 byte");
  EXPECT_EQ(call("memory_list", {{"prefix", "a."}}).output,
            "a.1, 1 byte\na.2, 2 bytes\n[1 more; say in prefix how a key begins to see fewer]");
  EXPECT_EQ(call("memory_list", {{"prefix", "c"}}).output, "no key begins with this prefix");
}

TEST_F(MemoryTools, FailWithTheCodeOfTheFault) {
  const ToolResult missing = call("memory_read", {{"key", "a"}});
  EXPECT_EQ(missing.error_code, ErrorCode::E_NOT_FOUND);
  EXPECT_EQ(missing.error, "nothing there; memory_list names the keys that there are");
  EXPECT_EQ(call("memory_write", {{"key", "../a"}, {"text", "x"}}).error_code,
            ErrorCode::E_VALIDATION);
  memory_->broken = true;
  const ToolResult broken = call("memory_write", {{"key", "a"}, {"text", "x"}});
  EXPECT_EQ(broken.error, "the store is broken");
  EXPECT_EQ(broken.error_code, std::nullopt);
  EXPECT_EQ(call("memory_list", {}).error_code, ErrorCode::E_PERMISSIONS);
  EXPECT_TRUE(harness_.events().empty());
}

TEST_F(MemoryTools, ChangeNothingOnceTheirCallHasEnded) {
  const auto call = harness_.start(*tools_.find("memory_write"), {{"key", "a"}, {"text", "x"}});
  call->context.close();
  harness_.run_until([&] { return call->outcome.done; });
  EXPECT_FALSE(call->outcome.result.success);
  EXPECT_TRUE(memory_->texts.empty());
}

TEST(AddMemoryTools, RefusesWhatCannotBe) {
  ToolRegistry tools;
  EXPECT_THROW(add_memory_tools(tools, nullptr), std::invalid_argument);
  EXPECT_THROW(add_memory_tools(tools, std::make_shared<PlainMemory>(), {.max_listed = 0}),
               std::invalid_argument);
  EXPECT_TRUE(tools.empty());
}

}  // namespace
}  // namespace strandbus

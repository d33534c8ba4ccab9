#include "agent/compaction_plan.hpp"

#include "agent/compaction_breaker.hpp"
#include "agent/compaction_text.hpp"
#include "printed_seed.hpp"
#include "strandbus/agent/tool_result.hpp"

#include <boost/json/parse.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace strandbus::detail {
namespace {

using Indices = std::vector<std::size_t>;

/// A conversation that is written down message by message.
class Talk {
 public:
  Talk& says(Role role, std::string content) {
    Message message;
    message.id = "msg_" + std::to_string(messages.size());
    message.role = role;
    message.content = std::move(content);
    messages.push_back(std::move(message));
    return *this;
  }
  Talk& user(std::string content) { return says(Role::user, std::move(content)); }
  Talk& assistant(std::string content) { return says(Role::assistant, std::move(content)); }
  /// An assistant message that calls a tool once for each answer, and the answers.
  Talk& calls(const std::vector<std::string>& answers, std::string content = {}) {
    assistant(std::move(content));
    const std::size_t asking = messages.size() - 1;
    for (std::size_t i = 0; i < answers.size(); ++i) {
      ToolCall call;
      call.call_id = "call_" + std::to_string(asking) + "_" + std::to_string(i);
      call.tool_name = "read_file";
      call.arguments = json::parse(R"({"path":"a.txt"})");
      messages[asking].tool_calls.push_back(call);
      says(Role::tool, answers[i]);
      messages.back().tool_call_id = call.call_id;
    }
    return *this;
  }

  std::vector<Message> messages;
};

const std::string long_text(400, 'x');

std::optional<CompactionPlan> plan(const Talk& talk, std::int64_t keep_turns = 2) {
  CompactionOptions options;
  options.keep_turns = keep_turns;
  return plan_compaction(talk.messages, options);
}

TEST(EstimateTokens, CountsOneForFourBytesOfTextsAndCalls) {
  Talk talk;
  talk.user("12345678").calls({"1234"}, "1234");
  // read_file {"path":"a.txt"}: 9 + 16 bytes
  EXPECT_EQ(estimate_tokens(talk.messages, ""), (8 + 4 + 25 + 4 + 3) / 4);
  EXPECT_EQ(estimate_tokens({}, "12345"), 2);
  EXPECT_EQ(estimate_tokens({}, ""), 0);
}

TEST(EstimateTokens, LeavesOutWhatAProviderKeepsForItself) {
  Talk talk;
  talk.assistant("1234");
  talk.messages[0].provider_data = json::parse(R"({"signature":"a very long one"})");
  EXPECT_EQ(estimate_tokens(talk.messages, ""), 1);
}

TEST(CompactionDue, IsSaidFromTheThresholdOn) {
  const CompactionOptions options{.context_window = 1000, .threshold = 0.5};
  EXPECT_FALSE(compaction_due(499, options));
  EXPECT_TRUE(compaction_due(500, options));
}

TEST(CompactionDue, IsNeverSaidOfAnUnknownWindow) {
  EXPECT_FALSE(compaction_due(1'000'000'000, CompactionOptions{}));
}

TEST(CompactionOptions, ThatMakeNoSenseAreRefused) {
  const auto refusal = [](const CompactionOptions& options) -> std::string {
    try {
      require_valid(options);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_EQ(refusal({}), "accepted");
  EXPECT_EQ(refusal({.context_window = -1}),
            "CompactionOptions::context_window is -1: it must be 0 (unknown) or more");
  EXPECT_EQ(refusal({.threshold = 1.5}),
            "CompactionOptions::threshold is 1.500000: it must be more than 0 and at most 1");
  EXPECT_NE(refusal({.threshold = 0}), "accepted");
  EXPECT_EQ(refusal({.keep_turns = 0}),
            "CompactionOptions::keep_turns is 0: it must be at least 1");
  EXPECT_EQ(refusal({.max_failures = 0}),
            "CompactionOptions::max_failures is 0: it must be at least 1");
  EXPECT_EQ(refusal({.max_tool_output_bytes = -5}),
            "CompactionOptions::max_tool_output_bytes is -5: it must be 0 or more");
  EXPECT_EQ(refusal({.prompt = ""}), "CompactionOptions::prompt is empty: it must be a text");
}

TEST(CompactionPlan, KeepsTheLastTurns) {
  Talk talk;
  talk.user(long_text)
      .calls({long_text, "b"})
      .calls({"c"})
      .user("more")
      .user("still")
      .assistant("d");
  const auto two = plan(talk, 2);
  ASSERT_TRUE(two);
  EXPECT_EQ(two->summarised, (Indices{0, 1, 2, 3}));
  EXPECT_EQ(two->kept, (Indices{4, 5, 6, 7, 8}));
  EXPECT_EQ(two->tokens_before, estimate_tokens(talk.messages, ""));
  const auto one = plan(talk, 1);
  ASSERT_TRUE(one);
  EXPECT_EQ(one->kept, (Indices{6, 7, 8})) << "what the user says belongs to the answer";
}

TEST(CompactionPlan, TakesAUserMessageWithoutAnAnswerAsATurn) {
  Talk talk;
  talk.user(long_text).assistant("a").user("b");
  const auto found = plan(talk, 1);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->kept, Indices{2});
}

TEST(CompactionPlan, IsNoneWithoutOlderTurns) {
  EXPECT_FALSE(plan({}));
  EXPECT_FALSE(plan(Talk().user(long_text)));
  EXPECT_FALSE(plan(Talk().user(long_text).calls({long_text}).calls({long_text}), 2));
  EXPECT_TRUE(plan(Talk().user(long_text).calls({long_text}).calls({long_text}), 1));
}

TEST(CompactionPlan, IsNoneForALittleText) {
  EXPECT_FALSE(plan(Talk().user("a").assistant("b").user("c").assistant("d"), 1));
}

TEST(CompactionPlan, KeepsSystemMessages) {
  Talk talk;
  talk.says(Role::system, long_text)
      .user(long_text)
      .assistant("a")
      .says(Role::system, "s")
      .user("b");
  const auto found = plan(talk, 1);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->summarised, (Indices{1, 2}));
  EXPECT_EQ(found->kept, (Indices{0, 3, 4}));
}

TEST(CompactionPlan, KeepsTheLatestFailedCallsThatFit) {
  const std::string failed = ToolResult::failure(ErrorCode::E_NOT_FOUND, long_text).model_text();
  Talk talk;
  talk.user(long_text).calls({failed}).calls({"a"}).calls({"b", failed}).calls({"c"});
  talk.user(std::string(2400, 'y')).assistant("d");  // a quarter: 150 tokens, for one of them
  const auto found = plan(talk, 1);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->summarised, (Indices{0, 1, 2, 3, 4, 8, 9}));
  EXPECT_EQ(found->kept, (Indices{5, 6, 7, 10, 11}));
}

TEST(CompactionPlan, KeepsNoFailedCallThatIsTooLarge) {
  const std::string failed = ToolResult::failure(long_text).model_text();
  Talk talk;
  talk.user(long_text).calls({failed}).user("y").assistant("d");
  const auto found = plan(talk, 1);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->kept, (Indices{3, 4}));
}

TEST(CompactionPlan, SummarisesAnEarlierSummaryAgain) {
  Talk talk;
  talk.user(long_text).assistant(long_text).user("a").assistant("b");
  const auto first = plan(talk, 1);
  ASSERT_TRUE(first);
  Talk shorter;
  shorter.messages = compacted(talk.messages, *first, long_text);
  ASSERT_TRUE(is_summary(shorter.messages[0]));
  shorter.user("c").assistant("d");
  const auto second = plan(shorter, 1);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->summarised, (Indices{0, 1, 2}));
}

TEST(CompactionPlan, IsNoneForNothingButAnEarlierSummary) {
  Talk talk;
  talk.user(long_text).assistant(long_text).calls({"a"});
  const auto first = plan(talk, 1);
  ASSERT_TRUE(first);
  const auto shorter = compacted(talk.messages, *first, long_text + long_text);
  Talk again;
  again.messages.push_back(shorter[0]);
  again.says(Role::system, "s").calls({"a"});
  EXPECT_FALSE(plan(again, 1));
}

TEST(CompactionPlan, RecognisesFailedAnswers) {
  const auto failed = [](std::string text, Role role = Role::tool) {
    return is_failed_answer(Talk().says(role, std::move(text)).messages[0]);
  };
  EXPECT_TRUE(failed(ToolResult::failure("no").model_text()));
  EXPECT_TRUE(failed(ToolResult::failure(ErrorCode::E_TIMEOUT, "no").model_text()));
  EXPECT_TRUE(failed(ToolResult::failure("").with_output("x").model_text()));
  EXPECT_TRUE(failed("E_CONFIRMED_DENY: no"));
  EXPECT_FALSE(failed(ToolResult::ok("Errors: 0").model_text()));
  EXPECT_FALSE(failed("E_notes: x"));
  EXPECT_FALSE(failed("E_NOTE and more: x"));
  EXPECT_FALSE(failed(""));
  EXPECT_FALSE(failed("Error: x", Role::user));
}

TEST(CompactedConversation, BeginsWithTheSummary) {
  Talk talk;
  talk.user(long_text).calls({"a"}).user("b").assistant("c");
  const auto found = plan(talk, 1);
  ASSERT_TRUE(found);
  const auto shorter = compacted(talk.messages, *found, "what was said");
  ASSERT_EQ(shorter.size(), 3U);
  EXPECT_EQ(shorter[0].role, Role::user);
  EXPECT_EQ(shorter[0].content,
            "This is a summary of the conversation so far; the messages themselves were left out "
            "to save room.\n<summary>\nwhat was said\n</summary>");
  EXPECT_TRUE(shorter[0].id.starts_with("msg_"));
  EXPECT_NE(shorter[0].id, compacted(talk.messages, *found, "")[0].id);
  EXPECT_EQ(shorter[1].content, "b");
  EXPECT_EQ(shorter[2].content, "c");
}

TEST(TextToSummarise, SaysWhoSpeaksAndWhatIsCalled) {
  Talk talk;
  talk.user("Fix it").calls({"one", "two"}, "I look").assistant("Done").says(Role::system, "s");
  CompactionPlan all;
  all.summarised = {0, 1, 2, 3, 4, 5};
  EXPECT_EQ(text_to_summarise(talk.messages, all, {}),
            "## User\nFix it\n\n"
            "## Assistant\nI look\n\n"
            "## Assistant calls read_file\n{\"path\":\"a.txt\"}\n\n"
            "## Assistant calls read_file\n{\"path\":\"a.txt\"}\n\n"
            "## Answer of read_file\none\n\n"
            "## Answer of read_file\ntwo\n\n"
            "## Assistant\nDone\n\n"
            "## System\ns");
}

TEST(TextToSummarise, HoldsOnlyWhatIsSummarised) {
  Talk talk;
  talk.user("a").user("b").user("c");
  CompactionPlan some;
  some.summarised = {0, 2};
  EXPECT_EQ(text_to_summarise(talk.messages, some, {}), "## User\na\n\n## User\nc");
}

TEST(TextToSummarise, NamesAnEarlierSummary) {
  CompactionPlan all;
  all.summarised = {0};
  const auto messages = compacted({}, {}, "before");
  EXPECT_TRUE(text_to_summarise(messages, all, {}).starts_with("## Earlier summary\n"));
}

TEST(TextToSummarise, LeavesOutTheMiddleOfALongOutput) {
  Talk talk;
  talk.calls({"aéé----ééb"});
  CompactionPlan all;
  all.summarised = {1};
  const auto shown = [&](std::int64_t bytes) {
    CompactionOptions options;
    options.max_tool_output_bytes = bytes;
    return text_to_summarise(talk.messages, all, options)
        .substr(std::string("## Answer of a tool\n").size());
  };
  EXPECT_EQ(shown(14), "aéé----ééb");
  EXPECT_EQ(shown(6), "aé\n[8 bytes are left out here]\néb");
  EXPECT_EQ(shown(4), "a\n[10 bytes are left out here]\néb") << "no character is cut in two";
  EXPECT_EQ(shown(0), "\n[14 bytes are left out here]\n");
}

TEST(CompactionBreaker, OpensAfterSoManyFailuresInARow) {
  CompactionBreaker breaker(2);
  EXPECT_FALSE(breaker.record_failure());
  EXPECT_FALSE(breaker.open());
  EXPECT_TRUE(breaker.record_failure());
  EXPECT_TRUE(breaker.open());
  EXPECT_FALSE(breaker.record_failure()) << "it is open already";
  EXPECT_EQ(breaker.consecutive_failures(), 3);
}

TEST(CompactionBreaker, ClosesWithASuccess) {
  CompactionBreaker breaker(2);
  breaker.record_failure();
  breaker.record_success();
  EXPECT_FALSE(breaker.record_failure());
  EXPECT_TRUE(breaker.record_failure());
  breaker.record_success();
  EXPECT_FALSE(breaker.open());
  EXPECT_EQ(breaker.consecutive_failures(), 0);
}

/// A conversation as providers accept it, and where its turns begin.
struct RandomTalk {
  explicit RandomTalk(std::uint64_t seed) : random(seed) {
    for (auto turns = random() % 15; turns > 0; --turns) {
      begins.push_back(talk.messages.size());
      const bool spoken = turns == 1 || random() % 3 == 0;
      if (spoken) talk.user(text());
      if (spoken && random() % 5 == 0) talk.user(text());
      if (turns == 1 && random() % 2 == 0) break;  // waits for its answer
      if (random() % 3 == 0) {
        talk.assistant(text());
      } else {
        std::vector<std::string> answers(1 + random() % 3);
        for (std::string& answer : answers)
          answer = random() % 4 == 0 ? ToolResult::failure(text()).model_text() : text();
        talk.calls(answers, random() % 2 == 0 ? text() : "");
      }
    }
  }

  std::string text() { return std::string(1 + random() % (random() % 4 == 0 ? 3000 : 60), 'x'); }

  std::mt19937_64 random;
  Talk talk;
  std::vector<std::size_t> begins;
};

bool same(const Message& a, const Message& b) {
  const auto id = [](const ToolCall& call) { return call.call_id; };
  return a.id == b.id && a.role == b.role && a.content == b.content &&
         a.tool_call_id == b.tool_call_id &&
         std::ranges::equal(a.tool_calls, b.tool_calls, {}, id, id);
}

/// What providers ask for: each call is answered once, right after the message that makes it.
bool is_valid(const std::vector<Message>& messages) {
  std::multiset<std::string> open;
  for (const Message& message : messages) {
    if (message.role == Role::tool) {
      const auto call = open.find(message.tool_call_id);
      if (call == open.end()) return false;
      open.erase(call);
      continue;
    }
    if (!open.empty()) return false;
    for (const ToolCall& call : message.tool_calls) open.insert(call.call_id);
  }
  return open.empty();
}

void check(RandomTalk& chat, std::size_t keep_turns) {
  const std::vector<Message>& before = chat.talk.messages;
  const auto found = plan(chat.talk, static_cast<std::int64_t>(keep_turns));
  if (!found) return;
  ASSERT_LT(keep_turns, chat.begins.size());
  Indices all = found->summarised;
  all.insert(all.end(), found->kept.begin(), found->kept.end());
  std::ranges::sort(all);
  ASSERT_EQ(all.size(), before.size());
  for (std::size_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i], i);

  const auto after = compacted(before, *found, "short");
  EXPECT_TRUE(is_valid(after));
  EXPECT_LT(estimate_tokens(after, ""), found->tokens_before);
  ASSERT_EQ(after.size(), found->kept.size() + 1);
  for (std::size_t i = 0; i < found->kept.size(); ++i)
    EXPECT_TRUE(same(after[i + 1], before[found->kept[i]]));

  const std::size_t last_turns = chat.begins[chat.begins.size() - keep_turns];
  std::vector<Message> failures;
  for (const std::size_t i : found->kept) {
    if (i < last_turns) failures.push_back(before[i]);
  }
  for (const std::size_t i : found->summarised) EXPECT_LT(i, last_turns);
  EXPECT_LE(estimate_tokens(failures, ""),
            estimate_tokens(std::span(before).subspan(last_turns), "") / 4);
  EXPECT_FALSE(text_to_summarise(before, *found, {}).empty());
}

TEST(CompactionPlan, MakesConversationsShorterAndLeavesThemValid) {
  const std::uint64_t first = test::printed_seed();
  int plans = 0;
  for (std::uint64_t round = 0; round < 500 && !testing::Test::HasFailure(); ++round) {
    SCOPED_TRACE("STRANDBUS_TEST_SEED=" + std::to_string(first + round));
    RandomTalk chat(first + round);
    ASSERT_TRUE(is_valid(chat.talk.messages));
    const std::size_t keep_turns = 1 + chat.random() % 5;
    plans += plan(chat.talk, static_cast<std::int64_t>(keep_turns)).has_value();
    check(chat, keep_turns);
  }
  EXPECT_GT(plans, 100);
}

}  // namespace
}  // namespace strandbus::detail

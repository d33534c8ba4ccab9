#include "strandbus/event/event_type.hpp"

#include "event/sample.hpp"
#include "event/vocabulary.hpp"

#include <gtest/gtest.h>

#include <set>

namespace strandbus {
namespace {

using testing::vocabulary;
using testing::VocabularyRow;

StreamEvent sample_of(EventType type) {
  testing::NamedValues values;
  StreamEvent event = testing::make_sample(type, values);
  event.set_context(std::make_shared<const RunContext>(
      RunContext{.session_id = "s1", .run_id = "r1", .agent = "coder"}));
  return event.set_turn(3);
}

TEST(EventType, TheListIsTheVocabulary) {
  std::set<std::string_view> documented;
  for (const VocabularyRow& row : vocabulary()) documented.insert(row.type);
  std::set<std::string_view> implemented;
  for (const EventType type : testing::all_event_types()) implemented.insert(to_string(type));

  EXPECT_EQ(documented, implemented);
  EXPECT_EQ(vocabulary().size(), event_type_count);
}

TEST(EventType, EveryTypeIsFoundByItsWireName) {
  for (const EventType type : testing::all_event_types()) {
    EXPECT_EQ(event_type_from(to_string(type)), type) << to_string(type);
  }
}

TEST(EventType, NamesThatAreNoTypeAreNotFound) {
  for (const std::string_view name :
       {"", "Token_delta", "token_delta ", "token", "unknown", "custo"}) {
    EXPECT_EQ(event_type_from(name), std::nullopt) << name;
  }
  for (const EventType type : testing::all_event_types()) {
    EXPECT_EQ(event_type_from(std::string(to_string(type)) + "x"), std::nullopt);
  }
}

TEST(EventType, ScopeAndStageAreThoseOfTheVocabulary) {
  for (const VocabularyRow& row : vocabulary()) {
    const auto type = event_type_from(row.type);
    ASSERT_TRUE(type) << row.type;
    EXPECT_EQ(to_string(scope_of(*type)), row.scope) << row.type;
    EXPECT_EQ(to_string(stage_of(*type)), row.stage) << row.type;
  }
}

TEST(EventType, StatusFollowsTheStage) {
  for (const VocabularyRow& row : vocabulary()) {
    const StreamEvent event = sample_of(event_type_from(row.type).value());
    std::string_view expected = row.stage;
    if (row.stage == "started" || row.stage == "progress") expected = "running";
    if (row.type == "approval_requested") expected = "pending";
    // The sample's outcome is the last enumerator.
    if (row.type == "subagent_finished") expected = "cancelled";
    if (row.type == "background_task_finished") expected = "running";  // detached
    EXPECT_EQ(to_string(event.status()), expected) << row.type;
  }
}

TEST(EventType, OnlyTheThreeEndsOfARunAreTerminal) {
  std::set<std::string_view> terminal;
  for (const EventType type : testing::all_event_types()) {
    if (sample_of(type).is_terminal()) terminal.insert(to_string(type));
  }
  EXPECT_EQ(terminal, (std::set<std::string_view>{"run_completed", "run_failed", "run_cancelled"}));
}

TEST(EventType, DeltasAreThePiecesOfSomethingWhole) {
  std::set<std::string_view> deltas;
  for (const EventType type : testing::all_event_types()) {
    if (is_delta(type)) deltas.insert(to_string(type));
  }
  EXPECT_EQ(deltas,
            (std::set<std::string_view>{"token_delta", "reasoning_delta", "structured_delta",
                                        "tool_call_delta", "tool_output", "assistant_delta"}));
}

TEST(EventType, ComponentIdFollowsTheVocabulary) {
  for (const VocabularyRow& row : vocabulary()) {
    EXPECT_EQ(sample_of(event_type_from(row.type).value()).component_id(), row.component)
        << row.type;
  }
}

}  // namespace
}  // namespace strandbus

#include "event/sample.hpp"
#include "event/vocabulary.hpp"
#include "strandbus/event/json_codec.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>

namespace strandbus {
namespace {

using testing::vocabulary;
using testing::VocabularyRow;
using Names = std::set<std::string>;

std::vector<std::string> words(std::string_view text) {
  std::istringstream in{std::string(text)};
  return {std::istream_iterator<std::string>(in), {}};
}

/// The members of a row; without the optional ones if `required_only`.
Names members_of(std::string_view row, bool required_only = false) {
  Names names;
  for (std::string name : words(row)) {
    const bool optional = name.ends_with('?');
    if (optional) name.pop_back();
    if (!optional || !required_only) names.insert(name);
  }
  return names;
}

Names keys_of(const json::value& object) {
  Names names;
  for (const auto& member : object.as_object()) names.insert(std::string(member.key()));
  return names;
}

StreamEvent sample_of(std::string_view type) {
  testing::NamedValues values;
  return testing::make_sample(event_type_from(type).value(), values);
}

json::value document_of(const StreamEvent& event) { return json::parse(to_json(event)); }

TEST(JsonVocabulary, PayloadsHaveExactlyTheDocumentedMembers) {
  for (const VocabularyRow& row : vocabulary()) {
    EXPECT_EQ(keys_of(document_of(sample_of(row.type)).at("data")), members_of(row.members))
        << row.type;
  }
}

TEST(JsonVocabulary, EmptyPayloadsHaveExactlyTheRequiredMembers) {
  for (const VocabularyRow& row : vocabulary()) {
    const StreamEvent event = testing::make_default(event_type_from(row.type).value());
    EXPECT_EQ(keys_of(document_of(event).at("data")), members_of(row.members, true)) << row.type;
  }
}

TEST(JsonVocabulary, OnlyOptionalMembersMayBeAbsent) {
  for (const VocabularyRow& row : vocabulary()) {
    const Names required = members_of(row.members, true);
    for (const std::string& name : members_of(row.members)) {
      json::value document = document_of(sample_of(row.type));
      document.at("data").as_object().erase(name);
      const auto event = from_json(json::serialize(document));
      EXPECT_EQ(event.has_error(), required.contains(name)) << row.type << ' ' << name;
      if (event.has_error()) {
        EXPECT_EQ(event.error().pointer, "/data/" + name);
      }
    }
  }
}

TEST(JsonVocabulary, NullIsRefusedWhereTheMemberIsNeitherJsonNorADouble) {
  const Names nullable{"input",      "output", "data", "arguments",
                       "parameters", "limit",  "used", "progress"};
  for (const VocabularyRow& row : vocabulary()) {
    for (const std::string& name : members_of(row.members)) {
      json::value document = document_of(sample_of(row.type));
      document.at("data").at(name) = nullptr;
      const auto event = from_json(json::serialize(document));
      // Workflows have json where runs have texts.
      const bool text = (name == "input" || name == "output") && !row.type.starts_with("workflow");
      EXPECT_EQ(event.has_value(), nullable.contains(name) && !text) << row.type << ' ' << name;
    }
  }
}

struct Nested {
  std::string_view type;
  std::string_view pointer;
  std::string_view members;
};

TEST(JsonVocabulary, NestedObjectsHaveExactlyTheDocumentedMembers) {
  constexpr std::string_view usage = "prompt completion total cached? cache_write? reasoning?";
  constexpr std::string_view message = "id role content tool_calls? tool_call_id? provider_data?";
  constexpr std::string_view tool_call = "call_id tool_name arguments";
  const std::vector<Nested> nested{
      {"turn_ended", "/data/usage", usage},
      {"run_completed", "/data/usage", usage},
      {"assistant_message", "/data/metadata",
       "rounds input_tokens output_tokens total_tokens cost?"},
      {"message_committed", "/data/message", message},
      {"message_committed", "/data/message/tool_calls/0", tool_call},
      {"model_started", "/data/messages/0", message},
      {"model_completed", "/data/tool_calls/0", tool_call},
      {"plan_updated", "/data/items/0", "title status"},
      {"execution_summary", "/data/agents/0", "agent run_id outcome usage"},
      {"tool_call_completed", "/data/diffs/0", "path diff"},
  };
  for (const Nested& row : nested) {
    const json::value document = document_of(sample_of(row.type));
    EXPECT_EQ(keys_of(document.at_pointer(row.pointer)), members_of(row.members))
        << row.type << row.pointer;
  }
}

struct Choice {
  std::string_view type;
  std::string_view pointer;
  std::string_view names;
};

const std::vector<Choice>& choices() {
  static constexpr std::string_view finish =
      "stop tool_calls length content_filter refusal error cancelled";
  static constexpr std::string_view codes =
      "E_NOT_FOUND E_NOT_UNIQUE E_VALIDATION E_PERMISSIONS E_TIMEOUT E_UNSAFE E_CONFIRMED_DENY "
      "E_TOOL_UNKNOWN network authentication rate_limit invalid_request invalid_response "
      "model_not_found context_length server_error interrupted budget doom_loop cancelled";
  static constexpr std::string_view outcome = "completed failed cancelled";
  static const std::vector<Choice> rows{
      {"workflow_step_started", "/data/step_type", "agent transform conditional subworkflow"},
      {"status_update", "/data/status", "thinking waiting_approval compacting retrying idle"},
      {"user_message", "/data/role", "user assistant tool system"},
      {"message_committed", "/data/message/role", "user assistant tool system"},
      {"turn_ended", "/data/stop_reason", finish},
      {"model_completed", "/data/finish_reason", finish},
      {"run_completed", "/data/finish_reason", finish},
      {"doom_loop_detected", "/data/pattern", "repeat cycle batch"},
      {"doom_loop_detected", "/data/action", "warn refuse stop"},
      {"budget_exceeded", "/data/budget", "rounds tokens cost wall_time tool_calls"},
      {"guardrail_triggered", "/data/target", "input output tool_call tool_result"},
      {"guardrail_triggered", "/data/action", "allow rewrite block require_approval"},
      {"subagent_finished", "/data/outcome", outcome},
      {"background_task_finished", "/data/outcome", outcome},
      {"execution_summary", "/data/agents/0/outcome", outcome},
      {"approval_resolved", "/data/decision", "approved denied expired cancelled"},
      {"tool_output", "/data/stream", "stdout stderr progress"},
      {"model_failed", "/data/error_code", codes},
      {"run_failed", "/data/error_code", codes},
      {"tool_call_denied", "/data/error_code", codes},
  };
  return rows;
}

TEST(JsonVocabulary, EachDocumentedChoiceRoundTrips) {
  for (const Choice& choice : choices()) {
    for (const std::string& name : words(choice.names)) {
      json::value document = document_of(sample_of(choice.type));
      document.at_pointer(choice.pointer) = name;
      const auto event = from_json(json::serialize(document));
      ASSERT_TRUE(event) << choice.type << ' ' << event.error().message;
      EXPECT_EQ(document_of(*event), document) << choice.type << ' ' << name;
    }
  }
}

TEST(JsonVocabulary, OtherChoicesAreRefusedByName) {
  for (const Choice& choice : choices()) {
    json::value document = document_of(sample_of(choice.type));
    document.at_pointer(choice.pointer) = "something else";
    const auto event = from_json(json::serialize(document));
    ASSERT_TRUE(event.has_error()) << choice.type;
    EXPECT_EQ(event.error().pointer, choice.pointer);
  }
}

TEST(JsonRoundTrip, EveryTypeWithAnyValuesInEveryMember) {
  const std::uint64_t seed = testing::test_seed();
  SCOPED_TRACE("STRANDBUS_TEST_SEED=" + std::to_string(seed));
  testing::RandomValues values(seed);
  EventReader reader;
  for (int round = 0; round < 60; ++round) {
    for (const EventType type : testing::all_event_types()) {
      const StreamEvent event =
          testing::with_full_envelope(testing::make_sample(type, values), values);
      const std::string text = to_json(event);
      const auto decoded = reader.read(text);
      ASSERT_TRUE(decoded) << text << '\n' << decoded.error().message;
      ASSERT_EQ(to_json(*decoded), text);
      ASSERT_TRUE(testing::same_payload(*decoded, event)) << text;
      ASSERT_EQ(decoded->context(), event.context()) << text;
      ASSERT_EQ(decoded->extras(), nullptr) << text;
    }
  }
}

TEST(JsonRoundTrip, DefaultEventOfEveryType) {
  for (const EventType type : testing::all_event_types()) {
    const StreamEvent event = testing::make_default(type);
    const auto decoded = from_json(to_json(event));
    ASSERT_TRUE(decoded) << decoded.error().message;
    EXPECT_TRUE(testing::same_payload(*decoded, event)) << to_string(type);
    EXPECT_EQ(to_json(*decoded), to_json(event));
  }
}

}  // namespace
}  // namespace strandbus

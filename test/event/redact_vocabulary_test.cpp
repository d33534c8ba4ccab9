#include "event/sample.hpp"
#include "event/secret_samples.hpp"
#include "event/vocabulary.hpp"
#include "strandbus/event/json_codec.hpp"
#include "strandbus/event/redactor.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <gtest/gtest.h>

#include <set>
#include <string>

// No text member of any payload is forgotten.

namespace strandbus::testing {
namespace {

/// The members that join events; they are made up by programs.
const std::set<std::string_view>& ids() {
  static const std::set<std::string_view> names{"message_id",  "call_id", "tool_call_id",
                                                "approval_id", "run_id",  "child_run_id",
                                                "task_id",     "id"};
  return names;
}

/// A secret in every text, in JSON values as an element, a member and the name of one.
class Planted final : public ValueSource {
 public:
  explicit Planted(const SecretSample& sample) : text_(sample.text()) {}

  std::string text(std::string_view member) override {
    return ids().contains(member) ? "id" : text_;
  }
  json::value json_value() override {
    return json::object{
        {"a", json::array{json::value(text_)}}, {text_, 1}, {"b", json::object{{"c", text_}}}};
  }
  std::int64_t integer() override { return 7; }
  double number() override { return 0.5; }
  bool flag() override { return true; }
  bool present() override { return true; }
  std::size_t count() override { return 2; }
  std::size_t choice(std::size_t size) override { return size - 1; }

 private:
  std::string text_;
};

const Redactor& redactor() {
  static const Redactor made({.values = {registered_value}});
  return made;
}

StreamEvent redacted(const StreamEvent& event) {
  return event.visit([&event](const auto& payload) {
    auto copy = payload;
    redactor().apply(copy);
    StreamEvent shown = event;
    shown.set_payload(std::move(copy));
    return shown;
  });
}

bool has_texts(const StreamEvent& event) {
  return to_json(event).find("planted") != std::string::npos;
}

TEST(RedactedVocabulary, HidesASecretInEveryTextOfEveryType) {
  for (const SecretSample& sample : secret_samples()) {
    if (sample.secret.size() > 200) continue;
    Planted values(sample);
    for (const VocabularyRow& row : vocabulary()) {
      const auto type = event_type_from(row.type);
      ASSERT_TRUE(type) << row.type;
      const std::string text = to_json(redacted(make_sample(*type, values)));
      ASSERT_FALSE(leaks(text, sample.secret)) << row.type << ": " << text;
    }
  }
}

TEST(RedactedVocabulary, WouldShowThemWithoutARedactor) {
  const SecretSample planted{"openai-key", "planted ", "sk-Abcdefghijklmnopqrstuvwx", ""};
  Planted values(planted);
  std::size_t types = 0;
  for (const EventType type : all_event_types()) {
    const StreamEvent event = make_sample(type, values);
    if (!has_texts(event)) continue;
    ++types;
    EXPECT_TRUE(leaks(to_json(event), planted.secret)) << to_string(type);
    EXPECT_FALSE(leaks(to_json(redacted(event)), planted.secret)) << to_string(type);
  }
  EXPECT_GE(types, 68U);
}

TEST(RedactedVocabulary, KeepsTheIdsThatJoinEvents) {
  class Ids final : public ValueSource {
   public:
    std::string text(std::string_view) override { return "sk-Abcdefghijklmnopqrstuvwx"; }
    json::value json_value() override { return {}; }
    std::int64_t integer() override { return 7; }
    double number() override { return 0.5; }
    bool flag() override { return true; }
    bool present() override { return true; }
    std::size_t count() override { return 1; }
    std::size_t choice(std::size_t) override { return 0; }
  } values;
  const StreamEvent event = redacted(make_sample(EventType::tool_call_completed, values));
  EXPECT_EQ(event.get_if<ToolCallCompleted>()->call_id, "sk-Abcdefghijklmnopqrstuvwx");
  EXPECT_EQ(event.get_if<ToolCallCompleted>()->tool_name, "[redacted-openai-key]");
}

TEST(RedactedVocabulary, ChangesNoEventWithoutSecrets) {
  NamedValues names;
  for (const EventType type : all_event_types()) {
    const StreamEvent event = make_sample(type, names);
    EXPECT_TRUE(same_payload(redacted(event), event)) << to_string(type);
  }
}

}  // namespace
}  // namespace strandbus::testing

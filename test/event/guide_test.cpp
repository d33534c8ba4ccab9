// docs/events.md: its tables are those of the code.
#include "event/sample.hpp"
#include "strandbus/bus/trace_checker.hpp"
#include "strandbus/event/describe.hpp"
#include "strandbus/event/json_codec.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace strandbus::testing {
namespace {

/// What the tables say of the wire form of C++ types; remembers the structs and enums that it
/// names.
class TypeNames {
 public:
  template <class T>
  std::string of() {
    if constexpr (std::is_same_v<T, std::string>) {
      return "text";
    } else if constexpr (std::is_same_v<T, bool>) {
      return "true or false";
    } else if constexpr (std::is_floating_point_v<T>) {
      return "number";
    } else if constexpr (std::is_integral_v<T>) {
      return "integer";
    } else if constexpr (std::is_same_v<T, NanoUsd>) {
      return "number of US dollars";
    } else if constexpr (std::is_same_v<T, Timestamp>) {
      return "time";
    } else if constexpr (std::is_same_v<T, ErrorCode>) {
      objects_["ErrorCode"] = words<T>();
      return "ErrorCode";
    } else if constexpr (detail::DescribedEnum<T>) {
      return words<T>();
    } else if constexpr (detail::Described<T>) {
      return object<T>();
    } else if constexpr (std::is_same_v<T, json::value>) {
      return "any JSON";
    } else if constexpr (std::is_same_v<T, json::object>) {
      return "object";
    } else if constexpr (requires { typename T::mapped_type; }) {
      return "object of " + of<typename T::mapped_type>();
    } else if constexpr (requires(T list) { list.push_back({}); }) {
      return "list of " + of<typename T::value_type>();
    } else {
      return of<typename T::value_type>();  // optional
    }
  }

  /// The members of a described struct, as in "`text` text, `index`? integer".
  template <class T>
  std::string members() {
    using List = boost::describe::describe_members<T, boost::describe::mod_public>;
    constexpr std::size_t count = boost::mp11::mp_size<List>::value;
    constexpr std::size_t required = count - detail::optional_members<T>();
    std::string text;
    std::size_t index = 0;
    boost::mp11::mp_for_each<List>([&](auto member) {
      using Member = std::remove_cvref_t<decltype(std::declval<T&>().*decltype(member)::pointer)>;
      if (index > 0) text += ", ";
      text.append("`").append(detail::wire_name_of(decltype(member)::name)).append("`");
      text += index++ < required ? " " : "? ";
      text += of<Member>();
    });
    return text;
  }

  const std::map<std::string, std::string>& objects() const { return objects_; }

 private:
  template <class T>
  std::string words() {
    std::string text;
    for (const std::string_view word : detail::enum_names<T>)
      text.append(text.empty() ? "`" : " \\| `").append(word).append("`");
    return text;
  }

  template <class T>
  std::string object() {
    const std::string name = name_of(static_cast<const T*>(nullptr));
    if (objects_.try_emplace(name).second) objects_[name] = members<T>();
    return name;
  }

  static std::string name_of(const Usage*) { return "Usage"; }
  static std::string name_of(const Message*) { return "Message"; }
  static std::string name_of(const ToolCall*) { return "ToolCall"; }
  static std::string name_of(const AgentSummary*) { return "AgentSummary"; }
  static std::string name_of(const PlanItem*) { return "PlanItem"; }
  static std::string name_of(const FileDiff*) { return "FileDiff"; }
  static std::string name_of(const AnswerMetadata*) { return "AnswerMetadata"; }

  std::map<std::string, std::string> objects_;
};

std::string tables() {
  TypeNames names;
  std::string text = "| type | members of `data` |\n|---|---|\n";
  boost::mp11::mp_for_each<PayloadTypes>([&]<class T>(T) {
    if constexpr (!std::is_same_v<T, Custom>)
      text += "| `" + std::string(to_string(T::event_type)) + "` | " + names.members<T>() + " |\n";
  });
  text += "\n| object | members |\n|---|---|\n";
  for (const auto& [name, members] : names.objects())
    text += "| " + name + " | " + members + " |\n";
  return text;
}

std::string guide() {
  std::ifstream file(STRANDBUS_SOURCE_DIR "/docs/events.md");
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(EventGuide, ItsExampleIsARunThatKeepsTheRules) {
  constexpr std::string_view fence = "```json\n";
  const std::string text = guide();
  const std::size_t begin = text.find(fence) + fence.size();
  std::istringstream lines(text.substr(begin, text.find("```", begin) - begin));
  std::vector<StreamEvent> events;
  for (std::string line; std::getline(lines, line);) events.push_back(from_json(line).value());
  EXPECT_EQ(events.size(), 7u);
  for (const TraceFinding& finding : check_trace(events)) ADD_FAILURE() << to_string(finding);
}

TEST(EventGuide, SaysEveryTypeWithItsMembers) {
  const std::string expected = tables();
  const bool there = guide().find(expected) != std::string::npos;
  if (!there) std::ofstream(::testing::TempDir() + "events.md") << expected;
  EXPECT_TRUE(there) << "what must stand there is in " << ::testing::TempDir() << "events.md";
}

}  // namespace
}  // namespace strandbus::testing

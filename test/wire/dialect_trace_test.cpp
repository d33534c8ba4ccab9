#include "strandbus/bus/trace_checker.hpp"
#include "strandbus/event/json_codec.hpp"
#include "wire/dialect_lines.hpp"
#include "wire/dialect_sessions.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <ostream>
#include <string>
#include <vector>

// Three sessions in the words of every system, and back.

namespace strandbus::testing {
namespace {

struct Case {
  std::string session;
  std::string dialect;

  friend std::ostream& operator<<(std::ostream& out, const Case& c) {
    return out << c.session << " in " << c.dialect;
  }
};

std::vector<StreamEvent> events_of(const std::string& name) {
  for (DialectSession& session : dialect_sessions()) {
    if (session.name == name) return std::move(session.events);
  }
  return {};
}

std::string findings_of(const std::vector<StreamEvent>& events) {
  std::string text;
  for (const TraceFinding& finding : check_trace(events)) text += to_string(finding) + '\n';
  return text;
}

std::string native(const std::vector<StreamEvent>& events) {
  std::string text;
  for (const StreamEvent& event : events) text += to_json(event) + '\n';
  return text;
}

class DialectTraceTest : public ::testing::TestWithParam<Case> {};

TEST_P(DialectTraceTest, IsWrittenAsItsGoldenTrace) {
  const auto& [session, dialect] = GetParam();
  const std::string name = session + '.' + dialect + ".jsonl";
  std::ifstream file(std::string(STRANDBUS_SOURCE_DIR) + "/test/wire/golden/" + name);
  const std::string golden(std::istreambuf_iterator<char>(file), {});
  const std::string written = encode(dialect, events_of(session));
  if (written != golden) std::ofstream(::testing::TempDir() + name) << written;
  EXPECT_EQ(written, golden) << "what was written is in " << ::testing::TempDir() << name;
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const DialectSession& session : dialect_sessions()) {
    for (const std::string_view dialect : dialect_names())
      cases.push_back({session.name, std::string(dialect)});
  }
  return cases;
}

std::string name_of(const ::testing::TestParamInfo<Case>& info) {
  std::string name = info.param.session + '_' + info.param.dialect;
  for (char& letter : name) {
    if (letter == '-') letter = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Sessions, DialectTraceTest, ::testing::ValuesIn(all_cases()), name_of);

class DialectRoundTripTest : public DialectTraceTest {};

TEST_P(DialectRoundTripTest, GivesEventsThatKeepEveryPromise) {
  const auto& [session, dialect] = GetParam();
  const DialectEvents events = decode(dialect, encode(dialect, events_of(session)));
  ASSERT_TRUE(events.has_value()) << events.error().message;
  EXPECT_EQ(findings_of(*events), "") << native(*events);
  TraceChecker checker;
  for (const StreamEvent& event : *events) checker.add(event);
  EXPECT_TRUE(checker.open_runs().empty());
}

TEST_P(DialectRoundTripTest, SaysTheSameAgain) {
  const auto& [session, dialect] = GetParam();
  const std::string once = encode(dialect, events_of(session));
  const DialectEvents events = decode(dialect, once);
  ASSERT_TRUE(events.has_value()) << events.error().message;
  EXPECT_EQ(encode(dialect, *events), once) << native(*events);
}

TEST_P(DialectRoundTripTest, GivesTheSameEventsEachTime) {
  const auto& [session, dialect] = GetParam();
  const std::string trace = encode(dialect, events_of(session));
  EXPECT_EQ(native(decode(dialect, trace).value()), native(decode(dialect, trace).value()));
}

/// Any part of a trace can be read: what has begun before it, and what has not ended in it, is
/// completed.
TEST_P(DialectRoundTripTest, ReadsAnyPartOfATrace) {
  const auto& [session, dialect] = GetParam();
  if (dialect == "native") return;  // events as they are, also where some are missing
  const std::vector<std::string> lines = split_lines(encode(dialect, events_of(session)));
  for (std::size_t from = 0; from < lines.size(); ++from) {
    std::string part;
    for (std::size_t line = from; line < lines.size(); ++line) part += lines[line] + '\n';
    // AG-UI says in its first line only what everything else belongs to.
    if (dialect == "ag-ui" && from > 0) part = lines[0] + '\n' + part;
    const DialectEvents events = decode(dialect, part);
    // In AG-UI a piece of something that was not opened is a fault.
    const bool unopened = dialect == "ag-ui" && !events &&
                          events.error().message.find("which is not open") != std::string::npos;
    if (unopened) continue;
    ASSERT_TRUE(events.has_value()) << "from line " << from << ": " << events.error().message;
    for (const TraceFinding& finding : check_trace(*events)) {
      const bool of_content = finding.rule == TraceRule::text || finding.rule == TraceRule::call ||
                              finding.rule == TraceRule::conversation ||
                              finding.rule == TraceRule::totals;
      EXPECT_TRUE(of_content) << "from line " << from << ": " << to_string(finding);
    }
  }
}

std::vector<Case> decodable_cases() {
  std::vector<Case> cases;
  for (const DialectSession& session : dialect_sessions()) {
    for (const std::string_view dialect : decodable_dialect_names())
      cases.push_back({session.name, std::string(dialect)});
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Sessions, DialectRoundTripTest, ::testing::ValuesIn(decodable_cases()),
                         name_of);

TEST(DialectSessions, KeepEveryPromise) {
  for (const DialectSession& session : dialect_sessions())
    EXPECT_EQ(findings_of(session.events), "") << session.name;
}

}  // namespace
}  // namespace strandbus::testing

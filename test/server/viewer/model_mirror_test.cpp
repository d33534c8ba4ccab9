// The viewer folds events in JavaScript as SessionState does here: the same JSON after each event.
// Run again with a seed: STRANDBUS_TEST_SEED=123 test_viewer_model

#include "bus/session_events.hpp"
#include "event/sample.hpp"
#include "server/viewer/model_traces.hpp"
#include "strandbus/event/json_codec.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <string>

namespace strandbus::test {
namespace {

constexpr std::uint64_t seeds = 5;

struct Said {
  int status = 0;
  std::string text{};
};

/// Runs a program of Node to its end.
Said run_node(const std::string& program, const std::string& file) {
  const std::string node = STRANDBUS_NODE;
  if (node.empty() || node.ends_with("-NOTFOUND"))
    return {1, "Node.js 18 or newer is needed: apt-get install nodejs; then configure anew"};
  Said said;
  const std::string command = "timeout 100 '" + node +
                              "' '" STRANDBUS_SOURCE_DIR "/test/server/viewer/" + program + "' '" +
                              file + "' 2>&1";
  FILE* const pipe = ::popen(command.c_str(), "re");
  std::array<char, 4096> buffer{};
  while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe))
    said.text.append(buffer.data(), size);
  said.status = ::pclose(pipe);
  return said;
}

/// {"trace":NAME}, then for each event {"event":…,"message":…,"status":…,"state":…}. The state is
/// left out where it is not to be compared.
void write_trace(std::ofstream& file, const ModelTrace& trace) {
  std::string name;
  append_json_string(name, trace.name);
  file << R"({"trace":)" << name << "}\n";
  SessionState state;
  std::size_t place = 0;
  for (const StreamEvent& published : trace.events) {
    const StreamEvent event = from_json(to_json(published)).value();  // as a reader gets it
    state.apply(event);
    std::string message;
    append_json_string(message, event.message());
    file << R"({"event":)" << to_json(event) << R"(,"message":)" << message << R"(,"status":")"
         << to_string(event.status()) << '"';
    ++place;
    if (place % trace.state_every == 0 || place == trace.events.size())
      file << R"(,"state":)" << to_json(state);
    file << "}\n";
  }
}

/// Shows the traces to a program of Node, which must find them in order.
void expect_said(const std::string& program, const std::string& said_before,
                 const std::vector<ModelTrace>& traces) {
  const testing::TemporaryDirectory directory;
  const std::string path = directory.path("traces.jsonl");
  std::size_t events = 0;
  {
    std::ofstream file(path, std::ios::binary);
    for (const ModelTrace& trace : traces) {
      write_trace(file, trace);
      events += trace.events.size();
    }
  }
  const Said said = run_node(program, path);
  EXPECT_EQ(said.status, 0) << said.text.substr(0, 4000);
  EXPECT_EQ(said.text, said_before + " after " + std::to_string(events) + " events\n");
}

/// Compares what both made of these traces.
void expect_same(const std::vector<ModelTrace>& traces) {
  expect_said("mirror.mjs", "the same", traces);
}

/// Checks the transcript and the spans of these traces.
void expect_sound(const std::vector<ModelTrace>& traces) {
  expect_said("invariants.mjs", "sound", traces);
}

template <class Make>
std::vector<ModelTrace> of_seeds(const Make& make) {
  const std::uint64_t first = testing::test_seed();
  std::vector<ModelTrace> traces;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) traces.push_back(make(seed));
  return traces;
}

TEST(ViewerModel, IsTheStateInWrittenTraces) { expect_same(written_traces()); }

TEST(ViewerModel, KeepsTheSameBounds) { expect_same(large_traces()); }

TEST(ViewerModel, IsTheStateInSessions) { expect_same(of_seeds(session_trace)); }

TEST(ViewerModel, IsTheStateWithGapsAndRepeats) { expect_same(of_seeds(trace_with_losses)); }

TEST(ViewerModel, IsTheStateAfterARestore) { expect_same(of_seeds(restored_trace)); }

TEST(ViewerModel, IsTheStateInDisorder) { expect_same(of_seeds(disorderly_trace)); }

TEST(ViewerModel, TellsWrittenTraces) { expect_sound(written_traces()); }

TEST(ViewerModel, TellsSessions) { expect_sound(of_seeds(session_trace)); }

TEST(ViewerModel, TellsWhatIsLeftOfSessions) { expect_sound(of_seeds(trace_with_losses)); }

TEST(ViewerModel, TellsRestoredSessions) { expect_sound(of_seeds(restored_trace)); }

TEST(ViewerModel, TellsDisorder) { expect_sound(of_seeds(disorderly_trace)); }

TEST(ViewerModel, ADifferenceIsFound) {
  const testing::TemporaryDirectory directory;
  const std::string path = directory.path("traces.jsonl");
  {
    std::ofstream file(path, std::ios::binary);
    ModelTrace trace = written_traces().front();
    write_trace(file, trace);
    SessionState other;
    other.title = "another";
    other.apply(stamped(trace.events.back(), 1000));
    file << R"({"event":)" << to_json(stamped(trace.events.back(), 1000))
         << R"(,"message":"","status":"completed","state":)" << to_json(other) << "}\n";
  }
  const Said said = run_node("mirror.mjs", path);
  EXPECT_NE(said.status, 0);
  EXPECT_NE(said.text.find("the golden run, seq 1000"), std::string::npos) << said.text;
}

}  // namespace
}  // namespace strandbus::test

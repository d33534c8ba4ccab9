// How much of what can go wrong in a trace the TraceChecker finds: good traces, spoilt at random.
#include "agent_fixture.hpp"
#include "bus/trace_events.hpp"
#include "strandbus/event/json_codec.hpp"
#include "strandbus/tools/calculator.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <gmock/gmock.h>

#include <cstdlib>
#include <iostream>
#include <random>

namespace strandbus::test {
namespace {

using Random = std::mt19937_64;

std::uint64_t seed_of_this_run() {
  const char* const fixed = std::getenv("STRANDBUS_TEST_SEED");
  return fixed ? std::strtoull(fixed, nullptr, 10) : std::random_device{}();
}

std::size_t below(Random& random, std::size_t bound) {
  return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random);
}

/// A value of the same kind that says something else.
void spoil(json::value& value) {
  if (value.is_string()) {
    value.get_string() += "x";
  } else if (value.is_int64()) {
    ++value.get_int64();
  } else if (value.is_uint64()) {
    ++value.get_uint64();
  } else if (value.is_bool()) {
    value = !value.get_bool();
  } else {
    value = "x";
  }
}

/// Where in a document a value without members stands.
void collect_leaves(json::value& value, std::vector<json::value*>& leaves) {
  if (auto* object = value.if_object()) {
    for (auto& member : *object) collect_leaves(member.value(), leaves);
  } else if (auto* array = value.if_array()) {
    for (json::value& entry : *array) collect_leaves(entry, leaves);
  } else {
    leaves.push_back(&value);
  }
}

/// The event with one value of its JSON changed; none if nobody could read that.
std::optional<StreamEvent> with_changed_field(const StreamEvent& event, Random& random) {
  json::value document = *parse_json(to_json(event));
  std::vector<json::value*> leaves;
  collect_leaves(document, leaves);
  spoil(*leaves[below(random, leaves.size())]);
  std::string text;
  append_json(text, document);
  auto changed = from_json(text);
  if (!changed) return std::nullopt;
  return *std::move(changed);
}

enum class Mutation : std::uint8_t { drop, duplicate, swap, change };
BOOST_DESCRIBE_ENUM(Mutation, drop, duplicate, swap, change)
enum class Stamps : std::uint8_t { as_they_were, made_anew };

/// Spoils a trace in one place. Nothing, if the result could not even be read.
std::optional<Trace> spoilt(Trace events, Mutation mutation, Random& random) {
  const std::size_t place = below(random, events.size() - 1);
  const auto at = events.begin() + static_cast<std::ptrdiff_t>(place);
  switch (mutation) {
    case Mutation::drop: events.erase(at); break;
    case Mutation::duplicate: events.insert(at, StreamEvent(*at)); break;
    case Mutation::swap: std::swap(*at, *(at + 1)); break;
    case Mutation::change: {
      auto changed = with_changed_field(*at, random);
      if (!changed) return std::nullopt;
      *at = *std::move(changed);
    }
  }
  return events;
}

struct Found {
  int tried = 0;
  int found = 0;
  int percent() const { return tried == 0 ? 0 : 100 * found / tried; }
};

/// Spoils the traces so many times, each in one place, and counts what is found.
Found count_found(const std::vector<Trace>& traces, Mutation mutation, Stamps stamps, int times,
                  Random& random) {
  Found result;
  for (int i = 0; i < times; ++i) {
    const Trace& good = traces[below(random, traces.size())];
    auto bad = spoilt(good, mutation, random);
    ++result.tried;
    if (bad && stamps == Stamps::made_anew) bad = restamped(std::move(*bad));
    if (!bad || !check_trace(*bad).empty()) ++result.found;
  }
  return result;
}

class TraceMutation : public AgentTest {
 protected:
  /// Real runs of many kinds, in one session.
  std::vector<Trace> real_traces() {
    tools_.add(make_calculator());
    tools_.add<NoArgs>("noop", "Does nothing", [](NoArgs) { return std::string("done"); });
    const auto take = [&] {
      Trace trace = restamped(events_);
      events_.clear();
      return trace;
    };
    std::vector<Trace> traces{full_trace()};
    start(std::make_shared<ScriptedProvider>(
        default_script(), ScriptedOptions{.delays = ScriptedOptions::Delays::none}));
    process("Calculate 2+2");
    traces.push_back(take());
    start({calls({tool_call("c1", "noop"), tool_call("c2", "noop"), tool_call("c3", "no_such")}),
           says("done")});
    process("three at once");
    traces.push_back(take());
    start({calls({tool_call("c1", "noop")}), fails(ErrorCode::rate_limit, "too many requests")});
    process("and fail");
    traces.push_back(take());
    start({hangs_after("half", [this] { agent_->control().cancel(); })});
    process("and cancel");
    traces.push_back(take());
    return traces;
  }
};

TEST_F(TraceMutation, IsFoundWhereverEventsWereLostRepeatedOrMoved) {
  const std::uint64_t seed = seed_of_this_run();
  std::cout << "STRANDBUS_TEST_SEED=" << seed << '\n';
  Random random(seed);
  const auto traces = real_traces();
  for (const Mutation mutation : {Mutation::drop, Mutation::duplicate, Mutation::swap}) {
    const Found found = count_found(traces, mutation, Stamps::as_they_were, 500, random);
    EXPECT_EQ(found.percent(), 100) << wire_name(mutation) << ", seed " << seed;
  }
}

TEST_F(TraceMutation, IsMostlyFoundAlsoWhenTheNumbersWereMadeAnew) {
  const std::uint64_t seed = seed_of_this_run();
  std::cout << "STRANDBUS_TEST_SEED=" << seed << '\n';
  Random random(seed);
  const auto traces = real_traces();
  // What says little by itself can go unnoticed: a status, the moment of a delta among others.
  const std::pair<Mutation, int> least[] = {{Mutation::drop, 50},
                                            {Mutation::duplicate, 55},
                                            {Mutation::swap, 30},
                                            {Mutation::change, 55}};
  for (const auto& [mutation, percent] : least) {
    const Found found = count_found(traces, mutation, Stamps::made_anew, 1000, random);
    std::cout << wire_name(mutation) << ": " << found.percent() << " % of " << found.tried
              << " found without help of seq, id and time\n";
    EXPECT_GE(found.percent(), percent) << wire_name(mutation) << ", seed " << seed;
  }
}

TEST_F(TraceMutation, FindsNothingInTheTracesThemselves) {
  for (const Trace& trace : real_traces()) {
    for (const TraceFinding& finding : check_trace(trace)) ADD_FAILURE() << to_string(finding);
  }
}

}  // namespace
}  // namespace strandbus::test

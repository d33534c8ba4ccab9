#include "agent/doom_loop_detector.hpp"

#include "printed_seed.hpp"

#include <boost/json/parse.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::detail {
namespace {

ToolCall call(std::string tool, const char* arguments = "{}") {
  static int next = 0;
  ToolCall result;
  result.call_id = "call_" + std::to_string(++next);
  result.tool_name = std::move(tool);
  result.arguments = json::parse(arguments);
  return result;
}

using Turn = std::vector<ToolCall>;

/// One turn for each letter; the letter is the tool's name.
std::vector<Turn> turns(std::string_view letters) {
  std::vector<Turn> result;
  for (const char letter : letters) result.push_back({call(std::string(1, letter))});
  return result;
}

char letter(LoopAction action) { return "wrs"[static_cast<std::size_t>(action)]; }

/// One letter for each turn: '-' for no loop, else w(arn), r(efuse) or s(top).
std::string actions(DoomLoopDetector& detector, const std::vector<Turn>& turns) {
  std::string result;
  for (const Turn& turn : turns) {
    const auto found = detector.observe(turn);
    result += found ? letter(found->action) : '-';
  }
  return result;
}

std::string actions(const std::vector<Turn>& turns, DoomLoopOptions options = {}) {
  DoomLoopDetector detector(std::move(options));
  return actions(detector, turns);
}

std::string actions(std::string_view letters, DoomLoopOptions options = {}) {
  return actions(turns(letters), std::move(options));
}

/// What the last of these turns is judged to be.
std::optional<DoomLoopDetected> last_of(const std::vector<Turn>& turns) {
  DoomLoopDetector detector{{}};
  std::optional<DoomLoopDetected> found;
  for (const Turn& turn : turns) found = detector.observe(turn);
  return found;
}

TEST(DoomLoopDetector, WarnsThenRefusesThenStopsTheSameCall) {
  EXPECT_EQ(actions("AAAAAA"), "--wrss");
}

TEST(DoomLoopDetector, WarnsThenRefusesThenStopsACycle) {
  EXPECT_EQ(actions("ABABABABA"), "-----wrss");
}

TEST(DoomLoopDetector, DescribesARepeatedCall) {
  const Turn turn{call("read_file", R"({"path":"a"})")};
  const auto found = last_of({turn, turn, turn, turn});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->pattern, LoopPattern::repeat);
  EXPECT_EQ(found->tool_name, "read_file");
  EXPECT_EQ(found->arguments, json::parse(R"({"path":"a"})"));
  EXPECT_EQ(found->length, 1);
  EXPECT_EQ(found->repetitions, 4);
  EXPECT_EQ(found->action, LoopAction::refuse);
  EXPECT_EQ(found->previous_result, "");
  EXPECT_EQ(found->description, "read_file was called 4 times in a row with the same arguments");
}

TEST(DoomLoopDetector, DescribesACycle) {
  const auto found = last_of(turns("ABCABCABC"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->pattern, LoopPattern::cycle);
  EXPECT_EQ(found->length, 3);
  EXPECT_EQ(found->repetitions, 3);
  EXPECT_EQ(found->tool_name, "C");
  EXPECT_EQ(found->description,
            "A, then B, then C were called in turn 3 times in a row with the same arguments");
}

TEST(DoomLoopDetector, FindsABatchInWhateverOrderItsCallsStand) {
  const Turn there{call("A"), call("B"), call("A")};
  const Turn back{call("B"), call("A"), call("A")};
  const auto found = last_of({there, back, there});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->pattern, LoopPattern::batch);
  EXPECT_EQ(found->action, LoopAction::warn);
  EXPECT_EQ(found->length, 1);
  EXPECT_EQ(found->repetitions, 3);
  EXPECT_EQ(found->description,
            "A, B, A were called together 3 times in a row with the same arguments");
  EXPECT_EQ(actions({there, back, there, back, there}), "--wrs");
}

TEST(DoomLoopDetector, CountsHowOftenACallStandsInABatch) {
  const Turn twice{call("A"), call("A"), call("B")};
  const Turn once{call("A"), call("B"), call("B")};
  EXPECT_EQ(actions({twice, once, twice, once}), "----");
}

TEST(DoomLoopDetector, FindsACycleOfBatches) {
  const Turn batch{call("A"), call("B")};
  const Turn single{call("C")};
  EXPECT_EQ(actions({batch, single, batch, single, batch, single, batch, single}), "-----wrs");
}

TEST(DoomLoopDetector, TakesATurnOfTheSameCallAsSoManyCalls) {
  EXPECT_EQ(actions(std::vector<Turn>{Turn(2, call("A"))}), "-");
  EXPECT_EQ(actions(std::vector<Turn>{Turn(3, call("A"))}), "w");
  EXPECT_EQ(actions(std::vector<Turn>{Turn(4, call("A"))}), "r");
  EXPECT_EQ(actions(std::vector<Turn>{Turn(5, call("A"))}), "s");
  EXPECT_EQ(actions(std::vector<Turn>{Turn(2, call("A")), Turn(2, call("A"))}), "-r");
}

TEST(DoomLoopDetector, DoesNotCareInWhatOrderMembersStand) {
  const auto found = last_of({{call("t", R"({"a":1,"b":{"c":[1,2],"d":null}})")},
                              {call("t", R"({"b":{"d":null,"c":[1,2]},"a":1})")},
                              {call("t", R"({"b":{"c":[1.0,2e0],"d":null},"a":1.0})")}});
  EXPECT_TRUE(found);
}

TEST(DoomLoopDetector, TakesNumbersByTheirValue) {
  const auto same = [](const char* a, const char* b) {
    return last_of({{call("t", a)}, {call("t", b)}, {call("t", a)}}).has_value();
  };
  EXPECT_TRUE(same("[1]", "[1.0]"));
  EXPECT_TRUE(same("[-7]", "[-7.0]"));
  EXPECT_TRUE(same("[0]", "[-0.0]"));
  EXPECT_TRUE(same("[9223372036854775808]", "[9223372036854775808.0]"));
  EXPECT_FALSE(same("[9223372036854775807]", "[9223372036854775808.0]"));
  EXPECT_FALSE(same("[18446744073709551615]", "[18446744073709551616.0]"));
  EXPECT_FALSE(same("[1]", "[1.5]"));
}

TEST(DoomLoopDetector, TellsDifferentArgumentsApart) {
  const std::vector<const char*> arguments{R"({"a":1})",
                                           R"({"a":"1"})",
                                           R"({"a":[1]})",
                                           R"({"a":true})",
                                           R"({"a":1.5})",
                                           R"({"a":null})",
                                           R"({"b":1})",
                                           R"({"a":1,"b":1})",
                                           R"({"a":[1,2]})",
                                           R"({"a":[2,1]})",
                                           R"({"a":[12]})",
                                           R"({"a":{"b":1}})",
                                           R"({"a":"b\""})",
                                           R"({"a":-1})",
                                           "{}",
                                           R"({"a":18446744073709551615})",
                                           R"({"a":1e19})",
                                           R"({"a":1e300})"};
  for (const char* a : arguments) {
    for (const char* b : arguments) {
      const bool loop = last_of({{call("t", a)}, {call("t", b)}, {call("t", a)}}).has_value();
      EXPECT_EQ(loop, a == b) << a << " and " << b;
    }
  }
}

TEST(DoomLoopDetector, TellsToolsApart) { EXPECT_EQ(actions("AABAAB"), "------"); }

TEST(DoomLoopDetector, FindsAllCyclesOfTwoToFourCalls) {
  for (const std::size_t length : {2U, 3U, 4U}) {
    std::vector<int> digits(length);
    const std::size_t count = length == 2 ? 16 : length == 3 ? 64 : 256;  // over four letters
    for (std::size_t n = 0; n < count; ++n) {
      std::string cycle;
      for (std::size_t i = 0, rest = n; i < length; ++i, rest /= 4)
        cycle += static_cast<char>('A' + rest % 4);
      const std::string thrice = cycle + cycle + cycle;
      EXPECT_NE(actions(thrice).back(), '-') << thrice;
    }
  }
}

TEST(DoomLoopDetector, DoesNotLookForLongerCyclesThanItIsTold) {
  EXPECT_EQ(actions("ABCDEABCDEABCDEABCDE"), std::string(20, '-'));
  EXPECT_EQ(actions("ABCABCABCABC", {.max_cycle = 2}), std::string(12, '-'));
  EXPECT_EQ(actions("ABABABAAA", {.max_cycle = 1}), "--------w");
  EXPECT_EQ(actions("ABCDEABCDEABCDE", {.max_cycle = 5}), "--------------w");
}

TEST(DoomLoopDetector, TakesTheShortestCycle) {
  const auto found = last_of(turns("ABABABABABAB"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->length, 2);
  EXPECT_EQ(found->repetitions, 6);
}

TEST(DoomLoopDetector, WaitsForAsManyRepetitionsAsItIsTold) {
  EXPECT_EQ(actions("AAAAAAA", {.repetitions = 5}), "----wrs");
  EXPECT_EQ(actions("AAAA", {.repetitions = 2}), "-wrs");
  EXPECT_EQ(actions("ABABAB", {.repetitions = 2}), "---wrs");
}

TEST(DoomLoopDetector, RemembersALoopThatWasLeft) {
  EXPECT_EQ(actions("AAABAAABAAA"), "--w---r---s");
  EXPECT_EQ(actions("ABABABCABABAB"), "-----w------r");
}

TEST(DoomLoopDetector, KnowsACycleThatIsEnteredElsewhere) {
  EXPECT_EQ(actions("ABCABCABCXBCABCABCAYCABCABCAB"), "--------w---------r---------s");
}

TEST(DoomLoopDetector, WarnsAboutEachLoopOnItsOwn) {
  EXPECT_EQ(actions("AAABBBCCCAAAA"), "--w--w--w--rs");
}

TEST(DoomLoopDetector, LetsExemptToolsRepeat) {
  EXPECT_EQ(actions("PPPPPP", {.exempt = {"P"}}), "------");
  EXPECT_EQ(actions("PAPAPA", {.exempt = {"P"}}), "-----w") << "what is between does not count";
  const Turn with{call("A"), call("P", R"({"n":1})")};
  const Turn other{call("P", R"({"n":2})"), call("A")};
  EXPECT_EQ(actions({with, other, with}, {.exempt = {"P"}}), "--w");
}

TEST(DoomLoopDetector, NamesTheFirstCallThatIsNotExempt) {
  DoomLoopDetector detector({.exempt = {"P"}});
  const Turn turn{call("P"), call("A", R"({"n":1})")};
  detector.observe(turn);
  detector.observe(turn);
  const auto found = detector.observe(turn);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->tool_name, "A");
  EXPECT_EQ(found->arguments, json::parse(R"({"n":1})"));
}

TEST(DoomLoopDetector, TakesATurnWithoutCallsAsNothing) {
  EXPECT_EQ(actions({{call("A")}, {call("A")}, {}, {call("A")}}), "---w");
}

TEST(DoomLoopDetector, SaysNothingWhenItIsOff) {
  EXPECT_EQ(actions("AAAAAA", {.detection = DoomLoopDetection::off}), "------");
}

TEST(DoomLoopDetector, RefusesOptionsThatMakeNoSense) {
  const auto refusal = [](DoomLoopOptions options) -> std::string {
    try {
      const DoomLoopDetector detector(std::move(options));
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_EQ(refusal({.repetitions = 1}),
            "DoomLoopOptions::repetitions is 1: it must be from 2 to 1000");
  EXPECT_EQ(refusal({.max_cycle = 0}), "DoomLoopOptions::max_cycle is 0: it must be from 1 to 16");
  EXPECT_EQ(refusal({.max_cycle = 17}),
            "DoomLoopOptions::max_cycle is 17: it must be from 1 to 16");
  EXPECT_EQ(refusal({.repetitions = 2, .max_cycle = 16}), "accepted");
}

TEST(DoomLoopDetector, ForgetsTheLoopThatWasMetLongestAgo) {
  std::vector<Turn> many;
  for (std::size_t i = 0; i <= DoomLoopDetector::max_loops; ++i)
    many.insert(many.end(), 3, Turn{call("tool" + std::to_string(i))});
  DoomLoopDetector detector{{}};
  actions(detector, many);
  const Turn first{call("tool0")};
  const Turn last{call("tool" + std::to_string(DoomLoopDetector::max_loops))};
  EXPECT_EQ(actions(detector, {last}), "r");
  EXPECT_EQ(actions(detector, {first, first, first}), "--w");
}

TEST(DoomLoopDetector, SaysOnlyTheBeginningOfALongBatch) {
  Turn turn;
  for (int i = 0; i < 1000; ++i) turn.push_back(call("t" + std::to_string(i)));
  const auto found = last_of({turn, turn, turn});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->description,
            "t0, t1, t2, t3, t4, t5, t6, t7, … were called together 3 times in a "
            "row with the same arguments");
}

ToolCall numbered(const std::string& tool, std::uint64_t number) {
  return call(tool, ("{\"n\":" + std::to_string(number) + "}").c_str());
}

/// What a model does that gets on: nothing but the results changes in no three turns alike.
std::vector<Turn> normal_work(std::uint64_t kind, std::mt19937_64& random) {
  std::vector<Turn> result;
  for (std::uint64_t i = 0; i < 60; ++i) {
    switch (kind % 5) {
      case 0: result.push_back({numbered("read_file", i)}); break;
      case 1: result.push_back({numbered("read_file", i / 2)}); break;  // everything twice
      case 2:                                                           // edit, test, edit, test
        result.push_back({i % 2 == 0 ? numbered("edit_file", i) : call("run_tests")});
        break;
      case 3:  // edit, build, test, look
        result.push_back({i % 4 == 0 ? numbered("edit_file", i) : numbered("bash", i % 4)});
        break;
      default: {  // batches that share all but one call
        Turn turn{call("list_files"), numbered("read_file", i), call("status")};
        std::ranges::shuffle(turn, random);
        result.push_back(std::move(turn));
      }
    }
  }
  return result;
}

TEST(DoomLoopDetector, RaisesNoAlarmAboutNormalWork) {
  std::mt19937_64 random(test::printed_seed());
  for (std::uint64_t kind = 0; kind < 50; ++kind) {
    auto work = normal_work(kind, random);
    work.erase(work.begin(), work.begin() + static_cast<std::ptrdiff_t>(random() % 10));
    EXPECT_EQ(actions(work), std::string(work.size(), '-')) << "kind " << kind % 5;
  }
}

/// The rules word by word, over the whole history.
class NaiveDetector {
 public:
  char observe(const Turn& turn) {
    char worst = '-';
    Unit sorted;
    for (const ToolCall& made : turn) sorted.push_back(made.tool_name);
    std::ranges::sort(sorted);
    const bool same = !sorted.empty() && sorted.front() == sorted.back();
    const Unit unit = same ? Unit{sorted.front()} : sorted;
    const std::size_t times = same ? sorted.size() : sorted.empty() ? 0 : 1;
    for (std::size_t i = 0; i < times; ++i) {
      history_.push_back(unit);
      worst = std::max(worst, judge(), [](char a, char b) { return rank(a) < rank(b); });
    }
    return worst;
  }

 private:
  using Unit = std::vector<std::string>;

  static std::size_t rank(char action) { return std::string_view("-wrs").find(action); }

  char judge() {
    for (std::size_t length = 1; length <= 4; ++length) {
      if (history_.size() < 3 * length) return '-';
      std::vector<Unit> cycle(history_.end() - static_cast<std::ptrdiff_t>(length), history_.end());
      std::vector<Unit> thrice;
      for (int i = 0; i < 3; ++i) thrice.insert(thrice.end(), cycle.begin(), cycle.end());
      if (!std::equal(thrice.rbegin(), thrice.rend(), history_.rbegin())) continue;
      std::vector<Unit> smallest = cycle;
      for (std::size_t i = 0; i < length; ++i) {
        std::rotate(cycle.begin(), cycle.begin() + 1, cycle.end());
        smallest = std::min(smallest, cycle);
      }
      return "wrs"[std::min(met_[smallest]++, 2)];
    }
    return '-';
  }

  std::vector<Unit> history_;
  std::map<std::vector<Unit>, int> met_;
};

TEST(DoomLoopDetector, AgreesWithTheRulesWordByWord) {
  const std::uint64_t first = test::printed_seed();
  for (std::uint64_t round = 0; round < 200; ++round) {
    SCOPED_TRACE("STRANDBUS_TEST_SEED=" + std::to_string(first + round));
    std::mt19937_64 random(first + round);
    DoomLoopDetector detector{{}};
    NaiveDetector naive;
    std::vector<Turn> cycle;
    for (std::size_t step = 0; step < 60; ++step) {
      if (cycle.empty() || random() % 12 == 0) {
        cycle.assign(1 + random() % 5, {});
        for (Turn& turn : cycle) {
          const auto size = random() % 4 == 0 ? 2 + random() % 2 : 1;
          for (std::size_t i = 0; i < size; ++i)
            turn.push_back(call(std::string(1, static_cast<char>('A' + random() % 3))));
        }
      }
      Turn turn = cycle[step % cycle.size()];
      std::ranges::shuffle(turn, random);
      const auto found = detector.observe(turn);
      const char action = found ? letter(found->action) : '-';
      ASSERT_EQ(action, naive.observe(turn)) << "step " << step;
    }
  }
}

}  // namespace
}  // namespace strandbus::detail

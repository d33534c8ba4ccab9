#include "report/targets.hpp"

#include "report/statistics.hpp"

#include <optional>

namespace strandbus::bench {

namespace {

constexpr std::string_view rate = "events_per_second";
constexpr std::string_view next = "strandbus next";
constexpr std::string_view batch = "strandbus batch";
constexpr std::string_view tokio = "tokio current-thread";
constexpr std::string_view tokio_workers = "tokio multi-thread";

using Peers = std::vector<Who>;

Target at_least(double factor, std::string_view scenario, std::string_view wanted,
                std::vector<std::string_view> ours, Peers peers) {
  return {.scenario = scenario,
          .wanted = wanted,
          .goal = Goal::at_least,
          .limit = factor,
          .metric = rate,
          .ours = std::move(ours),
          .peers = std::move(peers)};
}

Target at_most(double limit, std::string_view metric, std::string_view scenario,
               std::string_view wanted, std::string_view ours, Peers peers) {
  return {.scenario = scenario,
          .wanted = wanted,
          .goal = Goal::at_most,
          .limit = limit,
          .metric = metric,
          .ours = {ours},
          .peers = std::move(peers)};
}

Peers best_tokio(std::string_view scenario) {
  return {{scenario, tokio}, {scenario, tokio_workers}};
}

Peers disruptor() {
  return {{"P1.pinned", "Disruptor new object, blocking"},
          {"P1.pinned", "Disruptor new object, yielding"}};
}

void add_threads(std::vector<Target>& all) {
  all.push_back(
      at_least(3, "P1.pinned", "next: at least 3 × tokio", {next}, {{"P1.pinned", tokio}}));
  all.push_back(
      at_least(3, "P1.pinned", "batch: at least 3 × tokio", {batch}, {{"P1.pinned", tokio}}));
  all.push_back(at_least(1, "P1.pinned", "next: at least the Disruptor, a new object each", {next},
                         disruptor()));
  all.push_back(at_least(1, "P1.pinned", "batch: at least the Disruptor, a new object each",
                         {batch}, disruptor()));
  all.push_back(at_least(1, "P1.free", "next, on any executor: not slower than tokio's best",
                         {next, "strandbus next, pool"}, best_tokio("P1.free")));
  all.push_back(at_least(1, "P1.free", "batch, on any executor: not slower than tokio's best",
                         {batch, "strandbus batch, pool"}, best_tokio("P1.free")));
}

void add_fan_out(std::vector<Target>& all) {
  all.push_back(at_least(4, "P2", "next: at least 4 × tokio", {next}, best_tokio("P2")));
  all.push_back(at_least(4, "P2", "batch: at least 4 × tokio", {batch}, best_tokio("P2")));
  all.push_back(at_least(2.5, "P3", "next: at least 2.5 × tokio", {next}, best_tokio("P3")));
  all.push_back(at_least(8, "P3", "batch: at least 8 × tokio", {batch}, best_tokio("P3")));
  all.push_back(at_least(2.5, "P4", "next: at least 2.5 × tokio", {next}, best_tokio("P4")));
  all.push_back(at_least(10, "P4", "batch: at least 10 × tokio", {batch}, best_tokio("P4")));
  for (const std::string_view scenario : {"P5.burst.1", "P5.burst.4", "P5.yield.1", "P5.yield.4"}) {
    all.push_back(
        at_least(1.5, scenario, "next: at least 1.5 × tokio", {next}, {{scenario, tokio}}));
    all.push_back(
        at_least(1.5, scenario, "batch: at least 1.5 × tokio", {batch}, {{scenario, tokio}}));
  }
}

void add_callbacks(std::vector<Target>& all) {
  const auto add = [&](std::string_view scenario, double factor, std::string_view wanted) {
    all.push_back(at_most(2, rate, scenario, "at most 2 × the time of a mutex and a vector",
                          "strandbus", {{scenario, "vector of std::function"}}));
    all.push_back(
        at_least(factor, scenario, wanted, {"strandbus"}, {{scenario, "Boost.Signals2"}}));
  };
  add("P6.1", 1, "faster than Signals2");
  add("P6.4", 1.5, "at least 1.5 × Signals2");
  add("P6.16", 3, "at least 3 × Signals2");
}

void add_costs(std::vector<Target>& all) {
  const Peers sleepers = {{"P7", tokio}, {"P7", "Asio channel"}};
  all.push_back(at_most(1, "p50_nanoseconds", "P7",
                        "p50: no worse than tokio and the bare Asio channel", next, sleepers));
  all.push_back(at_most(1, "p99_nanoseconds", "P7",
                        "p99: no worse than tokio and the bare Asio channel", next, sleepers));
  all.push_back(at_most(1.5, rate, "P8", "at most 1.5 × the time of building the event",
                        "strandbus", {{"P8", "building the event"}}));
  all.push_back(at_most(2048, "bytes", "P9", "at most 2 KiB", "strandbus", {}));
  all.push_back(at_most(0, "bytes", "P9", "1000 readers that sleep: nothing grows",
                        "strandbus, a million events later", {}));
  all.push_back(
      at_least(0.5, "P10", "next: at least half of P1 in sum", {next}, {{"P1.pinned", next}}));
  all.push_back(
      at_least(0.5, "P10", "batch: at least half of P1 in sum", {batch}, {{"P1.pinned", batch}}));
  all.push_back(at_least(5, "P11", "next: at least 5 × the same readers without a filter", {next},
                         {{"P11", "strandbus next, no filter"}}));
  all.push_back(at_least(5, "P11", "batch: at least 5 × the same readers without a filter", {batch},
                         {{"P11", "strandbus batch, no filter"}}));
}

void add_codec_and_agent(std::vector<Target>& all) {
  for (const std::string_view scenario : {"P12.encode.token", "P12.encode.tool"}) {
    all.push_back(at_least(2, scenario, "at least 2 × Boost.JSON, value_from and serialize",
                           {"strandbus"}, {{scenario, "Boost.JSON"}}));
  }
  for (const std::string_view scenario : {"P12.decode.token", "P12.decode.tool"}) {
    all.push_back(at_least(1.5, scenario, "at least 1.5 × Boost.JSON, parse and value_to",
                           {"strandbus"}, {{scenario, "Boost.JSON"}}));
  }
  all.push_back(
      at_most(20'000, "nanoseconds_per_step", "P13", "at most 20 µs per step", "strandbus", {}));
  all.push_back(at_most(1'500, "nanoseconds_per_token", "P13",
                        "at most 1.5 µs per token, with a bus and one reader", "strandbus", {}));
}

std::optional<double> median_of(const Results& results, const Who& who, std::string_view metric) {
  const std::vector<double>* const values = results.find(who.scenario, who.contender, metric);
  if (!values) return std::nullopt;
  return summarize(*values).median;
}

/// The contender, and its scenario where that is not `here`.
std::string name_of(const Who& who, std::string_view here) {
  if (who.scenario == here) return std::string(who.contender);
  return std::string(who.scenario) + " " + std::string(who.contender);
}

/// A contender and its value.
struct Standing {
  Who who;
  double value;
};

enum class Pick : bool { slowest, fastest };

/// The slowest or fastest of those that were measured; the others are added to `missing`.
std::optional<Standing> pick(Pick which, const std::vector<Who>& from, const Target& target,
                             const Results& results, std::string& missing) {
  std::optional<Standing> picked;
  for (const Who& who : from) {
    const auto value = median_of(results, who, target.metric);
    if (!value) {
      missing += (missing.empty() ? "" : ", ") + name_of(who, target.scenario);
      continue;
    }
    const bool faster =
        picked && speed(target.metric, *value) > speed(target.metric, picked->value);
    if (!picked || faster == (which == Pick::fastest)) picked = Standing{who, *value};
  }
  return picked;
}

}  // namespace

std::span<const Target> targets() {
  static const std::vector<Target> all = [] {
    std::vector<Target> made;
    add_threads(made);
    add_fan_out(made);
    add_callbacks(made);
    add_costs(made);
    add_codec_and_agent(made);
    return made;
  }();
  return all;
}

Judgement judge(const Target& target, const Results& results) {
  Judgement judgement{.target = &target, .verdict = Verdict::unmeasured};
  std::vector<Who> everyone;
  for (const std::string_view contender : target.ours)
    everyone.push_back({target.scenario, contender});
  const auto ours = pick(Pick::slowest, everyone, target, results, judgement.missing);
  const bool ours_complete = judgement.missing.empty();
  const auto peer = pick(Pick::fastest, target.peers, target, results, judgement.missing);
  if (!ours_complete || !ours || (!peer && !target.peers.empty())) return judgement;

  if (peer) judgement.against = name_of(peer->who, target.scenario);
  const double ratio =
      peer ? speed(target.metric, ours->value) / speed(target.metric, peer->value) : 0;
  if (target.goal == Goal::at_least) {
    judgement.measured = ratio;
    judgement.verdict = ratio >= target.limit ? Verdict::met : Verdict::not_met;
  } else {
    judgement.measured = peer ? 1 / ratio : ours->value;
    judgement.verdict = judgement.measured <= target.limit ? Verdict::met : Verdict::not_met;
  }
  return judgement;
}

double speed(std::string_view metric, double value) noexcept {
  return metric == rate ? value : 1 / value;
}

}  // namespace strandbus::bench

#include "report/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace strandbus::bench {

namespace {

namespace json = boost::json;

json::array strings(const std::vector<std::string>& texts) {
  json::array array;
  for (const std::string& text : texts) array.emplace_back(text);
  return array;
}

json::object to_json(const Noise& noise) {
  return {{"probes", noise.probes},
          {"noisy", noise.noisy},
          {"round_trip_nanoseconds", noise.median_ns},
          {"worst_nanoseconds", noise.worst_ns}};
}

json::object to_json(const Row& row) {
  json::array values;
  for (const double value : row.values) values.emplace_back(value);
  json::object object{{"contender", row.contender},   {"metric", row.metric},
                      {"median", row.summary.median}, {"min", row.summary.min},
                      {"max", row.summary.max},       {"values", std::move(values)}};
  if (row.to_ours) object["speed_over_ours"] = *row.to_ours;
  return object;
}

json::object to_json(const Judgement& judgement) {
  const Target& target = *judgement.target;
  json::object object{{"wanted", target.wanted},
                      {"goal", target.goal == Goal::at_least ? "at_least" : "at_most"},
                      {"limit", target.limit}};
  switch (judgement.verdict) {
    case Verdict::met: object["verdict"] = "met"; break;
    case Verdict::not_met: object["verdict"] = "not met"; break;
    case Verdict::unmeasured: object["verdict"] = "unknown"; break;
  }
  if (judgement.verdict != Verdict::unmeasured) object["measured"] = judgement.measured;
  if (!judgement.against.empty()) object["against"] = judgement.against;
  if (!judgement.missing.empty()) object["not_measured"] = judgement.missing;
  return object;
}

json::object to_json(const Section& section) {
  json::array rows;
  for (const Row& row : section.rows) rows.emplace_back(to_json(row));
  json::array judgements;
  for (const Judgement& judgement : section.judgements) judgements.emplace_back(to_json(judgement));
  return {{"scenario", section.scenario},          {"title", section.title},
          {"machine", to_json(section.noise)},     {"rows", std::move(rows)},
          {"failures", strings(section.failures)}, {"targets", std::move(judgements)}};
}

}  // namespace

std::string render_json(const Report& report) {
  json::array sections;
  for (const Section& section : report.sections) sections.emplace_back(to_json(section));
  const json::object object{{"processor", report.circumstances.machine},
                            {"rounds", report.circumstances.rounds},
                            {"machine", to_json(report.noise)},
                            {"left_out", strings(report.circumstances.absent)},
                            {"scenarios", std::move(sections)}};
  return json::serialize(object) + "\n";
}

}  // namespace strandbus::bench

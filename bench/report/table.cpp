#include "report/table.hpp"

#include "report/text.hpp"

namespace strandbus::bench {

namespace {

constexpr std::size_t name_columns = 36;
constexpr std::size_t value_columns = 12;

std::string line(std::string_view name, std::string_view median, std::string_view min,
                 std::string_view max, std::string_view ratio) {
  return left(name, name_columns) + right(median, value_columns) + right(min, value_columns) +
         right(max, value_columns) + right(ratio, value_columns) + "\n";
}

std::string render(const Row& row) {
  const std::string_view label = metric_label(row.metric);
  std::string name = "  " + row.contender;
  if (!label.empty()) name.append(", ").append(label);
  return line(name, with_unit(row.metric, row.summary.median),
              with_unit(row.metric, row.summary.min), with_unit(row.metric, row.summary.max),
              row.to_ours ? three_digits(*row.to_ours) : std::string());
}

std::string render(const Judgement& judgement) {
  const Target& target = *judgement.target;
  const std::string wanted(target.wanted);
  if (judgement.verdict == Verdict::unmeasured)
    return "  unknown   " + wanted + "; not measured: " + judgement.missing + "\n";
  const std::string verdict = judgement.verdict == Verdict::met ? "  met       " : "  NOT MET   ";
  if (target.peers.empty())
    return verdict + wanted + "; measured " + with_unit(target.metric, judgement.measured) + "\n";
  std::string text = verdict + wanted + "; measured " + three_digits(judgement.measured) + " × " +
                     judgement.against;
  if (!judgement.missing.empty()) text += "; not measured: " + judgement.missing;
  return text + "\n";
}

std::string render(const Section& section) {
  std::string text = "\n" + section.scenario;
  if (!section.title.empty()) text += ": " + section.title;
  text += "\n";
  for (const Row& row : section.rows) text += render(row);
  for (const std::string& failure : section.failures) text += "  FAILED    " + failure + "\n";
  for (const Judgement& judgement : section.judgements) text += render(judgement);
  if (const std::string noise = describe(section.noise); !noise.empty())
    text += "  the machine was " + noise + "\n";
  return text;
}

std::string render_head(const Report& report) {
  const Circumstances& around = report.circumstances;
  std::string text = "strandbus beside its peers: medians of " + counted_rounds(around.rounds) +
                     " on " + around.machine + "\n";
  if (report.noise.probes == 0) {
    text += "The way between the cores was not measured: a noisy machine is not noticed.\n";
  } else {
    text += "Core-to-core round trip " + with_unit("nanoseconds", report.noise.median_ns) + ", " +
            (report.noise.noisy == 0 ? "the machine was quiet" : "THE MACHINE WAS ") +
            describe(report.noise) + "\n";
  }
  for (const std::string& absence : around.absent) text += "Left out: " + absence + "\n";
  return text;
}

std::string render_sum(const Report& report) {
  const std::size_t met = count(report, Verdict::met);
  const std::size_t not_met = count(report, Verdict::not_met);
  const std::size_t unknown = count(report, Verdict::unmeasured);
  return "\nTargets: " + std::to_string(met) + " met, " + std::to_string(not_met) + " not met, " +
         std::to_string(unknown) + " unknown\n";
}

}  // namespace

std::string render_table(const Report& report) {
  std::string text = render_head(report) + "\n";
  text += line("", "median", "min", "max", "speed/ours");
  for (const Section& section : report.sections) text += render(section);
  return text + render_sum(report);
}

}  // namespace strandbus::bench

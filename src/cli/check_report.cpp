#include "cli/check_report.hpp"

#include "cli/argument_text.hpp"
#include "sink/amounts.hpp"
#include "strandbus/event/json_codec.hpp"
#include "strandbus/sink/terminal_text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <limits>

namespace strandbus::cli {
namespace {

std::string counted(std::uint64_t count, std::string_view what) {
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  return detail::counted(static_cast<std::int64_t>(std::min(count, most)), what);
}

std::string open_run_text(const TraceOpenRun& run) {
  std::string text =
      "the run " + run.run_id + " of seq " + std::to_string(run.since_seq) + " has no end";
  if (!run.inside.empty()) text += "; open in it: " + joined(run.inside);
  return text;
}

json::array in_json(const std::vector<TraceFinding>& findings) {
  json::array list;
  for (const TraceFinding& finding : findings) {
    json::object object{{"rule", wire_name(finding.rule)},
                        {"seq", finding.seq},
                        {"line", finding.line},
                        {"type", finding.type}};
    if (!finding.run_id.empty()) object["run_id"] = finding.run_id;
    object["problem"] = finding.problem;
    object["expected"] = finding.expected;
    list.push_back(std::move(object));
  }
  return list;
}

json::array in_json(const std::vector<TraceOpenRun>& runs) {
  json::array list;
  for (const TraceOpenRun& run : runs) {
    list.push_back({{"run_id", run.run_id},
                    {"since_seq", run.since_seq},
                    {"inside", json::array(run.inside.begin(), run.inside.end())}});
  }
  return list;
}

}  // namespace

std::string check_text(const CheckedFile& file) {
  std::string text;
  const auto line = [&](const std::string& place, const std::string& what) {
    text += terminal_safe_line(file.path + place + ": " + what) + '\n';
  };
  for (const TraceFinding& finding : file.findings)
    line(file.stored ? "" : ':' + std::to_string(finding.line), to_string(finding));
  if (file.found > file.findings.size())
    line("", counted(file.found - file.findings.size(), "fault") + " more");
  for (const TraceOpenRun& run : file.open_runs) line("", "interrupted: " + open_run_text(run));
  for (const std::string& work : file.open_work)
    line("", "interrupted: the " + work + " has no end");
  const std::string faults = file.found == 0 ? "no faults" : counted(file.found, "fault");
  const std::string read = file.error ? ", as far as it could be read" : "";
  line("",
       counted(file.events, "event") + " in " + counted(file.runs, "run") + ", " + faults + read);
  return text;
}

std::string check_json(const CheckedFile& file) {
  json::object object{{file.stored ? "session" : "file", repair_utf8(file.path)},
                      {"valid", file.found == 0 && !file.error},
                      {"events", file.events},
                      {"runs", file.runs},
                      {"faults", file.found},
                      {"findings", in_json(file.findings)},
                      {"open_runs", in_json(file.open_runs)},
                      {"open_work", json::array(file.open_work.begin(), file.open_work.end())}};
  if (!file.torn.empty()) object["torn"] = repair_utf8(file.torn);
  if (file.skipped > 0) object["skipped_lines"] = file.skipped;
  if (file.error) object["error"] = repair_utf8(file.error->message);
  std::string text;
  append_json(text, json::value(std::move(object)));
  return text + '\n';
}

}  // namespace strandbus::cli

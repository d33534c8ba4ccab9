#include "report/options.hpp"

#include "report/scenarios.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace strandbus::bench {

namespace {

constexpr std::size_t most_rounds = 1000;

std::size_t parse_rounds(std::string_view text) {
  std::size_t rounds = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, rounds);
  if (error == std::errc() && stop == end && rounds >= 1 && rounds <= most_rounds) return rounds;
  throw std::invalid_argument("--rounds must be 1 to 1000, not '" + std::string(text) + "'");
}

std::vector<std::string> parse_only(std::string_view list) {
  std::vector<std::string> chosen;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    chosen.emplace_back(list.substr(begin, end - begin));
    const auto known = scenarios();
    if (std::none_of(known.begin(), known.end(),
                     [&](const Scenario& s) { return belongs_to(s.name, chosen.back()); })) {
      throw std::invalid_argument("--only: there is no scenario '" + chosen.back() + "'");
    }
    begin = end + 1;
  }
  return chosen;
}

}  // namespace

Options parse_options(std::span<const std::string_view> arguments) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view name = arguments[i];
    if (name == "--help" || name == "-h") {
      options.help = true;
      continue;
    }
    if (name != "--rounds" && name != "--only" && name != "--json" && name != "--svg")
      throw std::invalid_argument("unknown option '" + std::string(name) + "'");
    if (++i == arguments.size()) throw std::invalid_argument(std::string(name) + " needs a value");
    if (name == "--rounds") options.rounds = parse_rounds(arguments[i]);
    if (name == "--only") options.only = parse_only(arguments[i]);
    if (name == "--json") options.json = arguments[i];
    if (name == "--svg") options.svg = arguments[i];
  }
  return options;
}

std::string_view usage() noexcept {
  return "usage: strandbus_report [--rounds N] [--only P3,P6.4] [--json FILE] [--svg FILE]\n"
         "\n"
         "Runs the measuring programs that lie beside it and prints one table.\n"
         "\n"
         "  --rounds N    how often each contender is measured (default: 5)\n"
         "  --only LIST   these scenarios, or groups of them\n"
         "  --json FILE   write the figures\n"
         "  --svg FILE    write a chart\n";
}

bool wants(const Options& options, std::string_view scenario) noexcept {
  if (options.only.empty()) return true;
  return std::any_of(options.only.begin(), options.only.end(),
                     [&](const std::string& chosen) { return belongs_to(scenario, chosen); });
}

}  // namespace strandbus::bench

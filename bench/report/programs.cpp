#include "report/programs.hpp"

#include <charconv>
#include <cmath>
#include <stdexcept>

namespace strandbus::bench {

namespace {

constexpr Program known[] = {
    {"strandbus_streams", "strandbus, streams", ""},
    {"strandbus_callbacks", "strandbus, callbacks", ""},
    {"strandbus_wakeup", "strandbus, wake-up", ""},
    {"strandbus_publishing", "strandbus, publishing", ""},
    {"strandbus_memory", "strandbus, memory", ""},
    {"strandbus_codec", "strandbus, JSON", ""},
    {"strandbus_agent", "strandbus, agent", ""},
    {"boost_json", "Boost.JSON", ""},
    {"tokio", "tokio", "librust-tokio-dev and cargo"},
    {"asio_channel", "Asio channel", ""},
    {"disruptor", "LMAX Disruptor", "libdisruptor-java and a JDK"},
    {"zeromq", "ZeroMQ", "libzmq3-dev"},
    {"function_vector", "vector of std::function", ""},
    {"signals2", "Boost.Signals2", ""},
    {"machine", "the machine's floor", ""},
};

double number(const std::string& text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || !std::isfinite(value))
    throw std::runtime_error("'" + text + "' is not a number");
  return value;
}

}  // namespace

std::span<const Program> programs() noexcept { return known; }

std::string absence_of(const Program& program) {
  const std::string who(program.measures);
  if (program.needs.empty()) return who + " was not built";
  return who + " is not installed (" + std::string(program.needs) + ")";
}

std::vector<std::pair<std::string, std::string>> tab_separated(std::string_view output) {
  std::vector<std::pair<std::string, std::string>> lines;
  while (!output.empty()) {
    const std::string_view line = output.substr(0, output.find('\n'));
    output.remove_prefix(std::min(line.size() + 1, output.size()));
    const std::size_t tab = line.find('\t');
    if (tab == std::string_view::npos)
      throw std::runtime_error("'" + std::string(line) + "' has no tab");
    lines.emplace_back(line.substr(0, tab), line.substr(tab + 1));
  }
  return lines;
}

std::vector<std::pair<std::string, double>> figures_in(std::string_view output) {
  std::vector<std::pair<std::string, double>> figures;
  for (const auto& [metric, value] : tab_separated(output)) {
    figures.emplace_back(metric, number(value));
  }
  if (figures.empty()) throw std::runtime_error("no figure was printed");
  return figures;
}

}  // namespace strandbus::bench

#include "load/options.hpp"

#include <charconv>
#include <map>
#include <stdexcept>

namespace strandbus::load {
namespace {

template <class Number>
Number read_number(const std::string& name, const std::string& text) {
  Number value{};
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size() || value < 0)
    throw std::invalid_argument(name + " takes a number and not '" + text + "'");
  return value;
}

}  // namespace

Options read_options(const std::vector<std::string>& arguments) {
  Options options;
  const std::map<std::string, std::size_t*> numbers{
      {"--streams", &options.streams}, {"--sockets", &options.sockets},
      {"--healthy", &options.healthy}, {"--slow", &options.slow},
      {"--hostile", &options.hostile}, {"--events", &options.events},
      {"--rounds", &options.rounds}};
  const std::map<std::string, std::string*> texts{{"--program", &options.program},
                                                  {"--nginx", &options.nginx}};
  for (std::size_t i = 0; i < arguments.size(); i += 2) {
    const std::string& name = arguments[i];
    if (i + 1 == arguments.size()) throw std::invalid_argument(name + " needs a value");
    const std::string& value = arguments[i + 1];
    if (const auto text = texts.find(name); text != texts.end()) {
      *text->second = value;
    } else if (const auto number = numbers.find(name); number != numbers.end()) {
      *number->second = read_number<std::size_t>(name, value);
    } else if (name == "--worst-ratio") {
      options.worst_ratio = read_number<double>(name, value);
    } else {
      throw std::invalid_argument("unknown option '" + name + "'");
    }
  }
  if (options.program.empty())
    throw std::invalid_argument("--program is missing: the path of strandbus");
  if (options.events == 0 || options.rounds == 0 || options.streams == 0)
    throw std::invalid_argument("--events, --rounds and --streams must be at least 1");
  return options;
}

std::size_t descriptors_of(const Options& options) {
  constexpr std::size_t others = 64;
  const std::size_t peers = options.nginx.empty() ? 0 : options.streams;
  return options.streams + options.sockets + peers + options.healthy + options.slow +
         options.hostile + others;
}

}  // namespace strandbus::load

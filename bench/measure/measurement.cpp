#include "measure/measurement.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <thread>

namespace strandbus::bench {

int run_measurements(int argc, char** argv, std::span<const Measurement> measurements) {
  if (argc == 1) {
    for (const auto& known : measurements) {
      std::printf("%s\t%s\n", std::string(known.scenario).c_str(),
                  std::string(known.contender).c_str());
    }
    return 0;
  }
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s [SCENARIO CONTENDER]\n", argv[0]);
    return 2;
  }
  const auto found = std::find_if(measurements.begin(), measurements.end(), [&](const auto& known) {
    return known.scenario == argv[1] && known.contender == argv[2];
  });
  if (found == measurements.end()) {
    std::fprintf(stderr, "%s: there is no '%s' in '%s'\n", argv[0], argv[2], argv[1]);
    return 2;
  }
  // Before a process has had a second thread the standard library counts references without atomic
  // operations. Whoever uses these libraries has threads.
  std::thread([] {}).join();
  try {
    for (const Figure& figure : found->measure())
      std::printf("%s\t%.17g\n", figure.metric.c_str(), figure.value);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s, %s: %s\n", argv[1], argv[2], error.what());
    return 1;
  }
}

Figure events_per_second(double events, double nanoseconds) {
  return {"events_per_second", events / nanoseconds * 1e9};
}

std::vector<Figure> percentiles(std::vector<double> nanoseconds) {
  std::sort(nanoseconds.begin(), nanoseconds.end());
  const auto at = [&](double part) {
    return nanoseconds.at(static_cast<std::size_t>(part * double(nanoseconds.size() - 1)));
  };
  return {{"p50_nanoseconds", at(0.5)}, {"p99_nanoseconds", at(0.99)}};
}

}  // namespace strandbus::bench

// Many readers on a server that runs as its own process: what they get and what they cost. One
// command runs it: sh cmake/dev.sh load.

#include "load/load_run.hpp"
#include "support/temporary_directory.hpp"

#include <algorithm>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <vector>

namespace strandbus::load {
namespace {

/// The servers inherit it.
void raise_limit(std::size_t needed) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max < needed)
    throw std::runtime_error("a process may have " + std::to_string(limit.rlim_max) +
                             " descriptors here and " + std::to_string(needed) +
                             " are needed: raise the hard limit (ulimit -Hn), or ask for fewer "
                             "--streams");
}

int run(const std::vector<std::string>& arguments) {
  const Options options = read_options(arguments);
  raise_limit(descriptors_of(options));
  const testing::TemporaryDirectory directory;
  const std::string path = directory.path("");
  const LoadFigures figures = run_load(options, path.substr(0, path.size() - 1));
  std::fputs(render(options, figures).c_str(), stdout);
  const std::vector<std::string> broken = broken_bounds(options, figures);
  for (const std::string& each : broken) std::fprintf(stderr, "load: %s", each.c_str());
  if (broken.empty()) std::fputs("nothing was lost, and no bound was broken\n", stdout);
  return broken.empty() ? 0 : 1;
}

}  // namespace
}  // namespace strandbus::load

int main(int count, char** words) {
  try {
    return strandbus::load::run({words + 1, words + count});
  } catch (const std::invalid_argument& wrong) {
    std::fprintf(stderr, "load: %s\n", wrong.what());
    return 2;
  } catch (const std::exception& failed) {
    std::fprintf(stderr, "load: %s\n", failed.what());
    return 1;
  }
}

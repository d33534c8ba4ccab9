#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace strandbus::bench {

/// Runs a program to its end and returns what it printed on standard output; its standard error is
/// ours. Throws std::runtime_error if it cannot be started, ends with another exit code than 0, or
/// takes longer than `limit`; then it is killed.
std::string run_program(const std::string& file, const std::vector<std::string>& arguments,
                        std::chrono::milliseconds limit);

}  // namespace strandbus::bench

#pragma once

#include <stdexcept>

namespace strandbus::cli {

/// What the caller of the program has to change; the program ends with ExitCode::usage. The text
/// says what is wrong, where, and what to do.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace strandbus::cli

#pragma once

#include "strandbus/error.hpp"

#include <string>
#include <utility>

namespace strandbus::detail {

/// What is wrong with a line of a foreign trace. Thrown inside of a decoder, never out of it.
struct LineFault {
  error_code code{};
  std::string message{};
};

[[noreturn]] inline void fail_line(std::string message) {
  throw LineFault{make_error_code(Errc::invalid_event), std::move(message)};
}

}  // namespace strandbus::detail

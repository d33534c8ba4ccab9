#pragma once

#include "strandbus/agent/workspace.hpp"

#include <string>
#include <utility>

namespace strandbus::detail {

/// What an error of the system means for a path. Unstable: what a place says that was changed while
/// it was being opened.
PathFault fault_of(const error_code& error) noexcept;

/// Why something could not be done at a place; the path is named where the error is made.
struct Refusal {
  Refusal() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): so that a fault can be returned as it is
  Refusal(PathFault what, std::string more = {}) : fault(what), detail(std::move(more)) {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  Refusal(const error_code& error) : fault(fault_of(error)) {
    if (fault == PathFault::io_error || fault == PathFault::no_space) detail = error.message();
  }

  PathFault fault = PathFault::io_error;
  std::string detail;  ///< for the message; may be empty
};

template <class T>
using Attempt = boost::system::result<T, Refusal>;

}  // namespace strandbus::detail

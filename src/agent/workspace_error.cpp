#include "agent/refusal.hpp"
#include "strandbus/agent/workspace.hpp"

#include <boost/describe/enum_to_string.hpp>

#include <cerrno>

namespace strandbus {

ErrorCode error_code_of(PathFault fault) noexcept {
  switch (fault) {
    case PathFault::empty_path:
    case PathFault::malformed:
    case PathFault::too_long:
    case PathFault::not_a_directory:
    case PathFault::is_a_directory:
    case PathFault::too_large:
    case PathFault::already_there:
    case PathFault::stale: return ErrorCode::E_VALIDATION;
    case PathFault::home_expansion:
    case PathFault::outside_workspace:
    case PathFault::protected_path:
    case PathFault::link_loop:
    case PathFault::special_file:
    case PathFault::access_denied: return ErrorCode::E_PERMISSIONS;
    case PathFault::not_found: return ErrorCode::E_NOT_FOUND;
    case PathFault::unstable:
    case PathFault::no_space:
    case PathFault::io_error: return ErrorCode::none;
  }
  return ErrorCode::none;
}

const char* to_string(PathFault fault) noexcept {
  return boost::describe::enum_to_string(fault, "unknown");
}

namespace detail {

PathFault fault_of(const error_code& error) noexcept {
  switch (error.value()) {
    case ENOENT: return PathFault::not_found;
    case ENOTDIR: return PathFault::not_a_directory;
    case EISDIR: return PathFault::is_a_directory;
    case ENAMETOOLONG: return PathFault::too_long;
    case EACCES:
    case EPERM:
    case EROFS: return PathFault::access_denied;
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return PathFault::no_space;
    case ELOOP:
    case EXDEV:
    case EAGAIN: return PathFault::unstable;
    case ENXIO:
    case ENODEV: return PathFault::special_file;
    case EEXIST: return PathFault::already_there;
    default: return PathFault::io_error;
  }
}

}  // namespace detail
}  // namespace strandbus

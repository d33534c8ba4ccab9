#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>
#include <boost/system/system_error.hpp>

#include <string>
#include <type_traits>

namespace boost::asio {}
namespace boost::json {}

namespace strandbus {

namespace asio = boost::asio;
namespace json = boost::json;

using boost::system::error_code;
using boost::system::system_error;

/// A value or the reason why there is none; what synchronous calls that are expected to fail
/// return.
template <class T>
using Result = boost::system::result<T>;

/// Every error that strandbus itself makes. Codes of other libraries pass through unchanged.
enum class Errc {
  /// The bus is closed and everything that was kept has been read: stop reading.
  closed = 1,
  /// Another operation of this kind is pending on the same object: wait for it, or cancel it.
  busy,
  /// This reader fell behind under Overflow::disconnect: resume from a store, or join again.
  lagged,
  /// The requested start lies beyond the newest event: ask for a seq that was published.
  seq_unknown,
  /// A blocking reader has reached the hard bound of its backlog: wait with async_writable.
  backlog_full,
  /// The event's run has not started or has already ended: publish run_started first, or nothing
  /// more.
  run_not_open,
  /// The text is not JSON: the message names the byte.
  malformed_json,
  /// The JSON is not an event of this schema: the message names the member by JSON pointer.
  invalid_event,
  /// A size or depth limit was exceeded: raise the limit, or reject the input.
  limit_exceeded,
  /// A file is not what its name or place promises: the message names file and line.
  invalid_file,
  /// A deadline has passed before the operation was complete: wait on, or go on without it.
  timed_out,
  /// There is no session of this id: ask for one that is listed.
  session_unknown,
  /// A session of this id exists already: choose another id, or open that one.
  session_exists,
  /// Another writer, perhaps of another process, has the session: only one may write.
  session_in_use,
  /// The store could not keep its promise once and takes nothing more: see its failure(); open it
  /// anew when the cause is gone.
  store_failed,
};

/// The category of Errc; its name is "strandbus".
const boost::system::error_category& error_category() noexcept;

/// Makes an error_code of an Errc; found by argument-dependent lookup.
inline error_code make_error_code(Errc value) noexcept {
  return {static_cast<int>(value), error_category()};
}

}  // namespace strandbus

template <>
struct boost::system::is_error_code_enum<strandbus::Errc> : std::true_type {};

#include "strandbus/store/session_file.hpp"

#include <boost/throw_exception.hpp>

namespace strandbus {

void throw_exception_from_error(const SessionError& error, const boost::source_location& where) {
  boost::throw_exception(system_error(error.code, error.message), where);
}

}  // namespace strandbus

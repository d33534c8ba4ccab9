#pragma once

#include <boost/json/object.hpp>

#include <cstdint>
#include <string>

// JSON texts, appended without an allocation of their own.

namespace strandbus::detail {

void append_integer(std::string& out, std::int64_t value);
void append_integer(std::string& out, std::uint64_t value);

/// The shortest text that reads back as the same double; null where it is not finite.
void append_double(std::string& out, double value);

void append_object(std::string& out, const boost::json::object& object);

}  // namespace strandbus::detail

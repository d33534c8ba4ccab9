#pragma once

#include "strandbus/error.hpp"
#include "strandbus/event/stream_event.hpp"

#include <boost/assert/source_location.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace strandbus {

/// What is accepted from outside. The text may come from anyone.
struct DecodeLimits {
  std::size_t max_bytes = 16 * 1024 * 1024;  ///< of one event's text
  std::size_t max_depth = 64;                ///< nesting of the whole event
};

/// Why a text is not an event: what, where (JSON pointer or byte), in one line for people.
struct DecodeError {
  error_code code{};      ///< Errc::malformed_json, invalid_event or limit_exceeded
  std::string pointer{};  ///< RFC 6901, "" = the whole document; for malformed_json empty
  std::size_t offset{};   ///< bytes before the offending one, for malformed_json
  std::string message{};  ///< says all of this, ready to show
};

/// What `result.value()` throws: a system_error whose text holds the message.
[[noreturn]] void throw_exception_from_error(const DecodeError& error,
                                             const boost::source_location& where);

/// The event that a text says, or why it is none.
using DecodeResult = boost::system::result<StreamEvent, DecodeError>;

/// Appends the event as one JSON object in the native form (schema 1), without a line end.
///
/// Numbers round-trip exactly. A number that is not finite is written as null. Invalid UTF-8 in
/// texts is written as U+FFFD.
/// Cost: no allocation besides `out` for payloads without json members.
void append_json(std::string& out, const StreamEvent& event);

/// The event as one JSON object.
std::string to_json(const StreamEvent& event);

/// Reads one event in the native form.
///
/// A type that this version does not know becomes a Custom of that name and is written back with
/// the very digits it had; so are members that a known payload or the envelope does not have.
/// Errors: Errc::malformed_json, Errc::invalid_event, Errc::limit_exceeded.
DecodeResult from_json(std::string_view text, const DecodeLimits& limits = {});

/// Reads the events of one source. Consecutive events of one run share their RunContext.
///
/// Threads: distinct objects.
class EventReader {
 public:
  explicit EventReader(const DecodeLimits& limits = {}) : limits_(limits) {}

  /// As from_json.
  DecodeResult read(std::string_view text);

 private:
  DecodeLimits limits_;
  std::shared_ptr<const RunContext> last_;
};

/// The payload's `data` object alone, as JSON text.
std::string payload_to_json(const StreamEvent& event);

/// Reads JSON with exact numbers: 64-bit integers, correctly rounded doubles. A number beyond the
/// range of double is refused, a duplicate key too.
/// Errors: as from_json.
boost::system::result<json::value, DecodeError> parse_json(std::string_view text,
                                                           const DecodeLimits& limits = {});

/// Appends a JSON value with shortest exact numbers; a double stays a double ("1.0").
void append_json(std::string& out, const json::value& value);

/// Appends a JSON string literal with its quotes.
void append_json_string(std::string& out, std::string_view text);

/// `text` with every byte that is not part of valid UTF-8 replaced by U+FFFD.
std::string repair_utf8(std::string_view text);

/// Cuts a stream of bytes into valid UTF-8: an incomplete sequence at the end of a piece is held
/// for the next one, invalid bytes become U+FFFD.
///
/// Threads: distinct objects.
class Utf8Assembler {
 public:
  /// The valid text that is known after these bytes.
  std::string feed(std::string_view bytes);
  /// What is still held, repaired; call once at the end.
  std::string finish();

 private:
  std::string held_;
};

}  // namespace strandbus

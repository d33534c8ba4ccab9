#pragma once

#include "strandbus/event/json_codec.hpp"

#include <boost/assert/source_location.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus {

/// Why a line is not of its dialect.
struct DialectError {
  error_code code{};      ///< Errc::malformed_json, invalid_event or limit_exceeded
  std::size_t line{};     ///< from 1
  std::string message{};  ///< says all of this, ready to show: "line 7: /RunStarted/run_id: …"
};

/// What `result.value()` throws: a system_error whose text holds the message.
[[noreturn]] void throw_exception_from_error(const DialectError& error,
                                             const boost::source_location& where);

/// The events that a line stands for, often one, sometimes none or several.
using DialectEvents = boost::system::result<std::vector<StreamEvent>, DialectError>;

struct DialectDecoderOptions {
  DecodeLimits limits{};               ///< of one line; the text may come from anyone
  std::string session_id = "session";  ///< where the dialect does not say it
  /// Of what must be held back until a run has ended; only "ag-ui" holds anything back. Bytes.
  std::size_t max_held_bytes = std::size_t{256} * 1024 * 1024;
};

/// Reads the lines of another system's trace as events, so that they can be shown and checked here.
///
///     const auto decoder = make_dialect_decoder("agent-event");
///     for (const std::string& line : lines)
///       for (const StreamEvent& event : decoder->read(line).value()) show(event);
///     for (const StreamEvent& event : decoder->finish().value()) show(event);
///
/// Events are numbered 1, 2, 3 … and keep the run rule of the vocabulary: what the other system
/// leaves out and the rule needs is put in, at the time of the line that needs it. So a run that
/// begins in the middle gets its run_started, and whatever is open when its run ends gets an end.
/// What the trace says is not changed: where it contradicts itself (a sum, a text and its pieces)
/// TraceChecker finds that. The same lines give the same events, ids included.
///
/// Threads: distinct objects.
/// Cost:    memory for what is open, and about 100 bytes for each event that was read.
class DialectDecoder {
 public:
  DialectDecoder(const DialectDecoder&) = delete;
  DialectDecoder& operator=(const DialectDecoder&) = delete;
  virtual ~DialectDecoder() = default;

  /// Reads the next line; an empty one stands for nothing. After an error nothing more is read.
  ///
  /// Errors: Errc::malformed_json; Errc::invalid_event for a member that is missing or of a wrong
  ///         kind, and for what comes after the end of its run; Errc::limit_exceeded.
  virtual DialectEvents read(std::string_view line) = 0;

  /// What the end of the trace tells. Nothing is read behind it.
  virtual DialectEvents finish() = 0;

  /// The number of the line that was read last, from 1.
  virtual std::size_t line() const noexcept = 0;

 protected:
  DialectDecoder() = default;
};

/// The names that make_dialect_decoder knows. "rollouts" is none of them: its chunks do not say
/// which call a result answers, nor where a run begins and ends.
std::span<const std::string_view> decodable_dialect_names() noexcept;

/// A fresh decoder for one trace, or null if no dialect of that name can be read.
std::unique_ptr<DialectDecoder> make_dialect_decoder(std::string_view name,
                                                     DialectDecoderOptions options = {});

}  // namespace strandbus

#pragma once

#include "strandbus/wire/dialect_decoder.hpp"
#include "wire/trace_completer.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// Reads JSON objects, one in a line; what they mean is for the dialect.
class JsonLineDecoder : public DialectDecoder {
 public:
  DialectEvents read(std::string_view line) final;
  DialectEvents finish() final;
  std::size_t line() const noexcept final { return line_; }

 protected:
  explicit JsonLineDecoder(
      DialectDecoderOptions options,
      TraceCompleter::Durations said = TraceCompleter::Durations::of_everything)
      : options_(std::move(options)), trace_(said) {}

  /// What a line says; adds its events to trace(). Errors: throws LineFault.
  virtual void read_object(const json::object& object) = 0;
  /// What the end of the trace says.
  virtual void read_end() {}

  const DialectDecoderOptions& options() const noexcept { return options_; }
  TraceCompleter& trace() noexcept { return trace_; }
  /// A context of the session, for what belongs to no run.
  std::shared_ptr<const RunContext> session_context();
  /// All events of a trace belong to one session: the first that it says, if it does so before its
  /// first event.
  void say_session(std::string_view session_id);
  const std::string& session_id();
  /// Where a fault is that shows later than the line was read.
  void speak_of_line(std::size_t line) noexcept { faulty_line_ = line; }

 private:
  DialectError fail(error_code code, std::string_view message);

  const DialectDecoderOptions options_;
  TraceCompleter trace_;
  std::size_t line_ = 0;
  std::size_t faulty_line_ = 0;
  std::optional<std::string> session_id_;
  bool session_is_said_ = false;
  std::optional<DialectError> failed_;
};

}  // namespace strandbus::detail

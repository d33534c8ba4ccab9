#include "wire/json_line_decoder.hpp"

#include "wire/line_fault.hpp"

#include <boost/system/system_error.hpp>
#include <boost/throw_exception.hpp>

#include <utility>

namespace strandbus {

void throw_exception_from_error(const DialectError& error, const boost::source_location& where) {
  boost::throw_exception(system_error(error.code, error.message), where);
}

namespace detail {

DialectEvents JsonLineDecoder::read(std::string_view line) {
  if (failed_) return *failed_;
  ++line_;
  faulty_line_ = line_;
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (line_ == 1 && line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
  if (line.find_first_not_of(" \t\r\n") == std::string_view::npos)
    return std::vector<StreamEvent>();
  auto document = parse_json(line, options_.limits);
  if (!document) return fail(document.error().code, document.error().message);
  const json::object* const object = document->if_object();
  if (!object)
    return fail(make_error_code(Errc::invalid_event), "expected a JSON object in each line");
  try {
    read_object(*object);
  } catch (const LineFault& fault) {
    return fail(fault.code, fault.message);
  }
  return trace_.take();
}

DialectEvents JsonLineDecoder::finish() {
  if (failed_) return *failed_;
  try {
    read_end();
  } catch (const LineFault& fault) {
    return fail(fault.code, fault.message);
  }
  return trace_.take();
}

DialectError JsonLineDecoder::fail(error_code code, std::string_view message) {
  DialectError error;
  error.code = code;
  error.line = faulty_line_;
  error.message = "line " + std::to_string(faulty_line_) + ": " + std::string(message);
  failed_ = error;
  return error;
}

const std::string& JsonLineDecoder::session_id() {
  if (!session_id_) session_id_ = options_.session_id;
  return *session_id_;
}

std::shared_ptr<const RunContext> JsonLineDecoder::session_context() {
  RunContext context;
  context.session_id = session_id();
  return std::make_shared<const RunContext>(std::move(context));
}

void JsonLineDecoder::say_session(std::string_view session_id) {
  if (session_id.empty() || (session_id_ && !session_is_said_)) return;
  session_is_said_ = true;
  if (!session_id_) session_id_ = std::string(session_id);
  if (*session_id_ == session_id) return;
  fail_line("it belongs to the session " + std::string(session_id) +
            "; the trace began with the session " + *session_id_ +
            ", and a trace is of one session");
}

}  // namespace detail
}  // namespace strandbus

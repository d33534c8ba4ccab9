#include "server/event_lines.hpp"

#include "server/event_intake.hpp"
#include "server/request_arguments.hpp"
#include "strandbus/event/json_codec.hpp"

#include <boost/algorithm/string/predicate.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view white_space = " \t\r";

void expect_lines(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  type = type.substr(0, type.find_last_not_of(white_space) + 1);
  for (const std::string_view known : {"application/x-ndjson", "application/jsonl"}) {
    if (boost::algorithm::iequals(type, known)) return;
  }
  throw BadRequest(415, "media_type_unknown",
                   "the body must be events, one in a line: send Content-Type: "
                   "application/x-ndjson or application/jsonl");
}

[[noreturn]] void refuse_line(std::size_t line, int status, std::string code,
                              const std::string& what) {
  HttpRefusal refusal = make_refusal(
      status, std::move(code),
      "line " + std::to_string(line) + ": " + what + "; nothing of this request was taken");
  refusal.more = "\"line\":" + std::to_string(line);
  throw BadRequest(std::move(refusal));
}

StreamEvent read_line(EventReader& reader, std::string_view text, std::size_t line) {
  auto event = reader.read(text);
  if (!event) {
    const bool no_json = event.error().code == Errc::malformed_json;
    refuse_line(line, 400, no_json ? "malformed_json" : "invalid_event", event.error().message);
  }
  if (const std::string fault = EventIntake::fault_of(*event); !fault.empty())
    refuse_line(line, 400, "invalid_event", "invalid event at " + fault);
  return *std::move(event);
}

}  // namespace

EventLines read_event_lines(const ServerRequest& request) {
  expect_lines(request.header("Content-Type").value_or(""));
  EventLines read;
  EventReader reader;
  std::string_view rest = request.body;
  if (rest.starts_with(byte_order_mark)) rest.remove_prefix(byte_order_mark.size());
  for (std::size_t line = 1; !rest.empty(); ++line) {
    const std::string_view text = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(text.size() + 1, rest.size()));
    if (text.find_first_not_of(white_space) == std::string_view::npos) continue;
    if (read.events.size() == max_event_lines)
      refuse_line(line, 413, "body_too_large",
                  "a request has at most " + std::to_string(max_event_lines) +
                      " events; send the others in another one");
    read.events.push_back(read_line(reader, text, line));
    read.lines.push_back(line);
  }
  if (read.events.empty())
    throw BadRequest(400, "invalid_body", "the body has no event; send one in each line");
  return read;
}

}  // namespace strandbus::detail

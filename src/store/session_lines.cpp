#include "store/session_lines.hpp"

#include "event/json_parser.hpp"
#include "event/json_reader.hpp"
#include "event/json_scan.hpp"

#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::string_view rfc3339_time = "an RFC 3339 time";
constexpr std::string_view event_prefix = R"({"_type":"event",)";

/// As it stands in the file; times are still text.
struct MetadataLine {
  std::string _type{};
  std::int64_t schema{};
  std::string session_id{};
  std::string created_at{};
  std::string workspace{};
  std::string provider{};
  std::string model{};
  std::string title{};
  std::string forked_from{};
  std::optional<std::int64_t> forked_at{};
};
STRANDBUS_DESCRIBE(MetadataLine, 3, _type, schema, session_id, created_at, workspace, provider,
                   model, title, forked_from, forked_at)

void append_text(std::string& out, std::string_view key, std::string_view text) {
  out += ",\"";
  out += key;
  out += "\":";
  append_json_string(out, text);
}

/// The value of a member of an object that check_json has accepted; empty if there is none.
std::string_view member_of(std::string_view object, std::string_view key) {
  MemberScanner scanner(inside(object));
  while (scanner.next()) {
    if (scanner.key() == key) return scanner.value();
  }
  return {};
}

std::string_view trim(std::string_view text) noexcept {
  constexpr std::string_view whitespace = " \t\r";
  const std::size_t begin = text.find_first_not_of(whitespace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(whitespace) + 1 - begin);
}

/// What is wrong with one kind of line.
class LineProblem {
 public:
  explicit LineProblem(std::string_view kind) : kind_(kind) {}

  DecodeError missing(std::string_view member) {
    reader_.fail("this member is missing");
    reader_.inside_of(member);
    return reader_.take_error(kind_);
  }

  DecodeError mismatch(std::string_view member, std::string_view expected, std::string_view found) {
    reader_.fail_value(expected, found);
    reader_.inside_of(member);
    return reader_.take_error(kind_);
  }

 private:
  std::string_view kind_;
  JsonReader reader_;
};

boost::system::result<DecodedLine, DecodeError> decode_message(std::string_view line) {
  JsonReader reader;
  StoredMessage stored;
  if (!reader.read(line, stored.message)) return reader.take_error("message");
  const std::string_view timestamp = member_of(line, "timestamp");
  if (timestamp.empty()) return LineProblem("message").missing("timestamp");
  std::string text;
  const auto time = reader.read(timestamp, text) ? parse_rfc3339(text) : std::nullopt;
  if (!time) return LineProblem("message").mismatch("timestamp", rfc3339_time, timestamp);
  stored.timestamp = *time;
  return DecodedLine(std::move(stored));
}

}  // namespace

void append_metadata_line(std::string& out, const SessionMetadata& metadata) {
  out += R"({"_type":"metadata","schema":1)";
  append_text(out, "session_id", metadata.session_id);
  append_text(out, "created_at", to_rfc3339(metadata.created_at));
  append_text(out, "workspace", metadata.workspace);
  append_text(out, "provider", metadata.provider);
  append_text(out, "model", metadata.model);
  if (!metadata.title.empty()) append_text(out, "title", metadata.title);
  if (!metadata.forked_from.empty()) {
    append_text(out, "forked_from", metadata.forked_from);
    out += ",\"forked_at\":" + std::to_string(metadata.forked_at);
  }
  out += "}\n";
}

void append_event_line(std::string& out, const StreamEvent& event) {
  const std::size_t begin = out.size();
  append_json(out, event);
  out.replace(begin, 1, event_prefix);  // the opening brace
  out += '\n';
}

bool commits_message(const StreamEvent& event) {
  return event.is<MessageCommitted>() && event.context().depth <= 0;
}

void append_message_line(std::string& out, const StreamEvent& event) {
  const std::string payload = payload_to_json(event);
  out += R"({"_type":"message",)";
  out += inside(member_of(payload, "message"));
  append_text(out, "timestamp", to_rfc3339(event.ts()));
  out += "}\n";
}

void append_message_line(std::string& out, const StoredMessage& message) {
  StreamEvent commit(MessageCommitted{.message = message.message});
  commit.set_stamp(0, {}, message.timestamp);
  append_message_line(out, commit);
}

boost::system::result<SessionMetadata, DecodeError> decode_metadata(std::string_view line,
                                                                    const DecodeLimits& limits) {
  if (auto error = check_json(line, limits)) return *std::move(error);
  const std::string_view object = trim(line);
  JsonReader reader;
  MetadataLine text;
  if (!reader.read(object, text)) return reader.take_error("metadata");
  const auto mismatch = [&](std::string_view member, std::string_view expected) {
    return LineProblem("metadata").mismatch(member, expected, member_of(object, member));
  };
  if (text._type != "metadata") return mismatch("_type", "\"metadata\"");
  if (text.schema != 1) return mismatch("schema", "1");
  const auto created_at = parse_rfc3339(text.created_at);
  if (!created_at) return mismatch("created_at", rfc3339_time);
  SessionMetadata metadata;
  metadata.session_id = std::move(text.session_id);
  metadata.created_at = *created_at;
  metadata.workspace = std::move(text.workspace);
  metadata.provider = std::move(text.provider);
  metadata.model = std::move(text.model);
  metadata.title = std::move(text.title);
  if (text.forked_at && *text.forked_at < 0) return mismatch("forked_at", "a seq");
  metadata.forked_from = std::move(text.forked_from);
  metadata.forked_at = static_cast<std::uint64_t>(text.forked_at.value_or(0));
  return metadata;
}

boost::system::result<DecodedLine, DecodeError> LineDecoder::decode(std::string_view line) {
  // Of a thousand lines, all but a few: the event decoder checks the text itself.
  if (line.starts_with(event_prefix)) return decode_event(line);
  if (auto error = check_json(line, limits_)) return *std::move(error);
  const std::string_view object = trim(line);
  JsonReader reader;
  if (kind_of(object) != JsonKind::object) {
    reader.fail_type("an object", object);
    return reader.take_error("line");
  }
  const std::string_view type = member_of(object, "_type");
  if (type.empty()) return LineProblem("line").missing("_type");
  std::string name;
  if (!reader.read(type, name)) {
    reader.inside_of("_type");
    return reader.take_error("line");
  }
  if (name == "event") return decode_event(object);
  if (name == "message") return decode_message(object);
  if (name == "metadata") {
    return LineProblem("line").mismatch("_type", "\"event\" or \"message\"", type);
  }
  return DecodedLine(UnknownLine());
}

boost::system::result<DecodedLine, DecodeError> LineDecoder::decode_event(std::string_view line) {
  auto event = events_.read(line);
  if (!event) return std::move(event).error();
  return DecodedLine(*std::move(event));
}

}  // namespace strandbus::detail

#include "server/json_reply.hpp"

#include "server/login_book.hpp"
#include "sink/prometheus_writer.hpp"
#include "strandbus/event/json_codec.hpp"

#include <string_view>
#include <utility>

namespace strandbus::detail {
namespace {

/// Writes the members of one object.
class ObjectText {
 public:
  void add(std::string_view name, std::string_view text) {
    begin(name);
    append_json_string(text_, text);
  }
  void add_if_any(std::string_view name, std::string_view text) {
    if (!text.empty()) add(name, text);
  }
  void add_number(std::string_view name, std::uint64_t value) {
    begin(name);
    text_ += std::to_string(value);
  }
  void add_flag(std::string_view name, bool value) {
    begin(name);
    text_ += value ? "true" : "false";
  }
  std::string take() { return std::move(text_ += '}'); }

 private:
  void begin(std::string_view name) {
    if (text_.size() > 1) text_ += ',';
    text_.append("\"").append(name).append("\":");
  }

  std::string text_ = "{";
};

struct Answer {
  int status;
  std::string_view code;
};

Answer answer_for(const error_code& code) {
  if (code == Errc::session_unknown) return {404, "session_unknown"};
  if (code == Errc::busy) return {409, "busy"};
  if (code == Errc::session_in_use) return {409, "session_in_use"};
  if (code == Errc::session_exists) return {409, "session_exists"};
  if (code == Errc::run_not_open) return {409, "run_not_open"};
  if (code == Errc::invalid_event) return {400, "invalid_event"};
  if (code == Errc::limit_exceeded || code == Errc::backlog_full) return {429, "limit_exceeded"};
  if (code == Errc::closed) return {503, "closed"};
  if (code == Errc::store_failed) return {503, "store_failed"};
  if (code == Errc::seq_unknown) return {400, "seq_unknown"};
  if (code == Errc::invalid_file) return {500, "damaged_record"};
  if (code == boost::system::errc::invalid_argument) return {400, "invalid_argument"};
  return {500, "internal_error"};
}

}  // namespace

HttpReply json_reply(int status, std::string body) {
  HttpReply reply;
  reply.status = status;
  reply.content_type = "application/json";
  reply.body = std::move(body);
  reply.body += '\n';
  return reply;
}

std::string session_json(const SessionInfo& session) {
  const SessionSummary& summary = session.summary;
  const SessionMetadata& metadata = summary.metadata;
  ObjectText out;
  out.add("id", metadata.session_id);
  out.add("title", metadata.title);
  out.add("created_at", to_rfc3339(metadata.created_at));
  out.add("updated_at", to_rfc3339(summary.updated_at));
  out.add_if_any("provider", metadata.provider);
  out.add_if_any("model", metadata.model);
  out.add_if_any("forked_from", metadata.forked_from);
  if (!metadata.forked_from.empty()) out.add_number("forked_at", metadata.forked_at);
  out.add_number("first_seq", summary.first_seq);
  out.add_number("last_seq", summary.last_seq);
  out.add_number("bytes", summary.bytes);
  out.add_flag("loaded", session.loaded);
  out.add_flag("running", session.running);
  out.add_number("queued", session.queued);
  out.add_number("readers", session.readers);
  return out.take();
}

std::string sessions_json(const std::vector<SessionInfo>& sessions) {
  std::string text = "{\"sessions\":[";
  for (const SessionInfo& session : sessions) {
    if (text.back() != '[') text += ',';
    text += session_json(session);
  }
  return text += "]}";
}

std::string started_run_json(const std::string& session_id, const StartedRun& run) {
  ObjectText out;
  out.add("session", session_id);
  out.add_flag("queued", run.queued);
  out.add_number("after", run.after);
  return out.take();
}

std::string link_json(const std::string& host, const std::string& path) {
  ObjectText text;
  text.add("url", "http://" + host + path);
  text.add("path", path);
  text.add_number("expires_in", static_cast<std::uint64_t>(
                                    std::chrono::seconds(LoginBook::code_lifetime).count()));
  return text.take();
}

std::string outcome_json(CommandOutcome outcome) {
  ObjectText out;
  out.add("outcome", outcome == CommandOutcome::accepted ? "accepted" : "repeated");
  return out.take();
}

std::string published_json(const Published& published) {
  ObjectText out;
  out.add_number("accepted", published.accepted);
  out.add_number("repeated", published.repeated);
  out.add_number("after", published.after);
  return out.take();
}

HttpRefusal refusal_for(const Published& published, std::size_t line) {
  HttpRefusal refusal = refusal_for(*published.refused);
  refusal.message = "line " + std::to_string(line) + ": " + refusal.message;
  const std::string counts = published_json(published);
  refusal.more = "\"line\":" + std::to_string(line) + ',' + counts.substr(1, counts.size() - 2);
  return refusal;
}

HttpRefusal refusal_for(const StoreError& error) {
  const Answer answer = answer_for(error.code);
  HttpRefusal refusal;
  refusal.status = answer.status;
  refusal.code = answer.code;
  refusal.message = error.message.empty() ? error.code.message() : error.message;
  if (answer.status == 429 || answer.status == 503) {
    HttpHeader header;
    header.name = "Retry-After";
    header.value = answer.status == 429 ? "1" : "10";
    refusal.headers.push_back(std::move(header));
  }
  return refusal;
}

std::string server_metrics(const HubStats& hub, const HttpStats& http) {
  PrometheusWriter writer;
  const auto one = [&](std::uint64_t value) {
    writer.sample({}, static_cast<std::int64_t>(value));
  };
  writer.gauge("server_sessions_loaded", "Sessions in memory.");
  one(hub.loaded);
  writer.gauge("server_runs_active", "Runs under way.");
  one(hub.running);
  writer.gauge("server_readers", "Readers of sessions.");
  one(hub.readers);
  writer.counter("server_runs_total", "Runs that were started.");
  one(hub.runs_started);
  writer.counter("server_events_total", "Events that became durable.");
  one(hub.events);
  writer.gauge("server_http_connections", "Open connections.");
  one(http.connections);
  writer.counter("server_http_connections_total", "Connections that were accepted.");
  one(http.accepted);
  writer.counter("server_http_refused_total",
                 "Connections and requests against a limit or without access.");
  one(http.refused);
  writer.counter("server_http_requests_total", "Requests that were answered.");
  one(http.requests);
  return writer.take();
}

}  // namespace strandbus::detail

#include "cli/export_command.hpp"

#include "cli/console.hpp"
#include "cli/export_output.hpp"
#include "cli/export_page.hpp"
#include "cli/otlp_choice.hpp"
#include "cli/session_source.hpp"
#include "cli/usage_error.hpp"
#include "server/json_reply.hpp"
#include "store/event_line.hpp"
#include "store/line_reader.hpp"
#include "store/session_lines.hpp"
#include "strandbus/event/json_codec.hpp"
#include "strandbus/otel/otlp_lines.hpp"
#include "strandbus/sink/chrome_trace.hpp"

#include <boost/system/system_error.hpp>

#include <fcntl.h>
#include <utility>
#include <variant>

namespace strandbus::cli {
namespace {

constexpr std::size_t page_events = 1024;

/// Calls `take` with each record up to the end.
template <class F>
void for_each_record(SessionSource& source, F take) {
  for (;;) {
    const auto record = source.next();
    if (!record) throw UsageError(record.error().message);
    if (!*record) break;
    take(**record);
  }
  if (source.torn()) say(source.torn()->message);
}

void export_chrome(SessionSource& source, ExportOutput& output) {
  ChromeTraceOptions options;
  options.session_id = source.metadata().session_id;
  options.title = source.metadata().title;
  ChromeTrace trace(std::move(options));
  for_each_record(source, [&](const SessionRecord& record) {
    if (const auto* const event = std::get_if<StreamEvent>(&record))
      trace.add(output.text(), *event);
    output.pass_on();
  });
  trace.finish(output.text());
}

/// The trace of another system as a session file.
void export_foreign(SessionSource& source, ExportOutput& output) {
  detail::append_metadata_line(output.text(), source.metadata());
  for_each_record(source, [&](const SessionRecord& record) {
    const auto* const event = std::get_if<StreamEvent>(&record);
    if (event) detail::append_event_line(output.text(), *event);
    if (event && event->is<MessageCommitted>() && event->context().depth <= 0)
      detail::append_message_line(output.text(), *event);
    output.pass_on();
  });
}

void export_otlp(SessionSource& source, OtlpTraceOptions options, ExportOutput& output) {
  OtlpLines lines(std::move(options));
  for_each_record(source, [&](const SessionRecord& record) {
    if (const auto* const event = std::get_if<StreamEvent>(&record))
      lines.add(output.text(), *event);
    output.pass_on();
  });
  lines.finish(output.text());
}

/// The lines of a session file as they are, once all of them were read.
void export_file(const std::string& path, SessionSource& source, ExportOutput& output) {
  for_each_record(source, [](const SessionRecord&) {});
  const bool keeps_last = !source.torn() || source.torn()->whole;
  detail::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  detail::LineReader lines(std::move(file), SessionLimits{}.max_line_bytes);
  using Step = detail::LineReader::Step;
  // No further than what was read: somebody may be writing it.
  for (Step step = lines.next(); step != Step::end && lines.number() <= source.line();
       step = lines.next()) {
    if (step == Step::failed)
      throw UsageError("cannot read " + path + ": " + lines.error().message());
    if (step == Step::torn && !keeps_last) break;
    output.text().append(lines.text()).append(1, '\n');
    output.pass_on();
  }
}

template <class T>
T checked(StoreResult<T> result) {
  if (!result) throw UsageError(result.error().message);
  return *std::move(result);
}

/// Calls `take` with each event of a session of a store.
template <class F>
void for_each_stored(const EventStore& store, const SessionSummary& session, F take) {
  const std::string& id = session.metadata.session_id;
  for (std::uint64_t seq = 0; seq < session.last_seq;) {
    const auto page = checked(store.read(id, seq, page_events));
    if (page.empty()) throw UsageError(id + ": it was removed while it was read");
    for (const StoredEvent& event : page) {
      seq = event.seq;
      if (seq > session.last_seq) break;
      if (!detail::fits_line(event))
        throw UsageError(id + ", seq " + std::to_string(seq) + ": this event is no line of JSON");
      take(event);
    }
  }
}

/// A session of a store as a session file, whose events are the very bytes that are stored.
void export_stored(const EventStore& store, const SessionSummary& session, ExportOutput& output) {
  detail::append_metadata_line(output.text(), session.metadata);
  for (const StoredMessage& message : checked(store.messages_before(session.metadata.session_id)))
    detail::append_message_line(output.text(), message);
  for_each_stored(store, session, [&](const StoredEvent& event) {
    detail::append_stored_event(output.text(), event);
    output.pass_on();
  });
}

/// Writes the page around the events; `write_events` calls back with the JSON of each.
template <class F>
void write_page(const SessionSummary& summary, ExportOutput& output, F write_events) {
  SessionInfo session;
  session.summary = summary;
  const ExportPage page = make_export_page(detail::session_json(session));
  output.text() += page.before;
  bool first = true;
  write_events([&](std::string_view json) {
    if (!std::exchange(first, false)) output.text() += ",\n";
    append_script_json(output.text(), json);
    output.pass_on();
  });
  output.text() += page.behind;
}

/// What a store would say of a recorded session.
SessionSummary summary_of(SessionSource& source) {
  SessionSummary summary;
  summary.metadata = source.metadata();
  for_each_record(source, [&](const SessionRecord& record) {
    const auto* const event = std::get_if<StreamEvent>(&record);
    if (!event) return;
    if (summary.first_seq == 0) summary.first_seq = event->seq();
    summary.last_seq = event->seq();
    summary.updated_at = event->ts();
    summary.bytes += to_json(*event).size();
  });
  return summary;
}

void export_file_page(const std::string& name, SessionSources& sources, ExportOutput& output) {
  const SessionSummary summary = summary_of(*open_source(sources, name));
  const auto source = open_source(sources, name);
  write_page(summary, output, [&](const auto& write) {
    // What was written meanwhile is left out: the head does not know of it.
    for (std::uint64_t seq = 0; seq < summary.last_seq;) {
      const auto record = source->next();
      if (!record) throw UsageError(record.error().message);
      if (!*record) break;
      const auto* const event = std::get_if<StreamEvent>(&**record);
      if (!event) continue;
      seq = event->seq();
      write(to_json(*event));
    }
  });
}

void export_page(const std::string& name, SessionSources& sources, ExportOutput& output) {
  if (SessionSources::is_file(name)) return export_file_page(name, sources, output);
  const auto session = sources.find(name);
  if (!session) throw UsageError(session.error().message);
  write_page(*session, output, [&](const auto& write) {
    for_each_stored(sources.store(), *session,
                    [&](const StoredEvent& event) { write(*event.json); });
  });
}

void export_session(const ExportArguments& arguments, const ProcessEnvironment& environment,
                    SessionSources& sources, ExportOutput& output) {
  const std::string& name = arguments.session;
  if (arguments.format == ExportFormat::html) return export_page(name, sources, output);
  const bool foreign = !arguments.from_dialect.empty();
  if (arguments.format == ExportFormat::jsonl && !foreign && !SessionSources::is_file(name)) {
    const auto session = sources.find(name);
    if (!session) throw UsageError(session.error().message);
    return export_stored(sources.store(), *session, output);
  }
  const auto source = open_source(sources, name);
  if (arguments.format == ExportFormat::chrome) return export_chrome(*source, output);
  if (arguments.format == ExportFormat::otlp)
    return export_otlp(*source, otlp_trace(arguments.otlp, environment), output);
  if (foreign) return export_foreign(*source, output);
  export_file(name, *source, output);
}

}  // namespace

ExitCode export_command(const ExportArguments& arguments, const ProcessEnvironment& environment) {
  SessionSources sources(choose_store(arguments.store, environment), arguments.from_dialect);
  ExportOutput output(arguments.output);
  try {
    export_session(arguments, environment, sources, output);
    output.finish();
  } catch (const boost::system::system_error& failure) {
    if (failure.code() == boost::system::errc::broken_pipe) return ExitCode::done;
    const bool to_file = !arguments.output.empty() && arguments.output != "-";
    say("cannot write to " + (to_file ? arguments.output : std::string("standard output")) + ": " +
        failure.code().message());
    return ExitCode::failed;
  }
  return ExitCode::done;
}

}  // namespace strandbus::cli

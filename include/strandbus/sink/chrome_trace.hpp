#pragma once

#include "strandbus/event/stream_event.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace strandbus {

struct ChromeTraceOptions {
  std::string session_id{};  ///< names the process; empty = "strandbus"
  std::string title{};       ///< of the session; stands behind its id
  /// Bytes of a text at most; what is cut ends with "…".
  std::size_t max_text_bytes = 2000;
  /// Runs, tool calls and so on that are open at the same time at most; what comes beyond is left
  /// out and counted. There are never more than 1024 threads.
  std::size_t max_open = 65536;
};

/// Writes events as a trace that Perfetto and chrome://tracing open: the JSON object format of the
/// Trace Event Format.
///
///   std::string text;
///   ChromeTrace trace(options);
///   for (const StreamEvent& event : events) trace.add(text, event);
///   trace.finish(text);
///
/// The session is a process. Each agent is a thread, with one more for each of its runs that is
/// under way at the same time; run, turn and model request lie in each other as B and E events.
/// Tool calls lie on threads beside that of their agent, as many as there are calls at the same
/// time; an arrow (s and f events) leads from the request that asked for a call to the call, or to
/// where it was refused or its run ended without it. What else may overlap (approvals, sub-agents,
/// background tasks, workflows and their steps) are asynchronous b and e events with an id of their
/// own. Tokens are counters; errors,
/// retries, changes of files and the like are instant events.
///
/// Times are microseconds since the first event and never decrease, whatever the events say. Events
/// may be missing, repeated or in disorder: every E has its B, on its thread and in the right
/// order, every e its b. What is still open when what it belongs to ends, or at the end of the
/// trace, is closed there, with "unfinished": true among its args. A run whose start is missing
/// begins with its first turn or request, with "start_missing": true; a call without a run lies on
/// the thread of the session. Texts become valid UTF-8.
///
/// Threads: distinct objects.
/// Cost:    what is open, no event is kept: write `out` away and clear it between two calls.
/// Source:  Trace Event Format, "JSON Object Format"
class ChromeTrace {
 public:
  explicit ChromeTrace(ChromeTraceOptions options = {});
  ChromeTrace(ChromeTrace&&) noexcept;
  ChromeTrace& operator=(ChromeTrace&&) noexcept;
  ~ChromeTrace();

  /// Appends what the event adds to the trace; the beginning of the document before the first one.
  void add(std::string& out, const StreamEvent& event);
  /// Appends the end of everything that is open, and of the document. Once, as the last call.
  void finish(std::string& out);

 private:
  struct Visitor;
  class Encoder;
  std::unique_ptr<Encoder> encoder_;
};

}  // namespace strandbus

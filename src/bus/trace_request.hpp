#pragma once

#include "trace_findings.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace strandbus::detail {

/// One model request that is open: the pieces of its answer, until the whole of it comes.
class TraceRequest {
 public:
  explicit TraceRequest(SpanId span) noexcept : span_(span) {}

  SpanId span() const noexcept { return span_; }
  bool text_shown() const noexcept { return !content_.empty(); }
  const std::string& message_id() const noexcept { return message_id_; }

  void add_text(std::string_view message_id, std::string_view text, TraceFindings& findings);
  void add_reasoning(std::string_view message_id, std::string_view text, TraceFindings& findings);
  void begin_call(const ToolCallBegin& begin, TraceFindings& findings);
  void add_arguments(const ToolCallDelta& delta, TraceFindings& findings);
  void end_call(const ToolCallReady& ready, TraceFindings& findings);
  void complete(const ModelCompleted& completed, TraceFindings& findings) const;

 private:
  struct Call {
    std::string call_id;
    std::string tool_name;
    std::string text;  ///< of the arguments
    json::value arguments;
    bool ready = false;
  };

  void note_message(std::string_view message_id, TraceFindings& findings);
  Call* find(std::string_view call_id) noexcept;
  void compare_calls(const ModelCompleted& completed, TraceFindings& findings) const;

  SpanId span_;
  std::string message_id_;
  std::string content_;
  std::string reasoning_;
  std::vector<Call> calls_;
};

}  // namespace strandbus::detail

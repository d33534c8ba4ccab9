#pragma once

#include "trace_findings.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::detail {

/// What is open: things that have started and have no end yet.
///
/// A thing is called by its kind and its id, "tool call tc1".
class TraceParts {
 public:
  struct Part {
    std::string kind;
    std::string id;
    std::string detail;  ///< that start and end must agree on: the name of a tool; may be empty
    SpanId span{};
    std::int32_t turn{};
    std::uint64_t seq{};
    bool reported = false;  ///< was found to be open where it must not be
  };

  void start(std::string_view kind, std::string_view id, std::string_view detail,
             const StreamEvent& event, TraceFindings& findings);
  void end(std::string_view kind, std::string_view id, std::string_view detail,
           const StreamEvent& event, TraceFindings& findings);

  const Part* find(std::string_view kind, std::string_view id) const noexcept;
  /// Everything that is open must have ended before `what` ends; `except` is what is ending.
  void expect_none(std::string_view what, std::string_view except, TraceFindings& findings);

  const std::vector<Part>& list() const noexcept { return parts_; }
  std::vector<std::string> names() const;

 private:
  std::vector<Part> parts_;
};

/// "tool call tc1"; the kind alone where there is no id.
std::string part_name(std::string_view kind, std::string_view id);

/// A span as it is written on the wire.
std::string span_text(SpanId span);

}  // namespace strandbus::detail

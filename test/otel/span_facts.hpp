#pragma once

#include "otel/span_builder.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::test {

inline std::vector<detail::Span> spans_of(const std::vector<StreamEvent>& events,
                                          const OtlpTraceOptions& options = {}) {
  detail::SpanBuilder builder(options);
  std::vector<detail::Span> spans;
  for (const StreamEvent& event : events) builder.add(event, spans);
  builder.finish(spans);
  return spans;
}

/// What is wrong with the tree of these spans.
inline std::vector<std::string> faults_of(const std::vector<detail::Span>& spans) {
  std::vector<std::string> faults;
  std::map<SpanId, const detail::Span*> by_id;
  for (const detail::Span& span : spans) {
    if (span.id == 0) faults.push_back(span.name + " has no id");
    if (!by_id.emplace(span.id, &span).second)
      faults.push_back(span.name + " has the id of another");
    if (span.end < span.start) faults.push_back(span.name + " ends before it begins");
    if (span.trace == detail::TraceId{}) faults.push_back(span.name + " has no trace");
    for (const auto& moment : span.moments) {
      if (moment.time < span.start || moment.time > span.end)
        faults.push_back(span.name + " has a moment outside of it");
    }
  }
  for (const detail::Span& span : spans) {
    if (span.parent == 0) continue;
    const auto parent = by_id.find(span.parent);
    if (parent == by_id.end()) {
      faults.push_back(span.name + " has a parent that is not there");
      continue;
    }
    const detail::Span& around = *parent->second;
    if (&around == &span) faults.push_back(span.name + " is below itself");
    if (around.start > span.start || around.end < span.end)
      faults.push_back(span.name + " is not enclosed by " + around.name);
    if (!(around.trace == span.trace)) faults.push_back(span.name + " is in another trace");
  }
  return faults;
}

inline const detail::Span* find_span(const std::vector<detail::Span>& spans,
                                     std::string_view name) {
  const auto found = std::ranges::find(spans, name, &detail::Span::name);
  return found == spans.end() ? nullptr : &*found;
}

/// The value of an attribute as text; "" where there is none.
inline std::string attribute(const detail::Attributes& attributes, std::string_view key) {
  for (const detail::Attribute& one : attributes) {
    if (one.key != key) continue;
    struct Text {
      std::string operator()(const std::string& text) const { return text; }
      std::string operator()(std::int64_t number) const { return std::to_string(number); }
      std::string operator()(double number) const { return std::to_string(number); }
      std::string operator()(bool flag) const { return flag ? "true" : "false"; }
      std::string operator()(const std::vector<std::string>& texts) const {
        std::string all;
        for (const std::string& text : texts) all += (all.empty() ? "" : ",") + text;
        return all;
      }
    };
    return std::visit(Text(), one.value);
  }
  return {};
}

}  // namespace strandbus::test

#pragma once

#include "event/utf8.hpp"
#include "strandbus/llm/provider.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::test {

/// Checks what DeltaSink promises about the order and form of what it gets, and puts the pieces
/// together again. Knows no test framework, so that the fuzz target can use it.
class ProtocolSink final : public DeltaSink {
 public:
  std::vector<std::string> faults{};
  std::string text{};
  std::string reasoning{};
  std::string structured{};
  std::vector<ToolCall> ready{};
  int usages = 0;

  void on_text(std::string_view piece) override { add(text, piece); }
  void on_reasoning(std::string_view piece) override { add(reasoning, piece); }
  void on_structured(std::string_view piece) override { add(structured, piece); }
  void on_tool_call_begin(std::string_view call_id, std::string_view tool_name,
                          std::int64_t index) override {
    check(!call_id.empty(), "a call without an id");
    check(!tool_name.empty(), "a call without a name");
    check(index == static_cast<std::int64_t>(calls_.size()), "indexes do not count from 0");
    check(calls_.emplace(call_id, Call{std::string(tool_name), false}).second, "begun twice");
  }
  void on_tool_call_delta(std::string_view call_id, std::string_view fragment) override {
    const auto call = calls_.find(std::string(call_id));
    check(call != calls_.end() && !call->second.ready, "a delta outside of its call");
    check(!fragment.empty(), "an empty delta");
    check_text(fragment);
  }
  void on_tool_call_ready(const ToolCall& call) override {
    const auto begun = calls_.find(call.call_id);
    check(begun != calls_.end() && !begun->second.ready, "ready outside of its call");
    if (begun != calls_.end()) {
      check(begun->second.name == call.tool_name, "another name");
      begun->second.ready = true;
    }
    ready.push_back(call);
  }
  void on_usage(const Usage& usage, std::optional<NanoUsd>) override {
    ++usages;
    check(usage.prompt >= 0 && usage.completion >= 0 && usage.total >= 0, "negative usage");
  }

  /// Compares with the answer at the end.
  void compare(const ModelResponse& answer, bool asked_structured) {
    check((asked_structured ? structured : text) == answer.content, "another text");
    check((asked_structured ? text : structured).empty(), "text of the wrong kind");
    check(reasoning == answer.reasoning, "another reasoning");
    check(ready.size() == answer.tool_calls.size() && ready.size() == calls_.size(), "other calls");
    for (std::size_t i = 0; i < ready.size() && i < answer.tool_calls.size(); ++i)
      check(ready[i].call_id == answer.tool_calls[i].call_id, "calls in another order");
  }

 private:
  struct Call {
    std::string name;
    bool ready;
  };

  void check(bool holds, const char* fault) {
    if (!holds) faults.emplace_back(fault);
  }
  void add(std::string& to, std::string_view piece) {
    check(!piece.empty(), "an empty piece");
    check_text(piece);
    to += piece;
  }
  void check_text(std::string_view piece) {
    while (!piece.empty()) {
      const detail::Utf8Step step = detail::utf8_step(piece);
      check(step.kind == detail::Utf8Step::Kind::valid, "not UTF-8");
      piece.remove_prefix(step.size);
    }
  }

  std::map<std::string, Call> calls_;
};

}  // namespace strandbus::test

#include "wire/ag_ui_interrupt.hpp"

#include "wire/ag_ui_line.hpp"

namespace strandbus::detail {
namespace {

/// What whoever answers may say.
constexpr std::string_view response_schema =
    R"({"type":"object","properties":{"approved":{"type":"boolean"},"arguments":{"type":"object",)"
    R"("description":"instead of those of the call"},"reason":{"type":"string"}},)"
    R"("required":["approved"]})";

void fill(JsonMembers& entry, const AgUiInterrupt& interrupt) {
  entry.text("id", interrupt.id)
      .text("reason", "tool_call")
      .text_if("message", interrupt.message)
      .text("toolCallId", shown_id(interrupt.owner, interrupt.call_id))
      .raw("responseSchema", response_schema)
      .text_if("expiresAt", interrupt.expires_at)
      .object(
          "metadata",
          [&](JsonMembers& metadata) {
            metadata.text("toolName", interrupt.tool_name).value("arguments", interrupt.arguments);
          })
      .text_if("subagentRunId", interrupt.owner);
}

}  // namespace

std::string ag_ui_outcome(std::span<const AgUiInterrupt> interrupts) {
  std::string outcome = R"({"type":"interrupt","interrupts":[)";
  for (const AgUiInterrupt& interrupt : interrupts) {
    if (outcome.back() != '[') outcome += ',';
    append_json_object(outcome, [&](JsonMembers& entry) { fill(entry, interrupt); });
  }
  return outcome + "]}";
}

}  // namespace strandbus::detail

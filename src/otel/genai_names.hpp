#pragma once

#include <string_view>

/// The names of OpenTelemetry's semantic conventions for generative AI, all in this place: they are
/// still being developed, and a new version is a new table.
///
/// Source: OpenTelemetry semantic conventions 1.41.1, "Gen AI": spans, agent spans, metrics
namespace strandbus::detail::genai {

inline constexpr std::string_view schema_url = "https://opentelemetry.io/schemas/1.41.1";

// Operations: values of operation_name, and how the names of spans begin.
inline constexpr std::string_view invoke_agent = "invoke_agent";
inline constexpr std::string_view chat = "chat";
inline constexpr std::string_view execute_tool = "execute_tool";
inline constexpr std::string_view invoke_workflow = "invoke_workflow";

// Attributes.
inline constexpr std::string_view operation_name = "gen_ai.operation.name";
inline constexpr std::string_view provider_name = "gen_ai.provider.name";
inline constexpr std::string_view conversation_id = "gen_ai.conversation.id";
inline constexpr std::string_view agent_name = "gen_ai.agent.name";
inline constexpr std::string_view workflow_name = "gen_ai.workflow.name";
inline constexpr std::string_view request_model = "gen_ai.request.model";
inline constexpr std::string_view request_stream = "gen_ai.request.stream";
inline constexpr std::string_view request_max_tokens = "gen_ai.request.max_tokens";
inline constexpr std::string_view request_temperature = "gen_ai.request.temperature";
inline constexpr std::string_view request_top_p = "gen_ai.request.top_p";
inline constexpr std::string_view request_seed = "gen_ai.request.seed";
inline constexpr std::string_view response_id = "gen_ai.response.id";
inline constexpr std::string_view response_model = "gen_ai.response.model";
inline constexpr std::string_view finish_reasons = "gen_ai.response.finish_reasons";
inline constexpr std::string_view time_to_first_chunk = "gen_ai.response.time_to_first_chunk";
inline constexpr std::string_view input_tokens = "gen_ai.usage.input_tokens";
inline constexpr std::string_view output_tokens = "gen_ai.usage.output_tokens";
inline constexpr std::string_view cache_read_tokens = "gen_ai.usage.cache_read.input_tokens";
inline constexpr std::string_view cache_write_tokens = "gen_ai.usage.cache_creation.input_tokens";
inline constexpr std::string_view reasoning_tokens = "gen_ai.usage.reasoning.output_tokens";
inline constexpr std::string_view tool_name = "gen_ai.tool.name";
inline constexpr std::string_view tool_call_id = "gen_ai.tool.call.id";
inline constexpr std::string_view tool_type = "gen_ai.tool.type";
inline constexpr std::string_view token_type = "gen_ai.token.type";
inline constexpr std::string_view error_type = "error.type";

// Attributes with what was said: only where that was asked for.
inline constexpr std::string_view system_instructions = "gen_ai.system_instructions";
inline constexpr std::string_view input_messages = "gen_ai.input.messages";
inline constexpr std::string_view output_messages = "gen_ai.output.messages";
inline constexpr std::string_view tool_arguments = "gen_ai.tool.call.arguments";
inline constexpr std::string_view tool_result = "gen_ai.tool.call.result";

// Metrics.
inline constexpr std::string_view token_usage = "gen_ai.client.token.usage";
inline constexpr std::string_view operation_duration = "gen_ai.client.operation.duration";
inline constexpr std::string_view first_chunk_duration =
    "gen_ai.client.operation.time_to_first_chunk";

// What the conventions have no word for.
inline constexpr std::string_view run_id = "strandbus.run.id";
inline constexpr std::string_view turn = "strandbus.turn";
inline constexpr std::string_view attempt = "strandbus.attempt";
inline constexpr std::string_view outcome = "strandbus.outcome";
inline constexpr std::string_view cost_usd = "strandbus.cost_usd";
inline constexpr std::string_view requests = "strandbus.requests";
inline constexpr std::string_view tool_calls = "strandbus.tool_calls";
inline constexpr std::string_view workflow_id = "strandbus.workflow.id";
inline constexpr std::string_view step = "strandbus.workflow.step";
inline constexpr std::string_view step_name = "strandbus.workflow.step_name";
inline constexpr std::string_view step_type = "strandbus.workflow.step_type";
inline constexpr std::string_view start_missing = "strandbus.start_missing";
inline constexpr std::string_view unfinished = "strandbus.unfinished";

/// The value of provider_name for the name of a provider of ours. Those of the conventions are ours
/// too; any other name stands for itself, as they ask.
constexpr std::string_view provider_of(std::string_view name) {
  if (name == "openai-responses") return "openai";
  return name.empty() ? std::string_view("unknown") : name;
}

}  // namespace strandbus::detail::genai

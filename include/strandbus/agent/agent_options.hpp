#pragma once

#include "strandbus/agent/approval_rule.hpp"
#include "strandbus/agent/compaction.hpp"
#include "strandbus/agent/confirmation.hpp"
#include "strandbus/agent/doom_loop.hpp"
#include "strandbus/agent/guardrail.hpp"
#include "strandbus/agent/hook.hpp"
#include "strandbus/event/redactor.hpp"
#include "strandbus/event/types.hpp"
#include "strandbus/log.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <any>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace strandbus {

/// What becomes of a call of a tool that requires confirmation.
enum class ApprovalMode : std::uint8_t {
  ask,   ///< approval_requested is published; AgentOptions::confirm or RunControl answers
  all,   ///< it runs
  deny,  ///< it is refused
};

/// How much of the conversation model_started shows.
enum class Capture : std::uint8_t {
  none,          ///< nothing
  new_messages,  ///< what was not in the previous request of this run
  full,          ///< all of it
};

/// Whether requests to models say in which trace they are, in the header `traceparent` (W3C Trace
/// Context): a gateway or a server can then put its span below the one of the request.
///
/// The trace and the span are those that OtlpExporter sends. They are random, and tell a server
/// which requests belong together.
enum class TracePropagation : std::uint8_t {
  continued,  ///< where the run has come with a trace: its context has the attribute `traceparent`
  always,     ///< where it has not too: the trace is that of the root run or workflow
  never,
};

/// How an Agent works.
struct AgentOptions {
  /// The agent's name in events, without ':'.
  std::string name = "agent";
  /// Tells the model who it is; empty = nothing.
  std::string system_prompt{};
  /// The model to ask for; empty = the provider's own.
  std::string model{};
  /// Turns before the run fails with ErrorCode::budget. At least 1.
  std::int64_t max_rounds = 50;
  /// Wall time of one run before it fails with ErrorCode::budget; zero = no limit.
  std::chrono::milliseconds timeout{0};
  /// Tokens that the run and its sub-agents may use together before it fails with
  /// ErrorCode::budget; the request that is under way is finished. 0 = no limit.
  std::int64_t max_run_tokens = 0;
  /// The same for money. A run whose model has no known price fails after its first request. Zero =
  /// no limit.
  NanoUsd max_cost{};
  /// The same for tool calls. 0 = no limit.
  std::int64_t max_tool_calls = 0;
  /// Calls that repeat themselves: the model is told, then the call is refused, then the run fails
  /// with ErrorCode::doom_loop.
  DoomLoopOptions doom_loop{};
  /// Limits one answer; absent = the model's own limit.
  std::optional<std::int64_t> max_tokens{};
  /// Absent = the model's own.
  std::optional<double> temperature{};
  /// Added to the provider's requests as they are.
  boost::json::object parameters{};
  /// Tools of one turn that run at the same time. At least 1.
  std::size_t max_parallel_tools = 4;
  /// One tool call may take so long before it is ended with E_TIMEOUT, unless its tool has
  /// no_time_limit; zero = no limit.
  std::chrono::milliseconds tool_timeout{std::chrono::minutes(2)};
  /// What becomes of calls that these describe; the first rule that matches decides, before
  /// ToolDefinition::requires_confirmation does.
  std::vector<ApprovalRule> approval_rules{};
  ApprovalMode approval = ApprovalMode::ask;
  /// Asked about each call that requires confirmation, under ApprovalMode::ask. RunControl may
  /// answer too, and the first answer counts. Empty: only RunControl answers.
  Confirm confirm{};
  /// An approval that nobody answers counts as denied after this time; zero = never.
  std::chrono::milliseconds approval_timeout{std::chrono::minutes(5)};
  /// The application's code at the steps of a run.
  std::vector<std::shared_ptr<Hook>> hooks{};
  /// What looks at the user's texts, answers, calls and results.
  std::vector<std::shared_ptr<Guardrail>> guardrails{};
  /// When and how a long conversation is made shorter.
  CompactionOptions compaction{};
  /// JSON Schema that the final answer must follow; null = free text.
  boost::json::value response_schema{};
  Capture capture = Capture::new_messages;
  /// Whether requests say in which trace they are. A sub-agent with `continued` does as the agent
  /// that calls it.
  TracePropagation trace_propagation = TracePropagation::continued;
  /// What is taken out of events and log lines before anybody sees them. The model, the tools and
  /// RunResult get the original texts. Not read if the publisher has a redactor already.
  RedactionOptions redaction{};
  /// The directory in which tools work; empty = the current one.
  std::filesystem::path workspace{};
  /// The application's settings for its tools.
  boost::json::object tool_config{};
  /// Whatever the application wants its tools to have.
  std::any user_data{};
  /// Receives what only an operator wants to know.
  Logger logger{};
};

}  // namespace strandbus

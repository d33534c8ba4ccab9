#pragma once

#include "strandbus/agent/agent_options.hpp"
#include "strandbus/event/stream_event.hpp"
#include "strandbus/llm/provider.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace strandbus {

/// One attempt of a recorded model request: what the model sent, and how it ended.
struct RecordedAttempt {
  std::string provider{};
  std::string model{};
  std::vector<StreamEvent> pieces{};  ///< deltas and tool calls, in order
  /// Nothing: the recording ends before it does.
  std::variant<std::monostate, ModelCompleted, ModelFailed> end{};
  std::optional<Retry> retry{};  ///< announced after a failure
};

/// One recorded model request.
struct RecordedRequest {
  std::uint64_t seq{};  ///< of its model_started
  std::string run_id{};
  std::string digest{};  ///< of the whole request; empty = not recorded
  std::string model{};   ///< that was asked for
  std::vector<std::string> tools{};
  json::value parameters{};
  std::vector<RecordedAttempt> attempts{};
  std::string answering_model{};  ///< that answered in the end
  std::string refusal{};
  json::value provider_data{};    ///< of the answer
  std::optional<NanoUsd> cost{};  ///< see Recording
  std::size_t conversation{};     ///< which one, and how much of it was sent
  std::size_t message_count{};
};

/// One recorded tool call that ran.
struct RecordedCall {
  std::string call_id{};
  std::string tool_name{};
  std::vector<StreamEvent> events{};  ///< that the tool has published
  /// Nothing: the recording ends before it does.
  std::variant<std::monostate, ToolCallCompleted, ToolCallCancelled> end{};
};

/// What the user said.
struct RecordedPrompt {
  std::string run_id{};  ///< of the run that answered
  std::string text{};
};

/// How a recorded run ended.
struct RecordedEnd {
  Outcome outcome{};
  std::string text{};  ///< the answer, the error or the reason
  ErrorCode code{};
};

/// What models, tools and people said in a recorded session, so that it can be said again.
///
/// Made of the events alone. A cost is recorded for whole runs only: it counts at the last request
/// of its run, and the others cost nothing.
///
/// Threads: distinct objects.
class Recording {
 public:
  /// `before` are the messages that the session began with.
  explicit Recording(std::span<const StreamEvent> events, std::vector<Message> before = {});

  /// What the user said, one entry for each root run.
  const std::vector<RecordedPrompt>& prompts() const noexcept { return prompts_; }
  /// The conversation before the first run.
  const std::vector<Message>& before() const noexcept { return before_; }
  const std::vector<RecordedRequest>& requests() const noexcept { return requests_; }
  const std::vector<RecordedCall>& calls() const noexcept { return calls_; }
  /// The answers to approvals.
  const std::vector<ApprovalResolved>& approvals() const noexcept { return approvals_; }
  /// The messages that a request has sent.
  std::span<const Message> messages(const RecordedRequest& request) const noexcept;

  /// The start of the first root run; a default one if there is none.
  const RunStarted& started() const noexcept { return started_; }
  /// How a run ended; none if the recording ends before it does.
  std::optional<RecordedEnd> end_of(const std::string& run_id) const;
  /// How calls that need an approval were treated.
  ApprovalMode approval() const noexcept { return approval_; }

 private:
  class Builder;

  std::vector<RecordedPrompt> prompts_;
  std::vector<Message> before_;
  std::vector<RecordedRequest> requests_;
  std::vector<RecordedCall> calls_;
  std::vector<ApprovalResolved> approvals_;
  std::vector<std::vector<Message>> conversations_;  ///< the first is that of the root runs
  std::map<std::string, RecordedEnd> ends_;
  RunStarted started_;
  ApprovalMode approval_ = ApprovalMode::all;
};

/// How `request` differs from what was recorded, in one line for people; empty if it does not, as
/// far as the recording shows. Where the recording says "[redacted-…]" anything fits.
std::string difference(const Recording& recording, const RecordedRequest& recorded,
                       const ModelRequest& request);

}  // namespace strandbus

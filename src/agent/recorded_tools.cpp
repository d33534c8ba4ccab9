#include "agent/replay_wait.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <mutex>
#include <utility>

namespace strandbus {
namespace {

constexpr const char* cut_off = "the recording ends here";

ToolResult result_of(const ToolCallCompleted& completed) {
  ToolResult result;
  result.success = completed.success;
  result.output = completed.output;
  result.error = completed.error;
  result.error_code = completed.error_code;
  result.data = completed.data;
  result.diffs = completed.diffs;
  result.files_changed = completed.files_changed;
  return result;
}

/// The recorded calls, each for one use; shared by the tools of a registry.
class RecordedCalls {
 public:
  explicit RecordedCalls(std::shared_ptr<const Recording> recording)
      : recording_(std::move(recording)), used_(recording_->calls().size()) {}

  /// Null if there is none any more.
  const RecordedCall* take(std::string_view tool_name, std::string_view call_id) {
    const std::lock_guard lock(mutex_);
    const auto& calls = recording_->calls();
    for (std::size_t i = 0; i < calls.size(); ++i) {
      if (used_[i] || calls[i].call_id != call_id || calls[i].tool_name != tool_name) continue;
      used_[i] = true;
      return &calls[i];
    }
    return nullptr;
  }

 private:
  const std::shared_ptr<const Recording> recording_;
  std::mutex mutex_;
  std::vector<bool> used_;
};

/// Gives the results of recorded calls under the definition of a real tool.
class RecordedTool final : public Tool {
 public:
  RecordedTool(ToolDefinition definition, std::shared_ptr<RecordedCalls> calls, CancelReplay cancel)
      : definition_(std::move(definition)), calls_(std::move(calls)), cancel_(std::move(cancel)) {}

  const ToolDefinition& definition() const override { return definition_; }

  asio::awaitable<ToolResult> async_run(json::object arguments, ToolContext& context) override {
    const RecordedCall* const call = calls_->take(definition_.name, context.call_id);
    if (!call)
      co_return ToolResult::failure("the recording has no call " + context.call_id + " of " +
                                    definition_.name);
    const auto executor = co_await asio::this_coro::executor;
    for (const StreamEvent& event : call->events) {
      co_await asio::post(executor, asio::use_awaitable);
      event.visit([&](const auto& payload) { static_cast<void>(context.publish(payload)); });
    }
    if (const auto* completed = std::get_if<ToolCallCompleted>(&call->end)) {
      note_read(arguments, context, completed->success);
      co_return result_of(*completed);
    }
    const auto* const cancelled = std::get_if<ToolCallCancelled>(&call->end);
    const std::string reason = cancelled ? cancelled->reason : std::string(cut_off);
    if (cancel_) co_await detail::async_cancel_replay(cancel_, reason);
    throw system_error(asio::error::operation_aborted);
  }

 private:
  /// What was read may be changed, as when it was recorded.
  static void note_read(const json::object& arguments, const ToolContext& context, bool success) {
    const json::value* const path = arguments.if_contains("path");
    if (!success || !path || !path->is_string()) return;
    const std::string_view name(path->get_string());
    context.reads->note(name, name, {});
  }

  const ToolDefinition definition_;
  const std::shared_ptr<RecordedCalls> calls_;
  const CancelReplay cancel_;
};

/// Answers with the recorded decision about the same call.
class RecordedAnswers {
 public:
  RecordedAnswers(std::shared_ptr<const Recording> recording, CancelReplay cancel)
      : recording_(std::move(recording)),
        cancel_(std::move(cancel)),
        used_(recording_->approvals().size()) {}

  const ApprovalResolved* take(std::string_view call_id) {
    const std::lock_guard lock(mutex_);
    const auto& answers = recording_->approvals();
    for (std::size_t i = 0; i < answers.size(); ++i) {
      if (used_[i] || answers[i].call_id != call_id) continue;
      used_[i] = true;
      return &answers[i];
    }
    return nullptr;
  }

  const CancelReplay& cancel() const noexcept { return cancel_; }

 private:
  const std::shared_ptr<const Recording> recording_;
  const CancelReplay cancel_;
  std::mutex mutex_;
  std::vector<bool> used_;
};

asio::awaitable<Confirmation> answer_again(std::shared_ptr<RecordedAnswers> answers,
                                           std::string call_id) {
  const ApprovalResolved* const answer = answers->take(call_id);
  if (!answer || answer->decision == ApprovalDecision::cancelled) {
    std::string reason = cut_off;
    if (answer && !answer->reason.empty()) reason = answer->reason;
    if (answers->cancel()) co_await detail::async_cancel_replay(answers->cancel(), reason);
    co_return Confirmation::deny(reason);
  }
  if (answer->decision == ApprovalDecision::approved) co_return Confirmation::approve(answer->by);
  co_return Confirmation::deny(answer->reason, answer->by);
}

}  // namespace

ToolRegistry recorded_tools(const ToolRegistry& tools, std::shared_ptr<const Recording> recording,
                            CancelReplay cancel) {
  const auto calls = std::make_shared<RecordedCalls>(std::move(recording));
  ToolRegistry registry;
  for (ToolDefinition& definition : tools.definitions())
    registry.add(std::make_shared<RecordedTool>(std::move(definition), calls, cancel));
  return registry;
}

Confirm recorded_approvals(std::shared_ptr<const Recording> recording, CancelReplay cancel) {
  const auto answers = std::make_shared<RecordedAnswers>(std::move(recording), std::move(cancel));
  return [answers](const ApprovalRequested& request) {
    return answer_again(answers, request.call_id);
  };
}

}  // namespace strandbus

#include "server/client_tools.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace strandbus::detail {

/// Where calls wait for their results.
///
/// Threads: any thread.
class ClientCallDesk {
 public:
  /// A call that waits. The timer belongs to the strand of the call.
  struct Call {
    explicit Call(asio::any_io_executor executor)
        : timer(std::move(executor), std::chrono::steady_clock::time_point::max()) {}
    asio::steady_timer timer;
    std::optional<ToolResult> result;
  };

  /// Null if a call of this id waits already.
  std::shared_ptr<Call> open(const std::string& call_id, asio::any_io_executor executor) {
    auto call = std::make_shared<Call>(std::move(executor));
    const std::lock_guard lock(mutex_);
    return calls_.emplace(call_id, call).second ? call : nullptr;
  }
  void close(const std::string& call_id) {
    const std::lock_guard lock(mutex_);
    calls_.erase(call_id);
  }

  void answer(const std::string& call_id, ToolResult result) {
    std::shared_ptr<Call> call;
    {
      const std::lock_guard lock(mutex_);
      const auto found = calls_.find(call_id);
      if (found == calls_.end() || found->second->result) return;
      call = found->second;
      call->result = std::move(result);
    }
    asio::post(call->timer.get_executor(), [call] { call->timer.cancel(); });
  }
  std::optional<ToolResult> result_of(Call& call) {
    const std::lock_guard lock(mutex_);
    return call.result;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Call>, std::less<>> calls_;
};

namespace {

constexpr std::string_view waits_for = "waits_for";
constexpr std::string_view client = "client";

/// Takes a call from the desk, however its wait ends.
struct Leave {
  ClientCallDesk& desk;
  const std::string& call_id;
  ~Leave() { desk.close(call_id); }
};

class ClientTool final : public Tool {
 public:
  ClientTool(ToolDefinition definition, std::shared_ptr<ClientCallDesk> desk)
      : definition_(std::move(definition)), desk_(std::move(desk)) {}

  const ToolDefinition& definition() const override { return definition_; }

  /// Says that it waits only when it does: whoever reads that may answer at once.
  asio::awaitable<ToolResult> async_run(json::object, ToolContext& context) override {
    const auto executor = co_await asio::this_coro::executor;
    const auto call = desk_->open(context.call_id, executor);
    if (!call) co_return ToolResult::failure("another call of this id waits already");
    const Leave leave{*desk_, context.call_id};
    json::object data;
    data[waits_for] = client;
    context.progress("waits for the client", std::nullopt, std::move(data));
    for (;;) {
      auto result = desk_->result_of(*call);
      if (result) co_return *std::move(result);
      error_code ec;
      co_await call->timer.async_wait(asio::redirect_error(asio::use_awaitable, ec));
    }
  }

 private:
  const ToolDefinition definition_;
  const std::shared_ptr<ClientCallDesk> desk_;
};

bool same(const ToolDefinition& a, const ToolDefinition& b) {
  return a.name == b.name && a.description == b.description && a.parameters == b.parameters;
}

}  // namespace

bool waits_for_client(const json::value& data) {
  const json::object* object = data.if_object();
  const json::value* whom = object ? object->if_contains(waits_for) : nullptr;
  return whom && whom->is_string() && whom->get_string() == client;
}

ClientTools::ClientTools() : desk_(std::make_shared<ClientCallDesk>()) {}

bool ClientTools::offers(const std::vector<ToolDefinition>& tools) const {
  return std::equal(tools.begin(), tools.end(), offered_.begin(), offered_.end(), same);
}

void ClientTools::add_to(ToolRegistry& registry, std::vector<ToolDefinition> tools) {
  for (const ToolDefinition& tool : tools) {
    ToolDefinition own = tool;
    own.no_time_limit = true;
    registry.add(std::make_shared<ClientTool>(std::move(own), desk_));
  }
  offered_ = std::move(tools);
}

void ClientTools::answer(const std::string& call_id, ToolResult result) {
  desk_->answer(call_id, std::move(result));
}

}  // namespace strandbus::detail

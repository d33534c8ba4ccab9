// A thousand tasks, cancelled at random: each has one end, none is left, and the limits hold.
#include "background_fixture.hpp"
#include "printed_seed.hpp"

#include <boost/asio/thread_pool.hpp>

#include <gmock/gmock.h>

#include <atomic>
#include <future>
#include <mutex>
#include <set>

namespace strandbus::test {
namespace {

using ::testing::IsEmpty;

constexpr std::size_t max_running = 10;
constexpr std::size_t max_running_per_agent = 5;
const std::vector<std::string> names{"ann", "bob", "cid"};

/// How many tasks are at work, and whether there were ever more than may.
class Watch {
 public:
  void enter(const std::string& agent) {
    const std::lock_guard lock(mutex_);
    ++begun_;
    broken_ |= ++running_ > max_running || ++of_agent_[agent] > max_running_per_agent;
  }
  void leave(const std::string& agent) {
    const std::lock_guard lock(mutex_);
    --running_;
    --of_agent_[agent];
  }
  bool broken() const {
    const std::lock_guard lock(mutex_);
    return broken_;
  }
  std::size_t begun() const {
    const std::lock_guard lock(mutex_);
    return begun_;
  }

 private:
  mutable std::mutex mutex_;
  std::size_t running_ = 0;
  std::size_t begun_ = 0;
  std::map<std::string, std::size_t> of_agent_;
  bool broken_ = false;
};

/// Answers after as many steps as its task says, and counts itself meanwhile.
class CountedModel final : public Provider {
 public:
  CountedModel(std::string agent, std::shared_ptr<Watch> watch)
      : agent_(std::move(agent)), watch_(std::move(watch)) {}

  std::string_view name() const noexcept override { return "counted"; }
  const std::string& model() const noexcept override { return model_; }

  using Provider::async_complete;
  asio::awaitable<ModelResponse> async_complete(const ModelRequest& request, DeltaSink&) override {
    struct Inside {
      CountedModel& model;
      explicit Inside(CountedModel& of) : model(of) { model.watch_->enter(model.agent_); }
      ~Inside() { model.watch_->leave(model.agent_); }
    };
    const Inside inside(*this);
    const std::string task = request.messages.front().content;
    const auto executor = co_await asio::this_coro::executor;
    for (int steps = std::stoi(task); steps > 0; --steps)
      co_await asio::post(executor, asio::use_awaitable);
    if (std::stoi(task) % 7 == 0) throw ProviderError(ErrorCode::network, "gone");
    co_return text_response(task);
  }

 private:
  const std::string agent_;
  const std::shared_ptr<Watch> watch_;
  const std::string model_ = "counted-1";
};

std::shared_ptr<BackgroundTasks> make_tasks(const std::shared_ptr<Watch>& watch) {
  std::vector<BackgroundAgent> agents;
  for (const std::string& name : names) {
    BackgroundAgent agent;
    agent.provider = std::make_shared<CountedModel>(name, watch);
    agent.options.name = name;
    agents.push_back(std::move(agent));
  }
  BackgroundTaskOptions options;
  options.max_running = max_running;
  options.max_running_per_agent = max_running_per_agent;
  options.max_waiting = 1000;
  return std::make_shared<BackgroundTasks>(std::move(agents), options);
}

/// A tool that starts tasks and cancels some of them, in an order of its own.
class Storm final : public Tool {
 public:
  Storm(std::shared_ptr<BackgroundTasks> tasks, std::size_t count, std::uint64_t seed)
      : tasks_(std::move(tasks)), count_(count), random_(seed) {
    definition_.name = "storm";
    definition_.description = "Starts many tasks";
    definition_.parameters = {{"type", "object"}};
  }

  const ToolDefinition& definition() const override { return definition_; }

  asio::awaitable<ToolResult> async_run(json::object, ToolContext& context) override {
    const auto executor = co_await asio::this_coro::executor;
    while (started_.size() < count_) {
      const std::size_t action = below(10);
      if (action < 6) start(context);
      if (action == 6 || action == 7) cancel(context);
      if (action > 7) co_await asio::post(executor, asio::use_awaitable);
    }
    if (below(2) == 0) {
      const std::vector<std::string> all;
      co_await tasks_->wait(context, all, std::nullopt);
    }
    co_return ToolResult::ok("enough");
  }

 private:
  std::size_t below(std::size_t most) {
    return std::uniform_int_distribution<std::size_t>(0, most - 1)(random_);
  }

  void start(ToolContext& context) {
    BackgroundTaskRequest request;
    request.agent = names[below(names.size())];
    request.task = std::to_string(below(30));
    const auto task = tasks_->start(context, std::move(request));
    started_.push_back(task ? task->task_id : "refused");
  }

  void cancel(ToolContext& context) {
    if (!started_.empty()) tasks_->cancel(context, started_[below(started_.size())], "at random");
  }

  const std::shared_ptr<BackgroundTasks> tasks_;
  const std::size_t count_;
  std::mt19937_64 random_;
  ToolDefinition definition_;
  std::vector<std::string> started_;
};

/// Every task has one start and one end, and no more run at once than may.
void check(const std::vector<StreamEvent>& events, std::size_t count) {
  EXPECT_THAT(faults(events), IsEmpty());
  std::set<std::string> open;
  std::size_t ended = 0;
  for (const StreamEvent& event : events) {
    if (const auto* task = event.get_if<BackgroundTaskStarted>()) open.insert(task->task_id);
    if (const auto* task = event.get_if<BackgroundTaskFinished>())
      ended += open.erase(task->task_id);
    if (const auto* task = event.get_if<BackgroundTaskCancelled>())
      ended += open.erase(task->task_id);
  }
  EXPECT_EQ(ended, count);
  EXPECT_THAT(open, IsEmpty());
}

std::vector<PlayedProvider::Answer> storm_and_answer() {
  return {calls({tool_call("c1", "storm")}), says("it is over")};
}

class Storms : public AgentTest {};

TEST_F(Storms, OfOneAgent) {
  const auto watch = std::make_shared<Watch>();
  const auto tasks = make_tasks(watch);
  tools_.add(std::make_shared<Storm>(tasks, 1000, printed_seed()));
  AgentOptions options;
  options.tool_timeout = std::chrono::milliseconds(0);
  start(storm_and_answer(), std::move(options));
  EXPECT_TRUE(process("go").completed()) << result_.error;
  check(events_, 1000);
  EXPECT_FALSE(watch->broken());
  EXPECT_GT(watch->begun(), 100U);
  EXPECT_EQ(tasks->running() + tasks->waiting(), 0U);
}

/// A run that is cancelled in the middle of it.
TEST_F(Storms, EndWithTheRun) {
  std::mt19937_64 random(printed_seed());
  for (int round = 0; round < 20; ++round) {
    const auto watch = std::make_shared<Watch>();
    const auto tasks = make_tasks(watch);
    tools_ = ToolRegistry();
    tools_.add(std::make_shared<Storm>(tasks, 50, random()));
    const auto at = events_.size() + std::uniform_int_distribution<std::size_t>(10, 400)(random);
    on_event_ = [this, at](const StreamEvent&) {
      if (events_.size() == at) agent_->control().cancel("enough");
    };
    start(storm_and_answer());
    process("go");
    std::size_t started = 0;
    for (const StreamEvent& event : events_)
      if (event.is<BackgroundTaskStarted>()) ++started;
    check(events_, started);
    EXPECT_FALSE(watch->broken());
    EXPECT_EQ(tasks->running() + tasks->waiting(), 0U);
  }
}

/// Several agents on several threads, which share the limits.
TEST(StormsOnThreads, ShareTheirLimits) {
  constexpr std::size_t agent_count = 4;
  const auto watch = std::make_shared<Watch>();
  const auto tasks = make_tasks(watch);
  std::mt19937_64 random(printed_seed());
  asio::thread_pool threads(4);
  struct One {
    std::unique_ptr<EventBus> bus;
    std::vector<StreamEvent> events;
    Subscription subscription;
    std::unique_ptr<Agent> agent;
    std::promise<RunResult> result;
  };
  std::vector<One> all(agent_count);
  for (One& one : all) {
    one.bus = std::make_unique<EventBus>(threads.get_executor());
    one.subscription =
        one.bus->subscribe([&one](const StreamEvent& event) { one.events.push_back(event); });
    ToolRegistry tools;
    tools.add(std::make_shared<Storm>(tasks, 250, random()));
    AgentOptions options;
    options.tool_timeout = std::chrono::milliseconds(0);
    one.agent = std::make_unique<Agent>(
        threads.get_executor(), std::make_shared<PlayedProvider>(storm_and_answer()), tools,
        one.bus->publisher(RunContext{.session_id = "s"}), std::move(options));
  }
  for (One& one : all) {
    one.agent->async_process_message(
        "go", [&one](error_code, RunResult result) { one.result.set_value(std::move(result)); });
  }
  for (One& one : all) {
    EXPECT_TRUE(one.result.get_future().get().completed());
    one.subscription.unsubscribe();
    check(one.events, 250);
  }
  EXPECT_FALSE(watch->broken());
  EXPECT_EQ(tasks->running() + tasks->waiting(), 0U);
  threads.join();
}

}  // namespace
}  // namespace strandbus::test

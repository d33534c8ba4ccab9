#include "strandbus/agent/run_control.hpp"

#include "agent/agent_core.hpp"
#include "agent/agent_fixture.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>

#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace strandbus {
namespace {

/// An executor that calls a function whenever work is given to it.
template <class Inner>
class Watched {
 public:
  Watched(Inner inner, std::function<void()>& on_work) : inner_(inner), on_work_(&on_work) {}

  template <class Property>
  auto query(const Property& property) const
      -> decltype(asio::query(std::declval<Inner>(), property)) {
    return asio::query(inner_, property);
  }
  template <class Property>
  auto require(const Property& property) const
      -> Watched<std::decay_t<decltype(asio::require(std::declval<Inner>(), property))>> {
    return {asio::require(inner_, property), *on_work_};
  }
  template <class Work>
  void execute(Work work) const {
    (*on_work_)();
    inner_.execute(std::move(work));
  }
  bool operator==(const Watched& other) const noexcept { return inner_ == other.inner_; }
  bool operator!=(const Watched& other) const noexcept { return inner_ != other.inner_; }

 private:
  Inner inner_;
  std::function<void()>* on_work_;
};

struct RunControlTest : ::testing::Test {
  std::shared_ptr<detail::AgentCore> make_core() {
    return std::make_shared<detail::AgentCore>(
        Watched(io.get_executor(), on_work),
        std::make_shared<test::PlayedProvider>(std::vector<test::PlayedProvider::Answer>()),
        ToolRegistry(), Publisher(), AgentOptions());
  }

  asio::io_context io;
  std::function<void()> on_work = [] {};
};

TEST_F(RunControlTest, NeverEndsTheAgentInTheThreadThatCommandsIt) {
  const std::vector<std::function<void(const RunControl&)>> commands{
      [](const RunControl& control) { control.cancel(); },
      [](const RunControl& control) { control.approve("a1"); },
      [](const RunControl& control) { control.deny("a1"); },
  };
  for (const auto& command : commands) {
    auto core = make_core();
    const std::weak_ptr<detail::AgentCore> weak = core;
    // Everybody else lets go of the agent while the command is being given.
    on_work = [&] { core.reset(); };
    command(RunControl(weak));
    EXPECT_EQ(core, nullptr);
    EXPECT_FALSE(weak.expired());
    io.restart();
    io.run();
    EXPECT_TRUE(weak.expired());
  }
}

TEST_F(RunControlTest, DoesNothingForAnAgentThatIsGone) {
  const RunControl control{std::weak_ptr<detail::AgentCore>(make_core())};
  bool worked = false;
  on_work = [&] { worked = true; };
  control.cancel();
  control.approve("a1");
  control.deny("a1");
  RunControl().cancel();
  EXPECT_FALSE(worked);
}

}  // namespace
}  // namespace strandbus

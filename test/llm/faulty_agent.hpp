#pragma once

#include "agent/agent_fixture.hpp"
#include "llm/fault.hpp"

#include <memory>
#include <string>

namespace strandbus::test {

/// An agent whose model's server has a fault.
class FaultyAgent : public AgentTest, public testing::WithParamInterface<Fault> {
 protected:
  /// After calls the agent asks again; the second answer is `good`.
  template <class PlayedProvider, class Options>
  void expect_one_end(const Options& options, const std::string& good) {
    FakeServer server;
    server.answers = {GetParam().answer, body(good)};
    start(std::make_shared<PlayedProvider>(with_limits(options, GetParam()),
                                           std::make_shared<FakeTransport>(server)));
    process("hi");
    EXPECT_THAT(faults(events_), testing::IsEmpty());
    std::size_t ends = 0;
    for (const StreamEvent& event : events_) ends += event.is_terminal() ? 1U : 0U;
    EXPECT_EQ(ends, 1U);
    EXPECT_EQ(all<RunFailed>().size(), GetParam().code ? 1U : 0U);
    EXPECT_EQ(all<RunCompleted>().size(), GetParam().code ? 0U : 1U);
    EXPECT_TRUE(valid_for_providers(agent_->messages()));
    EXPECT_EQ(server.open, 0);
  }
};

}  // namespace strandbus::test

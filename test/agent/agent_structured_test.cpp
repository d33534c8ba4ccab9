// AgentOptions::response_schema: the final answer follows it, or the run says where it does not.
#include "agent_fixture.hpp"

#include <gmock/gmock.h>

namespace strandbus::test {
namespace {

class AgentStructured : public AgentTest {
 protected:
  RunResult answer_with(const std::string& text) {
    AgentOptions options;
    options.response_schema = {{"type", "object"}, {"required", json::array{"city"}}};
    start({says(text)}, std::move(options));
    const RunResult result = process("where?");
    EXPECT_TRUE(valid_for_providers(agent_->messages()));
    return result;
  }
};

TEST_F(AgentStructured, AnAnswerThatFollowsItsSchemaIsTaken) {
  EXPECT_EQ(answer_with(R"({"city":"Bern"})").output, R"({"city":"Bern"})");
}

TEST_F(AgentStructured, AnAnswerThatDoesNotFailsAndSaysWhere) {
  const RunResult result = answer_with(R"({"town":"Bern"})");
  EXPECT_EQ(result.error_code, ErrorCode::invalid_response);
  EXPECT_THAT(result.error, ::testing::HasSubstr("city"));
  EXPECT_EQ(answer_with("Bern").error_code, ErrorCode::invalid_response);
}

TEST_F(AgentStructured, ASchemaThatCannotBeIsRefused) {
  AgentOptions options;
  options.response_schema = {{"type", "city"}};
  EXPECT_THROW(start(std::vector<PlayedProvider::Answer>(), std::move(options)),
               std::invalid_argument);
}

}  // namespace
}  // namespace strandbus::test

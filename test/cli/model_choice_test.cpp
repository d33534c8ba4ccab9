// Which model answers, and what happens when it cannot.

#include "cli/program.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>

#include <string>

namespace strandbus::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string nobody = "http://127.0.0.1:9/v1";  // the discard port: nothing listens there

Finished run_with(Program::Arguments arguments, std::vector<std::string> environment = {}) {
  arguments.insert(arguments.begin(), {"run", "Calculate 2+2"});
  return run_program(arguments, {.environment = std::move(environment)});
}

TEST(ModelChoice, IsTheScriptWhereNothingElseIsSaid) {
  const Finished finished = run_with({});
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_THAT(finished.err, HasSubstr("scripted model gpt-4o (built-in script)"));
}

TEST(ModelChoice, IsTheScriptWhereItIsAskedForDespiteAKey) {
  const Finished finished =
      run_with({"--provider", "scripted"}, {"OPENAI_API_KEY=sk-not-for-anybody"});
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_THAT(finished.err, HasSubstr("scripted model"));
}

TEST(ModelChoice, SaysThatAKeyIsMissing) {
  const Finished finished = run_with({"--provider", "openai"});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, HasSubstr("no key for https://api.openai.com/v1"));
  EXPECT_THAT(finished.err, HasSubstr("OPENAI_API_KEY"));
  EXPECT_EQ(finished.out, "");
}

TEST(ModelChoice, IsAnthropicWhereItIsAskedForOrItsKeyIsAllThereIs) {
  const Finished asked = run_with({"--provider", "anthropic"}, {"OPENAI_API_KEY=sk-not-for-it"});
  EXPECT_EQ(asked.exit_code, 2);
  EXPECT_THAT(asked.err, HasSubstr("no key for https://api.anthropic.com"));
  EXPECT_THAT(asked.err, HasSubstr("ANTHROPIC_API_KEY"));
  // The proxy refuses everything: the name of the server that is asked is all that matters.
  const Finished found =
      run_with({}, {"ANTHROPIC_API_KEY=sk-ant-1", "HTTPS_PROXY=http://127.0.0.1:9"});
  EXPECT_EQ(found.exit_code, 1);
  EXPECT_THAT(found.err, HasSubstr("api.anthropic.com"));
  EXPECT_THAT(found.out + found.err, Not(HasSubstr("sk-ant-1")));
}

TEST(ModelChoice, SaysThatTheNamedVariableIsMissing) {
  const Finished finished = run_with({"--base-url", nobody, "--api-key-env", "MY_KEY"});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, HasSubstr("the environment has no MY_KEY"));
}

TEST(ModelChoice, RefusesAPriceFileThatIsNone) {
  const TemporaryDirectory directory;
  const std::string file = directory.write("prices.json", "{\n\"date\": 1}");
  const Finished finished = run_with({"--base-url", nobody, "--prices", file});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, HasSubstr(file + ":2:9: /date: expected text, found the number 1"));
}

TEST(ModelChoice, PricesAScriptThatHasNoPrice) {
  const TemporaryDirectory directory;
  const std::string prices = directory.write("prices.json", R"({"date": "2026-11-21",
    "currency": "USD", "models": {"m": {"input_per_million_usd": 1000,
    "output_per_million_usd": 1000}}})");
  const std::string script = directory.write("script.json", R"({"model": "m", "responses":
    [{"text": "hi", "usage": {"prompt": 100, "completion": 50}}]})");
  EXPECT_THAT(run_with({"--script", script, "--prices", prices}).err, HasSubstr("$0.15"));
  EXPECT_THAT(run_with({"--script", script}).err, Not(HasSubstr("$")));
  EXPECT_THAT(run_with({"--prices", prices}).err, HasSubstr("$0.00035")) << "its own price wins";
}

TEST(ModelChoice, TakesAKeyFromAFile) {
  const TemporaryDirectory directory;
  const std::string file = directory.write("key", "  sk-from-a-file \r\nnot this\n");
  const Finished finished = run_with({"--base-url", nobody, "--api-key-file", file});
  EXPECT_EQ(finished.exit_code, 1) << finished.err;
  EXPECT_THAT(finished.err, Not(HasSubstr("sk-from-a-file")));
}

TEST(ModelChoice, RefusesAKeyFileThatHoldsNone) {
  const TemporaryDirectory directory;
  for (const std::string& file : {directory.path("nothing"), directory.write("empty", " \nx"),
                                  directory.write("long", std::string(5000, 'x'))}) {
    const Finished finished = run_with({"--base-url", nobody, "--api-key-file", file});
    EXPECT_EQ(finished.exit_code, 2);
    EXPECT_THAT(finished.err, HasSubstr("cannot take a key from " + file));
  }
}

TEST(ModelChoice, NeverFallsBackToTheScript) {
  const Finished finished = run_with({"--base-url", nobody});
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.err, HasSubstr("127.0.0.1:9"));
  EXPECT_THAT(finished.out + finished.err, Not(HasSubstr("The answer is 4")));
}

TEST(ModelChoice, RefusesAServerThatCannotBe) {
  for (const char* url : {"ftp://example.org", "example.org", "http://example.org/v1",
                          "https://user:secret@example.org/v1", "https://", ""}) {
    const Finished finished =
        run_with({"--provider", "openai", "--base-url", url, "--api-key-env", "K"}, {"K=sk-x"});
    if (std::string(url).empty()) continue;
    EXPECT_EQ(finished.exit_code, 2) << url << ": " << finished.err;
    EXPECT_THAT(finished.err, Not(HasSubstr("secret")));
  }
}

TEST(ModelChoice, RefusesOptionsThatContradictEachOther) {
  const std::vector<Program::Arguments> contradictions{
      {"--script", "x.json", "--provider", "openai"},
      {"--script", "x.json", "--provider", "anthropic"},
      {"--script", "x.json", "--base-url", nobody},
      {"--script", "x.json", "--api-key-env", "K"},
      {"--script", "x.json", "--api", "chat"},
      {"--script", "x.json", "--effort", "low"},
      {"--api-key-env", "K", "--api-key-file", "k"}};
  for (const auto& arguments : contradictions) {
    const Finished finished = run_with(arguments);
    EXPECT_EQ(finished.exit_code, 2);
    EXPECT_THAT(finished.err, HasSubstr("leave out"));
  }
}

TEST(ModelChoice, RefusesAnApiOrAnEffortThatDoesNotExist) {
  const Finished api = run_with({"--base-url", nobody, "--api", "soap"});
  EXPECT_EQ(api.exit_code, 2);
  EXPECT_THAT(api.err, HasSubstr("\"soap\" is no API; there are auto, chat and responses"));
  const Finished effort = run_with({"--base-url", nobody, "--effort", "more"});
  EXPECT_EQ(effort.exit_code, 2);
  EXPECT_THAT(effort.err, HasSubstr("\"more\" is no effort; there are none, minimal, low"));
}

TEST(ModelChoice, RefusesAnApiThatTheAddressContradicts) {
  const Finished finished =
      run_with({"--base-url", nobody + "/chat/completions", "--api", "responses"});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err,
              HasSubstr("--api is responses, but base_url ends with /chat/completions"));
}

TEST(ModelChoice, SendsTheProvidersKeyToNoOtherServer) {
  // Nothing listens there, so this only shows that the run starts without a key being named.
  const Finished finished = run_with({"--base-url", nobody}, {"OPENAI_API_KEY=sk-secret-1"});
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.out + finished.err, Not(HasSubstr("sk-secret-1")));
}

}  // namespace
}  // namespace strandbus::testing

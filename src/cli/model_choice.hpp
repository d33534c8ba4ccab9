#pragma once

#include "cli/command_line.hpp"
#include "cli/process_environment.hpp"
#include "strandbus/llm/provider.hpp"
#include "strandbus/llm/script.hpp"

#include <memory>
#include <optional>
#include <string>

namespace strandbus::cli {

/// Which kind of model answers: a script if one is named, what --provider says, a real model if a
/// server or a key is there, else the script that comes with the program. Pure.
///
/// Errors: throws UsageError for options that exclude each other.
std::string choose_provider(const RunArguments& arguments, const ProcessEnvironment& environment);

/// Who answers.
struct ModelChoice {
  std::shared_ptr<Provider> provider{};
  std::string model{};             ///< the one that is asked for
  std::optional<Script> script{};  ///< what a scripted model says
  std::string source{};            ///< where the words come from, for people
  std::string key{};               ///< what nobody may read; empty if there is none
};

/// Makes the model that the user wants. A key goes to the provider's own server, and to another one
/// only when the user named the key too.
///
/// Errors: throws UsageError: no key, a key file that cannot be read, a base URL that cannot be.
ModelChoice make_model(const RunArguments& arguments, ProcessEnvironment& environment);

/// Refuses a first prompt that the script does not answer.
///
/// Errors: throws UsageError that says what it answers.
void check_prompt(const ModelChoice& choice, const std::string& prompt);

/// The prompts that a script answers at the beginning of a conversation, for people.
std::string known_prompts(const Script& script);

}  // namespace strandbus::cli

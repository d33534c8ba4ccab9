#include "cli/model_choice.hpp"

#include "cli/argument_text.hpp"
#include "cli/key_file.hpp"
#include "cli/usage_error.hpp"
#include "strandbus/event/json_codec.hpp"
#include "strandbus/llm/openai_provider.hpp"
#include "strandbus/llm/retrying_provider.hpp"
#include "strandbus/llm/scripted_provider.hpp"
#include "strandbus/sink/terminal_text.hpp"

#include <stdexcept>
#include <utility>
#include <vector>

namespace strandbus::cli {
namespace {

constexpr const char* scripted = "scripted";
constexpr const char* openai = "openai";
constexpr const char* openai_key = "OPENAI_API_KEY";
constexpr int prompt_columns = 60;
constexpr std::size_t max_prompts = 8;

bool names_a_key(const RunArguments& arguments) {
  return !arguments.api_key_env.empty() || !arguments.api_key_file.empty();
}

std::string in_words(const TextMatch& match) {
  std::string text;
  append_json_string(text, fit_columns(terminal_safe_line(match.text), prompt_columns));
  switch (match.kind) {
    case TextMatch::Kind::equals: return text;
    case TextMatch::Kind::contains:
      return match.text.empty() ? "anything" : "what contains " + text;
    case TextMatch::Kind::regex: return "what matches " + text;
  }
  return text;
}

Script load(const std::string& path) {
  if (path.empty()) return default_script();
  ScriptResult script = load_script(path);
  if (!script) throw UsageError(script.error().message);
  return *std::move(script);
}

ModelChoice scripted_model(const RunArguments& arguments) {
  ModelChoice choice;
  choice.script = load(arguments.script);
  choice.source = arguments.script.empty() ? "built-in script" : "script " + arguments.script;
  choice.provider = std::make_shared<ScriptedProvider>(*choice.script);
  return choice;
}

/// The key that was named, or the provider's own.
std::string find_key(const RunArguments& arguments, ProcessEnvironment& environment,
                     const std::string& base_url) {
  if (!arguments.api_key_file.empty()) return read_key_file(arguments.api_key_file);
  const bool own_server = base_url == OpenAiOptions().base_url;
  if (arguments.api_key_env.empty() && !own_server) return {};
  const std::string name = arguments.api_key_env.empty() ? openai_key : arguments.api_key_env;
  if (auto key = environment.take_secret(name)) return *std::move(key);
  const std::string what = "there is no key for " + base_url + ": the environment has no " + name;
  if (!arguments.api_key_env.empty()) throw UsageError(what);
  throw UsageError(what +
                   "; set it, or name another variable with --api-key-env, a file with "
                   "--api-key-file, another server with --base-url");
}

/// What the library says about an option, with the name under which the user knows it.
std::string in_our_words(std::string text) {
  constexpr std::pair<std::string_view, std::string_view> names[] = {
      {"OpenAiOptions::base_url", "--base-url"},
      {"OpenAiOptions::model", "--model"},
      {"OpenAiOptions::api_key", "the key"},
      {"OpenAiOptions::https_proxy", "HTTPS_PROXY"},
      {"OpenAiOptions::no_proxy", "NO_PROXY"}};
  for (const auto& [theirs, ours] : names) {
    if (text.starts_with(theirs)) return text.replace(0, theirs.size(), ours);
  }
  return text;
}

ModelChoice openai_model(const RunArguments& arguments, ProcessEnvironment& environment) {
  OpenAiOptions options;
  if (!arguments.base_url.empty()) options.base_url = repair_utf8(arguments.base_url);
  if (!arguments.model.empty()) options.model = repair_utf8(arguments.model);
  options.api_key = find_key(arguments, environment, options.base_url);
  for (const char* name : {"https_proxy", "HTTPS_PROXY"}) {
    if (options.https_proxy.empty()) options.https_proxy = environment.get(name).value_or("");
  }
  for (const char* name : {"no_proxy", "NO_PROXY"}) {
    if (options.no_proxy.empty()) options.no_proxy = environment.get(name).value_or("");
  }
  ModelChoice choice;
  choice.source = options.base_url;
  choice.key = options.api_key;
  try {
    auto model = make_openai_provider(std::move(options));
    choice.provider = std::make_shared<RetryingProvider>(std::move(model));
  } catch (const std::invalid_argument& error) {
    throw UsageError(in_our_words(error.what()));
  }
  return choice;
}

}  // namespace

std::string choose_provider(const RunArguments& arguments, const ProcessEnvironment& environment) {
  const bool real = arguments.provider == openai;
  if (!arguments.script.empty()) {
    if (real || !arguments.base_url.empty() || names_a_key(arguments))
      throw UsageError("--script names the words of a scripted model: leave it out, or leave out " +
                       std::string(real                             ? "--provider openai"
                                   : !arguments.base_url.empty()    ? "--base-url"
                                   : !arguments.api_key_env.empty() ? "--api-key-env"
                                                                    : "--api-key-file"));
    return scripted;
  }
  if (!arguments.provider.empty()) return arguments.provider;
  if (!arguments.base_url.empty() || names_a_key(arguments)) return openai;
  return environment.has_secret(openai_key) ? openai : scripted;
}

ModelChoice make_model(const RunArguments& arguments, ProcessEnvironment& environment) {
  const bool real = choose_provider(arguments, environment) == openai;
  ModelChoice choice = real ? openai_model(arguments, environment) : scripted_model(arguments);
  choice.model = arguments.model.empty() ? choice.provider->model() : repair_utf8(arguments.model);
  return choice;
}

std::string known_prompts(const Script& script) {
  std::vector<std::string> prompts;
  for (const ScriptedResponse& response : script.responses) {
    const auto& match = response.match;
    if (match && match->user && !match->tool_result && match->turn.value_or(1) == 1)
      prompts.push_back(in_words(*match->user));
  }
  if (prompts.size() > max_prompts) {
    const std::size_t more = prompts.size() - max_prompts;
    prompts.resize(max_prompts);
    prompts.push_back(std::to_string(more) + " more");
  }
  return prompts.empty() ? "none" : joined(prompts);
}

void check_prompt(const ModelChoice& choice, const std::string& prompt) {
  if (!choice.script || choice.script->knows(prompt)) return;
  throw UsageError("the " + choice.source + " does not know the prompt " +
                   in_words({TextMatch::Kind::equals, prompt}) + "; it knows " +
                   known_prompts(*choice.script) +
                   ": say one that it knows, or name another script with --script");
}

}  // namespace strandbus::cli

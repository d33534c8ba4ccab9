#include "cli/model_choice.hpp"

#include "cli/argument_text.hpp"
#include "cli/key_file.hpp"
#include "cli/usage_error.hpp"
#include "strandbus/event/json_codec.hpp"
#include "strandbus/llm/anthropic_provider.hpp"
#include "strandbus/llm/openai_provider.hpp"
#include "strandbus/llm/price_table.hpp"
#include "strandbus/llm/retrying_provider.hpp"
#include "strandbus/llm/scripted_provider.hpp"
#include "strandbus/sink/terminal_text.hpp"

#include <stdexcept>
#include <utility>
#include <vector>

namespace strandbus::cli {
namespace {

constexpr const char* scripted = "scripted";

/// A provider that asks a server, and the variable with the key for its own one.
struct ServerProvider {
  const char* name;
  const char* key;
};
constexpr ServerProvider openai{"openai", "OPENAI_API_KEY"};
constexpr ServerProvider anthropic{"anthropic", "ANTHROPIC_API_KEY"};

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

PriceTable prices_of(const RunArguments& arguments) {
  if (arguments.prices.empty()) return default_prices();
  PriceTableResult prices = load_prices(arguments.prices);
  if (!prices) throw UsageError(prices.error().message);
  return *std::move(prices);
}

/// What a script costs is its own price, or else what the user says; nobody pays for it.
void price_script(Script& script, const RunArguments& arguments) {
  if (arguments.prices.empty()) return;
  const PriceTable prices = prices_of(arguments);
  const std::string& model = arguments.model.empty() ? script.model : arguments.model;
  if (!script.price) script.price = prices.find(model);
}

RetryOptions retries_of(const RunArguments& arguments) {
  RetryOptions options;
  if (arguments.retry_shown) options.after_delta = RetryOptions::AfterDelta::retry;
  return options;
}

ModelChoice scripted_model(const RunArguments& arguments) {
  ModelChoice choice;
  choice.script = load(arguments.script);
  price_script(*choice.script, arguments);
  choice.source = arguments.script.empty() ? "built-in script" : "script " + arguments.script;
  choice.provider = std::make_shared<ScriptedProvider>(*choice.script);
  if (arguments.retry_shown)
    choice.provider = std::make_shared<RetryingProvider>(choice.provider, retries_of(arguments));
  return choice;
}

/// The key that was named, or the provider's own.
std::string find_key(const RunArguments& arguments, ProcessEnvironment& environment,
                     const std::string& base_url, bool own_server, const std::string& own_key) {
  if (!arguments.api_key_file.empty()) return read_key_file(arguments.api_key_file);
  if (arguments.api_key_env.empty() && !own_server) return {};
  const std::string name = arguments.api_key_env.empty() ? own_key : arguments.api_key_env;
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
      {"base_url", "--base-url"}, {"model", "--model"},           {"api", "--api"},
      {"api_key", "the key"},     {"https_proxy", "HTTPS_PROXY"}, {"no_proxy", "NO_PROXY"}};
  const std::size_t option = text.find("::");
  if (option == std::string::npos) return text;
  for (const auto& [theirs, ours] : names) {
    const std::size_t end = option + 2 + theirs.size();
    if (text.substr(option + 2).starts_with(theirs) && text.substr(end).starts_with(' '))
      return text.replace(0, end, ours);
  }
  return text;
}

template <class Options>
ModelChoice server_model(Options options, const RunArguments& arguments,
                         ProcessEnvironment& environment, const ServerProvider& provider,
                         std::shared_ptr<Provider> (*make)(Options)) {
  if (!arguments.base_url.empty()) options.base_url = repair_utf8(arguments.base_url);
  if (!arguments.model.empty()) options.model = repair_utf8(arguments.model);
  options.prices = std::make_shared<const PriceTable>(prices_of(arguments));
  const bool own_server = options.base_url == Options().base_url;
  options.api_key = find_key(arguments, environment, options.base_url, own_server, provider.key);
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
    choice.provider =
        std::make_shared<RetryingProvider>(make(std::move(options)), retries_of(arguments));
  } catch (const std::invalid_argument& error) {
    throw UsageError(in_our_words(error.what()));
  }
  return choice;
}

ModelChoice make_choice(const std::string& provider, const RunArguments& arguments,
                        ProcessEnvironment& environment) {
  if (provider == openai.name) {
    OpenAiOptions options;
    options.api = arguments.api;
    options.effort = arguments.effort;
    return server_model(options, arguments, environment, openai, make_openai_provider);
  }
  if (arguments.api != OpenAiOptions::Api::automatic || !arguments.effort.empty())
    throw UsageError("only --provider openai knows --api and --effort, but " + provider +
                     " answers: leave out both");
  if (provider == anthropic.name)
    return server_model(AnthropicOptions(), arguments, environment, anthropic,
                        make_anthropic_provider);
  return scripted_model(arguments);
}

/// The option that contradicts a script; empty if none does.
std::string other_than_script(const RunArguments& arguments) {
  if (!arguments.provider.empty() && arguments.provider != scripted)
    return "--provider " + arguments.provider;
  if (!arguments.base_url.empty()) return "--base-url";
  if (!arguments.api_key_env.empty()) return "--api-key-env";
  return arguments.api_key_file.empty() ? "" : "--api-key-file";
}

}  // namespace

std::string choose_provider(const RunArguments& arguments, const ProcessEnvironment& environment) {
  if (!arguments.script.empty()) {
    const std::string other = other_than_script(arguments);
    if (!other.empty())
      throw UsageError("--script names the words of a scripted model: leave it out, or leave out " +
                       other);
    return scripted;
  }
  if (!arguments.provider.empty()) return arguments.provider;
  if (!arguments.base_url.empty() || names_a_key(arguments)) return openai.name;
  for (const ServerProvider& provider : {openai, anthropic}) {
    if (environment.has_secret(provider.key)) return provider.name;
  }
  return scripted;
}

ModelChoice make_model(const RunArguments& arguments, ProcessEnvironment& environment) {
  ModelChoice choice = make_choice(choose_provider(arguments, environment), arguments, environment);
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

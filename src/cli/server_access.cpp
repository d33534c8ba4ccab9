#include "cli/server_access.hpp"

#include "cli/key_file.hpp"
#include "cli/store_choice.hpp"
#include "cli/usage_error.hpp"

#include <algorithm>
#include <filesystem>

namespace strandbus::cli {
namespace {

constexpr const char* token_variable = "STRANDBUS_TOKEN";

}  // namespace

std::string take_client_token(const std::string& token_file, ProcessEnvironment& environment) {
  const std::string source = token_file.empty() ? token_variable : token_file;
  std::string token = token_file.empty() ? environment.take_secret(token_variable).value_or("")
                                         : read_key_file(token_file, "token");
  if (token.empty())
    throw UsageError(std::string("there is no token for the server: set ") + token_variable +
                     ", or name a file that holds it with --token-file");
  // It travels in a header, where other characters would mean something else.
  if (!std::ranges::all_of(token, [](char c) { return c > ' ' && c <= '~'; }))
    throw UsageError("the token of " + source + " has characters that no token has");
  return token;
}

std::string take_local_token(const std::string& token_file, const detail::Url& server,
                             ProcessEnvironment& environment) {
  const bool given = !token_file.empty() || environment.has_secret(token_variable);
  const StoreChoice store = choose_store("", environment);
  const std::string kept = store.path + ".token";
  std::error_code failure;
  // A token of this machine is shown to no other one.
  const bool there = !given && server.is_loopback() && !store.path.empty() &&
                     std::filesystem::exists(kept, failure);
  return take_client_token(there ? kept : token_file, environment);
}

detail::HttpClientOptions client_options(const ProcessEnvironment& environment) {
  detail::HttpClientOptions client;
  client.head_timeout = std::chrono::seconds(30);
  for (const char* name : {"https_proxy", "HTTPS_PROXY"}) {
    if (client.proxy.https_proxy.empty())
      client.proxy.https_proxy = environment.get(name).value_or("");
  }
  for (const char* name : {"no_proxy", "NO_PROXY"}) {
    if (client.proxy.no_proxy.empty()) client.proxy.no_proxy = environment.get(name).value_or("");
  }
  return client;
}

}  // namespace strandbus::cli

#pragma once

#include "cli/process_environment.hpp"
#include "net/http_client.hpp"

#include <string>

namespace strandbus::cli {

/// The token for a server: what the file holds, or without one the variable STRANDBUS_TOKEN.
///
/// Errors: throws UsageError, whose text holds none of it.
std::string take_client_token(const std::string& token_file, ProcessEnvironment& environment);

/// The same; but where neither is given, and the server is on this machine, what `strandbus serve`
/// keeps beside the store that it uses without --store.
///
/// Errors: as take_client_token.
std::string take_local_token(const std::string& token_file, const detail::Url& server,
                             ProcessEnvironment& environment);

/// How servers are reached, with the proxies that the environment names.
detail::HttpClientOptions client_options(const ProcessEnvironment& environment);

}  // namespace strandbus::cli

#pragma once

#include "strandbus/llm/price.hpp"
#include "strandbus/llm/price_table.hpp"
#include "strandbus/llm/provider.hpp"
#include "strandbus/llm/provider_header.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace strandbus {

/// Which server is asked, and what it may do.
struct AnthropicOptions {
  /// Whether the model thinks before it answers.
  enum class Thinking : std::uint8_t {
    off,
    budget,    ///< with at most thinking_budget tokens; models up to Claude 4.6
    adaptive,  ///< as much as the model finds right; Claude 4.6 and later
  };

  /// Requests go to this, with "/v1/messages" behind its path. Plain http is allowed to this
  /// machine only.
  std::string base_url{"https://api.anthropic.com"};
  /// For requests that name none.
  std::string model{"claude-haiku-4-5"};
  /// Sent as x-api-key; empty = none is sent. Appears in no log, event or error.
  std::string api_key{};
  /// The version of the API, sent as anthropic-version.
  std::string version{"2023-06-01"};
  /// Other headers, for example anthropic-beta; their values are kept as secret as the key.
  std::vector<ProviderHeader> headers{};
  /// The proxy for https, "http://host:port", with "user:password@" if it wants that; empty = none.
  std::string https_proxy{};
  /// Hosts that are reached without the proxy, separated by commas: "example.org, 10.0.0.0/8".
  std::string no_proxy{};
  /// PEM file of authorities to trust besides those of the machine; empty = none.
  std::string ca_file{};
  /// What the tokens cost, whichever model answers; absent = what `prices` says.
  std::optional<Price> price{};
  /// What the tokens cost, by the model that is asked; null, or a model that is not in it = answers
  /// have no cost.
  std::shared_ptr<const PriceTable> prices{};

  /// Limits an answer, thinking included, to a request that has no limit: the API demands one.
  std::int64_t max_tokens{8192};
  Thinking thinking{Thinking::off};
  /// Tokens for Thinking::budget, at least 1024. A request whose limit leaves no room for it goes
  /// without thinking.
  std::int64_t thinking_budget{4096};
  /// How often a turn that the server pauses, as it does with tools of its own, is sent back to go
  /// on. One pause more ends the request with ErrorCode::interrupted.
  std::int64_t max_pauses{8};

  /// Until the connection stands, TLS included.
  std::chrono::milliseconds connect_timeout{std::chrono::seconds(10)};
  /// From then until the first event of the answer: models think before they speak.
  std::chrono::milliseconds first_event_timeout{std::chrono::seconds(120)};
  /// Between two events. Time that the sink takes does not count.
  std::chrono::milliseconds silence_timeout{std::chrono::seconds(60)};

  /// Of one line of the stream.
  std::size_t max_line_bytes{std::size_t{4} * 1024 * 1024};
  /// Of one event of the stream.
  std::size_t max_event_bytes{std::size_t{8} * 1024 * 1024};
  /// Of all that the server sends for one request.
  std::size_t max_body_bytes{std::size_t{256} * 1024 * 1024};
  /// Of the texts and arguments of one answer together.
  std::size_t max_answer_bytes{std::size_t{16} * 1024 * 1024};
  /// Nesting of a tool call's arguments; deeper ones reach the tool as a text, which it refuses.
  std::size_t max_argument_depth{32};
  /// In one answer.
  std::size_t max_tool_calls{128};
};

/// A provider that asks a server by Anthropic's Messages: Claude, and what else speaks it.
///
/// Answers are streamed. A server that answers with one JSON object instead is understood too. A
/// stream that ends without its end is ErrorCode::interrupted, never a short answer. Asks once per
/// request: put a RetryingProvider around it.
///
/// The conversation is brought into the form that the API demands: a user's message first and last,
/// a result behind every call, no empty text. System messages are all sent as the system prompt.
/// Thinking before tool calls is kept in Message::provider_data and goes back to the same server
/// and model. A request with a response_schema has its answer as the arguments of a tool that the
/// model must call, which works with all models that can be forced to call one; it goes without
/// thinking, which excludes that.
///
/// Errors:   throws std::invalid_argument, which names the option and what is allowed.
/// Threads:  the provider may be used by any thread; each operation runs on the executor of its
///           coroutine.
/// Lifetime: any; connections that it keeps for the next request are closed with their execution
///           context, if that ends first.
std::shared_ptr<Provider> make_anthropic_provider(AnthropicOptions options = {});

}  // namespace strandbus

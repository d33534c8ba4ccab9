#pragma once

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

using OpenAiHeader = ProviderHeader;

/// Which server is asked, and what it may do.
struct OpenAiOptions {
  /// How the server is asked.
  enum class Api : std::uint8_t {
    /// Responses for models that reason (o1 and later, gpt-5 and later, codex) at OpenAI and Azure,
    /// because only there what they reasoned lasts from one tool call to the next. Chat Completions
    /// for all others, below a deployment's address of Azure, and at every other server: all
    /// compatible ones speak it, and what they have of Responses is seldom whole. Goes by `model`.
    /// A base_url that ends with the path of one API means that API.
    automatic,
    chat,       ///< Chat Completions
    responses,  ///< the Responses API; nothing is stored at the server
  };
  /// How the limit of an answer is called in the request.
  enum class MaxTokens : std::uint8_t {
    automatic,              ///< max_completion_tokens at OpenAI and Azure, max_tokens elsewhere
    max_completion_tokens,  ///< what OpenAI's reasoning models demand
    max_tokens,             ///< what every compatible server knows
  };
  /// Whether the server is asked to tell the usage at the end of a stream.
  enum class StreamUsage : std::uint8_t {
    ask,
    do_not_ask,  ///< for a server that refuses stream_options
  };

  /// Whether a model is asked for a summary of what it reasoned; with Responses only.
  enum class ReasoningSummary : std::uint8_t {
    do_not_ask,
    ask,  ///< OpenAI gives it to verified organisations only
  };

  /// Requests go to this, with "/chat/completions" or "/responses" behind its path. Plain http is
  /// allowed to this machine only.
  std::string base_url{"https://api.openai.com/v1"};
  /// For requests that name none.
  std::string model{"gpt-4o-mini"};
  Api api{Api::automatic};
  /// How much a model reasons before it answers, as far as it knows the word: none, minimal, low,
  /// medium, high, xhigh. Empty = as the model is used to; with Responses the name of a model that
  /// reasons may then end with it: "o4-mini-high".
  std::string effort{};
  ReasoningSummary reasoning_summary{ReasoningSummary::do_not_ask};
  /// Sent as a bearer token; empty = none is sent. Appears in no log, event or error.
  std::string api_key{};
  /// Other headers, as a gateway may want them; their values are kept as secret as the key.
  std::vector<OpenAiHeader> headers{};
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
  MaxTokens max_tokens_field{MaxTokens::automatic};
  StreamUsage stream_usage{StreamUsage::ask};

  /// Until the connection stands, TLS included.
  std::chrono::milliseconds connect_timeout{std::chrono::seconds(10)};
  /// From then until the first event of the answer: models think before they speak.
  std::chrono::milliseconds first_event_timeout{std::chrono::seconds(120)};
  /// Between two events. Comments, with which servers keep a connection alive, do not count; time
  /// that the sink takes does not either.
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

/// A provider that asks a server by OpenAI's Chat Completions (OpenAI itself, Azure, DeepSeek,
/// OpenRouter, vLLM, Ollama, llama.cpp and many more) or by its Responses API, see
/// OpenAiOptions::api.
///
/// Answers are streamed. A server that answers with one JSON object instead is understood too. A
/// stream that ends without its end is ErrorCode::interrupted, never a short answer. Asks once per
/// request: put a RetryingProvider around it. An answer that is no JSON though the request has a
/// response_schema is ErrorCode::invalid_response; whether it follows the schema is for
/// structured_answer to see.
///
/// Errors:   throws std::invalid_argument, which names the option and what is allowed.
/// Threads:  the provider may be used by any thread; each operation runs on the executor of its
///           coroutine.
/// Lifetime: any; connections that it keeps for the next request are closed with their execution
///           context, if that ends first.
std::shared_ptr<Provider> make_openai_provider(OpenAiOptions options = {});

}  // namespace strandbus

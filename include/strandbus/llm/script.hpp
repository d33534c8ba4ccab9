#pragma once

#include "strandbus/llm/json_file_error.hpp"
#include "strandbus/llm/price.hpp"
#include "strandbus/llm/provider.hpp"

#include <boost/json/value.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus {

/// How a text of the conversation is compared.
struct TextMatch {
  enum class Kind : std::uint8_t {
    equals,    ///< the same text, white space at both ends aside
    contains,  ///< somewhere in it
    regex,     ///< somewhere in it, ECMAScript syntax, over bytes
  };
  Kind kind{};
  std::string text{};
};

/// Fits when one of the results that tools gave since the model's last message has all of this.
struct ToolResultMatch {
  std::string tool_name{};          ///< empty = any tool
  std::string call_id{};            ///< empty = any call
  std::optional<TextMatch> text{};  ///< absent = any result
};

/// When a scripted response fits: all that is present must.
struct ResponseMatch {
  /// The user's last message. Without `tool_result` this fits only while nothing came after it.
  std::optional<TextMatch> user{};
  std::optional<ToolResultMatch> tool_result{};
  std::optional<std::int64_t> turn{};  ///< of the run, from 1
};

/// A tool call of a scripted response.
struct ScriptedToolCall {
  std::string call_id{};  ///< empty = one is made: call_1, call_2 … per conversation
  std::string tool_name{};
  json::value arguments{};               ///< see ModelResponse::tool_calls
  std::vector<std::string> fragments{};  ///< of the arguments' text, as they are streamed
};

/// How a scripted response fails.
struct ScriptedError {
  ErrorCode code{};
  std::string message{};
  std::int64_t after_tokens{};  ///< so many tokens of the text are streamed before it
  std::optional<std::int64_t> http_status{};
  std::optional<std::chrono::milliseconds> retry_after{};
};

/// One answer of a script, ready to be streamed.
struct ScriptedResponse {
  std::optional<ResponseMatch> match{};  ///< absent = fits anything
  bool repeat{};                         ///< may answer more than once in a conversation
  std::vector<std::string> reasoning{};  ///< in tokens
  std::vector<std::string> text{};       ///< in tokens
  std::string refusal{};
  std::vector<ScriptedToolCall> tool_calls{};
  FinishReason finish_reason{};
  Usage usage{};
  std::optional<ScriptedError> error{};
  std::chrono::milliseconds delay{};        ///< before anything is streamed
  std::chrono::milliseconds token_delay{};  ///< before each piece
};

/// A model's words, written down beforehand. The format is described in docs/scripts.md.
///
/// Threads: distinct objects.
struct Script {
  std::string name{};  ///< the file, for error texts
  std::string model{};
  std::optional<Price> price{};
  std::vector<ScriptedResponse> responses{};

  /// Whether a new conversation that begins with this prompt gets an answer.
  bool knows(std::string_view prompt) const;
  /// A line for people that says why it gets none, and what this script answers to.
  std::string why_unknown(std::string_view prompt) const;
};

/// Why a text is not a script.
using ScriptError = JsonFileError;

using ScriptResult = boost::system::result<Script, ScriptError>;

/// The largest script that is read, in bytes.
inline constexpr std::size_t max_script_bytes = 4 * 1024 * 1024;

/// Reads a script. `name` stands for the text in messages.
/// Errors: see ScriptError. A member that scripts do not have is an error too.
ScriptResult parse_script(std::string_view text, std::string_view name);

/// Reads a script file.
/// Errors: as parse_script; and the system's code when the file cannot be read.
ScriptResult load_script(const std::string& path);

/// The script that answers "Calculate 2+2" with one call of the calculator; part of the library, so
/// that a demonstration needs no file. The same as examples/scripts/calculator.json.
const Script& default_script();
std::string_view default_script_text() noexcept;

/// Which response answers this request: the first in order that fits and may still be used; absent
/// if there is none. `used[i]` says that response i has answered in this conversation; what lies
/// beyond its end has not. Pure.
std::optional<std::size_t> find_response(const Script& script, const ModelRequest& request,
                                         const std::vector<bool>& used = {});

/// A line for people that says why no response answers this request, and what the script has.
std::string why_no_response(const Script& script, const ModelRequest& request,
                            const std::vector<bool>& used = {});

}  // namespace strandbus
